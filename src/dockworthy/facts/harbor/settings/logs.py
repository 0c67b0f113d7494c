"""How much disk Harbor's logs may come to take, and how much there is.

Source: goharbor/harbor ``make/photon/prepare/utils/configs.py`` (log), ``templates/log/logrotate.conf.jinja``;
logrotate(8).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, NotApplicable, NotDecided, derived, known, unknown
from dockworthy.facts.engine.disk import parse_df
from dockworthy.facts.harbor.installed.composed import composed_services
from dockworthy.facts.harbor.settings.blocks import block, rules_for
from dockworthy.regex import regex

if TYPE_CHECKING:
    from dockworthy.facts.harbor.installed.config import HarborInstallation

__all__ = ["LogRoom", "Logs", "logs", "room_for_logs"]

_COUNT, _SIZE, _FOLDER = 50, "200M", "/var/log/harbor"
_UNITS: Final = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_BYTES = regex(r"(\d{1,15})([kMG]?)", re.ASCII)
_KIB: Final = 1024


@dataclass(frozen=True, slots=True)
class Logs:
    """What is kept of the logs."""

    count: int  # rotated files of each service
    size: int  # bytes at which a file is rotated
    services: int  # how many write a log
    folder: str  # where they lie

    @property
    def most(self) -> int:
        """The bytes that all of them come to."""
        return self.count * self.size * self.services


@dataclass(frozen=True, slots=True)
class LogRoom:
    """The room that they have."""

    free: int  # bytes that are free on their disk
    used: int  # bytes that they take up already


def logs(harbor: HarborInstallation) -> Logs:
    """What harbor.yml keeps of the logs; raises NotApplicable where they go to another host."""
    if block(harbor, "log", "external_endpoint"):
        raise NotApplicable("the logs go to log.external_endpoint")
    path = ("log",) if rules_for(harbor).has("log-flat") else ("log", "local")
    block(harbor, *path)
    count = harbor.setting(*path, "rotate_count")
    size = harbor.text(*path, "rotate_size")
    number = _COUNT if not count.value else count.value
    if isinstance(number, str) and number.isascii() and number.isdecimal():
        number = int(number)
    if not isinstance(number, int) or number < 0:
        raise NotDecided("it is no number", count.source, Code.MALFORMED)
    text = size.value if size.value not in {"", "0"} else _SIZE
    found = _BYTES.fullmatch(text)
    if found is None:
        raise NotDecided("it is no size that logrotate reads: a number, and k, M or G", size.source, Code.MALFORMED)
    writing = [name for name in composed_services(harbor).value if name != "log"]
    folder = harbor.text(*path, "location").value or _FOLDER
    return Logs(int(number), int(found[1]) * _UNITS[found[2].lower()], len(writing), folder)


@derived
def room_for_logs(harbor: HarborInstallation) -> Evidence[LogRoom]:
    """The room on the disk of their folder."""
    source = f"df -Pk of {harbor.config}: log.local.location"
    text = harbor.facts.snapshot.text(f"cmd:harbor-logs{harbor.folder}").by(source)
    space = parse_df(text.value).get("blocks")
    if space is None:
        return unknown("df does not tell it", source, Code.NOT_TOLD)
    used = next((line.split()[1] for line in text.value.splitlines() if line.startswith("used ")), "")
    if not used.isdecimal():
        return unknown("what they take up already could not be read", source, Code.NOT_PERMITTED)
    return known(LogRoom(space.free * _KIB, int(used) * _KIB), source)
