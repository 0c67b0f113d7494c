"""What a run will do, decided before anything is judged: hosts, profiles, selection, outputs, exit status.

Order matters here: everything that a user can have wrong is refused before a host is looked at.
"""

from __future__ import annotations

import sys
import tempfile
import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dockworthy.errors import UsageError
from dockworthy.run.gather import gather
from dockworthy.run.hosts import RunHost
from dockworthy.run.selection import Selection
from dockworthy.snapshot import Snapshot, parse_snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pytest

    from dockworthy.profile.model import Profile
    from dockworthy.results.compare import Comparison
    from dockworthy.results.model import Results
    from dockworthy.results.writer import ResultsWriter
    from dockworthy.run.gather import Gathered
    from dockworthy.run.loading import Catalogue
    from dockworthy.run.recorder import Recorder

__all__ = ["Options", "Plan", "check_options", "hand_over", "make_plan", "plan_of"]


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asked for, from ``dockworthy check`` or from pytest's command line; names as there."""

    target: tuple[str, ...] = ()
    inventory: str | None = None
    profile: str | None = None
    registry: tuple[str, ...] = ()
    waivers: str | None = None
    results: str | None = None
    report: tuple[str, ...] = ()
    output_dir: str | None = None
    check: tuple[str, ...] = ()
    skip_check: tuple[str, ...] = ()
    topic: tuple[str, ...] = ()
    severity: str | None = None
    refs: tuple[str, ...] = ()
    baseline: str | None = None
    fail_on: str | None = None
    min_decided: str | None = None
    docker_host: str | None = None
    host_timeout: str | None = None
    forks: str | None = None
    at: str | None = None
    sudo: bool = False
    ask_sudo_password: bool = False
    ssh_config: str | None = None
    ssh_identity_file: str | None = None
    argv: tuple[str, ...] = field(default_factory=lambda: tuple(sys.argv))

    @classmethod
    def from_pytest(cls, config: pytest.Config) -> Options:
        """The ``--dw-…`` options, and testinfra's own where they are loaded."""
        given = config.option
        values: dict[str, Any] = {}
        for name in cls.__dataclass_fields__:
            value = getattr(given, f"dockworthy_{name}", None)
            if name in {"sudo", "ssh_config", "ssh_identity_file"}:
                value = value or getattr(given, name, None)
            if value is not None:
                values[name] = tuple(value) if isinstance(value, list) else value
        values["argv"] = ("pytest", *config.invocation_params.args)
        return cls(**values)


@dataclass(slots=True)
class Plan:
    """One run.

    Attributes:
        run_id: unique; also the name of the run's folder.
        started: by this machine's clock, in UTC.
        hosts: with their snapshots and profiles.
        selection: what the options narrow.
        gathered: what the targets gave, in the order of the hosts.
        writer: where results go as they come, or None where no file was asked for.
        exit_status: at the end.
        baseline: the run that this one is compared with.
        comparison: with the baseline, at the end.
        outcome: the whole record, at the end.
        folder: the run's own, or None in a plain pytest run.
    """

    options: Options
    run_id: str
    started: datetime
    hosts: list[RunHost]
    gathered: list[Gathered]
    selection: Selection
    writer: ResultsWriter | None = None
    exit_status: int = 0
    baseline: Results | None = None
    comparison: Comparison | None = None
    outcome: Results | None = None
    folder: Path | None = None
    _folder: tempfile.TemporaryDirectory[str] | None = None

    def check_names(self, catalogue: Catalogue) -> None:
        """Refuse options that name checks which do not exist.

        Raises:
            UsageError: naming the first.
        """
        self.selection.check_names(catalogue)

    def for_workers(self) -> dict[str, Any]:
        """What a worker process needs to come to the same hosts, as plain values."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="dockworthy-")
            for number, item in enumerate(self.gathered):
                if item.data is not None:
                    Path(self._folder.name, f"{number}.snapshot").write_bytes(item.data)
        return {
            "folder": self._folder.name,
            "run_id": self.run_id,
            "started": self.started.isoformat(),
            "hosts": [
                {
                    "name": host.name,
                    "target": host.target,
                    "error": host.error,
                    "testinfra": host.testinfra,
                    "now": host.now.isoformat(),
                    "reached": host.snapshot is not None,
                }
                for host in self.hosts
            ],
            "options": {name: getattr(self.options, name) for name in Options.__dataclass_fields__},
        }

    def finish(self, recorder: Recorder, pytest_status: int) -> int:
        """Close the record, write what was asked for, and say the run's exit status."""
        from dockworthy.run.finish import finish  # noqa: PLC0415 - only at the end, in one process

        self.exit_status = finish(self, recorder, pytest_status)
        return self.exit_status

    def close(self) -> None:
        """Leave no temporary file behind."""
        if self.writer is not None:
            self.writer.close()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


_handed: list[Plan] = []


def hand_over(plan: Plan) -> None:
    """Let the pytest run that is about to start use a plan that was made before pytest was imported."""
    _handed[:] = [plan]


def plan_of(config: pytest.Config) -> Plan:
    """The plan of this pytest run: handed over, sent to this worker, or made now.

    Raises:
        UsageError: for anything in it that a user can mend.
    """
    if hasattr(config, "workerinput"):
        return _plan_in_worker(config.workerinput["dockworthy"])
    if _handed:
        return _handed.pop()
    return make_plan(Options.from_pytest(config))


