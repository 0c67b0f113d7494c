"""The host on which network, names and limits are tried: what it is like, and that each change of it is judged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dockworthy.cli import main
from dockworthy.snapshot import read_snapshot
from tests.engine.broken_network import RECORD, REGISTRY, broken, normal
from tests.engine.fitness import state
from tests.record_registries import written

if TYPE_CHECKING:
    import pytest

    from dockworthy.snapshot import Snapshot


def test_a_plain_host_has_nothing_wrong_and_leaves_nothing() -> None:
    with state(config={"registry-mirrors": []}) as host:
        assert host.sh("ip -4 -o addr show up0; ip route; cat /etc/resolv.conf; hostname").split("\n")[-1] == "fithost"
        assert host.engine.api("/info")["DockerRootDir"] == host.data_root
        bridge = host.network("appnet", "10.210.0.0/24", driver_mtu="1400")
        assert bridge in host.sh("ip -o link")
        said = host.judged()
        assert said.findings("low", ("network", "dns", "limits", "packages", "boot", "client", "rootless")) == {}
        assert said.of("daemon.icc-disabled") == {None: "fail"}
        folder = host.engine.root
    assert not folder.exists()
    assert "up0" not in Path("/proc/net/dev").read_text()


def test_without_an_engine_the_host_is_judged_all_the_same() -> None:
    with state(engine=False) as host:
        host.own_copy("/var/lib/dpkg")
        host.sh("echo changed >>/var/lib/dpkg/status-old")
        with host.running("sh", "-c", "echo up; sleep 100; true", ready="up") as pid:
            assert Path(f"/proc/{pid}/comm").read_text().strip() == "sh"
        said = host.judged("engine", "kernel")
        assert said.of("kernel.fits-release")


def drawn(snapshot: Snapshot, folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """The status and the picture of a host."""
    file = folder / "host.snapshot"
    file.write_bytes(written(snapshot))
    status = main(["doctor", "--explain-network", f"snapshot:{file}"])
    return status, normal(capsys.readouterr().out.replace(f" (snapshot:{file})", ""))


def test_the_picture_in_the_pages_is_what_is_said_of_a_real_host(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Record it again with ``python -m tests.engine.broken_network`` where it is not, and ``docs/pictures.py``."""
    with broken() as host:
        live = host.snapshot(registries=[REGISTRY])
    status, picture = drawn(live, tmp_path, capsys)
    assert (status, picture) == drawn(read_snapshot(RECORD), tmp_path, capsys)
    for station in ("bridge", "forwarding", "uplink", "name servers", "registry"):
        assert f"\n  ✗ {station}\n" in picture


def test_of_a_plain_host_the_whole_way_is_known_and_as_it_should_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with state() as host:
        host.network("appnet", "10.210.0.0/24")
        snapshot = host.snapshot()
    status, picture = drawn(snapshot, tmp_path, capsys)
    assert status == 0
    assert picture.splitlines()[-1] == "✓ as it should be, ● there, - not there"
