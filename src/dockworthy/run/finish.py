"""The end of a run: the whole record, the reports, the exit status."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dockworthy import __version__
from dockworthy.errors import UsageError
from dockworthy.results.exit_status import FINDINGS, USAGE, exit_status
from dockworthy.results.model import FAIL_ON, MIN_DECIDED, Host, Policy, Result, Results, Run, summarise
from dockworthy.results.policy import policy_of
from dockworthy.results.writer import ResultsWriter
from dockworthy.run.certificates import certificates_of_host
from dockworthy.run.network import network_of_host
from dockworthy.run.options import report_of
from dockworthy.run.record import told
from dockworthy.writing import STANDARD_OUTPUT, make_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from dockworthy.profile.model import Profile
    from dockworthy.results.streamed import Streamed
    from dockworthy.run.hosts import RunHost
    from dockworthy.run.recorder import Recorder
    from dockworthy.run.state import Plan
    from dockworthy.store.adding import Record

__all__ = [
    "finish",
    "host_record",
    "in_one",
    "keep_in_store",
    "make_report",
    "name_latest",
    "open_writer",
    "policy_of_profiles",
    "prepare_folder",
    "refusal",
    "run_record",
    "seen_of_host",
    "stamp",
    "with_seen",
]

OWN_REPORTS = ("junit", "html")  # what a run leaves in its folder beside the record, asked for or not
_CHECKS_FAILED = 1


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def run_record(plan: Plan, finished: datetime | None) -> Run:
    """The run, as the record has it."""
    profiles = {(host.profile.name, host.profile.sha256) for host in plan.hosts}
    return Run(
        id=plan.run_id,
        started=stamp(plan.started),
        finished=stamp(finished) if finished else None,
        tool_version=__version__,
        argv=told(list(plan.options.argv)),
        profiles=[{"name": name, "sha256": digest} for name, digest in sorted(profiles)],
        rehearsal=_rehearsal(plan),
        gate=_gate(plan),
    )


def _gate(plan: Plan) -> dict[str, Any]:
    """What is demanded of the run."""
    options = plan.options
    return {"fail_on": options.fail_on or FAIL_ON, "min_decided": float(options.min_decided or MIN_DECIDED)}


def _rehearsal(plan: Plan) -> dict[str, object] | None:
    engine, harbor = plan.rehearsal, plan.harbor_rehearsal
    if engine is None and harbor is None and not plan.applied:
        return None
    return {
        "engine": None if engine is None else str(engine),
        "harbor": None if harbor is None else harbor.upstream,
        "applied": told([str(one) for one in plan.applied]),
    }


def host_record(host: RunHost) -> Host:
    """A host, as the record has it."""
    return with_seen(host, seen_of_host(host))


def seen_of_host(host: RunHost) -> dict[str, Any]:
    """The part of it that rests on the host's facts alone."""
    os_release = host.facts.os if host.snapshot is not None else None
    return {
        "os": told(
            {
                "id": os_release.id.get("") or None if os_release is not None else None,
                "version_id": os_release.version_id.get("") or None if os_release is not None else None,
            }
        ),
        "engine": told(host.engine),
        "harbor": told(", ".join(host.harbors) or None),
        "network": network_of_host(host),
        "applied": told(host.applied_places),
    }


def with_seen(host: RunHost, seen: Mapping[str, Any]) -> Host:
    """The whole of it, with that part."""
    snapshot = host.snapshot
    recorded = snapshot.recorded if snapshot is not None else None
    return Host(
        name=told(host.name),
        target=told(host.target),
        reachable=snapshot is not None,
        profile=host.profile.name,
        recorded=stamp(recorded.value) if recorded is not None and recorded.is_known else None,
        snapshot_sha256=snapshot.sha256 if snapshot is not None else None,
        probe={
            "seconds": round(host.seconds, 3),
            "bytes": snapshot.size if snapshot is not None else 0,
            "round_trips": host.round_trips,
        },
        error=told(host.error),
        named_at=told(host.named_at),
        **seen,
    )


def policy_of_profiles(profiles: Iterable[Profile], results: Iterable[Result]) -> Policy:
    """The waivers and attestations of profiles, each with the number of results that it covered."""
    used = {(id(one.waivers), id(one.attestations)): one for one in profiles}.values()
    waivers = (told(one.as_decision()) for profile in used for one in profile.waivers)
    attestations = (told(one.as_decision()) for profile in used for one in profile.attestations)
    return policy_of(waivers, attestations, results)


def _conclude(writer: ResultsWriter, outcome: Results) -> None:
    """Record what is known when all is judged."""
    for certificate in outcome.certificates:
        writer.certificate(certificate)
    for host, number in outcome.certificates_left_out.items():
        writer.left_out(host, number)
    writer.policy(outcome.policy)


def open_writer(plan: Plan, path: Path) -> ResultsWriter:
    """Begin the record: the run and its hosts are in it before anything is judged."""
    return ResultsWriter(path, run_record(plan, None), [host_record(host) for host in plan.hosts])


def prepare_folder(plan: Plan, output: Path) -> Path:
    """Make the run's own folder and begin the record there, unless it goes elsewhere; `UsageError` if that fails."""
    folder = output / plan.run_id
    make_folder(folder, "--output-dir ")
    if plan.writer is None:
        plan.writer = open_writer(plan, folder / "results.json")
    plan.folder = folder
    return folder


