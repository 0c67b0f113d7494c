"""A round trip as it is told: a table for people, a document for programs, and results as every run has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dockworthy.dataclass import dataclass
from dockworthy.printable import printable
from dockworthy.report.words import quantity
from dockworthy.results.model import Host, Result
from dockworthy.roundtrip.steps import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TextIO

    from dockworthy.roundtrip.steps import Step

__all__ = ["Place", "as_json", "print_trip", "result_of"]

_WORDS: Final = {"fail": "FAILED", "error": "undecided", "skip": "-"}
_STYLES: Final = {"pass": "green", "fail": "bold red", "error": "yellow", "skip": "dim"}
_WIDTH: Final = 110
_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Place:
    """An engine or the registry: a column of the table, a host of the results."""

    name: str  # unique in the run
    target: str  # as it was named
    about: str = ""  # what it is, in words
    engine: str | None = None  # its release, where it is an engine
    error: str | None = None  # why it could not be reached, or None

    def host(self, recorded: str) -> Host:
        """The record."""
        reachable = self.error is None
        return Host(self.name, self.target, reachable, {}, None, recorded, None, {}, self.error, self.engine)


def result_of(step: Step, param: str | None) -> Result:
    """The result of a step; ``param`` is the registry and project."""
    kind = KINDS[step.kind]
    undecided = step.outcome in {"error", "skip"}
    code = {"skip": "not-applicable", "error": step.code or "unreachable"}.get(step.outcome, step.code or None)
    observed: Any = step.observed or None
    if step.outcome == "fail":
        observed = {"cause": step.cause or step.observed, "words": step.observed}
        observed |= {"verdict": step.verdict} if step.verdict else {}
    return Result(
        host=step.place,
        check=kind.check,
        param=param,
        title=kind.title,
        severity=kind.severity,
        outcome=step.outcome,
        observed=observed,
        expected=kind.expected,
        source=step.source,
        fix=step.fix or None,
        refs=[f"dockworthy:{kind.check}"],
        reason=step.cause if undecided else None,
        reason_code=code if undecided else None,
        seconds=round(step.seconds, 6),
    )


def as_json(run: str, reference: str, digest: str, places: Sequence[Place], steps: Sequence[Step]) -> dict[str, Any]:
    """The document of ``--json``."""
    return {
        "run": run,
        "reference": reference,
        "digest": digest or None,
        "engines": [
            {"name": place.name, "version": place.engine, "about": place.about, "error": place.error}
            for place in places
            if not place.name.startswith("registry:")
        ],
        "steps": [
            {
                "step": step.kind,
                "check": step.check,
                "place": step.place,
                "outcome": step.outcome,
                "seconds": round(step.seconds, 3),
                "observed": step.observed or None,
                "cause": step.cause or None,
                "verdict": step.verdict or None,
                "fix": step.fix or None,
            }
            for step in steps
        ],
        "left": [step.place for step in steps if step.kind == "clean" and step.outcome != "pass"],
    }


def print_trip(
    reference: str, digest: str, places: Sequence[Place], steps: Sequence[Step], out: TextIO, *, coloured: bool
) -> None:
    """Print the table, and below it what failed, why, and what to do."""
    from rich.console import Console  # noqa: PLC0415 - only where something is printed for people
    from rich.table import Table  # noqa: PLC0415 - beside it
    from rich.text import Text  # noqa: PLC0415 - beside it

    console = Console(
        file=out, highlight=False, markup=False, emoji=False, soft_wrap=True,
        width=None if out.isatty() else _WIDTH, no_color=not coloured, force_terminal=coloured or None,
    )  # fmt: skip
    table = Table(title=Text(f"{reference}", style="bold"), title_justify="left")
    table.add_column("step")
    for place in places:
        table.add_column(
            Text(f"{place.name}\n{'not reached' if place.error else place.about}"), justify="right", overflow="fold"
        )
    for kind in KINDS:
        found = {step.place: step for step in steps if step.kind == kind}
        if found:
            table.add_row(kind, *(_cell(found.get(place.name), Text) for place in places))
    console.print(table)
    if digest:
        console.print(Text(f"digest {digest}{_agreed(steps)}"))
    for line, style in _lines(places, steps):
        console.print(Text(line, style=style))


def _agreed(steps: Sequence[Step]) -> str:
    """Where the digest was found to be the same."""
    passed = [step.kind for step in steps if step.outcome == "pass"]
    pulled = passed.count("pull")
    found = ["in the registry"] if "manifest" in passed else []
    found += [f"on {quantity(pulled, 'engine')}"] if pulled else []
    return f", the same {' and '.join(found)}" if found else ""


def _cell(step: Step | None, text: Any) -> Any:
    if step is None:
        return text("")
    shown = _WORDS.get(step.outcome) or f"{step.seconds:.2f} s"
    return text(shown, style=_STYLES[step.outcome])


def _finding(cause: str, found: Sequence[Step]) -> Iterator[tuple[str, str]]:
    """Everything that has one cause: where, why, in whose words, and what to do."""
    first = found[0]
    where = ", ".join(dict.fromkeys(f"{step.kind} at {step.place}" for step in found))
    verdict = f" ({first.verdict})" if first.verdict else ""
    yield "", ""
    yield f"{where}{verdict}: {cause}", _STYLES[first.outcome]
    for words in dict.fromkeys(step.observed for step in found if step.observed and step.observed != cause):
        yield f"  it says  {printable(words, 600)}", ""
    for number, line in enumerate(first.fix.splitlines()):
        yield f"  {'fix' if not number else '   '}      {line}", ""


def _lines(places: Sequence[Place], steps: Sequence[Step]) -> Iterator[tuple[str, str]]:
    for place in places:
        if place.error:
            yield f"{place.name}: {place.error}", "yellow"
    told: dict[str, list[Step]] = {}
    for step in steps:
        if step.outcome != "pass" and step.code != "not-tried":
            told.setdefault(step.cause or step.observed, []).append(step)
    for cause, found in told.items():
        yield from _finding(cause, found)
    notes = {step.observed for step in steps if step.kind == "clean" and step.outcome == "pass"} - {"nothing is left"}
    cleaned = [step for step in steps if step.kind == "clean"]
    yield "", ""
    for note in sorted(notes):
        yield note, ""
    if cleaned and all(step.outcome in {"pass", "skip"} for step in cleaned):
        yield "Nothing that it made is left.", ""
