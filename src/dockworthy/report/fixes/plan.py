"""Which fixes of a run go together, host by host: each text once, the worst finding first."""

from __future__ import annotations

import re
from dataclasses import field, replace
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.report.fixes.risks import setting_risk
from dockworthy.report.fixes.rollout import Placing, placings, touches, would_not_start
from dockworthy.report.fixes.steps import After, Content, Note, Settings, Step, steps_of
from dockworthy.report.words import instance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockworthy.results.model import Result, Results

__all__ = ["Fix", "HostPlan", "plan"]

# The order in which changes are taken into use.
_ORDER = (
    "daemon-reload",
    "augenrules",
    "auditctl",
    "sysctl",
    "grub",
    "apparmor_parser",
    "containerd",
    "docker",
    "reboot",
)
_BELONGS = "it belongs into what is rolled out, before that is:"
_NOT_NEEDED = re.compile(r"to run by hand: (?:dockerd --validate|reboot)\b")


@dataclass(frozen=True, slots=True)
class Fix:
    """One fix and the findings that it fixes."""

    results: tuple[Result, ...]  # the findings
    steps: tuple[Step, ...]  # what is to be done, without what is done afterwards
    after: tuple[str, ...] = ()  # what takes it into use

    @property
    def by_hand(self) -> bool:
        """Whether it is left to a person."""
        return any(isinstance(step, Note) and step.by_hand for step in self.steps)

    @property
    def label(self) -> str:
        """The findings' checks with their instances."""
        names = list(dict.fromkeys(instance(result) for result in self.results))
        return ", ".join(names)

    @property
    def risks(self) -> list[str]:
        """What the change does beside fixing."""
        keys = [key for step in self.steps if isinstance(step, Settings) for key in step.values]
        return [f"{key}: {risk}" for key in keys if (risk := setting_risk(key)) is not None]


@dataclass(frozen=True, slots=True)
class HostPlan:
    """The fixes of one host."""

    host: str  # its name
    fixes: tuple[Fix, ...]  # the worst finding's first
    after: tuple[str, ...]  # every command that takes changes into use, once, in the order in which they are run
    reboot: bool  # whether some take effect at the next boot only
    without_fix: tuple[Result, ...] = field(default=())  # findings that name none
    placed: tuple[Placing, ...] = field(default=())  # what is rolled out before
    is_stopped: bool = False  # whether nothing is, because the engine would not start with it


def plan(results: Results, hosts: Sequence[str] = (), checks: Sequence[str] = ()) -> list[HostPlan]:
    """What is to be done, host by host, about findings that no waiver covers; of these hosts and checks, if any."""
    by_host: dict[str, list[Result]] = {}
    for result in results.results:
        wanted = not checks or any(name in checks for name in (result.check, *result.aliases))
        if result.outcome == "fail" and wanted and (not hosts or result.host in hosts):
            by_host.setdefault(result.host, []).append(result)
    placed = {host.name: placings(results, host) for host in results.hosts} if not checks else {}
    for name, found in placed.items():
        if found and (not hosts or name in hosts):
            by_host.setdefault(name, [])
    return [_of_host(host, found, placed.get(host, ())) for host, found in by_host.items()]


def _of_host(host: str, findings: Sequence[Result], placed: tuple[Placing, ...]) -> HostPlan:
    by_text: dict[tuple[str, bool], list[Result]] = {}
    without: list[Result] = []
    for result in sorted(findings, key=lambda item: (item.rank, item.check, item.param or "")):
        if result.fix:
            by_text.setdefault((result.fix, (result.param or "").isprintable()), []).append(result)
        else:
            without.append(result)
    fixes = _shared([_fix(text, tuple(results), placed) for (text, _), results in by_text.items()])
    is_stopped = bool(placed) and would_not_start(findings)
    rolled = () if is_stopped else placed
    wanted = [*(fix.after for fix in fixes), *(one.after for one in rolled)]
    after = sorted({command for commands in wanted for command in commands}, key=_order)
    reboot = "reboot" in after
    commands = tuple(item for item in after if item != "reboot")
    return HostPlan(host, tuple(fixes), commands, reboot, tuple(without), rolled, is_stopped)


def _fix(text: str, results: tuple[Result, ...], placed: Sequence[Placing] = ()) -> Fix:
    steps: list[Step] = []
    found = steps_of(text, results[0].param)
    if any(touches(step, placed) for step in found):
        return Fix(results, (Note(_BELONGS, by_hand=True), *map(Note, filter(None, map(str.strip, text.splitlines())))))
    after: list[str] = []
    for step in found:
        if isinstance(step, After):
            after.append(_canonical(step.text))
        elif not (isinstance(step, Note) and _NOT_NEEDED.match(step.text)):
            steps.append(step)
    if any(isinstance(step, Settings) and step.file == "/etc/docker/daemon.json" for step in steps):
        after.append("systemctl restart docker")
    return Fix(results, tuple(steps), tuple(dict.fromkeys(after)))


def _canonical(command: str) -> str:
    return re.sub(
        r"^(?:service docker restart|systemctl restart docker(?:\.service)?)$", "systemctl restart docker", command
    )


def _order(command: str) -> tuple[int, str]:
    return (next((index for index, word in enumerate(_ORDER) if word in command), len(_ORDER)), command)


def _shared(fixes: Sequence[Fix]) -> list[Fix]:
    """Files that several fixes write hold what all of them say; otherwise each would undo the one before it."""
    texts: dict[str, list[str]] = {}
    for fix in fixes:
        for step in fix.steps:
            if isinstance(step, Content):
                lines = texts.setdefault(step.file, [])
                lines += [line for line in step.text.splitlines() if line not in lines]
    return [replace(fix, steps=tuple(_whole(step, texts) for step in fix.steps)) for fix in fixes]


def _whole(step: Step, texts: dict[str, list[str]]) -> Step:
    if not isinstance(step, Content) or set(texts[step.file]) == set(step.text.splitlines()):
        return step
    return Content(step.file, "".join(f"{line}\n" for line in texts[step.file]))
