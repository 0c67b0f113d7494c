"""The host on which network, names and limits are tried: what it is like, and that each change of it is judged."""

from __future__ import annotations

from pathlib import Path

from tests.engine.fitness import state


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
        with host.running("sh", "-c", "echo up; exec sleep 100", ready="up") as pid:
            assert Path(f"/proc/{pid}/comm").read_text().strip() == "sleep"
        said = host.judged("engine", "kernel")
        assert said.of("kernel.fits-release")
