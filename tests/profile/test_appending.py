"""One more waiver in a file: what was written there stays as it is, character by character."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

import pytest

from dockworthy.errors import UsageError
from dockworthy.profile.appending import appended
from dockworthy.profile.tree import parse_tree
from dockworthy.profile.waivers import Waiver, parse_waivers
from dockworthy.profile.yamltext import quoted, scalar
from tests.results_factory import HOSTILE_NAMES
from tests.rows import each_of

NEW = Waiver(
    check="container.no-privileged",
    host="web*",
    param="cadvisor",
    reason="needs cgroup metrics",
    owner="ops",
    expires=datetime(2027, 3, 31, tzinfo=timezone.utc),
)
ENTRY = """- check: container.no-privileged
  host: "web*"
  param: cadvisor
  reason: needs cgroup metrics
  owner: ops
  expires: 2027-03-31T00:00:00Z
"""
INLINE = (
    '{check: "container.no-privileged", host: "web*", param: "cadvisor", reason: "needs cgroup metrics", '
    'owner: "ops", expires: 2027-03-31T00:00:00Z}'
)
INDENTED = "".join(f"  {line}\n" for line in ENTRY.splitlines())
ONE = "- {check: a.b, reason: r, owner: o, expires: 2999-01-01}\n"


@each_of(
    ("before", "after"),
    [
        ("", ENTRY),
        ("# ours\n", f"# ours\n{ENTRY}"),
        ("---\n# ours\n", f"---\n# ours\n{ENTRY}"),
        (ONE, ONE + ENTRY),
        (f"# top\n{ONE}# below\n", f"# top\n{ONE}# below\n{ENTRY}"),
        (ONE.rstrip("\n"), ONE + ENTRY),
        (f"{ONE}...\n", f"{ONE}{ENTRY}...\n"),
        (f"waivers:\n{ONE}", f"waivers:\n{ONE}{ENTRY}"),
        (f"waivers:\n  {ONE}", f"waivers:\n  {ONE}{INDENTED}"),
        ("waivers:\n", f"waivers:\n{INDENTED}"),
        ("waivers:  # none yet\n", f"waivers:  # none yet\n{INDENTED}"),
        ("[]\n", f"[{INLINE}]\n"),
        ("waivers: []\n", f"waivers: [{INLINE}]\n"),
        ("waivers: [ ]  # none\n", f"waivers: [{INLINE}]  # none\n"),
        (f"[{ONE[2:-1]}]\n", f"[{ONE[2:-1]}, {INLINE}]\n"),
        (f"[{ONE[2:-1]},]\n", f"[{ONE[2:-1]},{INLINE}]\n"),
        (f"[{ONE[2:-1]},  # kept\n]\n", f"[{ONE[2:-1]},  # kept\n  {INLINE}]\n"),
        (f"[{ONE[2:-1]}  # kept\n]\n", f"[{ONE[2:-1]}  # kept\n  , {INLINE}]\n"),
        (ONE.replace("\n", "\r\n"), (ONE + ENTRY).replace("\n", "\r\n")),
        (f"\ufeff{ONE}", f"\ufeff{ONE}{ENTRY}"),
        (
            "- check: a.b\n  reason: |\n    one\n    two\n  owner: o\n  expires: 2999-01-01\n",
            "- check: a.b\n  reason: |\n    one\n    two\n  owner: o\n  expires: 2999-01-01\n" + ENTRY,
        ),
        ("- &a {check: a.b, reason: ü, owner: o, expires: 2999-01-01}\n- *a\n", None),
    ],
)
def test_what_was_written_stays_and_the_new_one_is_read_again(before: str, after: str | None) -> None:
    made = appended(before, NEW, "w.yaml")
    assert made == (after if after is not None else before + ENTRY)
    found = parse_waivers(parse_tree(made.lstrip("\ufeff"), "w.yaml"), "w.yaml", "")
    assert replace(found[-1], origin=NEW.origin) == NEW
    assert len(found) == len(parse_waivers(parse_tree(before.lstrip("\ufeff"), "w.yaml"), "w.yaml", "")) + 1


@each_of("before", ["waivers: ~\n", "waivers: null\n"])
def test_where_it_cannot_be_added_it_is_told_to_be_added_by_hand(before: str) -> None:
    with pytest.raises(UsageError, match="add it by hand: \\{check: ") as caught:
        appended(before, NEW, "w.yaml")
    assert str(caught.value).startswith("w.yaml: one more cannot be added")


@each_of("text", ["- nonsense\n", "a: b\n", "{", "- {check: a}\n"])
def test_a_file_that_is_no_file_of_waivers_is_refused_as_it_is_elsewhere(text: str) -> None:
    with pytest.raises(UsageError, match=r"^w\.yaml:1: "):
        appended(text, NEW, "w.yaml")


TEXTS = [name for name in HOSTILE_NAMES if name.encode("utf-8", "ignore") == name.encode("utf-8", "replace")]


@each_of("text", [*TEXTS, "true", "Null", "no", "26.0", "1", "- x", "a: b", "a #b", "a ", "@a", "\x85"])
def test_any_text_is_read_back_as_it_was(text: str) -> None:
    for written in (scalar(text), quoted(text)):
        assert parse_tree(f"key: {written}\n", "w.yaml").plain() == {"key": text}
