"""Why something is not known: a sentence for people, and its cause in a word that no rewording loses."""

from __future__ import annotations

import copy
import pickle

from dockworthy.check import check, expect, judge
from dockworthy.evidence import Code, NotApplicable, NotDecided, Origin, OriginKind, Reason, unknown
from dockworthy.snapshot import Section
from tests.hosts import host
from tests.rows import each_of


def test_a_reason_is_its_sentence_and_keeps_its_cause() -> None:
    why = Reason("permission denied", Code.NOT_PERMITTED)
    assert why == "permission denied"
    longer = why.within(f"the process was not seen ({why})")
    assert (longer, longer.code) == ("the process was not seen (permission denied)", Code.NOT_PERMITTED)
    assert Reason(longer).code is Code.NOT_PERMITTED
    assert Reason("said by a check").code is None
    for kept in (copy.copy(why), pickle.loads(pickle.dumps(why))):  # noqa: S301 - our own
        assert (kept, kept.code) == (why, why.code)


@each_of(
    ("name", "status", "code"),
    [
        ("file:/a", 2, Code.ABSENT),
        ("cmd:a", 2, Code.FAILED),
        ("file:/a", 5, Code.UNREADABLE),
        ("file:/a", 13, Code.NOT_PERMITTED),
        ("file:/a", 21, Code.MALFORMED),
        ("file:/a", 27, Code.TOO_LARGE),
        ("file:/a", 61, Code.HIDDEN),
        ("cmd:a", 95, Code.NO_RUNTIME),
        ("cmd:a", 124, Code.TIMEOUT),
        ("cmd:a", 127, Code.TOOL_MISSING),
        ("cmd:a", 1, Code.FAILED),
    ],
)
def test_a_status_of_the_probe_tells_the_cause(name: str, status: int, code: Code) -> None:
    failure = Section(name, status, b"").failure
    assert failure is not None
    assert failure.code is code


def test_what_a_snapshot_lacks_was_not_probed_or_is_cut_off() -> None:
    for truncated, code in ((False, Code.NOT_PROBED), (True, Code.TRUNCATED)):
        why = host({}, truncated=truncated).snapshot.text("file:/a").unknown
        assert why is not None
        assert why.code is code


def test_the_cause_goes_with_the_evidence_into_the_judgement() -> None:
    evidence = unknown("permission denied", "/a", Code.NOT_PERMITTED).map(str)

    @check("site.a", severity="low", refs=["x:1"], fix="f")
    def check_a() -> None:
        """A."""
        expect(evidence).equals("b")

    judgement = judge(check_a.__dockworthy_check__, {})  # type: ignore[attr-defined]
    assert (judgement.reason, judgement.code) == ("permission denied", "not-permitted")
    assert type(judgement.reason) is str


def test_an_outcome_may_name_its_cause() -> None:
    assert NotDecided("a", "b", Code.TIMEOUT).code == "timeout"
    assert NotDecided("a", "b").code is None
    assert NotApplicable("a", Code.ABSENT).code == "absent"


def test_a_judgement_holds_plain_texts_that_a_worker_can_send() -> None:
    origin = Origin("dockerd --icc=false", OriginKind.FLAG)

    @check("site.b", severity="low", refs=["x:1"], fix="f")
    def check_b() -> None:
        """B."""
        expect([Reason("why", Code.ABSENT)], origin).is_empty()

    judgement = judge(check_b.__dockworthy_check__, {})  # type: ignore[attr-defined]
    assert isinstance(judgement.observed, list)
    assert (judgement.outcome, judgement.observed) == ("fail", ["why"])
    assert {type(text) for text in (judgement.source, *judgement.observed)} == {str}
