"""The demands that checks read: each with its type, its default and what it means.

``Params`` is what ``params:`` of a profile may hold; ``ParamsView`` is what a check receives: the same values,
restricted to the keys that the check declares::

    view(params: Params, declared: Collection[str], check_id: str) -> ParamsView
    describe() -> list[ParamDoc]          # for `config show` and the documentation

Values are strict: a number where a text is wanted is an error. Lists arrive as tuples.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date  # noqa: TC003 - pydantic reads the annotation at run time
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = ["CertificateDays", "Maintained", "ParamDoc", "Params", "ParamsView", "UndeclaredParamError", "describe"]

_VERSION = r"^[0-9]{1,9}(\.[0-9]{1,9}){0,3}$"
_REGISTRY = r"^(\[[0-9A-Za-z:.%]+\]|[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)(:[0-9]{1,5})?$"
FORMS = {_VERSION: 'a version, such as "26.0"', _REGISTRY: "HOST or HOST:PORT, as in image references"}

Version = Annotated[str, Field(pattern=_VERSION)]
Name = Annotated[str, Field(min_length=1, max_length=1024)]
Glob = Annotated[str, Field(min_length=1, max_length=1024)]
RegistryName = Annotated[str, Field(max_length=260, pattern=_REGISTRY)]
Days = Annotated[int, Field(ge=0, le=36_525)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
Percent = Annotated[int, Field(ge=0, le=100)]
Port = Annotated[int, Field(ge=1, le=65_535)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, hide_input_in_errors=True)


class CertificateDays(_Strict):
    """How many days before its end a certificate becomes a finding, by severity."""

    critical: Days = 7
    high: Days = 30


class Maintained(_Strict):
    """Which release series still get security fixes, as known at a date.

    A series is the beginning of a version (``"28"``, ``"4.18"``) and matches by whole numbers.
    """

    as_of: date | None = Field(default=None, description="when the table was last compared with its source")
    source: str = Field(default="", description="where it can be looked up")
    series: dict[Version, date | None] = Field(
        default_factory=dict, description="by series: the day of its last fixes, or null while it is maintained"
    )


class Params(_Strict):
    """What the checks demand. A key that no check declares is still a key: `custom` is for your own checks."""

    # --- the engine and what surrounds it --------------------------------------------------------------------
    min_engine_version: Version = Field(
        default="26.0", description="The oldest Docker Engine that is accepted (CIS 1.2.2)."
    )
    min_compose_version: Version = Field(default="2.20", description="The oldest Docker Compose that is accepted.")
    docker_trusted_users: tuple[Name, ...] | None = Field(
        default=None,
        description="The accounts that may reach the engine's socket (CIS 1.1.2). Not declared: the check asks.",
    )
    min_containerd_version: Version = Field(
        default="1.6", description="The oldest containerd that is accepted (CIS 1.2.2)."
    )
    min_runc_version: Version = Field(default="1.1.12", description="The oldest runc that is accepted (CIS 1.2.2).")
    maintained_engine_versions: Maintained = Field(
        default_factory=Maintained, description="Release series of Docker Engine that still get fixes."
    )
    maintained_distribution_versions: Maintained = Field(
        default_factory=Maintained,
        description="The same for the release's own engine package, which its maintainers patch for longer.",
    )
    max_maintained_table_age_days: Days = Field(
        default=365, description="How old a table of maintained versions may be before nothing is decided by it."
    )
    accepted_engine_packages: tuple[Name, ...] = Field(
        default=("docker-ce", "docker-ee", "docker.io", "moby-engine", "docker"),
        description="Ways of installing the engine that are accepted: package names, or snap, static.",
    )
    min_data_root_free_percent: Percent = Field(
        default=10, description="The least free space of the engine's data root, in percent."
    )
    min_data_root_free_inodes_percent: Percent = Field(
        default=10, description="The least free inodes of the engine's data root, in percent."
    )
    maintained_compose_versions: Maintained = Field(
        default_factory=Maintained, description="Release series of Docker Compose that still get fixes."
    )
    engine_repositories: tuple[Name, ...] = Field(
        default=("https://download.docker.com/linux/",),
        description="Where Docker's own packages may come from: beginnings of repository addresses.",
    )
    accepted_storage_drivers: tuple[Name, ...] = Field(
        default=("overlay2", "overlayfs", "btrfs", "zfs", "fuse-overlayfs"),
        description="Storage drivers and containerd snapshotters that are accepted.",
    )
    completion_files: tuple[Name, ...] = Field(
        default=("/usr/share/bash-completion/completions/docker", "/etc/bash_completion.d/docker"),
        description="Docker's completion for bash: one of these files must be there.",
    )
    # --- the kernel and the system ---------------------------------------------------------------------------
    min_kernel_version: Version = Field(default="3.10", description="The oldest kernel that fits this release.")
    cgroup_versions: tuple[Literal["v1", "hybrid", "v2"], ...] = Field(
        default=("v1", "hybrid", "v2"), description="The cgroup hierarchies that this release supports."
    )
    mandatory_access_control: Literal["any", "apparmor", "selinux", "none"] = Field(
        default="any", description="The security module that this release confines containers with (CIS 5.2, 5.3)."
    )
    required_sysctls: dict[Name, int] = Field(
        default_factory=dict, description="Kernel settings that this release needs beside those that every one needs."
    )
    required_boot_arguments: tuple[Name, ...] = Field(
        default=(), description="Words that this release needs on the kernel's command line."
    )
    # --- registries ------------------------------------------------------------------------------------------
    registries: tuple[RegistryName, ...] = Field(
        default=(), description="The registries that this host must be able to use."
    )
    certificate_days_left: CertificateDays = Field(
        default_factory=CertificateDays, description="When a certificate that is about to end becomes a finding."
    )
    # --- containers and images -------------------------------------------------------------------------------
    container_states: Literal["running", "all"] = Field(
        default="running", description='"running", or "all": stopped containers are judged too (CIS section 5).'
    )
    max_stopped_containers: Count = Field(default=5, description="How many stopped containers may lie about (CIS 6.2).")
    swarm_expected: bool = Field(
        default=False, description="Whether this host is meant to be in a swarm (CIS 5.1, section 7)."
    )
    # --- your own checks -------------------------------------------------------------------------------------
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
    """One key's documentation.

    Attributes:
        key: its name in the profile.
        type: in words.
        default: as JSON.
        description: a sentence.
    """

    key: str
    type: str
    default: object
    description: str


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