def name_latest(folder: Path) -> None:
    """Let ``latest`` name this run, in one step; what is there and no link stays."""
    latest, partial = folder.parent / "latest", folder.parent / f".latest.{os.getpid()}"
    if os.path.lexists(latest) and not latest.is_symlink():
        return
    with contextlib.suppress(OSError):  # a file system without links: the folder itself is there
        partial.unlink(missing_ok=True)
        partial.symlink_to(folder.name)
        partial.replace(latest)
    with contextlib.suppress(OSError):
        partial.unlink(missing_ok=True)


def finish(plan: Plan, recorder: Recorder, pytest_status: int) -> int:
    """Close the record, write what was asked for, and return the run's exit status.

    What cannot be written ends nothing: all else is written, and the plan's ``failure`` says what is missing.
    """
    finished = datetime.now(tz=timezone.utc)
    results = tuple(Result(**record) for record in recorder.results)
    hosts = tuple(host_record(host) for host in plan.hosts)
    seen = {host.name: certificates_of_host(host) for host in plan.hosts}
    plan.outcome = Results(
        run_record(plan, finished),
        hosts,
        results,
        summarise(results),
        certificates=tuple(one for found, _ in seen.values() for one in found),
        policy=policy_of_profiles((host.profile for host in plan.hosts), results),
        certificates_left_out={told(name): left_out for name, (_, left_out) in seen.items() if left_out},
    )
    if plan.writer is not None:
        _conclude(plan.writer, plan.outcome)
    with _uncollected():
        failures = _written(plan, plan.outcome)
    if plan.folder is not None and plan.folder.is_dir():
        name_latest(plan.folder)
    plan.exit_status = _status(plan, results, hosts)
    if plan.exit_status in {0, 5, 6} and recorder.foreign_failures and pytest_status == _CHECKS_FAILED:
        plan.exit_status = FINDINGS
    if failures:
        plan.failure = in_one(failures)
        return USAGE
    return plan.exit_status


def _status(plan: Plan, results: Sequence[Result], hosts: Sequence[Host]) -> int:
    new, gate = None, _gate(plan)
    if plan.baseline is not None and plan.outcome is not None:
        from dockworthy.report.changes import other_hosts  # noqa: PLC0415 - see above
        from dockworthy.results.compare import compare  # noqa: PLC0415 - only with a baseline

        plan.comparison = compare(plan.baseline, plan.outcome)
        if (told := other_hosts(plan.comparison)) is not None:
            sys.stderr.write(f"dockworthy: --baseline {told}.\n")
        new = plan.comparison.new
    return exit_status(
        results,
        hosts,
        fail_on=str(gate["fail_on"]),
        min_decided=float(gate["min_decided"]),
        new=new,
    )


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Let nobody look for garbage in what reports are made of, neither meanwhile nor afterwards: there is none."""
    collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collected:
            gc.freeze()
            gc.enable()


def _written(plan: Plan, outcome: Results) -> list[str]:
    """Write the record and each report; return a sentence for each that cannot be written."""
    jobs: list[Callable[[], object]] = []
    if plan.writer is not None:
        jobs.append(partial(plan.writer.finish, outcome.run.finished or ""))
    asked = [report_of(text) for text in plan.options.report]
    if plan.folder is not None:
        asked[:0] = [(name, None) for name in OWN_REPORTS]
    jobs += [partial(make_report, name, outcome, path, plan.folder) for name, path in dict.fromkeys(asked)]
    if plan.options.store is not None:
        snapshots = (item.data for item in plan.gathered if item.data is not None)
        jobs.append(partial(keep_in_store, plan.options.store, outcome, snapshots))
    return [sentence for job in jobs if (sentence := refusal(job)) is not None]


def in_one(failures: Sequence[str]) -> str:
    """One sentence of those that say why something could not be written: the first, and how many more there are."""
    more = f"; nor could {len(failures) - 1} more be written." if failures[1:] else "."
    return failures[0].removesuffix(".") + more


def refusal(job: Callable[[], object]) -> str | None:
    """Why the file could not be written, or None where it was."""
    try:
        job()
    except UsageError as error:
        return str(error)
    return None


def keep_in_store(store: str, outcome: Record | Streamed, snapshots: Iterable[bytes]) -> None:
    """Put a run into the store that was named, with the snapshots that it was judged from."""
    from dockworthy.store.adding import add  # noqa: PLC0415 - only where there is one
    from dockworthy.store.asking import settle  # noqa: PLC0415 - see above
    from dockworthy.store.store import open_store  # noqa: PLC0415 - see above

    opened = open_store(store, make=True)
    add(opened, outcome, snapshots)
    settle(opened)


def make_report(name: str, outcome: Results, path: Path | None, folder: Path | None) -> None:
    """Write one report of a run, where it was asked for."""
    from dockworthy.report import write_report  # noqa: PLC0415 - only at the end

    if path is not None and str(path) != STANDARD_OUTPUT:
        make_folder(path.parent, f"--report {name}=")
    write_report(name, outcome, path, folder or Path())
