"""What the probe sees of links, addresses and routes: the same by every `ip`, shell and awk, and without `ip`."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.facts.facts import Facts
from dockworthy.snapshot import parse_snapshot
from tests.probe.carrying import after_the_functions
from tests.probe.world import SHELLS, missing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HOST = """
ip link set lo up
ip link add up0 type veth peer name gw0
ip link add br0 type bridge
ip link set up0 mtu 1400 up
ip link set gw0 up
ip link set dev br0 up
ip addr add 192.0.2.2/24 dev up0
ip addr add 10.210.0.1/24 dev br0
ip -6 addr add 2001:db8::2/64 dev up0 nodad valid_lft 600 preferred_lft 600
ip route add default via 192.0.2.1 metric 100
ip route add 10.9.0.0/16 via 192.0.2.7
ip route add blackhole 10.8.0.0/16
ip route add 10.7.0.0/16 dev up0 table 77
ip -6 route add default via fe80::1 dev up0
ip rule add from 192.0.2.2 lookup 77
echo 2 >/proc/sys/net/ipv6/conf/up0/accept_ra
"""
AWKS = {"dash": "mawk", "bash": "gawk", "ash": "busybox", "ksh": "original-awk"}
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
# BusyBox's has no batches: what it lacks is asked one after the other.
BUSYBOX_IP = '#!/bin/sh\nexec busybox ip "$@"\n'
MANY = "".join(f"route add 10.{high}.{low}.0/24 via 192.0.2.1\n" for high in range(20, 60) for low in range(100))


@pytest.fixture(scope="module", autouse=True)
def _here() -> None:
    reason = missing("ip", "busybox")
    if reason:
        pytest.skip(reason)


@pytest.fixture
def seen(tmp_path: Path) -> Callable[..., Facts]:
    """What is seen of the host under a shell, with these programs first, and after more commands."""

    def look(shell: str = "dash", before: str = "probe_network", more: str = "", **programs: str) -> Facts:
        for name, text in programs.items():
            (tmp_path / name).write_text(text)
            (tmp_path / name).chmod(0o755)
        awk = tmp_path / "awk"
        awk.unlink(missing_ok=True)
        awk.symlink_to(shutil.which(AWKS[shell]) or shutil.which("awk") or "awk")
        (tmp_path / "host.sh").write_text(HOST + more)
        entered = [
            "unshare",
            "--net",
            "--mount",
            "sh",
            "-c",
            f'PATH={PATH} sh {tmp_path}/host.sh && exec "$@"',
            "-",
            *SHELLS[shell],
        ]
        done = after_the_functions(entered, f"start\n{before}", tools=tmp_path)
        assert (done.returncode, done.stderr) == (0, b"")
        return Facts(parse_snapshot(b"dockworthy-snapshot 1 0\n" + done.stdout, "probe"))

    return look


def told(facts: Facts) -> dict[str, Any]:
    """What the facts say, without what only some ways of asking tell."""
    links = facts.links.known_ones
    return {
        "links": {link.name: (link.mtu, link.is_up, link.accept_ra, link.forwards_ipv6) for link in links},
        "routes": {route.shown for route in facts.routes.known_ones if not route.network.is_link_local},
        "addresses": {(one.interface, str(one.ip)) for one in facts.addresses.known_ones if not one.ip.is_link_local},
        "failures": (facts.links.failure, facts.addresses.failure, facts.routes.failure),
    }


def test_every_shell_and_awk_and_each_ip_tells_the_same(seen: Callable[..., Facts]) -> None:
    first = told(seen("dash"))
    assert first["links"] == {
        "lo": (65536, True, 1, False),
        "up0": (1400, True, 2, False),
        "gw0": (1500, True, 1, False),
        "br0": (1500, True, 1, False),
    }
    assert first["addresses"] == {
        ("lo", "127.0.0.1/8"),
        ("lo", "::1/128"),
        ("up0", "192.0.2.2/24"),
        ("up0", "2001:db8::2/64"),
        ("br0", "10.210.0.1/24"),
    }
    assert first["routes"] == {
        "0.0.0.0/0 via 192.0.2.1 dev up0",
        "192.0.2.0/24 dev up0",
        "10.210.0.0/24 dev br0",
        "10.9.0.0/16 via 192.0.2.7 dev up0",
        "blackhole 10.8.0.0/16",
        "10.7.0.0/16 dev up0 table 77",
        "2001:db8::/64 dev up0",
        "::/0 via fe80::1 dev up0",
    }
    assert first["failures"] == (None, None, None)
    for shell in ("bash", "ash", "ksh"):
        assert told(seen(shell)) == first
    assert told(seen("ash", ip=BUSYBOX_IP)) == first


def test_rules_and_flags_are_told(seen: Callable[..., Facts]) -> None:
    facts = seen()
    assert facts.routes.by_rules == ("77",)
    (six,) = (one for one in facts.addresses.of("up0") if one.ip.version == 6 and one.scope == "global")
    assert "dynamic" in six.flags


def test_without_ip_the_kernels_files_tell_what_they_know(seen: Callable[..., Facts]) -> None:
    without = seen("dash", "network_ip() { :; }\nprobe_network")
    by_ip, by_files = told(seen()), told(without)
    assert by_files["routes"] == {
        route.replace("blackhole", "unreachable") for route in by_ip["routes"] if "table" not in route
    }
    # The files of /sys are those of the name space in which it was mounted.
    assert {name: (None, None, *rest[2:]) for name, rest in by_ip["links"].items()} == by_files["links"]
    assert by_files["addresses"] == {
        ("", "127.0.0.1/32") if one == ("lo", "127.0.0.1/8") else one for one in by_ip["addresses"]
    }


def test_of_very_many_routes_those_on_the_link_are_kept(seen: Callable[..., Facts]) -> None:
    facts = seen(more=f"ip -batch - <<END\n{MANY}END\n")
    assert facts.routes.failure is not None
    assert facts.routes.on_link.is_known
    assert facts.routes.uplinks(4) == ("up0",)
    assert 1000 < len(facts.routes.known_ones) < 4000
    assert len(facts.addresses.of("br0")) == 2


ALIAS = """\
uplink
3: br0: <BROADCAST,UP> mtu 9000 qdisc x state UP link/ether 0
3: br0    inet 10.66.0.1/16 scope global br0
default via 192.0.2.9 dev up0
0: from all lookup 66
9: tun9: <UP> mtu 9000 qdisc x state UP link/none
"""


@pytest.mark.parametrize("own_sys", ["mount --make-rprivate / && mount -t sysfs none /sys\n", ""])
def test_an_alias_of_several_lines_is_nothing_but_an_alias(seen: Callable[..., Facts], own_sys: str) -> None:
    """Whatever its lines look like: links, addresses, routes and rules; also where /sys is another name space's."""
    plain = seen(more=own_sys)
    host = seen(more=f"{own_sys}ip link set up0 alias '{ALIAS}'\nip link set br0 alias 'of \\none \"line'\n")
    assert told(host) == told(plain)
    for name in ("cmd:net-links", "cmd:ip-rule"):
        assert host.snapshot.text(name).get("") == plain.snapshot.text(name).get(""), name


def test_an_alias_of_which_nobody_tells_the_lines_leaves_open_what_is_there(seen: Callable[..., Facts]) -> None:
    """Here /sys is that of another name space, and the program has no JSON."""
    old = f'#!/bin/sh\n[ "$1" != -j ] || exit 1\nexec {shutil.which("ip")} "$@"\n'
    host = seen(more=f"ip link set up0 alias '{ALIAS}'\n", ip=old)
    assert None not in (host.links.failure, host.addresses.failure, host.routes.failure)