def make_plan(options: Options) -> Plan:
    """Check everything that was asked for, then look at the hosts.

    Raises:
        UsageError: for anything that a user can mend.
    """
    started = datetime.now(tz=timezone.utc)
    run_id = f"{started:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"
    selection = Selection(options.check, options.skip_check, options.topic, options.severity, options.refs)
    check_options(options)
    baseline = _baseline(options)
    moment = _moment(options.at)
    named = _named_profile(options)
    registries = named.registries if named is not None else options.registry
    gathered = gather(options, registries)
    hosts = _hosts(options, gathered, named, moment or started)
    plan = Plan(options, run_id, started, hosts, gathered, selection, baseline=baseline)
    plan.writer = _writer(plan)
    return plan


def check_options(options: Options) -> None:
    """Refuse what is wrong in the options themselves.

    Raises:
        UsageError: naming the first.
    """
    _numbers(options)
    _report_names(options)
    _moment(options.at)
    Selection(severity=options.severity)


def _named_profile(options: Options) -> Profile | None:
    """The profile that the user named, read and checked; None where each host's os-release picks."""
    from dockworthy.profile.loader import load_profile  # noqa: PLC0415 - heavy (pydantic, YAML)

    if options.profile is None and options.waivers is None:
        return None
    waiver_files = [Path(options.waivers)] if options.waivers else []
    profile = load_profile(
        options.profile or "base", catalogue=_catalogue(), waiver_files=waiver_files, registries=options.registry
    )
    return profile if options.profile is not None else None


def _catalogue() -> list[Any]:
    from dockworthy.profile.locate import checks_folder  # noqa: PLC0415 - needed here only
    from dockworthy.run.loading import load_checks  # noqa: PLC0415 - needed here only

    return list(load_checks(checks_folder()).values())


def _hosts(options: Options, gathered: Sequence[Gathered], named: Profile | None, moment: datetime) -> list[RunHost]:
    picked: dict[str, Profile] = {}
    names: dict[str, int] = {}
    hosts = []
    for item in gathered:
        snapshot = parse_snapshot(item.data, item.label) if item.data is not None else None
        profile = named or _picked(options, snapshot, picked)
        hosts.append(
            RunHost(
                name=_unique(item.host_name(snapshot), names),
                target=item.label,
                profile=profile,
                snapshot=snapshot,
                now=_now(options, snapshot, moment),
                error=item.error,
                testinfra=item.testinfra,
                seconds=item.seconds,
                round_trips=item.round_trips,
            )
        )
    return hosts


def _picked(options: Options, snapshot: Snapshot | None, known: dict[str, Profile]) -> Profile:
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


def _unique(name: str, names: dict[str, int]) -> str:
    names[name] = names.get(name, 0) + 1
    return name if names[name] == 1 else _unique(f"{name}-{names[name]}", names)


def _moment(at: str | None) -> datetime | None:
    if at is None or at == "snapshot":
        return None
    try:
        moment = datetime.fromisoformat(at.replace("Z", "+00:00"))
    except ValueError:
        raise UsageError(f"--at {at}: neither `snapshot` nor a time such as 2026-11-24T12:00:00Z.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _now(options: Options, snapshot: Snapshot | None, moment: datetime) -> datetime:
    if options.at == "snapshot" and snapshot is not None and snapshot.recorded.is_known:
        return snapshot.recorded.value
    return moment


def _numbers(options: Options) -> None:
    """Refuse numbers that are none, and levels that do not exist."""
    from dockworthy.check import SEVERITIES  # noqa: PLC0415 - light, and only here

    if options.fail_on is not None and options.fail_on not in SEVERITIES:
        raise UsageError(f"--fail-on {options.fail_on}: not one of {', '.join(SEVERITIES)}.")
    for name, low, high in (("min_decided", 0, 100), ("host_timeout", 1, 86_400), ("forks", 1, 1024)):
        text = getattr(options, name)
        if text is not None and not _is_number(text, low, high):
            raise UsageError(f"--{name.replace('_', '-')} {text}: not a number from {low} to {high}.")


def _report_names(options: Options) -> None:
    """Refuse formats that do not exist, before anything is looked at."""
    if options.report:
        from dockworthy.report.interface import writer  # noqa: PLC0415 - only where one is asked for

        for asked in options.report:
            writer(asked.partition("=")[0])


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
    options = replace(Options(**given), results=None, report=())
    named = _named_profile(options)
    picked: dict[str, Profile] = {}
    hosts = []
    for number, item in enumerate(sent["hosts"]):
        snapshot = None
        if item["reached"]:
            data = Path(sent["folder"], f"{number}.snapshot").read_bytes()
            snapshot = parse_snapshot(data, item["target"])
        hosts.append(
            RunHost(
                name=item["name"],
                target=item["target"],
                profile=named or _picked(options, snapshot, picked),
                snapshot=snapshot,
                now=datetime.fromisoformat(item["now"]),
                error=item["error"],
                testinfra=item["testinfra"],
            )
        )
    selection = Selection(options.check, options.skip_check, options.topic, options.severity, options.refs)
    return Plan(options, sent["run_id"], datetime.fromisoformat(sent["started"]), hosts, [], selection)
