"""What a run will do, decided before anything is judged: hosts, profiles, selection, outputs, exit status.

Order matters here: everything that a user can have wrong is refused before a host is looked at.
"""

from __future__ import annotations

import sys
import uuid
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dockworthy.applied import Applied
from dockworthy.errors import UsageError
from dockworthy.printable import printable
from dockworthy.releases.version import parse_version
from dockworthy.run.demands import Demands
from dockworthy.run.gather import gather, is_of_store, targets_of
from dockworthy.run.harbors import ask_declared
from dockworthy.run.hosts import RunHost
from dockworthy.run.options import Options
from dockworthy.run.selection import Selection
from dockworthy.run.state import Plan
from dockworthy.snapshot import Snapshot, parse_snapshot
from dockworthy.target import Target
from dockworthy.typed import check_docker_host, refuse_addresses, shown_word
from dockworthy.writing import STANDARD_OUTPUT, refuse_folder, refuse_place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pytest

    from dockworthy.profile.model import Profile
    from dockworthy.releases import Release
    from dockworthy.releases.version import Version
    from dockworthy.results.model import Results
    from dockworthy.results.writer import ResultsWriter
    from dockworthy.run.gather import Gathered

__all__ = [
    "Options",
    "Plan",
    "applied_registries",
    "check_options",
    "hand_over",
    "make_plan",
    "moment_of",
    "named_profile",
    "parse_moment",
    "picked_profile",
    "plan_of",
    "rehearsed",
    "unique_name",
]


_handed: list[Plan] = []


def hand_over(plan: Plan) -> None:
    """Let the pytest run that is about to start use a plan that was made before pytest was imported."""
    _handed[:] = [plan]


def plan_of(config: pytest.Config) -> Plan:
    """This run's plan, handed over, sent to this worker or made now; `UsageError` for what a user can fix."""
    if hasattr(config, "workerinput"):
        return _plan_in_worker(config.workerinput["dockworthy"])
    if _handed:
        return _handed.pop()
    return make_plan(Options.from_pytest(config))


def make_plan(options: Options) -> Plan:
    """Check everything that was asked for, then look at the hosts; `UsageError` for anything that a user can fix."""
    started = datetime.now(tz=timezone.utc)
    run_id = f"{started:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"
    selection = Selection(options.check, options.skip_check, options.topic, options.severity, options.refs)
    check_options(options)
    if options.jobs is not None:
        raise UsageError("--jobs: the processes of a pytest run are those of its -n; give one of the two.")
    baseline = _baseline(options)
    moment = parse_moment(options.at)
    named = named_profile(options)
    registries = named.registries if named is not None else options.registry
    targets = targets_of(options)
    demands = Demands(options, named, targets)
    harbors = ask_declared(options, named, targets)
    registries = (*registries, *applied_registries(options))
    gathered = gather(options, targets, registries, profile=named, looking=demands.looking)
    gathered += harbors(gathered)
    hosts = _hosts(options, gathered, demands, moment or started)
    for host in hosts:
        if host.snapshot is not None and host.snapshot.truncated:
            sys.stderr.write(f"dockworthy: {printable(host.name)}: {host.error}\n")
    plan = rehearsed(Plan(options, run_id, started, hosts, gathered, selection, baseline=baseline))
    plan.writer = _writer(plan)
    return plan


def check_options(options: Options) -> None:
    """Refuse what is wrong in the options themselves; `UsageError` naming the first."""
    refuse_addresses(options._asdict())
    _numbers(options)
    _places(options)
    parse_moment(options.at)
    rehearsal_of(options)
    harbor_rehearsal_of(options)
    _applied(options)
    Selection(severity=options.severity)
    if options.docker_host:
        check_docker_host(options.docker_host)


def named_profile(options: Options) -> Profile | None:
    """The profile that the user named, read and checked; None where each host's os-release picks."""
    from dockworthy.profile.loader import load_profile  # noqa: PLC0415 - heavy (pydantic, YAML)

    if options.profile is None and options.waivers is None:
        return None
    waiver_files = [Path(options.waivers)] if options.waivers else []
    profile = load_profile(
        options.profile or "base", catalogue=_catalogue(), waiver_files=waiver_files, registries=options.registry
    )
    return profile if options.profile is not None else None


def _catalogue() -> Iterator[Any]:
    """The checks that there are, loaded when the first is asked for: not for a profile that cannot be read."""
    from dockworthy.profile.locate import checks_folder  # noqa: PLC0415 - needed here only
    from dockworthy.run.loading import load_checks  # noqa: PLC0415 - needed here only

    yield from load_checks(checks_folder()).values()


