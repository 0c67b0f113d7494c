"""Harbor's harbor.yml: whether its `prepare` would take it, and whether it says what it was meant to say."""

from __future__ import annotations

from dockworthy.check import check, expect, fix_with, instances, not_applicable, not_decided
from dockworthy.facts.harbor.installed.config import HarborInstallation, installations
from dockworthy.facts.harbor.installed.release import harbor_release
from dockworthy.facts.harbor.prepare.accepting import installed_by, named, verdict
from dockworthy.facts.harbor.prepare.unread import unknown_keys
from dockworthy.facts.harbor.prepare.written import type_faults, written
from dockworthy.facts.harbor.settings.blocks import needs_release
from dockworthy.facts.versions import parse_version
from dockworthy.printable import printable
from dockworthy.trust.advice.wording import shell

_NONE = "no Harbor is installed on this host"
_TEMPLATE = "harbor:harbor.yml"
_FIRST = (1, 8)
_SHOWN = 50


@check(
    "harbor.prepare-accepts",
    severity="critical",
    refs=("harbor:prepare",),
    fix="# edit {param}/harbor.yml; then:\ncd {param} && ./prepare",
    each=instances("harbor", installations, none=_NONE),
)
def check_prepare_accepts(harbor: HarborInstallation) -> None:
    """The installed release's `prepare` would accept harbor.yml.

    `prepare` removes what it rendered before it reads the file: one that it refuses leaves Harbor without its
    configuration, the next time that anything has to be changed. Which keys it asks for differs by release.
    """
    needs_release(harbor, *_FIRST)
    found = verdict(harbor)
    expect("accepted" if found.refusal is None else found.refusal.words, found.source).equals("accepted")


@check(
    "harbor.config-unambiguous",
    severity="medium",
    refs=("harbor:prepare", "YAML-1.1"),
    fix="# in {param}/harbor.yml: remove the second of two equal keys, take the quotes from numbers and booleans",
    each=instances("harbor", installations, none=_NONE),
)
def check_unambiguous(harbor: HarborInstallation) -> None:
    """harbor.yml says each thing once, in values of the right type.

    Of two equal keys the last one is in force, without a word. `prepare` asks for the type of nothing: a port that is a
    word is rendered as it stands, "false" in quotes is true, 0755 is 493 and 1:30 is 90.
    """
    needs_release(harbor, *_FIRST)
    file = written(harbor).value
    faults = [*(f"{printable(name)}: stands twice" for name in file.repeated), *type_faults(file)]
    expect(_first(faults), harbor.config).equals([])


def _first(found: list[str]) -> list[str]:
    """No more than a person reads."""
    return found if len(found) <= _SHOWN else [*found[:_SHOWN], f"and {len(found) - _SHOWN} more"]


@check(
    "harbor.config-version",
    severity="high",
    refs=(_TEMPLATE,),
    fix="docker run --rm -v /:/hostfs goharbor/prepare:vVERSION migrate -i {param}/harbor.yml",
    each=instances("harbor", installations, none=_NONE),
)
def check_config_version(harbor: HarborInstallation) -> None:
    """harbor.yml is of the minor release that is installed.

    A file that was not migrated lacks the keys that the new release asks for, and has others that it no longer reads.
    `_version` says X.Y.0 for every patch.
    """
    needs_release(harbor, *_FIRST)
    installed = installed_by(harbor)
    if installed is None:
        not_applicable("nothing is installed beside harbor.yml yet: neither docker-compose.yml nor prepare")
    source = f"{harbor.config}: _version"
    said = parse_version(written(harbor).value.text("_version"))
    if said is None:
        not_decided("it is not there, or no version", source)
    release = installed.value
    fix_with(f"docker run --rm -v /:/hostfs goharbor/prepare:v{release.upstream} migrate -i {shell(harbor.config)}")
    expect(_minor(said.numbers), f"{source}, compared with {named(installed)}").equals(_minor(release.numbers))


def _minor(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, (*numbers, 0)[:2]))


@check(
    "harbor.config-keys-known",
    severity="medium",
    refs=(_TEMPLATE,),
    fix="# in {param}/harbor.yml: rename or remove the key; ./prepare shows nothing of it",
    each=instances("harbor", installations, none=_NONE),
)
def check_keys_known(harbor: HarborInstallation) -> None:
    """harbor.yml has no key that the installed release does not read.

    `prepare` ignores what it does not know: `htts:` leaves Harbor on http, and what an older release had, such as
    `chartmuseum` or `notary`, does nothing. What is written below a storage driver or `trace.attributes` is not judged.
    """
    needs_release(harbor, *_FIRST)
    release = harbor_release(harbor).prepares
    expect(_first(unknown_keys(harbor, release)), f"{harbor.config}, for {named(release)}").equals([])
