"""Which release a text names, and what is known of each."""

from __future__ import annotations

import pytest

from dockworthy.releases import Release


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("26.1.5+dfsg1", (26, 1, 5)),
        ("5:29.3.1-1~debian.12~bookworm", (29, 3, 1)),
        ("28.2.2-0ubuntu1~24.04.1", (28, 2, 2)),
        ("docker-v29.7.2", (29, 7, 2)),
        ("18.09.1-ce", (18, 9, 1)),
        ("29.10.0", (29, 10, 0)),
        ("20.10.5+dfsg1-1+deb11u2+b3", (20, 10, 5)),
        ("29.3", (29, 3, 0)),
    ],
)
def test_a_release_is_its_numbers_whatever_a_distribution_adds(text: str, numbers: tuple[int, ...]) -> None:
    found = Release.parse(text)
    assert found.numbers == numbers
    assert found.is_final
    assert found.is_engine


@pytest.mark.parametrize("text", ["29.0.0-rc.1", "29.0.0-beta.2", "5:29.0.0~rc.1-1~debian.12~bookworm", "29.0.0-dev"])
def test_a_pre_release_comes_before_its_release(text: str) -> None:
    found = Release.parse(text)
    assert not found.is_final
    assert Release.parse("28.5.2") < found < Release.parse("29.0.0")


@pytest.mark.parametrize("text", ["dev", "library-import", "", "7c4457e", "0.0.0-20260101", "unknown"])
def test_a_build_of_a_commit_is_of_no_known_release(text: str) -> None:
    assert Release.parse(text).numbers == ()


def test_numbers_are_compared_and_not_text() -> None:
    assert Release.parse("29.10.0") > Release.parse("29.9.0")
    assert Release.parse("27.5.1") < Release.parse("27.10.0")
    assert Release.parse("18.09.9") < Release.parse("19.03.0")


def test_podman_is_no_engine_of_any_release() -> None:
    assert not Release.parse("5.4.0", "Podman Engine").is_engine


@pytest.mark.parametrize(
    ("text", "shown", "line"),
    [
        ("26.1.5+dfsg1", "26.1.5", "26.1"),
        ("18.9.1", "18.09.1", "18.09"),
        ("29.0.0-rc.1", "29.0.0-rc.1", "29.0.0-rc.1"),
        ("dev", "dev", "dev"),
    ],
)
def test_a_release_is_shown_as_it_is_called(text: str, shown: str, line: str) -> None:
    found = Release.parse(text)
    assert (str(found), found.line) == (shown, line)
