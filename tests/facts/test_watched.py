"""What a reader of a host's facts has read: whatever its answers rest on counts, and nothing that they do not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from dockworthy.errors import UsageError
from dockworthy.evidence import Evidence, NotDecided
from dockworthy.facts.facts import Declaration, Facts, fact
from dockworthy.facts.watched import Read, Watched
from tests.hosts import NOW, host, row, table
from tests.rows import each_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from dockworthy.hosttree.tree import Tree
    from dockworthy.snapshot import Snapshot

SECTIONS = {
    "file:/etc/issue": "hello",
    "file:/etc/motd": "news",
    "stat:all": table(row("/etc/motd"), row("/etc/shadow", mode="0600"), row("/opt/a.conf")),
}


class Greeting:
    """A fact that reads when it is asked, and keeps what it found."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.kept: dict[str, str] = {}

    def of(self, name: str) -> str:
        """What a file says."""
        if name not in self.kept:
            self.kept[name] = self.snapshot.text(f"file:/etc/{name}").get("")
        return self.kept[name]


@fact
def greeting(snapshot: Snapshot) -> Greeting:
    """What is told at a login."""
    return Greeting(snapshot)


@fact
def louder(greeting: Greeting) -> str:
    """The same in capitals."""
    return greeting.of("issue").upper()


@fact
def undecided(snapshot: Snapshot) -> object:
    """Needs what nobody saw."""
    return snapshot.text("cmd:nothing").value


@fact
def endless(facts: Facts) -> object:
    """Needs itself."""
    return facts.find("endless")


DECLARED: dict[str, Declaration] = {
    name: globals()[name].__dockworthy_fact__ for name in ("greeting", "louder", "undecided", "endless")
}


def watched(sections: dict[str, str] | None = None) -> Watched:
    return Watched(host({**(sections or SECTIONS)}).snapshot, NOW, DECLARED)


def at(name: str, where: str = "sections") -> Read:
    return Read(where, name, None)


@each_of(
    ("look", "read"),
    [
        (lambda seen: seen.get("file:/etc/issue"), at("file:/etc/issue")),
        (lambda seen: seen["file:/etc/issue"], at("file:/etc/issue")),
        (lambda seen: seen.text("cmd:nothing"), at("cmd:nothing")),
        (lambda seen: seen.is_absent("file:/nowhere"), at("file:/nowhere")),
        (lambda seen: "file:/nowhere" in seen, at("file:/nowhere")),
        (lambda seen: list(seen.names("file:/etc/", "e")), Read("sections", "file:/etc/", "e")),
        (lambda seen: list(seen.starting("df:")), Read("sections", "df:", "")),
        (lambda seen: list(seen.sections), Read("sections", "", "")),
        (lambda seen: len(seen.sections), Read("sections", "", "")),
        (lambda seen: list(seen.sections.items()), Read("sections", "", "")),
        (lambda seen: seen.is_rootfs, at("cmd:target-kind")),
    ],
)
def test_each_look_is_noted(look: Callable[[Snapshot], object], read: Read) -> None:
    host = watched()
    look(host.facts("a.check").snapshot)
    assert read in host.reads("a.check")


def test_what_starts_so_and_was_handed_out_is_noted_by_name() -> None:
    host = watched()
    assert [section.text for section in host.facts("a.check").snapshot.starting("file:/etc/i")] == ["hello"]
    assert host.reads("a.check") == {Read("sections", "file:/etc/i", ""), at("file:/etc/issue")}


def test_what_a_fact_read_counts_for_who_asked_for_it_and_for_no_other() -> None:
    host = watched()
    assert host.facts("loud.check").find("louder") == "HELLO"
    assert host.facts("other.check").snapshot.get("cmd:date") is None
    assert host.reads("loud.check") == {at("file:/etc/issue")}
    assert host.reads("other.check") == {at("cmd:date")}


def test_what_a_fact_reads_later_counts_for_all_who_asked_for_it() -> None:
    """It keeps what it found: who asks next reads nothing any more, and still rests on it."""
    host = watched()
    assert [host.facts(name).find("greeting").of("motd") for name in ("first.check", "second.check")] == ["news"] * 2
    assert host.reads("second.check") == host.reads("first.check") == {at("file:/etc/motd")}


