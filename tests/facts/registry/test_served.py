"""What curl printed becomes the head of an answer."""

from __future__ import annotations

import pytest

from dockworthy.facts.registry.served import parse_head


@pytest.mark.parametrize(
    ("text", "status", "headers"),
    [
        ("HTTP/1.1 200 OK\nX: 1\n", 200, {"x": ("1",)}),
        ("HTTP/2 401 \nwww-authenticate: A\nWWW-Authenticate: B\n", 401, {"www-authenticate": ("A", "B")}),
        ("HTTP/1.1 100 Continue\nA: 1\n\nHTTP/1.1 404 No\nB: 2\n", 404, {"b": ("2",)}),
    ],
)
def test_the_last_answers_head_is_read(text: str, status: int, headers: dict[str, tuple[str, ...]]) -> None:
    head = parse_head(text)
    assert head is not None
    assert (head.status, dict(head.headers)) == (status, headers)


@pytest.mark.parametrize("text", ["", "X: 1\n", "HTTP/1.1\n", "HTTP/1.1 abc\n", "\x00"])
def test_what_is_no_head_is_none(text: str) -> None:
    assert parse_head(text) is None


@pytest.mark.parametrize(
    ("value", "realm"),
    [
        ('Bearer realm="https://a.test/t",service="s"', "https://a.test/t"),
        ("bearer realm=https://a.test/t,service=s", "https://a.test/t"),
        ('Basic realm="x"', ""),
        ("Bearer", ""),
        ('Bearer realm="' + "x" * 100_000, "x" * 2000),
    ],
)
def test_the_challenge_is_read(value: str, realm: str) -> None:
    head = parse_head(f"HTTP/1.1 401 No\nWWW-Authenticate: {value}\n")
    assert head is not None
    assert head.challenge.get("realm", "") == realm
