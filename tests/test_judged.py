"""A host judged near another: each question has the answer that it would have without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.facts.facts import Declaration, Facts, fact
from tests.hosts import NOW, host
from tests.judged import Judged

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dockworthy.snapshot import Snapshot

SECTIONS = {"file:/etc/issue": "hello", "file:/etc/motd": "news"}
built: list[str] = []


class Words:
    """A fact that reads when it is asked."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def of(self, name: str) -> str:
        """What a file says."""
        return self.snapshot.text(f"file:/etc/{name}").get("nothing")


@fact
def words(snapshot: Snapshot) -> Words:
    """What is told."""
    built.append("words")
    return Words(snapshot)


@fact
def length(snapshot: Snapshot) -> int:
    """How much is told at a login."""
    built.append("length")
    return len(snapshot.text("file:/etc/motd").get(""))


DECLARED: dict[str, Declaration] = {name: globals()[name].__dockworthy_fact__ for name in ("words", "length")}
QUESTIONS: Mapping[str, Callable[[Facts], object]] = {
    "issue": lambda facts: facts.find("words").of("issue"),
    "how long": lambda facts: facts.find("length"),
    "longer": lambda facts: facts.find("length") + 1,
}


def judged(
    sections: dict[str, str],
    near: Judged[object] | None = None,
    questions: Mapping[str, Callable[[Facts], object]] = QUESTIONS,
) -> Judged[object]:
    return Judged(host(sections).snapshot, NOW, questions, near, DECLARED)


def test_a_question_whose_facts_have_the_same_values_is_not_asked_again() -> None:
    near = judged(SECTIONS)
    built.clear()
    same_length = judged({**SECTIONS, "file:/etc/motd": "olds"}, near)
    assert (same_length.again, built, same_length.said) == ([], ["length"], near.said)
    other = judged({**SECTIONS, "file:/etc/motd": "mor"}, near)
    assert (other.again, other.said["longer"]) == (["how long", "longer"], 4)


def test_a_fact_that_rests_on_nothing_that_differs_is_not_found_again() -> None:
    near = judged(SECTIONS)
    built.clear()
    asked = {**QUESTIONS, "again": lambda facts: facts.find("words").of("issue")}
    assert judged({**SECTIONS, "file:/etc/motd": "more"}, near, asked).said["again"] == "hello"
    assert built == ["length"]


def test_a_taken_fact_that_goes_on_to_look_at_what_differs_is_found_anew() -> None:
    near = judged(SECTIONS)
    asked = {**QUESTIONS, "motd": lambda facts: facts.find("words").of("motd")}
    here = judged({**SECTIONS, "file:/etc/motd": "other"}, near, asked)
    assert (here.said["motd"], here.again) == ("other", list(asked))
    beyond = judged({**SECTIONS, "file:/etc/motd": "beyond"}, here, asked)
    assert (beyond.said["motd"], beyond.said["issue"]) == ("beyond", "hello")


def test_what_was_taken_of_a_host_further_away_is_compared_with_that() -> None:
    first = judged(SECTIONS)
    second = judged({**SECTIONS, "file:/etc/motd": "other"}, first)
    asked = {**QUESTIONS, "motd": lambda facts: facts.find("words").of("motd")}
    assert judged({**SECTIONS, "file:/etc/motd": "other"}, second, asked).said["motd"] == "other"
