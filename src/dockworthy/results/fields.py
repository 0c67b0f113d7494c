"""From what a file holds to records: each field is what the model says, or it is said which one is not.

What a field must be is told by its annotation in the model, or by its name where that says more: times are RFC 3339,
an outcome is one that there is, and a value of any kind is nested no deeper than a reader follows.
"""

from __future__ import annotations

import re
from dataclasses import fields
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from dockworthy.moments import known_moment
from dockworthy.results.model import OUTCOMES, SEVERITIES, Certificate, Host, Policy, Result, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["BadRecordError", "made", "made_left_out", "made_policy"]

R = TypeVar("R", Run, Host, Result, Certificate)
_DEEPEST: Final = 100  # what no program says of a setting, and every writer can follow
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


class BadRecordError(Exception):
    """What is wrong with one record, in words."""


# --- what there is -------------------------------------------------------------------------------------------


def _is_text(value: Any) -> bool:
    return type(value) is str


def _is_text_or_none(value: Any) -> bool:
    return value is None or type(value) is str


def _is_flag(value: Any) -> bool:
    return type(value) is bool


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_number(value: Any) -> bool:
    return type(value) is float or type(value) is int


def _is_time(value: Any) -> bool:
    return type(value) is str and _TIME.fullmatch(value) is not None and known_moment(value) is not None


def _is_digest(value: Any) -> bool:
    return type(value) is str and _DIGEST.fullmatch(value) is not None


def _or_none(test: Callable[[Any], bool], value: Any) -> bool:
    return value is None or test(value)


def _is_one_of(words: frozenset[str], value: Any) -> bool:
    return type(value) is str and value in words


def _is_list(test: Callable[[Any], bool], value: Any) -> bool:
    return type(value) is list and all(map(test, value))


def _is_object(test: Callable[[Any], bool], value: Any) -> bool:
    return type(value) is dict and all(map(test, value.values()))


def _is_waiver(value: Any) -> bool:
    return value is None or (_is_object(_is_text, value) and _is_time(value.get("expires")))


def _is_rehearsal(value: Any) -> bool:
    if value is None:
        return True
    if type(value) is not dict or not _is_list(_is_text, value.get("applied", [])):
        return False
    return _is_text_or_none(value.get("engine")) and _is_text_or_none(value.get("harbor"))


def _is_gate(value: Any) -> bool:
    if value is None:
        return True
    if type(value) is not dict or value.get("fail_on") not in SEVERITIES:
        return False
    return _is_number(value.get("min_decided"))


def _is_shallow(value: Any, left: int = _DEEPEST) -> bool:
    """Whether a JSON value is nested no deeper than is followed."""
    kind = type(value)
    if kind is not dict and kind is not list:
        return True
    if left == 0:
        return False
    return all(_is_shallow(item, left - 1) for item in (value.values() if kind is dict else value))


_TIME_OR_NONE = partial(_or_none, _is_time)
_BY_NAME: Final[Mapping[str, Callable[[Any], bool]]] = {
    "severity": partial(_is_one_of, frozenset(SEVERITIES)),
    "outcome": partial(_is_one_of, frozenset(OUTCOMES)),
    "before": partial(_or_none, partial(_is_one_of, frozenset(OUTCOMES))),
    "started": _is_time,
    "finished": _TIME_OR_NONE,
    "recorded": _TIME_OR_NONE,
    "not_before": _is_time,
    "not_after": _is_time,
    "sha256": _is_digest,
    "issued_by": partial(_or_none, _is_digest),
    "waiver": _is_waiver,
    "rehearsal": _is_rehearsal,
    "gate": _is_gate,
}
_BY_ANNOTATION: Final[Mapping[str, Callable[[Any], bool]]] = {
    "Any": _is_shallow,
    "str": _is_text,
    "str | None": _is_text_or_none,
    "bool": _is_flag,
    "float": _is_number,
    "list[str]": partial(_is_list, _is_text),
    "list[dict[str, str]]": partial(_is_list, partial(_is_object, _is_text)),
    "list[dict[str, str | None]]": partial(_is_list, partial(_is_object, _is_text_or_none)),
    "dict[str, float]": partial(_is_object, _is_number),
    "dict[str, str | None]": partial(_is_object, _is_text_or_none),
}
_REQUIRED: Final[Mapping[type, tuple[str, ...]]] = {
    Run: ("id", "started"),
    Host: ("name", "reachable"),
    Result: ("host", "check", "param", "title", "severity", "outcome", "observed", "expected", "source", "fix", "refs"),
    Certificate: ("host", "where", "used_for", "subject", "issuer", "sha256", "not_before", "not_after"),
}
_DEFAULTS: Final[Mapping[type, Mapping[str, Any]]] = {
    Run: {"finished": None, "tool_version": "", "argv": [], "profiles": []},
    Host: {"target": ""},
    Result: {},
    Certificate: {},
}
_TESTS: Final = {
    kind: {item.name: _BY_NAME.get(item.name) or _BY_ANNOTATION[str(item.type)] for item in fields(kind)}
    for kind in (Run, Host, Result, Certificate)
}
_WHO: Final[Mapping[str, Callable[[Any], bool]]] = {
    "check": _is_text,
    "host": _is_text_or_none,
    "param": _is_text_or_none,
    "owner": _is_text_or_none,
}
_WHEN: Final[Mapping[str, Callable[[Any], bool]]] = {
    "given": _TIME_OR_NONE,
    "expires": _TIME_OR_NONE,
    "covered": _is_count,
}
_DECISIONS: Final[Mapping[str, Mapping[str, Callable[[Any], bool]]]] = {
    "waivers": {**_WHO, "reason": _is_text_or_none, **_WHEN},
    "attestations": {**_WHO, "evidence": _is_text_or_none, **_WHEN},
}


# --- records -------------------------------------------------------------------------------------------------


def made(kind: type[R], record: Any) -> R:
    """Make a record of what the file has; fields of newer versions are left out. Raises BadRecordError."""
    if type(record) is not dict:
        raise BadRecordError("is no object")
    tests = _TESTS[kind]
    if tests.keys() != record.keys():
        for name in _REQUIRED[kind]:
            if name not in record:
                raise BadRecordError(f"lacks `{name}`")
        record = {**_DEFAULTS[kind], **{name: value for name, value in record.items() if name in tests}}
    for name, value in record.items():
        if not tests[name](value):
            raise BadRecordError(f"has a `{name}` that is not what it must be")
    return kind(**record)


def made_policy(record: Any) -> Policy:
    """Make the policy of what the file has; it is empty where there is none. Raises BadRecordError."""
    if record is None:
        return Policy()
    if type(record) is not dict:
        raise BadRecordError("is no object")
    return Policy(**{name: _decisions(record.get(name, []), name) for name in _DECISIONS})


def _decisions(items: Any, name: str) -> list[dict[str, Any]]:
    if type(items) is not list:
        raise BadRecordError(f"has `{name}` that are no list")
    tests, found = _DECISIONS[name], []
    for index, item in enumerate(items):
        if type(item) is not dict:
            raise BadRecordError(f"has in `{name}`[{index}] what is no object")
        one = {key: item.get(key, 0 if key == "covered" else None) for key in tests}
        for key, value in one.items():
            if not tests[key](value):
                raise BadRecordError(f"has in `{name}`[{index}] a `{key}` that is not what it must be")
        found.append(one)
    return found


def made_left_out(record: Any) -> dict[str, int]:
    """How many certificates of each host are not recorded. Raises BadRecordError."""
    if not _is_object(_is_count, record):
        raise BadRecordError("is no object of numbers")
    return dict(record)
