"""Layers become one profile: later ones win, and each value remembers which layer set it."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from dockworthy.profile.attestations import read_attestations
from dockworthy.profile.entries import texts
from dockworthy.profile.harbors import check_harbors
from dockworthy.profile.model import SEVERITIES, Profile, SelectionStep
from dockworthy.profile.origin import Origin
from dockworthy.profile.tree import Node, fail
from dockworthy.profile.waivers import read_waivers
from dockworthy.regex import regex
from dockworthy.spelling import meant
from dockworthy.typed import shown_problem, shown_word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dockworthy.profile.attestations import Attestation
    from dockworthy.profile.origin import Source
    from dockworthy.profile.params import Params
    from dockworthy.profile.waivers import Waiver

__all__ = ["merge"]

_SECRET = regex(r"passw|pwd|secret|token|credential", re.IGNORECASE)
_ADVICE = {
    "missing": "is missing; write it",
    "string_type": "is not a text; write it in quotes",
    "int_type": "is not a whole number; write digits without quotes",
    "bool_type": "is neither true nor false; write one of them without quotes",
    "tuple_type": "is not a list; write it as [one, two]",
    "dict_type": "is not a mapping; write it as {key: value}",
    "model_type": "is not a mapping; write it as {key: value}",
    "date_type": "is not a date; write it as 2027-03-31",
    "date_from_datetime_parsing": "is not a date; write it as 2027-03-31",
    "date_from_datetime_inexact": "is not a date; write it as 2027-03-31",
}


def merge(sources: Sequence[Source]) -> Profile:
    """Merge the layers, the innermost first; `UsageError` with file and line, if a value is not of its type."""
    merged = _Merged()
    for source in sources:
        merged.add(source)
    layers = tuple(source.layer for source in sources)
    params = _validated(merged.params)
    check_harbors(params.harbors, merged.origins)
    return Profile(
        name=layers[-1].name,
        sha256=hashlib.sha256("".join(layer.sha256 for layer in layers).encode()).hexdigest(),
        layers=layers,
        params=params,
        origins=merged.origins,
        selection=tuple(merged.selection),
        severity=merged.severity,
        severity_origins=merged.severity_origins,
        waivers=tuple(merged.waivers),
        attestations=tuple(merged.attestations),
    )


class _Merged:
    """What the layers so far amount to."""

    def __init__(self) -> None:
        self.params: dict[str, Any] = {}
        self.origins: dict[str, Origin] = {}
        self.selection: list[SelectionStep] = []
        self.severity: dict[str, str] = {}
        self.severity_origins: dict[str, Origin] = {}
        self.waivers: list[Waiver] = []
        self.attestations: list[Attestation] = []

    def add(self, source: Source) -> None:
        """Put one layer over what there is."""
        name, file, content = source.layer.name, source.layer.file, source.tree.content
        for key, adds in (("select", True), ("deselect", False)):
            if key in content:
                named = texts(content[key], file, key)
                origins = tuple(Origin(name, file, line) for _, line in named)
                self.selection.append(SelectionStep(tuple(text for text, _ in named), adds, origins))
        if "severity" in content:
            self._severity(content["severity"], name, file)
        if "params" in content:
            self._params(content["params"], name, file)
        if "waivers" in content:
            self.waivers += read_waivers(content["waivers"], file, name)
        if "attestations" in content:
            self.attestations += read_attestations(content["attestations"], file, name)

    def _severity(self, node: Node, name: str, file: str) -> None:
        for check_id, value in _mapping(node, file, "severity").items():
            line = node.key_lines[check_id]
            if value.content not in SEVERITIES:
                fail(file, line, f"{shown_word(value.text)!r} is no severity; write one of {', '.join(SEVERITIES)}.")
            self.severity[check_id] = value.content
            self.severity_origins[check_id] = Origin(name, file, line)

    def _params(self, node: Node, name: str, file: str) -> None:
        plain = {key: item.plain() for key, item in _mapping(node, file, "params").items()}
        _validate(plain, node, file, self.params)
        self._overlay(self.params, node, (), name, file)

    def _overlay(self, target: dict[str, Any], node: Node, path: tuple[str, ...], name: str, file: str) -> None:
        """Merge mappings key by key; everything else is replaced whole, and so are its origins."""
        for key, item in node.content.items():
            here = (*path, key)
            dotted = dotted_path(here)
            mapping = isinstance(item.content, dict) and item.content
            if mapping and isinstance(target.get(key), dict):
                self._overlay(target[key], item, here, name, file)
                continue
            for known in [known for known in self.origins if known == dotted or known.startswith(f"{dotted}.")]:
                del self.origins[known]
            if mapping:
                target[key] = {}
                self._overlay(target[key], item, here, name, file)
            elif not (isinstance(item.content, dict) and isinstance(target.get(key), dict)):
                target[key] = item.plain()
                self.origins[dotted] = Origin(name, file, node.key_lines[key])


def dotted_path(path: Sequence[str]) -> str:
    """The path as one word; a key that has a dot in it stands in quotes."""
    return ".".join(f'"{key}"' if "." in key else key for key in path)


def _mapping(node: Node, file: str, key: str) -> dict[str, Node]:
    if node.content is None:
        return {}
    if not isinstance(node.content, dict):
        fail(file, node.line, f"`{key}` is {node.kind} where a mapping is wanted; write key: value lines.")
    return dict(node.content)


def _validated(params: dict[str, Any]) -> Params:
    from dockworthy.profile.params import Params  # noqa: PLC0415 - pydantic is loaded where a profile is

    return Params.model_validate_json(json.dumps(params))


def _validate(params: dict[str, Any], node: Node, file: str, below: Mapping[str, Any]) -> None:
    """Check one layer's demands by themselves, so that a mistake has that layer's file and line.

    What it lacks may stand in a layer below.
    """
    from pydantic import ValidationError  # noqa: PLC0415 - pydantic is loaded where a profile is

    try:
        _validated(params)
    except ValidationError as error:
        errors = [
            item
            for item in error.errors(include_url=False)
            if item["type"] != "missing" or not _holds(below, _path(item["loc"]))
        ]
        if not errors:
            return
        first = min(errors, key=lambda item: node.line_of(_path(item["loc"])))
        path = _path(first["loc"])
        dotted = ".".join(shown_word(str(step)) for step in ("params", *path))
        fail(file, node.line_of(path), f"{dotted} {_advice(first, path)}.")


def _holds(params: Any, path: tuple[int | str, ...]) -> bool:
    for step in path:
        if not isinstance(params, dict) or step not in params:
            return False
        params = params[step]
    return True


def _path(loc: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Where in the file an error is; pydantic's own marks (``[key]``) left out."""
    return tuple(step for step in loc if step != "[key]")


def _advice(error: Any, path: tuple[int | str, ...]) -> str:
    if error["type"] == "extra_forbidden" and path[0] == "harbors" and _SECRET.search(str(path[-1])):
        return "is a secret, which no profile holds; name where it is, with password_env or password_file"
    if error["type"] == "extra_forbidden":
        return "is not a known key; `dockworthy config show` lists them" + _close(str(path[-1]), path)
    if error["type"] == "literal_error":
        return f"must be {error['ctx']['expected']}; write one of them"
    if error["type"] == "string_pattern_mismatch":
        from dockworthy.profile.params import FORMS  # noqa: PLC0415 - see above

        return f"is not of its form; write {FORMS[error['ctx']['pattern']]}"
    known = _ADVICE.get(error["type"])
    return known or f"is not what is wanted ({shown_problem(error['msg'])}); correct it"


def _close(key: str, path: tuple[int | str, ...]) -> str:
    """A hint at the key that was probably meant."""
    from dockworthy.profile.params import Params  # noqa: PLC0415 - see above

    hint = meant(key, Params.model_fields, most=1) if len(path) == 1 else ""
    return f"; {hint}" if hint else ""
