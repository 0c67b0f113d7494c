"""Servers of tests are on this machine, and no proxy of the surroundings is asked for them."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name == "DOCKWORTHY_NOTIFY_KEY":
            monkeypatch.delenv(name)
