"""The fixes as one POSIX shell script, to be read and then run as root on the host that it names."""

from __future__ import annotations

import json
import re
import shlex
from importlib.resources import files
from typing import TYPE_CHECKING

from dockworthy.report.fixes.steps import Boot, Command, Content, Line, Note, Settings, Step
from dockworthy.report.words import observation, plain, quantity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dockworthy.report.fixes.plan import Fix, HostPlan
    from dockworthy.report.fixes.rollout import Placing
    from dockworthy.results.model import Results

__all__ = ["render_shell"]

_RESTART = "systemctl restart docker"
_PLACED = {"daemon.json": "dw_place", "certs.d": "dw_place_folder", "ca": "dw_place_ca"}
_STOPPED = "it is not put here, because the engine would not start with it"


def render_shell(results: Results, plans: Sequence[HostPlan]) -> str:
    """The whole script."""
    helpers = (files("dockworthy.report.fixes") / "helpers.sh").read_text(encoding="utf-8")
    lines = [*_head(results, plans), helpers]
    for number, plan in enumerate(plans, 1):
        lines += _host(number, plan)
    lines += _main(plans)
    return "\n".join(lines) + "\n"


def _comment(text: str) -> str:
    """One comment line; nothing in it can end it."""
    return f"# {plain(text, 400)}".rstrip()


def _head(results: Results, plans: Sequence[HostPlan]) -> list[str]:
    hosts = ", ".join(plain(plan.host) for plan in plans) or "none"
    how = "sh THIS_FILE HOST" if len(plans) > 1 else "sh THIS_FILE"
    return [
        "#!/bin/sh",
        _comment(f"The fixes of run {results.run.id} ({results.run.started}), written by dockworthy"),
        _comment(f"{results.run.tool_version}. Hosts: {hosts}."),
        "#",
        "# Read it, take out what you do not want, then run it as root on the host itself:",
        f"#   {how}",
        "# Each step looks first and changes only what is not yet as it is to be: run again, it changes nothing.",
        "# Files that it changes are kept beside themselves as NAME.before-dockworthy.",
        "set -u",
        "",
    ]


def _host(number: int, plan: HostPlan) -> Iterator[str]:
    done = [fix for fix in plan.fixes if not fix.by_hand]
    left = [fix for fix in plan.fixes if fix.by_hand]
    yield _comment(f"---- {plan.host}: {quantity(len(done), 'fix').replace('fixs', 'fixes')}, {len(left)} left to you")
    yield f"fix_host_{number}() {{"
    for index in range(len(plan.after)):
        yield f"  after_{index}=0"
    if plan.is_stopped:
        yield f"  dw_begin 'what was applied'; dw_failed {shlex.quote(_STOPPED)}"
    for placing in plan.placed:
        yield from _place(placing, plan.after)
    for fix in done:
        yield from _fix(fix, plan.after)
    yield ""
    for index, command in enumerate(plan.after):
        yield f'  dw_after "$after_{index}" {shlex.quote(command)}'
    if plan.reboot:
        yield "  [ \"$total\" = 0 ] || echo 'note:    some changes take effect at the next boot: reboot when it suits'"
    yield f"  left_to_you_{number}"
    yield "}"
    yield f"left_to_you_{number}() {{"
    yield "  :"
    for fix in left:
        yield from _left(fix)
    for result in plan.without_fix:
        yield f"  printf 'by hand: %s\\n' {shlex.quote(plain(f'{result.check}: {result.title}', 400))}"
    yield "}"
    yield ""


def _place(placing: Placing, after: Sequence[str]) -> Iterator[str]:
    """The file that was judged is laid where it was taken to lie; it must lie beside the script."""
    yield ""
    yield f"  {_comment(f'{placing.name}={placing.source} goes to {placing.path}')}"
    yield f"  dw_begin {shlex.quote(plain(f'{placing.name}={placing.source}', 120))}"
    given = " ".join(map(shlex.quote, (placing.source, placing.sha256, placing.path)))
    yield f"  {_PLACED[placing.name]} {given}"
    flags = "; ".join(f"after_{after.index(command)}=1" for command in placing.after)
    if flags:
        yield f'  if [ "$changed" = 1 ]; then {flags}; fi'