def _hosts(
    options: Options,
    gathered: Sequence[Gathered],
    demands: Demands,
    moment: datetime,
) -> list[RunHost]:
    picked: dict[str, Profile] = {}
    names: dict[str, int] = {}
    hosts = []
    for item in gathered:
        snapshot = parse_snapshot(item.data, item.label) if item.data is not None else None
        fitting = partial(picked_profile, options, snapshot, picked)
        hosts.append(
            RunHost(
                name=unique_name(item.host_name(snapshot), names),
                target=item.label,
                profile=demands.of(item.target, fitting),
                snapshot=snapshot,
                now=moment_of(options.at, snapshot, moment),
                error=item.error or (snapshot.broken_off if snapshot is not None else None),
                testinfra=item.testinfra,
                named_at=item.target.named_at,
                seconds=item.seconds,
                round_trips=item.round_trips,
            )
        )
    _acquaint(hosts)
    return hosts


def _acquaint(hosts: Sequence[RunHost]) -> None:
    """Let a Harbor's checks find its nodes among the hosts."""
    for host in hosts:
        if host.snapshot is not None and host.snapshot.is_harbor:
            host.neighbours = hosts


def picked_profile(options: Options, snapshot: Snapshot | None, known: dict[str, Profile]) -> Profile:
    """The profile that fits the host's os-release, each read once."""
    from dockworthy.profile.loader import load_profile  # noqa: PLC0415 - heavy (pydantic, YAML)
    from dockworthy.profile.pick import pick_profile  # noqa: PLC0415 - beside it

    name = pick_profile(_os_release(snapshot)) if snapshot is not None else "base"
    if name not in known:
        waiver_files = [Path(options.waivers)] if options.waivers else []
        known[name] = load_profile(name, waiver_files=waiver_files, registries=options.registry)
    return known[name]


def _os_release(snapshot: Snapshot) -> Mapping[str, str]:
    from dockworthy.facts.host.os import parse_os_release  # noqa: PLC0415 - beside the profile's picking

    for name in ("file:/etc/os-release", "file:/usr/lib/os-release"):
        text = snapshot.text(name)
        if text.is_known:
            return parse_os_release(text.value)
    return {}


def unique_name(name: str, names: dict[str, int]) -> str:
    """The name, or where it is taken the next with a number behind it; ``names`` counts them."""
    names[name] = names.get(name, 0) + 1
    return name if names[name] == 1 else unique_name(f"{name}-{names[name]}", names)


