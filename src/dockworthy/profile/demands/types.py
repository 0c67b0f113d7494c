"""The kinds of values that demands are made of, each with the form that it must have."""

from __future__ import annotations

import re
from datetime import date  # noqa: TC003 - pydantic reads the annotation at run time
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

__all__ = [
    "FORMS",
    "CertificateDays",
    "Cidr",
    "Count",
    "Days",
    "Demands",
    "EnvironmentName",
    "Glob",
    "KernelInt",
    "Label",
    "Maintained",
    "Name",
    "Percent",
    "Port",
    "ProjectTags",
    "RegistryName",
    "Url",
    "Version",
]

_VERSION = r"^[0-9]{1,9}(\.[0-9]{1,9}){0,3}$"
_REGISTRY = r"^(\[[0-9A-Za-z:.%]+\]|[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)(:[0-9]{1,5})?$"
_URL = r"^https://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?)(:[0-9]{1,5})?/?$"
_ENVIRONMENT = r"^[A-Za-z_][A-Za-z0-9_]*$"
_LABEL = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
_V4 = r"(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
_GROUP = "[0-9A-Fa-f]{1,4}"
_V6 = f"({_GROUP}:){{7}}{_GROUP}|({_GROUP}(:{_GROUP}){{0,3}})?::({_GROUP}(:{_GROUP}){{0,2}})?"
_CIDR = rf"^({_V4}(\.{_V4}){{3}}/(3[0-2]|[12]?[0-9])|({_V6})/(12[0-8]|1[01][0-9]|[1-9]?[0-9]))$"
_PROJECT = r"^[^:\s]+(:\S+)?$"
FORMS = {
    _VERSION: 'a version, such as "26.0"',
    _REGISTRY: "HOST or HOST:PORT, as in image references",
    _URL: "https://HOST or https://HOST:PORT, with no user and no path",
    _ENVIRONMENT: "the name of an environment variable",
    _LABEL: "a word of letters, digits, dots, dashes and underscores",
    _CIDR: 'a network in CIDR form, such as "10.8.0.0/16"',
    _PROJECT: "PROJECT or PROJECT:PATTERN",
}


def _bare(version: object) -> object:
    """A version without the letter that tags of releases begin with."""
    return version[1:] if isinstance(version, str) and re.match(r"[vV]\d", version) else version


Version = Annotated[str, Field(pattern=_VERSION), BeforeValidator(_bare)]
Name = Annotated[str, Field(min_length=1, max_length=1024)]
Glob = Annotated[str, Field(min_length=1, max_length=1024)]
RegistryName = Annotated[str, Field(max_length=260, pattern=_REGISTRY)]
Cidr = Annotated[str, Field(max_length=64, pattern=_CIDR)]
Url = Annotated[str, Field(max_length=300, pattern=_URL)]
EnvironmentName = Annotated[str, Field(max_length=256, pattern=_ENVIRONMENT)]
Label = Annotated[str, Field(max_length=64, pattern=_LABEL)]
ProjectTags = Annotated[str, Field(max_length=512, pattern=_PROJECT)]
Days = Annotated[int, Field(ge=0, le=36_525)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
KernelInt = Annotated[int, Field(ge=0, le=2**31 - 1)]
Percent = Annotated[int, Field(ge=0, le=100)]
Port = Annotated[int, Field(ge=1, le=65_535)]


class Demands(BaseModel):
    """The base of all: strict, frozen, and without keys that are not known."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
        defer_build=True,  # most are parts of another, and are used by themselves by nobody
    )


class CertificateDays(Demands):
    """How many days before its end a certificate becomes a finding, by severity."""

    critical: Days = 7
    high: Days = 30


class Maintained(Demands):
    """Which release series still get security fixes, as known at a date.

    A series is the beginning of a version (``"28"``, ``"4.18"``) and matches by whole numbers.
    """

    as_of: date | None = Field(default=None, description="when the table was last compared with its source")
    source: str = Field(default="", description="where it can be looked up")
    series: dict[Version, date | None] = Field(
        default_factory=dict, description="by series: the day of its last fixes, or null while it is maintained"
    )
