"""A run over many hosts: what a user can have wrong is refused first, then each host is seen, judged and written."""

from __future__ import annotations

import sys
import uuid
from contextlib import ExitStack, closing
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.errors import UsageError
from dockworthy.fleet.judge import Judge, keep_in_bounds
from dockworthy.fleet.look import Look, Orders
from dockworthy.fleet.probing import Probes
from dockworthy.fleet.shard import look_of, reserve
from dockworthy.fleet.summary import Told, summary_lines
from dockworthy.fleet.tally import Tally
from dockworthy.fleet.workers import judge_each
from dockworthy.printable import printable
from dockworthy.profile.locate import checks_folder
from dockworthy.report.rehearsal import taken
from dockworthy.report.screen import print_lines
from dockworthy.results.exit_status import INTERRUPTED
from dockworthy.results.model import FAIL_ON, MIN_DECIDED
from dockworthy.results.reader import read_results
from dockworthy.results.streamed import streamed
from dockworthy.run.demands import Demands
from dockworthy.run.finish import (
    in_one,
    keep_in_store,
    make_report,
    name_latest,
    open_writer,
    prepare_folder,
    refusal,
    run_record,
    stamp,
)
from dockworthy.run.gather import FORKS, Progress, asked_to_collect
from dockworthy.run.harbors import ask_declared
from dockworthy.run.loading import Catalogue, check_files, import_check_file
from dockworthy.run.options import report_of
from dockworthy.run.plan import applied_registries, named_profile, parse_moment, rehearsed, unique_name
from dockworthy.run.selection import Selection
from dockworthy.run.state import Plan
from dockworthy.snapshot import parse_snapshot, read_bytes
from dockworthy.target import Collected, collect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TextIO

    from dockworthy.fleet.look import Judged
    from dockworthy.run.hosts import RunHost
    from dockworthy.run.options import Options
    from dockworthy.store.store import Store
    from dockworthy.target import CollectOptions, Target

__all__ = ["Screen", "run_fleet"]

_LINES = 20  # of progress, where there is no terminal


@dataclass(frozen=True, slots=True)
class Screen:
    """How the summary is printed."""

    detail: int
    color: str
    stream: TextIO


def run_fleet(options: Options, targets: Sequence[Target], output: Path, screen: Screen) -> int:
    """Look at every host, judge it, write the record, print the summary; return the run's exit status.

    Raises:
        UsageError: for anything that a user can fix, before a host is looked at; and at the end for what could not be
            written.
    """
    fleet = _Fleet(options, targets, output)
    keep_in_bounds()
    try:
        fleet.judge_all()
        failures = fleet.finish()
    except KeyboardInterrupt:
        sys.stderr.write(f"dockworthy: interrupted; what was judged until then is in {fleet.lines_path}.\n")
        return INTERRUPTED
    finally:
        fleet.close()
    print_lines(summary_lines(fleet.told, screen.detail), screen.stream, color=screen.color)
    fleet.tell()
    if failures:
        raise UsageError(in_one(failures))
    return fleet.tally.status