def parse_moment(at: str | None) -> datetime | None:
    """The moment that ``--at`` names, in UTC, None for now and the snapshot's own; `UsageError` for what is none."""
    if at is None or at == "snapshot":
        return None
    try:
        moment = datetime.fromisoformat(at.replace("Z", "+00:00"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        told = shown_word(at)
        raise UsageError(f"--at {told}: neither `snapshot` nor a time such as 2026-11-24T12:00:00Z.") from None


def rehearsed(plan: Plan) -> Plan:
    """Have the hosts judged with the releases and the files that the options name, in place of their own."""
    plan.rehearsal, plan.harbor_rehearsal = rehearsal_of(plan.options), harbor_rehearsal_of(plan.options)
    plan.applied = plan.applied or _applied(plan.options)
    for host in plan.hosts:
        host.rehearsal, host.harbor_rehearsal = plan.rehearsal, plan.harbor_rehearsal
        host.applied = plan.applied
    return plan


def _applied(options: Options) -> tuple[Applied, ...]:
    """What ``--apply`` names, read once; `UsageError` for what cannot be."""
    if not options.apply:
        return ()
    from dockworthy.run.applying import applied_of  # noqa: PLC0415 - only for a rehearsal

    return applied_of(options.apply)


def applied_registries(options: Options) -> tuple[str, ...]:
    """The registries that the hosts look at besides, because ``--apply`` brings a folder for them."""
    if not options.apply:
        return ()
    from dockworthy.run.applying import registries_of  # noqa: PLC0415 - only for a rehearsal

    return registries_of(_applied(options))


def rehearsal_of(options: Options) -> Release | None:
    """The release of the engine that ``--engine`` names, None where it is not given; `UsageError` for what is none."""
    if options.engine is None:
        return None
    from dockworthy.releases import known  # noqa: PLC0415 - only for a rehearsal

    try:
        return known().resolve(options.engine)
    except UsageError as error:
        raise UsageError(f"--engine {shown_word(options.engine)}: {error}.") from None


def harbor_rehearsal_of(options: Options) -> Version | None:
    """The release of Harbor that ``--harbor`` names, None where it is not given; `UsageError` for what is none."""
    if options.harbor is None:
        return None
    from dockworthy.facts.harbor.prepared.upgrading import resolve_release, shown_release  # noqa: PLC0415 - only for a rehearsal

    try:
        return parse_version(shown_release(resolve_release(options.harbor)))
    except UsageError as error:
        raise UsageError(f"--harbor {shown_word(options.harbor)}: {error}.") from None


def moment_of(at: str | None, snapshot: Snapshot | None, moment: datetime) -> datetime:
    """By which moment a host's dates are judged: the snapshot's own where that is asked for and known."""
    if at == "snapshot" and snapshot is not None and snapshot.recorded.is_known:
        return snapshot.recorded.value
    return moment


def _numbers(options: Options) -> None:
    """Refuse numbers that are none, and levels that do not exist."""
    from dockworthy.check import SEVERITIES  # noqa: PLC0415 - light, and only here

    if options.fail_on is not None and options.fail_on not in SEVERITIES:
        raise UsageError(f"--fail-on {shown_word(options.fail_on)}: not one of {', '.join(SEVERITIES)}.")
    for name, low, high in (
        *(("min_decided", 0, 100), ("host_timeout", 1, 86_400)),
        *(("forks", 1, 1024), ("jobs", 1, 1024)),
    ):
        text = getattr(options, name)
        if text is not None and not _is_number(text, low, high):
            raise UsageError(f"--{name.replace('_', '-')} {shown_word(text)}: not a number from {low} to {high}.")


def _places(options: Options) -> None:
    """Refuse formats that do not exist and places that cannot be written, before anything is looked at."""
    from dockworthy.results.writer import places  # noqa: PLC0415 - light, and only here

    if options.report:
        from dockworthy.report import parse_reports  # noqa: PLC0415 - only where one is asked for

        parse_reports(options.report, read=[] if options.results is None else places(Path(options.results)))
    if options.results == STANDARD_OUTPUT:
        raise UsageError("--results -: the record is a file; write --report json=- for standard output.")
    if options.results is not None:
        for place in places(Path(options.results)):
            refuse_place(place, "--results ")
    if options.output_dir is not None:
        refuse_folder(Path(options.output_dir), "--output-dir ")
    if options.store is not None:
        from dockworthy.store.store import refuse_store  # noqa: PLC0415 - only where there is one

        refuse_store(options.store, make=not is_of_store(options))


def _is_number(text: str, low: float, high: float) -> bool:
    try:
        return low <= float(text) <= high
    except ValueError:
        return False


def _baseline(options: Options) -> Results | None:
    if options.baseline is None:
        return None
    from dockworthy.results.reader import read_results  # noqa: PLC0415 - only with a baseline

    return read_results(Path(options.baseline))


def _writer(plan: Plan) -> ResultsWriter | None:
    if plan.options.results is None:
        return None
    from dockworthy.run.finish import open_writer  # noqa: PLC0415 - only where a file was asked for

    return open_writer(plan, Path(plan.options.results))


def _plan_in_worker(sent: dict[str, Any]) -> Plan:
    """The same plan in a worker: the snapshots from the files, nothing probed, nothing written."""
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in sent["options"].items()
    }
    options = Options(**given)._replace(results=None, report=(), store=None)
    named = named_profile(options)
    demands = Demands(options, named, ())
    picked: dict[str, Profile] = {}
    hosts = []
    for number, item in enumerate(sent["hosts"]):
        snapshot, target = (
            None,
            Target(item["target"], "", profile=item["profile"], registries=tuple(item["registries"])),
        )
        if item["reached"]:
            data = Path(sent["folder"], f"{number}.snapshot").read_bytes()
            snapshot = parse_snapshot(data, item["target"])
        hosts.append(
            RunHost(
                name=item["name"],
                target=item["target"],
                profile=demands.of(target, partial(picked_profile, options, snapshot, picked)),
                snapshot=snapshot,
                now=datetime.fromisoformat(item["now"]),
                error=item["error"],
                testinfra=item["testinfra"],
            )
        )
    _acquaint(hosts)
    selection = Selection(options.check, options.skip_check, options.topic, options.severity, options.refs)
    started = datetime.fromisoformat(sent["started"])
    applied = tuple(map(Applied.of_plain, sent["applied"]))
    return rehearsed(Plan(options, sent["run_id"], started, hosts, [], selection, applied=applied))