def _fix(fix: Fix, after: Sequence[str]) -> Iterator[str]:
    first = fix.results[0]
    yield ""
    yield f"  {_comment(f'{first.severity} {fix.label}: {first.title}')}"
    yield f"  {_comment(observation(first))}"
    for risk in fix.risks:
        yield f"  {_comment(f'RISK {risk}')}"
    yield f"  dw_begin {shlex.quote(plain(fix.label, 120))}"
    for step in fix.steps:
        yield f"  {_step(step)}"
    flags = " ".join(f"after_{after.index(command)}=1" for command in fix.after if command in after)
    if not flags:
        return
    if any(not isinstance(step, Note) for step in fix.steps):
        yield f'  if [ "$changed" = 1 ]; then {flags.replace(" ", "; ")}; fi'
    elif _RESTART in fix.after:
        yield f"  if dw_stale docker.service; then {flags.replace(' ', '; ')}; fi"
    else:
        yield f"  {flags.replace(' ', '; ')}"


def _left(fix: Fix) -> Iterator[str]:
    first = fix.results[0]
    told = plain(f"{first.severity} {fix.label}: {first.title}", 400)
    yield f"  printf 'by hand: %s\\n' {shlex.quote(told)}"
    for step in fix.steps:
        if isinstance(step, Note):
            yield f"  printf '           %s\\n' {shlex.quote(plain(step.text, 400))}"


def _step(step: Step) -> str:
    """One step as a call of its helper."""
    if isinstance(step, Note):
        return _comment(step.text)
    if isinstance(step, Settings):
        compact = json.dumps(step.values, ensure_ascii=False)
        pretty = json.dumps(step.values, indent=2, ensure_ascii=False)
        return f"dw_settings {shlex.quote(step.file)} {shlex.quote(compact)} {shlex.quote(pretty)}"
    if isinstance(step, Line):
        return f"dw_line {shlex.quote(step.file)} {shlex.quote(step.text)}"
    if isinstance(step, Content):
        return f"dw_content {shlex.quote(step.file)} {shlex.quote(step.text)}"
    if isinstance(step, Boot):
        return f"dw_boot {shlex.quote(step.word)} {shlex.quote(shlex.split(step.command)[2])}"
    return _command(step) if isinstance(step, Command) else ":"


_ATTRIBUTES = ("chmod", "chown", "chgrp", "setfacl")
_PACKAGES = re.compile(r"(?:apt-get|dnf|yum|zypper)\s")
_NETWORK, _UPDATE, _UNIT = 5, 2, 2


def _command(step: Command) -> str:
    words = step.words
    if words and words[0] in _ATTRIBUTES:
        return f"dw_attributes {shlex.join(words)}"
    if _PACKAGES.match(step.text):
        return f"dw_packages {shlex.quote(step.text)}"
    return _special(words) or f"dw_run {shlex.quote(step.text)}"


def _special(words: Sequence[str]) -> str | None:
    """The call for commands that need more than to be run: they fail, or say they changed, the second time."""
    two, rest = tuple(words[:2]), shlex.join(words[2:])
    if two == ("docker", "update"):
        return f"dw_update docker update {rest}"
    if two == ("docker", "network") and len(words) == _NETWORK and words[2] in {"connect", "disconnect"}:
        return f"dw_network {rest}"
    if two == ("gpasswd", "-d"):
        return f"dw_member {rest}"
    if two[:1] == ("auditctl",):
        return f"dw_audit {shlex.join(words[1:])}"
    if two == ("sysctl", "-w"):
        return "; ".join(f"dw_sysctl {shlex.quote(word)}" for word in words[2:])
    if two[:1] == ("systemctl",) and words[1] in {"enable", "disable", "start", "stop"}:
        return _units(words)
    if two == ("sed", "-i"):
        return f"dw_sed {rest}"
    return None


def _units(words: Sequence[str]) -> str:
    """``enable --now`` is two things to look at."""
    units = shlex.join([word for word in words[2:] if not word.startswith("-")])
    calls = [f"dw_unit {words[1]} {units}"]
    if "--now" in words:
        calls.append(f"dw_unit {'start' if words[1] == 'enable' else 'stop'} {units}")
    return "; ".join(calls)


def _main(plans: Sequence[HostPlan]) -> Iterator[str]:
    if not plans:
        yield "echo 'nothing is to be fixed'"
        return
    if len(plans) == 1:
        yield "fix_host_1"
    else:
        yield 'case "${1-}" in'
        for number, plan in enumerate(plans, 1):
            yield f"{shlex.quote(plain(plan.host, 4096))}) fix_host_{number} ;;"
        told = "name one of the hosts: " + ", ".join(plain(plan.host) for plan in plans)
        yield f"*) printf '%s\\n' {shlex.quote(told)} >&2; exit 2 ;;"
        yield "esac"
    yield 'printf \'%s changed, %s failed\\n\' "$total" "$failed"'
    yield '[ "$failed" = 0 ]'
