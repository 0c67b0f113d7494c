"""Which Harbors a run asks, by profile and inventory; and what is kept of them is judged again without asking."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.errors import UsageError
from dockworthy.profile.loader import load_profile
from dockworthy.run.gather import targets_of
from dockworthy.run.harbors import ask_declared
from dockworthy.run.options import Options
from dockworthy.snapshot import parse_snapshot, with_name

from .conftest import snapshot_of
from .test_bad_input import said

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., subprocess.CompletedProcess[str]]

NODES = "nodes: {node1: {host: hb1}, node2: {host: hb2}}"
NO_PORT = "https://127.0.0.1:1"  # where nothing listens


def profile_of(folder: Path, nodes: str = "", url: str = NO_PORT) -> Path:
    """A profile with one Harbor."""
    path = folder / "profile.yaml"
    path.write_text(f"params: {{harbors: {{prod: {{url: '{url}', {nodes}}}}}}}\n")
    return path


def host_of(folder: Path) -> str:
    """A host that is there without a probe."""
    (folder / "root/etc").mkdir(parents=True)
    (folder / "root/etc/hostname").write_text("hb1\n")
    return f"rootfs:{folder / 'root'}"


def declared(folder: Path, inventory: str, nodes: str = "") -> dict[str, Any]:
    """What is recorded of the Harbor's declaration, where it is not asked."""
    hosts = folder / "hosts.ini"
    hosts.write_text(inventory)
    options = Options(inventory=str(hosts), at="2026-11-24T12:00:00Z")
    profile = load_profile(str(profile_of(folder, nodes)))
    [harbor] = ask_declared(options, profile, targets_of(options))([])
    assert harbor.data is not None
    found: dict[str, Any] = json.loads(parse_snapshot(harbor.data, "prod")["harbor:declared"].data)
    return found


GROUP = "[prod]\nhb1 dw_harbor_node=node1\nhb2 dw_harbor_node=node2\n[prod:vars]\ndw_harbor=prod\n"


@pytest.mark.parametrize("nodes", ["", NODES, "nodes: {node1: {address: '192.0.2.1:443'}, node2: {host: hb2}}"])
def test_an_inventory_says_which_hosts_the_nodes_of_a_harbor_are(tmp_path: Path, nodes: str) -> None:
    found = declared(tmp_path, f"other\n{GROUP}", nodes)["nodes"]
    assert [(one["name"], one["host"]) for one in found] == [("node1", "hb1"), ("node2", "hb2")]
    assert [one["address"] for one in found] == ["192.0.2.1:443" if "address" in nodes else None, None]


@pytest.mark.parametrize(
    ("inventory", "nodes", "words"),
    [
        ("hb2 dw_harbor=prod dw_harbor_node=node1", NODES, ["hb2", "node1", "profile", "hb1"]),
        ("hb1 dw_harbor=prod dw_harbor_node=node2", NODES, ["hb1", "node2", "profile", "node1"]),
        ("hb1 dw_harbor=prod dw_harbor_node=node3", NODES, ["hb1", "node3", "node1, node2"]),
        ("hb1 dw_harbor=test dw_harbor_node=node1", NODES, ["hb1", "test", "profile"]),
        ("hb1 dw_harbor=prod dw_harbor_node=node1\nhb2 dw_harbor=prod dw_harbor_node=node1", "", ["hb2", "hb1"]),
    ],
    ids=["other-host", "other-node", "no-node", "no-harbor", "one-node-twice"],
)
def test_an_inventory_that_contradicts(tmp_path: Path, inventory: str, nodes: str, words: list[str]) -> None:
    with pytest.raises(UsageError) as found:
        declared(tmp_path, inventory, nodes)
    for word in [f"{tmp_path}/hosts.ini: ", *words]:
        assert word in str(found.value)
    assert str(found.value).count("\n") == 0


@pytest.mark.parametrize("variables", ["dw_harbor=prod", "dw_harbor_node=node1"])
def test_a_harbor_without_a_node_in_an_inventory(tmp_path: Path, variables: str) -> None:
    with pytest.raises(UsageError, match=r"hb1: dw_harbor(_node)? stands without dw_harbor"):
        declared(tmp_path, f"hb1 {variables}")


def test_a_profile_without_harbors_is_of_no_matter_to_an_inventory_that_names_one(tmp_path: Path) -> None:
    (tmp_path / "hosts.ini").write_text(GROUP)
    options = Options(inventory=str(tmp_path / "hosts.ini"))
    assert ask_declared(options, load_profile("base"), targets_of(options))([]) == []


@pytest.mark.parametrize("end", ["", "\n", "\nlogout\n"])
def test_a_kept_host_is_judged_under_the_name_that_the_inventory_has_for_it(tmp_path: Path, end: str) -> None:
    data = snapshot_of({"cmd:date": b"1795000000 x\n", "cmd:hostname": b"srv7\n"}).rstrip() + end.encode()
    kept = with_name(data, "hb1")
    assert not parse_snapshot(kept, "kept").truncated
    file = tmp_path / "hb1.snapshot"
    file.write_bytes(kept)
    options = Options(target=(f"snapshot:{file}",))
    [target] = targets_of(options)
    from dockworthy.target import Collected  # noqa: PLC0415 - what is tried

    assert Collected(target, kept).host_name(parse_snapshot(kept, "kept")) == "hb1"


def outcomes(path: Path) -> dict[tuple[str, str | None], str]:
    """What was found of the Harbor."""
    results = json.loads(path.read_text())["results"]
    return {(one["check"], one["param"]): one["outcome"] for one in results if one["host"] == "harbor:prod"}


def test_what_was_collected_of_a_harbor_is_judged_as_it_would_have_been(dockworthy: Run, tmp_path: Path) -> None:
    host, profile = host_of(tmp_path), profile_of(tmp_path, NODES)
    only = ("--profile", str(profile), "--topic", "harbor")
    dockworthy("check", host, *only, "--results", str(tmp_path / "live.json"))
    folder = tmp_path / "kept"
    done = dockworthy("collect", host, "--profile", str(profile), "-o", str(folder))
    assert done.returncode == 0, done.stderr
    kept = folder / "harbor_prod.snapshot"
    assert kept.stat().st_mode & 0o777 == 0o600
    targets = [f"snapshot:{file}" for file in sorted(folder.iterdir())]
    dockworthy("check", *targets, *only, "--results", str(tmp_path / "kept.json"))
    live = outcomes(tmp_path / "live.json")
    assert live == outcomes(tmp_path / "kept.json")
    assert live["harbor.api-answers", "prod"] == "fail"


def test_a_harbor_whose_answers_are_a_target_needs_no_credential_and_is_not_asked(
    dockworthy: Run, tmp_path: Path
) -> None:
    host, profile = host_of(tmp_path), profile_of(tmp_path)
    dockworthy("collect", host, "--profile", str(profile), "-o", str(tmp_path / "kept"))
    kept = tmp_path / "kept" / "harbor_prod.snapshot"
    profile_of(tmp_path, "username: x, password_env: DW_NOT_THERE, ca_file: /nowhere.pem", "https://192.0.2.1")
    only = ("--profile", str(profile), "--topic", "harbor", "--results", str(tmp_path / "results.json"))
    dockworthy("check", f"snapshot:{kept}", host, *only)
    assert outcomes(tmp_path / "results.json")["harbor.api-answers", "prod"] == "fail"
    said(dockworthy("check", host, *only), 4, "harbors.prod", "/nowhere.pem")
