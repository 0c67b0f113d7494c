"""What a check is: refused where its definition is incomplete, and never a pass by ignorance."""

from __future__ import annotations

import pytest

from dockworthy.check import (
    Check,
    CheckDefinitionError,
    Judgement,
    check,
    cis,
    expect,
    fix_with,
    instances,
    judge,
    manual,
    not_applicable,
)
from dockworthy.evidence import known, unknown


def definition(function: object) -> Check:
    found = getattr(function, "__dockworthy_check__", None)
    assert isinstance(found, Check)
    return found


@check("site.icc", severity="low", refs=["site:1"], fix="fix {param}\n# of {param}")
def check_icc(daemon: object) -> None:
    """The title.

    The rationale, in
    two lines.
    """
    expect(daemon).equals(False)  # type: ignore[call-overload]


def judged(value: object, param: str | None = None) -> Judgement:
    return judge(definition(check_icc), {"daemon": value}, param)


def test_title_and_rationale_come_from_the_docstring() -> None:
    found = definition(check_icc)
    assert (found.title, found.rationale) == ("The title", "The rationale, in\ntwo lines.")
    assert (found.topic, found.evidence, found.params) == ("site", ("daemon",), ())


def test_a_pass_records_what_was_observed_too() -> None:
    assert judged(known(False, "file: icc")) == Judgement(
        "pass", False, False, "file: icc", "fix {param}\n# of {param}"
    )


def test_a_fail_says_observed_expected_and_source() -> None:
    found = judged(known(True, "file: icc"))
    assert (found.outcome, found.observed, found.expected, found.source) == ("fail", True, False, "file: icc")


def test_one_and_true_are_not_the_same() -> None:
    assert judged(known(0, "file: icc")).outcome == "fail"


def test_what_is_not_known_is_an_error_with_its_reason() -> None:
    found = judged(unknown("permission denied", "file"))
    assert (found.outcome, found.reason, found.source) == ("error", "permission denied", "file")


def test_a_name_is_quoted_in_commands_and_made_printable_in_comments() -> None:
    fix = judged(known(True, "s"), "a b\nrm -rf x").fix
    assert fix == "fix 'a b\nrm -rf x'\n# of 'a b\\nrm -rf x'"


def test_a_check_that_breaks_is_an_error_without_its_data() -> None:
    @check("site.broken", severity="low", refs=["site:1"], fix="f")
    def check_broken() -> None:
        """It breaks."""
        raise KeyError("a secret")

    found = judge(definition(check_broken), {})
    assert found.outcome == "error"
    assert "KeyError" in (found.reason or "")
    assert "secret" not in (found.reason or "")


def test_a_check_that_judges_nothing_is_an_error() -> None:
    @check("site.empty", severity="low", refs=["site:1"], fix="f")
    def check_empty() -> None:
        """It judges nothing."""

    assert judge(definition(check_empty), {}).outcome == "error"


@pytest.mark.parametrize(("ends", "outcome"), [(not_applicable, "skip"), (manual, "manual")])
def test_other_ends(ends: object, outcome: str) -> None:
    @check("site.ends", severity="low", refs=["site:1"], fix="f")
    def check_ends() -> None:
        """It ends otherwise."""
        ends("because")  # type: ignore[operator]

    found = judge(definition(check_ends), {})
    assert (found.outcome, found.reason) == (outcome, "because")


def test_a_fix_replaces_the_fix_of_one_result() -> None:
    @check("site.fix", severity="low", refs=["site:1"], fix="f")
    def check_fix() -> None:
        """It knows better."""
        fix_with("exactly this")
        expect(1, "one").equals(2)

    assert judge(definition(check_fix), {}).fix == "exactly this"


@pytest.mark.parametrize(
    ("check_id", "severity", "refs", "doc", "word"),
    [
        ("Site.x", "low", ["a:1"], "d", "topic.what-is-asserted"),
        ("site", "low", ["a:1"], "d", "topic.what-is-asserted"),
        ("site.x", "awful", ["a:1"], "d", "severity"),
        ("site.x", "low", [], "d", "refs"),
        ("site.x", "low", ["a:1"], "", "docstring"),
    ],
)
def test_an_incomplete_definition_is_refused(
    check_id: str, severity: str, refs: list[str], doc: str, word: str
) -> None:
    def function() -> None: ...

    function.__doc__ = doc
    with pytest.raises(CheckDefinitionError, match=word):
        check(check_id, severity=severity, refs=refs, fix="f")(function)


def test_the_benchmarks_renumbering_of_1_8() -> None:
    assert cis("2.6") == ("CIS-Docker-1.6:2.6", "CIS-Docker-1.7:2.6", "CIS-Docker-1.8:2.6")
    assert cis("2.7")[2] == "CIS-Docker-1.8:2.8"
    assert cis("5.7")[2] == "CIS-Docker-1.8:5.7"


@pytest.mark.parametrize(
    ("mode", "mask", "outcome"),
    [(0o600, 0o644, "pass"), (0o644, 0o644, "pass"), (0o606, 0o644, "fail"), (0o4644, 0o644, "fail")],
)
def test_modes_are_compared_as_bits(mode: int, mask: int, outcome: str) -> None:
    @check("site.mode", severity="low", refs=["site:1"], fix="f")
    def check_mode() -> None:
        """A mode."""
        expect(mode, "file: mode").has_no_bits_outside(mask)

    found = judge(definition(check_mode), {})
    assert (found.outcome, found.observed) == (outcome, f"{mode:04o}")


def test_sets_are_shown_in_a_fixed_order() -> None:
    @check("site.sets", severity="low", refs=["site:1"], fix="f")
    def check_sets() -> None:
        """Sets."""
        expect({"b", "a"}, "s").is_within({"d", "c"})

    found = judge(definition(check_sets), {})
    assert (found.observed, found.expected) == (["a", "b"], {"only": ["c", "d"]})


def test_fixed_instances() -> None:
    each = instances("n", ["a", "b"])
    assert dict(each.find(None, None)) == {"a": "a", "b": "b"}