class _Fleet:
    """One run."""

    def __init__(self, options: Options, targets: Sequence[Target], output: Path) -> None:
        started = datetime.now(tz=timezone.utc)
        parse_moment(options.at)
        selection = Selection(options.check, options.skip_check, options.topic, options.severity, options.refs)
        self._options, self._targets = options, targets
        self._only_old: set[str] = _names_in(options.baseline)
        self._named = named_profile(options)
        selection.check_names(_catalogue())
        run_id = f"{started:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"
        self._plan = rehearsed(Plan(options, run_id, started, [], [], selection))
        self._orders = Orders.of(options, started, options.baseline, self._plan.applied)
        self._judge = Judge(self._orders)
        self._demands = Demands(options, self._named, targets)
        self._names: dict[str, int] = {}
        self._saved, self._harbors = _saved(targets, self._names)
        self._asked = ask_declared(options, self._named, targets)
        registries = self._named.registries if self._named is not None else options.registry
        registries = (*registries, *applied_registries(options))
        self._collect = asked_to_collect(options, registries, self._named)
        if options.results is not None:
            self._plan.writer = open_writer(self._plan, Path(options.results))
        self._folder = prepare_folder(self._plan, output)
        if self._plan.writer is None:
            raise UsageError("the record could not be begun.")
        self._writer = self._plan.writer
        self.lines_path = self._writer.lines_path
        self.tally = Tally(
            options.fail_on or FAIL_ON, float(options.min_decided or MIN_DECIDED), has_baseline=bool(options.baseline)
        )
        self._store = _opened(options.store)
        self._neighbours: list[RunHost] = []
        self._nodes = self._named_nodes()

    # --- judging ---------------------------------------------------------------------------------------------

    def judge_all(self) -> None:
        """See, judge and write each host; those whose verdict rests on the others come last."""
        jobs, forks = int(float(self._options.jobs or 1)), int(float(self._options.forks or FORKS))
        total = len(self._targets)
        progress = Progress(total, silent=self._options.quiet, every=max(1, total // _LINES))
        live = [(number, one) for number, one in enumerate(self._targets) if number not in self._saved]
        try:
            with Probes(live, self._looking, min(forks, len(live)), progress.told) as probes:
                looks = self._looks(probes, progress)
                with closing(judge_each(looks, self._orders, self._judge, jobs)) as found:
                    for look, judged in found:
                        self._take(judged)
                        self._keep_snapshot(look, judged)
                        if (judged.has_harbor or look.name in self._nodes) and judged.reached:
                            self._keep(look)
        finally:
            progress.close()
        self._judge_harbors()

    def _looking(self, target: Target) -> CollectOptions:
        return self._demands.looking(target, self._collect)

    def _take(self, judged: Judged) -> None:
        self._only_old.discard(judged.name)
        self.tally.take(judged)
        self._writer.block(judged.number, judged.lines, judged.counts)

    def _looks(self, probes: Probes, progress: Progress) -> Iterator[Look]:
        """The hosts: those that were saved before, in their order, and the others as they answer."""
        for number, look in self._saved.items():
            if number not in self._harbors:
                yield look
            progress.told(self._targets[number], Collected(self._targets[number], b""))
        for number, collected in probes:
            yield look_of(number, collected, self._names)

    def _keep_snapshot(self, look: Look, judged: Judged) -> None:
        """Put what was seen into the store, where there is one; the record follows at the end."""
        if self._store is not None and judged.reached:
            data = look.data if look.path is None else read_bytes(Path(look.path))
            if data is not None:
                self._store.keep_snapshot(data)

    def _keep(self, look: Look) -> None:
        """Keep a host that a Harbor's checks look at."""
        host = self._judge.seen(look)
        if host is not None:
            self._neighbours.append(host)

    def _judge_harbors(self) -> None:
        """Judge the Harbors, of which each looks at the others and at its nodes."""
        looks = {number: self._saved[number] for number in self._harbors}
        saved = [Collected(self._targets[number], read_bytes(Path(look.path or ""))) for number, look in looks.items()]
        for number, collected in enumerate(self._asked(saved), len(self._targets)):
            looks[number] = look_of(number, collected, self._names)
        found = {number: self._judge.seen(look) for number, look in looks.items()}
        together = [*self._neighbours, *(host for host in found.values() if host is not None)]
        for number, host in found.items():
            if host is None:
                self._take(self._judge.judge(looks[number]))
                continue
            host.neighbours = together
            judged = self._judge.record(host, number)
            self._take(judged)
            self._keep_snapshot(looks[number], judged)

    def _named_nodes(self) -> set[str]:
        """The hosts that a Harbor of the run has for its nodes."""
        found = {target.label for target in self._targets if target.harbor is not None}
        if self._named is not None:
            declared = self._named.params.harbors.values()
            found |= {node.host for one in declared for node in one.nodes.values() if node.host}
        for number in self._harbors:
            host = self._judge.seen(self._saved[number])
            nodes = host.facts.harbor_api.nodes if host is not None else ()
            found |= {node.host for node in nodes if node.host}
        return found

    def close(self) -> None:
        """Leave nothing open; the lines that were written stay."""
        self._plan.close()

    # --- the end ---------------------------------------------------------------------------------------------

    def finish(self) -> list[str]:
        """Put the record in place, write what was asked for, and say what could not be written."""
        writer, finished = self._writer, stamp(datetime.now(tz=timezone.utc))
        writer.policy(self.tally.policy)
        writer.profiles([{"name": name, "sha256": digest} for name, digest in sorted(self.tally.profiles.items())])
        jobs: list[Callable[[], object]] = [partial(writer.finish, finished)]
        asked = dict.fromkeys(report_of(text) for text in self._options.report)
        jobs += [partial(self._report, name, path) for name, path in asked]
        if self._options.store is not None:
            jobs.append(partial(self._keep_in_store, self._options.store))
        failures = [sentence for job in jobs if (sentence := refusal(job)) is not None]
        name_latest(self._folder)
        return failures

    def _report(self, name: str, path: Path | None) -> None:
        """Write a report: of the whole record, which is read for it."""
        make_report(name, read_results(self._writer.path), path, self._folder)

    def _keep_in_store(self, store: str) -> None:
        with streamed(self._writer.path) as record:
            keep_in_store(store, record, ())

    def tell(self) -> None:
        """Tell those who want to know what the run found."""
        if not self._options.notify:
            return
        from dockworthy.notify.telling import tell  # noqa: PLC0415 - only where somebody is to be told

        with ExitStack() as opened:
            before = self._options.baseline
            baseline = opened.enter_context(streamed(Path(before))) if before is not None else None
            tell(self._options, opened.enter_context(streamed(self._writer.path)), baseline)

    @property
    def told(self) -> Told:
        """What the summary is of."""
        return Told(
            self.tally,
            self._writer.path,
            len(self._targets),
            baseline=self._options.baseline,
            only_old=len(self._only_old),
            rehearsal=taken(run_record(self._plan, None)),
            reports=not self._options.report,
        )


def _names_in(baseline: str | None) -> set[str]:
    """The hosts of the baseline; it is refused here where it is no record."""
    if baseline is None:
        return set()
    with streamed(Path(baseline)) as record:
        return {*record.names}


def _opened(store: str | None) -> Store | None:
    if store is None:
        return None
    from dockworthy.store.store import open_store  # noqa: PLC0415 - only where there is one

    return open_store(store, make=True)


def _catalogue() -> Catalogue:
    catalogue = Catalogue()
    for path in check_files(checks_folder()):
        catalogue.take_in(import_check_file(path))
    return catalogue


def _saved(targets: Sequence[Target], names: dict[str, int]) -> tuple[dict[int, Look], list[int]]:
    """The hosts that were saved, each read once so that one that is none is refused; and which are Harbors."""
    reserve(targets, names)
    looks, harbors = {}, []
    for number, target in enumerate(targets):
        if target.scheme != "snapshot":
            continue
        collected = collect(target)
        snapshot = parse_snapshot(collected.data or b"", collected.label)
        name = target.name or unique_name(collected.host_name(snapshot), names)
        looks[number] = Look(
            number,
            name,
            collected.label,
            path=target.host,
            named_at=target.named_at,
            profile=target.profile,
            registries=target.registries,
        )
        if snapshot.is_harbor:
            harbors.append(number)
        if snapshot.truncated:
            sys.stderr.write(f"dockworthy: {printable(name)}: {snapshot.broken_off}\n")
    return looks, harbors
