"""The demands that checks read: each with its type, its default and what it means.

``Params`` is what ``params:`` of a profile may hold; ``ParamsView`` is what a check receives: the same values,
restricted to the keys that the check declares.

Values are strict: a number where a text is wanted is an error. Lists arrive as tuples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field, JsonValue

from dockworthy.dataclass import dataclass
from dockworthy.profile.demands.containers import ContainerDemands
from dockworthy.profile.demands.daemon import DaemonDemands
from dockworthy.profile.demands.engine import EngineDemands
from dockworthy.profile.demands.fitness import FitnessDemands
from dockworthy.profile.demands.harbor import HarborDemands
from dockworthy.profile.demands.registries import RegistryDemands
from dockworthy.profile.demands.swarm import SwarmDemands
from dockworthy.profile.demands.system import SystemDemands
from dockworthy.profile.demands.types import FORMS, CertificateDays, Maintained

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = [
    "FORMS",
    "CertificateDays",
    "Maintained",
    "ParamDoc",
    "Params",
    "ParamsView",
    "UndeclaredParamError",
    "describe",
]


class Params(
    HarborDemands,
    FitnessDemands,
    SwarmDemands,
    ContainerDemands,
    RegistryDemands,
    DaemonDemands,
    EngineDemands,
    SystemDemands,
):
    """What the checks demand, topic by topic; `custom` is for your own checks."""

    custom: dict[str, JsonValue] = Field(
        default_factory=dict, description="Free-form values for your own checks; nothing here is validated."
    )


class UndeclaredParamError(LookupError):
    """A check reads a key of the profile that its ``@check(params=…)`` does not name."""


class ParamsView:
    """The profile's demands, as one check may read them: only the keys that it declares.

    Reading another one raises `UndeclaredParamError`, also through ``getattr`` with a default and ``hasattr``.
    """

    __slots__ = ("_check", "_declared", "_params")

    def __init__(self, params: Params, declared: Collection[str], check_id: str) -> None:
        self._params = params
        self._declared = frozenset(declared)
        self._check = check_id

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name not in Params.model_fields:
            raise UndeclaredParamError(
                f"{self._check} reads params.{name}, which no profile can hold; put it under `custom`."
            )
        if name not in self._declared:
            raise UndeclaredParamError(
                f"{self._check} reads params.{name} without naming it: write @check(params=({name!r},))."
            )
        return getattr(self._params, name)

    def __repr__(self) -> str:
        return f"ParamsView({', '.join(sorted(self._declared))})"


@dataclass(frozen=True, slots=True)
class ParamDoc:
    """One key's documentation."""

    key: str  # its name in the profile
    type: str  # in words
    default: object  # as JSON
    description: str  # a sentence


def describe() -> list[ParamDoc]:
    """Every key that ``params:`` may hold, in the model's order."""
    schema = Params.model_json_schema()
    definitions = schema.get("$defs", {})
    defaults = Params().model_dump(mode="json")
    return [
        ParamDoc(key, _words(schema["properties"][key], definitions), defaults[key], info.description or "")
        for key, info in Params.model_fields.items()
    ]


_WORDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false", "null": "null"}


def _words(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """A JSON Schema's type as a reader of the documentation would say it."""
    if "$ref" in schema:
        return _words(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "enum" in schema:
        return " or ".join(repr(item) for item in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_words(item, definitions) for item in schema["anyOf"]))
    kind = schema.get("type")
    if kind == "array":
        return f"list of {_words(schema.get('items', {}), definitions)}"
    if kind == "object" and "properties" in schema:
        inner = ", ".join(f"{key}: {_words(item, definitions)}" for key, item in schema["properties"].items())
        return f"{{{inner}}}"
    if kind == "object":
        values = schema.get("additionalProperties", next(iter(schema.get("patternProperties", {}).values()), True))
        return f"mapping to {_words(values, definitions) if isinstance(values, dict) else 'anything'}"
    if schema.get("format") == "date":
        return "date"
    if schema.get("pattern") in FORMS:
        return FORMS[schema["pattern"]]
    return _WORDS.get(str(kind), "anything")
