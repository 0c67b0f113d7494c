"""Prometheus' text format by promtool, which also says what is not done."""

from __future__ import annotations

import subprocess

import pytest

from tests.report.formats.samples import ALL, written


def judged(promtool: str, data: bytes) -> tuple[int, bytes]:
    done = subprocess.run([promtool, "check", "metrics"], input=data, capture_output=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("name", ALL)
def test_promtool_has_nothing_to_say(promtool: str, name: str) -> None:
    assert judged(promtool, written("prometheus", ALL[name]())) == (0, b"")


def test_promtool_refuses_what_is_wrong(promtool: str) -> None:
    data = written("prometheus", ALL["every"]())
    assert judged(promtool, data + data)[0] != 0
