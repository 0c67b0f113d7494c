"""Settings of a container that the engine's release no longer obeys."""

from __future__ import annotations

from typing import Any

import pytest

from tests.hosts import checks_in, outcomes
from tests.recorded import edited

CHECK = checks_in("containers", "releases.py")["container.settings-obeyed"]
OLD: dict[str, dict[str, Any]] = {
    "HostConfig.KernelMemory": {"KernelMemory": 1 << 26},
    "HostConfig.Links": {"Links": ["/db:/web/db"]},
    "HostConfig.LogConfig.Type=logentries": {"LogConfig": {"Type": "logentries", "Config": {}}},
    "HostConfig.LogConfig.Config.fluentd-async-connect": {
        "LogConfig": {"Type": "fluentd", "Config": {"fluentd-async-connect": "true"}}
    },
}


def said(release: str, settings: dict[str, Any]) -> Any:
    facts = edited(container={"HostConfig": settings}, version={"Server": {"Version": release}})
    return outcomes(CHECK, facts)["good"]


@pytest.mark.parametrize(
    ("setting", "last", "first"),
    [
        ("HostConfig.KernelMemory", "20.10.27", "23.0.0"),
        ("HostConfig.Links", "28.5.2", "29.0.0"),
        ("HostConfig.LogConfig.Type=logentries", "24.0.9", "25.0.0"),
        ("HostConfig.LogConfig.Config.fluentd-async-connect", "27.5.1", "28.0.0"),
    ],
)
def test_a_setting_is_told_from_the_release_on_that_drops_it(setting: str, last: str, first: str) -> None:
    assert said(last, OLD[setting]).outcome == "pass"
    found = said(first, OLD[setting])
    assert (found.outcome, list(found.observed)) == ("fail", [setting])


def test_a_container_without_such_settings_passes_on_every_release() -> None:
    assert {said(release, {}).outcome for release in ("20.10.24", "26.1.5", "29.7.2")} == {"pass"}


@pytest.mark.parametrize("release", ["31.0.0", "dev", "29.0.0-rc.1"])
def test_of_a_release_that_is_not_known_nothing_is_decided(release: str) -> None:
    assert said(release, OLD["HostConfig.Links"]).outcome == "error"