def test_what_a_fact_read_that_has_no_answer_counts() -> None:
    host = watched()
    for name in ("first.check", "second.check"):
        with pytest.raises(NotDecided):
            host.facts(name).find("undecided")
        assert at("cmd:nothing") in host.reads(name)


def test_the_moment_counts_where_it_is_read() -> None:
    host, later = watched(), Watched(watched().snapshot, NOW + timedelta(days=1), DECLARED)
    assert (host.facts("a.check").now, host.facts("b.check").find("now")) == (NOW, NOW)
    assert host.reads("a.check") == host.reads("b.check") == later.differing(host, host.reads("a.check")) != set()
    assert host.reads("c.check") == set()


@each_of(
    ("look", "changed", "differs"),
    [
        (lambda files: files["/etc/motd"], {"stat:all": table(row("/etc/motd"))}, False),
        (lambda files: files["/etc/motd"], {"stat:all": table(row("/etc/motd", mode="0600"))}, True),
        (lambda files: files["/etc/none"], {"stat:more": table(row("/etc/none"))}, True),
        (lambda files: files.read_file("/etc/motd"), {"file:/etc/issue": "other"}, False),
        (lambda files: files.read_file("/etc/motd"), {"file:/etc/motd": "other"}, True),
        (lambda files: files.glob("/opt/*.conf"), {"stat:more": table(row("/opt/b.conf"))}, True),
        (lambda files: files.glob("/opt/*.conf"), {"stat:more": table(row("/srv/b.conf"))}, False),
        (lambda files: files.children("/opt"), {"stat:more": table(row("/opt/b"))}, True),
        (lambda files: list(files.below("/opt")), {"stat:more": table(row("/opt/b"))}, True),
        (lambda files: files.seen_by().find("/usr/x"), {"list:/usr": ""}, True),
        (lambda files: files.seen_by().find("/usr/x"), {"list:/usr/lib": ""}, True),
        (lambda files: files.seen_by().find("/etc/motd"), {"list:/usr/lib": ""}, False),
    ],
)
def test_of_the_file_tree_what_was_looked_up_counts(
    look: Callable[[Tree], object], changed: dict[str, str], *, differs: bool
) -> None:
    one, other = watched(), watched({**SECTIONS, **changed})
    before = look(one.facts("a.check").files)
    assert (look(other.facts("a.check").files) != before) <= differs
    assert bool(other.differing(one, one.reads("a.check"))) is differs


def test_looks_at_a_tree_that_was_not_made_yet_are_compared_too() -> None:
    one, other = watched(), watched({**SECTIONS, "file:/etc/motd": "other"})
    one.facts("a.check").files.read_file("/etc/motd")
    reads = one.reads("a.check")
    assert watched().differing(other, reads) == other.differing(watched(), reads) == {at("/etc/motd", "entries")}


def test_what_is_no_evidence_is_not_shown() -> None:
    host = watched()
    named = Watched(replace(host.snapshot, name="x", sha256="1" * 64, size=7), NOW)
    one, other = (which.facts("a.check").snapshot for which in (host, named))
    assert (one.name, one.sha256, one.size) == (other.name, other.sha256, other.size)


def test_where_one_probe_was_cut_off_everything_differs() -> None:
    host = watched()
    cut = Watched(replace(host.snapshot, truncated=True), NOW)
    host.facts("a.check").snapshot.get("file:/etc/issue")
    assert cut.differing(host, host.reads("a.check")) == host.reads("a.check")


def test_a_fact_that_needs_itself_is_refused_as_ever() -> None:
    with pytest.raises(UsageError, match="endless needs endless"):
        watched().facts("a.check").find("endless")


def test_the_answers_are_those_of_the_facts() -> None:
    host = watched()
    plain = Facts(host.snapshot, NOW, DECLARED)
    own = host.facts("a.check")
    assert own.find("facts") is own
    assert own.find("louder") == plain.find("louder")
    assert own.files["/etc/shadow"] == plain.files["/etc/shadow"]
    assert isinstance(own.os.version_id, Evidence)
