"""The table of ``docs/proofs.md``, counted in what was recorded of programs: ``python -m tests.docs.proofs_page``."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.docs.blocks import TOP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["BEGIN", "END", "PAGE", "ROWS", "fixes", "table"]

PAGE = TOP / "docs" / "proofs.md"
BEGIN, END = "<!-- recorded: begin -->\n", "<!-- recorded: end -->\n"
DATA = TOP / "tests" / "data"


@dataclass(frozen=True)
class Row:
    """One kind of verdict.

    Attributes:
        verdict: what is said.
        against: the real program that was asked the same.
        figures: how much of it there is.
        test: the test that compares all of it.
    """

    verdict: str
    against: str
    figures: Callable[[], str]
    test: str


def _recorded(name: str) -> Iterator[dict[str, Any]]:
    path = DATA / name
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return map(json.loads, text.splitlines())


def _pulls() -> str:
    cases = list(_recorded("trust/certsd.jsonl"))
    keys = ("pull", "pull-ctrd", "ctr")
    told = sum(1 for case in cases for key in keys if case["verdicts"].get(key, {}).get("class"))
    return f"{len(cases)} set-ups, {told} answers"


def _other_releases() -> str:
    cases = list(_recorded("trust/generations.jsonl"))
    engines = {answer["versions"]["engine"] for case in cases for answer in case["answers"]}
    return f"{len(cases)} set-ups, {sum(len(case['answers']) for case in cases)} answers of {len(engines)} engines"


def _chains() -> str:
    return f"{sum(1 for _ in _recorded('trust/chains.jsonl'))} chains"


def _certificates() -> str:
    cases = [case for case in _recorded("trust/go.jsonl.gz") if "answers" in case]
    return f"{len(cases)} inputs, {sum(len(case['answers']) for case in cases):,} answers"


def _starts() -> str:
    names = ("cases", "started", "validated")
    counted = [sum(1 for _ in _recorded(f"engine-config/{name}.jsonl")) for name in names]
    return f"{sum(counted):,} configurations"


def _starts_by_release() -> str:
    cases = [
        case for name in ("generations", "validated-releases") for case in _recorded(f"engine-config/{name}.jsonl")
    ]
    told = Counter(engine for case in cases for engines, _ in case["answers"] for engine in engines)
    return f"{len(cases)} configurations, {sum(told.values()):,} answers of {len(told)} engines"


def _kernels() -> str:
    kernels = sum(1 for _ in (DATA / "kernel" / "configs").iterdir())
    options = sum(1 for _ in _recorded("kernel/expected.jsonl"))
    return f"{kernels} kernels, {options:,} options"


def _prepare() -> str:
    cases = list(_recorded("harbor-prepare/cases.jsonl"))
    return f"{len(cases)} configurations of {len({case['version'] for case in cases})} releases"


def _rendered() -> str:
    cases = list(_recorded("harbor-rendered/cases.jsonl"))
    return f"{len(cases)} runs of {len({case['release'] for case in cases})} releases"


def _messages() -> str:
    return f"{sum(1 for _ in _recorded('messages/corpora.jsonl.gz')):,} different messages"


ROWS = (
    Row(
        "what the engine would say of a registry, in its words",
        "`docker pull` of 26.1.5 with either image store, and `ctr`",
        _pulls,
        "tests/trust/test_recorded.py",
    ),
    Row("the same with older and newer engines", "`docker pull`", _other_releases, "tests/trust/test_recorded.py"),
    Row("which chain is built", "`docker pull`", _chains, "tests/trust/x509/test_chain.py"),
    Row(
        "what a certificate and a pair of files is worth",
        "`crypto/x509` of nine releases of Go, 1.15 to 1.27",
        _certificates,
        "tests/trust/test_go_releases.py",
    ),
    Row(
        "whether the engine starts, why not, and what is in force then",
        "`dockerd` 26.1.5",
        _starts,
        "tests/facts/engine/test_corpus.py",
    ),
    Row("the same by release", "`dockerd`", _starts_by_release, "tests/facts/engine/test_generations.py"),
    Row(
        "what a kernel is built with and has switched on",
        "published configurations, and kernels that ran",
        _kernels,
        "tests/facts/kernel/test_options.py",
    ),
    Row("whether Harbor takes a harbor.yml", "Harbor's own `prepare`", _prepare, "tests/facts/harbor/test_prepare.py"),
    Row(
        "whether what was prepared is current",
        "what `prepare` rendered",
        _rendered,
        "tests/checks/harbor/test_prepared.py",
    ),
    Row(
        "which check answers for a message",
        "`dockerd`, `docker`, `ctr` and `prepare`",
        _messages,
        "tests/messages/test_messages.py",
    ),
)


def fixes() -> str:
    """How many fixes are carried out."""
    from tests.engine.proofs import PROOFS  # noqa: PLC0415 - they bring the harness of real engines
    from tests.engine.unproven import UNPROVEN  # noqa: PLC0415 - beside it

    proven = {proof.check for proof in PROOFS}
    return (
        f"Of the checks' fixes {len(proven)} are carried out on a real host, {len(UNPROVEN.keys() - proven)} cannot be"
    )


def table() -> str:
    """The table, and the line on fixes below it."""
    lines = ["| said | held against | so much of it | by |\n", "|---|---|---|---|\n"]
    lines += [f"| {row.verdict} | {row.against} | {row.figures()} | `{row.test}` |\n" for row in ROWS]
    return "".join([*lines, f"\n{fixes()}.\n"])


def main() -> None:
    """Write it into the page."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}{table()}{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
