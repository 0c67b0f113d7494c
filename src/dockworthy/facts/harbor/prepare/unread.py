"""Which keys of harbor.yml the installed release does not read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from dockworthy.evidence import Code, NotDecided
from dockworthy.facts.harbor.prepare.accepting import candidates
from dockworthy.facts.harbor.prepare.rules import rules_of
from dockworthy.masking import HIDDEN
from dockworthy.printable import printable
from dockworthy.spelling import near

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockworthy.evidence import Evidence
    from dockworthy.facts.harbor.installed.config import HarborInstallation
    from dockworthy.facts.versions import Version

__all__ = ["unknown_keys"]

_NEAR: Final = 0.7
_LOOKED_UP: Final = 50  # of a file that is another's altogether, no name is near to any


def unknown_keys(harbor: HarborInstallation, release: Evidence[Version]) -> list[str]:
    """The keys to the second level that it does not read, each with the nearest that it does.

    Raises:
        NotDecided: where the release is not known, or those that it may be differ.
    """
    written = list(_keys(harbor.settings.value))
    release.value  # noqa: B018 - without it nothing is known
    found = [_unknown(written, rules_of(numbers).keys) for numbers in candidates(release, harbor.config)]
    if any(one != found[0] for one in found):
        raise NotDecided("its patches differ in which of them they read", release.source, Code.RELEASE)
    return found[0]


def _keys(settings: Mapping[Any, Any]) -> Iterator[str]:
    for name, value in settings.items():
        yield str(name)
        if isinstance(value, Mapping):
            yield from (f"{name}.{key}" for key in value)


def _unknown(written: list[str], known: frozenset[str]) -> list[str]:
    """What is below an unknown key is not told besides."""
    found = [name for name in written if name not in known and (name.partition(".")[0] in known or "." not in name)]
    return [*(_shown(name, known) for name in found[:_LOOKED_UP]), *map(printable, found[_LOOKED_UP:])]


def _shown(name: str, known: frozenset[str]) -> str:
    if name.rpartition(".")[2].startswith(HIDDEN):
        return f"{name.rpartition('.')[0]}.… (a name that is not told)".removeprefix(".")
    parent, _, own = name.rpartition(".")
    beside = [one.rpartition(".")[2] for one in known if one.rpartition(".")[0] == parent]
    close = near(own, beside, 1, cutoff=_NEAR, parts=False)
    return f"{printable(name)} ({close[0]}?)" if close else printable(name)
