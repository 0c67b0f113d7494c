"""An inventory says by which profile a host is judged, and which registries it uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dockworthy.errors import UsageError
from dockworthy.profile.loader import load_profile
from dockworthy.run.demands import Demands
from dockworthy.run.gather import targets_of
from dockworthy.run.options import Options
from dockworthy.target import CollectOptions

if TYPE_CHECKING:
    from pathlib import Path

    from dockworthy.profile.model import Profile
    from dockworthy.target import Target

INVENTORY = """
plain
[web]
web1 dw_profile=strict.yaml
web2 dw_profile=strict.yaml dw_registries=other.example:5000
web3 dw_registries="['one.example', 'two.example']"
[db]
db1 dw_profile=debian-13
[web:vars]
dw_registries=of-all.example, second.example
"""
STRICT = "params: {min_engine_version: '28.0', registries: [own.example], image_depth: layers}\n"


@pytest.fixture
def targets(tmp_path: Path) -> dict[str | None, Target]:
    (tmp_path / "strict.yaml").write_text(STRICT)
    (tmp_path / "hosts").write_text(INVENTORY)
    return {target.name: target for target in targets_of(Options(inventory=str(tmp_path / "hosts")))}


def base() -> Profile:
    return load_profile("base")


def test_each_host_has_the_profile_and_the_registries_that_its_inventory_names(
    targets: dict[str | None, Target],
) -> None:
    demands = Demands(Options(registry=("asked.example",)), None, targets.values())
    fitting = base()
    found = {name: demands.of(target, lambda: fitting) for name, target in targets.items()}
    assert {name: profile.name for name, profile in found.items()} == {
        "plain": "base",
        "web1": "strict",
        "web2": "strict",
        "web3": "base",
        "db1": "debian-13",
    }
    assert found["plain"] is fitting
    assert found["web1"].registries == ("own.example", "asked.example", "of-all.example", "second.example")
    assert found["web2"].registries == ("own.example", "asked.example", "other.example:5000")
    assert found["web3"].registries == ("one.example", "two.example")
    assert found["web1"].waivers is found["web2"].waivers  # by which the record tells each once
    assert demands.of(targets["web1"], base) is found["web1"]


def test_a_host_is_looked_at_for_what_it_is_judged_by(targets: dict[str | None, Target]) -> None:
    demands = Demands(Options(), None, targets.values())
    chosen = CollectOptions(registries=("asked.example",))
    assert demands.looking(targets["plain"], chosen) is chosen
    found = demands.looking(targets["web1"], chosen)
    assert found.registries == ("asked.example", "own.example", "of-all.example", "second.example")
    assert found.image_layers
    assert not demands.looking(targets["db1"], chosen).image_layers


def test_the_command_lines_profile_is_everyones_with_the_hosts_own_registries(
    targets: dict[str | None, Target],
) -> None:
    named = load_profile("base", registries=("named.example",))
    demands = Demands(Options(profile="base"), named, targets.values())
    found = demands.of(targets["web1"], base)
    assert (found.name, found.registries) == ("base", ("named.example", "of-all.example", "second.example"))
    chosen = CollectOptions(registries=named.registries)
    assert demands.looking(targets["web1"], chosen).registries == found.registries
    assert not demands.looking(targets["web1"], chosen).image_layers


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ("dw_profile=nonesuch", ["hosts:2: web1: ", "nonesuch"]),
        ("dw_profile=below/none.yaml", ["hosts:2: web1: ", "none.yaml"]),
        ("dw_registries=https://x.example", ["hosts:2: web1: ", "x.example", "HOST"]),
        ("dw_registries=u:CANARY@x.example", ["hosts:2: web1: ", "HOST"]),
    ],
)
def test_what_cannot_be_used_is_told_with_its_place_before_a_host_is_looked_at(
    tmp_path: Path, variables: str, words: list[str]
) -> None:
    (tmp_path / "hosts").write_text(f"# ours\nweb1 {variables}\n")
    targets = targets_of(Options(inventory=str(tmp_path / "hosts")))
    with pytest.raises(UsageError) as caught:
        Demands(Options(), None, targets)
    for word in words:
        assert word in str(caught.value)
    assert "CANARY" not in str(caught.value)
