"""Engines of releases that the table does not know, and a release that comes to it as rows alone."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.data import text
from dockworthy.evidence import Code
from dockworthy.facts.engine import EngineInputs, rebuild
from dockworthy.hosttree.entry import Entry, Kind
from dockworthy.hosttree.tree import Tree
from dockworthy.releases import Release, Table, known, table
from dockworthy.report.releases import releases_page
from tests.facts.engine.corpus_host import base_files
from tests.hosts import checks_in, host, outcome
from tests.rows import each_of

if TYPE_CHECKING:
    from dockworthy.facts.engine import EngineOutcome

CHECKS = checks_in("engine", "daemon.py")


def started(release: str, config: dict[str, Any] | None = None, *argv: str, component: str = "") -> EngineOutcome:
    """A start of an engine of a release on a host where all was looked at."""
    files = base_files()
    files["/etc/docker/daemon.json"] = Entry(Kind.FILE, json.dumps(config or {}).encode(), 0o644)
    return rebuild(
        EngineInputs(
            argv=argv,
            env={"PATH": "/usr/sbin:/usr/bin", "HOME": "/root"},
            files=Tree(files),
            plugins=frozenset(),
            links={"lo": ("127.0.0.1/8",)},
            cgroup=2,
            systemd=True,
            file_system="ext4",
            release=Release.parse(release, component),
        )
    )


def value(found: EngineOutcome, key: str) -> Any:
    return found.settings[key].value


# --- a release that is rows alone ----------------------------------------------------------------------------------


@pytest.fixture
def release_99(monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of the table with a release 99.0: one new key, one removed key, one changed default."""
    lines = [line for line in text("dockworthy.releases", "releases.csv").splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(io.StringIO("\n".join(lines))))
    for row in rows:
        if row["kind"] == "key" and row["name"] in {"raw-logs", "icc"} and not row["until"]:
            row["until"] = "29.7.2"
    blank = dict.fromkeys(rows[0], "")
    rows += [
        {**blank, "kind": "line", "name": "99.0", "since": "99.0.0", "until": "99.0.0"},
        {**blank, "kind": "key", "name": "moonlight", "since": "99.0.0", "type": "bool", "flag": "moonlight"},
        {**blank, "kind": "key", "name": "icc", "since": "99.0.0", "type": "bool", "flag": "icc", "default": "false"},
    ]
    made = Table(rows)
    monkeypatch.setattr(table, "_made", lambda: made)


@pytest.mark.usefixtures("release_99")
class TestARowIsEnough:
    def test_its_new_key_is_known_to_it_alone(self) -> None:
        assert started("99.0.0", {"moonlight": True}).starts is True
        assert value(started("99.0.0", {}, "--moonlight"), "moonlight") is True
        before = started("29.7.2", {"moonlight": True})
        assert before.starts is False
        assert before.refusal is not None
        assert before.refusal.keys == ("moonlight",)

    def test_its_removed_key_stops_the_start(self) -> None:
        assert started("29.7.2", {"raw-logs": True}).starts is True
        refused = started("99.0.0", {"raw-logs": True}).refusal
        assert refused is not None
        assert refused.text.endswith("don't match any configuration option: raw-logs")
        unknown = started("99.0.0", {}, "--raw-logs").refusal
        assert unknown is not None
        assert unknown.text == "Status: unknown flag: --raw-logs"

    def test_its_default_is_its_own(self) -> None:
        assert value(started("29.7.2"), "icc") is True
        assert value(started("99.0.0"), "icc") is False
        assert started("99.0.0").settings["icc"].source == "default of Docker Engine 99.0: icc"

    def test_it_is_the_latest(self) -> None:
        assert str(known().resolve("latest")) == "99.0.0"

    def test_the_page_tells_it(self) -> None:
        newest = releases_page(known()).split("\n## ")[1]
        assert newest == (
            "99.0\n\n- New: `moonlight`.\n- Gone: `raw-logs`.\n- `icc` is `false` by default; before, `true`.\n"
        )


# --- releases that the table does not know -------------------------------------------------------------------------


NEWER = "Docker Engine 30.1.0 is newer than this table, which ends at 29.7.2"


@each_of(
    ("config", "argv"),
    [
        ({}, ()),
        ({"moonlight": True}, ()),
        ({"mtu": "x"}, ()),
        ({"storage-driver": "nosuch"}, ()),
        ({}, ("--moonlight",)),
        ({"api-cors-header": "*"}, ()),
    ],
)
def test_of_a_newer_release_neither_a_start_nor_a_refusal_is_decided(
    config: dict[str, Any], argv: tuple[str, ...]
) -> None:
    found = started("30.1.0", config, *argv)
    assert found.starts is None
    assert found.refusal is None
    assert NEWER in found.undecided


def test_of_a_newer_release_what_is_set_is_known_and_a_default_is_not() -> None:
    found = started("30.1.0", {"icc": False, "moonlight": True}, "--live-restore")
    assert value(found, "icc") is False
    assert value(found, "live-restore") is True
    default = found.settings["userland-proxy"]
    assert (default.unknown, default.unknown and default.unknown.code) == (NEWER, Code.RELEASE)


def test_a_pre_release_has_what_its_release_and_the_one_before_agree_in() -> None:
    found = started("27.0.1-rc.1")
    assert found.starts is True
    assert value(found, "icc") is True
    assert not found.settings["ip6tables"].is_known
    assert started("28.0.0-rc.1", {"ipv6": True}).starts is None
    assert started("28.0.0-rc.1", {"mtu": "x"}).starts is False


@pytest.mark.parametrize("text", ["dev", "library-import", "", "0.0.0-20260101"])
def test_of_a_build_that_names_no_release_no_default_is_known(text: str) -> None:
    found = started(text, {"icc": False})
    assert found.starts is None
    assert value(found, "icc") is False
    assert not found.settings["live-restore"].is_known


def test_of_a_release_before_the_table_nothing_is_refused() -> None:
    found = started("17.06.2", {"api-enable-cors": True, "icc": False})
    assert found.starts is None
    assert value(found, "icc") is False


def test_podman_has_no_configuration_of_an_engine() -> None:
    found = started("5.4.0", component="Podman Engine")
    assert (found.starts, dict(found.settings)) == (None, {})


def test_a_setting_that_a_release_does_not_have_is_not_in_force() -> None:
    assert value(started("19.03.15"), "ip6tables") is False
    assert started("19.03.15").settings["ip6tables"].source == "Docker Engine 19.03 has no ip6tables"
    assert value(started("29.7.2"), "api-cors-header") == ""


# --- what an engine's API does not show ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "config", "found"),
    [
        ("20.10.24+dfsg1", {"no-new-privileges": True}, "pass"),
        ("20.10.24+dfsg1", {}, "fail"),
        ("23.0.6", {"no-new-privileges": True}, "pass"),
        ("28.5.2", {"no-new-privileges": True}, "fail"),  # it shows them, and does not here
    ],
)
def test_privileges_that_info_never_names_are_decided_by_the_file(
    version: str, config: dict[str, Any], found: str
) -> None:
    facts = host(
        {
            "docker:info": json.dumps({"ServerVersion": version, "SecurityOptions": ["name=seccomp,profile=default"]}),
            "docker:version": json.dumps({"Version": version}),
            "cmd:engines": "812 dockerd /usr/bin/dockerd 0 100 1 -\n",
            "proc:812/cmdline": "/usr/bin/dockerd\0",
            "file:/etc/docker/daemon.json": json.dumps(config),
        }
    )
    assert outcome(CHECKS["daemon.no-new-privileges"], facts).outcome == found


def test_an_execution_option_that_is_not_told_decides_where_its_name_is_looked_at() -> None:
    assert started("27.5.1", {"exec-opts": ["REDACTED"]}).starts is True
    assert started("28.5.2", {"exec-opts": ["REDACTED"]}).starts is None
    assert started("28.5.2", {"exec-opts": ["bogus=REDACTED"]}).starts is False


def test_the_nftables_backend_needs_its_program() -> None:
    files = base_files()
    del files["/usr/sbin/nft"]
    files["/etc/docker/daemon.json"] = Entry(Kind.FILE, b'{"firewall-backend": "nftables"}', 0o644)
    release = Release.parse("29.3.0")
    refusal = rebuild(EngineInputs(files=Tree(files), release=release, cgroup=2, systemd=True)).refusal
    assert refusal is not None
    assert refusal.text.endswith('failed to find nft tool: exec: "nft": executable file not found in $PATH')


@each_of(
    ("release", "config", "words"),
    [
        ("28.5.2", {"bip6": "x"}, "parse bip6 failed: invalid CIDR address: x"),
        ("28.5.2", {"bip6": "2001:db8::/64"}, "failed to allocate gateway (2001:db8::): Address already in use"),
        ("29.3.0", {"bip6": "10.0.0.1/24"}, "cannot find address pool for poolID:10.0.0.0/24/invalid Prefix"),
        ("29.3.0", {"bip6": "2001:db8::1/64", "default-gateway-v6": "2001:db8:1::9"}, "must belong to the master pool"),
        ("27.5.1", {"fixed-cidr-v6": ""}, "IPv6 is enabled for the default bridge, but no subnet is configured"),
        ("26.1.5", {"fixed-cidr-v6": "::/0"}, "ipv6 pool is empty"),
        ("29.3.0", {"fixed-cidr": "0.0.0.0/0"}, 'pool "" subpool "0.0.0.0/0": invalid address subpool'),
        ("28.5.2", {"fixed-cidr": "0.0.0.0/0"}, "ipv4 pool is empty"),
        ("29.3.0", {"bip6": "2001:db8::1/64", "fixed-cidr-v6": "2001:db8::/80"}, ""),
        ("29.3.0", {}, ""),
        ("29.3.0", {"default-address-pools": [{"base": "fd00::/48", "size": 64}]}, "network: invalid address pool"),
    ],
)
def test_the_default_bridge_takes_its_ipv6_network_by_the_rules_of_the_release(
    release: str, config: dict[str, Any], words: str
) -> None:
    found = started(release, {"ipv6": True, **config})
    if words:
        assert found.refusal is not None
        assert words in found.refusal.text
    else:
        assert found.starts


def test_the_network_that_the_engine_makes_up_is_not_known() -> None:
    found = started("29.3.0", {"ipv6": True, "default-gateway-v6": "2001:db8::1"})
    assert found.starts is None


@each_of(
    ("release", "store", "words"),
    [
        ("20.10.5", "etcd://192.0.2.8:2379", ""),
        ("20.10.24+dfsg1", "etcd://192.0.2.8:2379", ""),
        ("20.10.24", "consul://192.0.2.8:8500", ""),
        ("20.10.24+dfsg1", "consul://192.0.2.8:8500", "Backend storage not supported yet, please choose one of "),
        ("20.10.5", "nosuch://x", "Backend storage not supported yet, please choose one of "),
        ("20.10.5", "boltdb:///x", "boltBucket config option missing"),
        ("20.10.5", "etcd://", "unexpected scope global without configuration passed"),
    ],
)
def test_the_stores_of_engines_of_old(release: str, store: str, words: str) -> None:
    found = started(release, {"cluster-store": store})
    assert found.starts is not bool(words)
    assert found.refusal is None or found.refusal.text.endswith(words)


@pytest.mark.parametrize(
    ("release", "hosts", "words"),
    [
        ("20.10.24", ["tcp://127.0.0.1:2375/p"], "listen tcp: address tcp/2375/p: unknown port"),
        (
            "26.1.5",
            ["tcp://127.0.0.1:2375/p"],
            "should not contain a path element",
        ),
        ("20.10.24", ["tcp://127.0.0.1:2375", "tcp://localhost:2375"], "bind: address already in use"),
        ("26.1.5", ["tcp://127.0.0.1:2375", "tcp://localhost:2375"], "port is already allocated)"),
    ],
)
def test_a_port_is_reserved_before_or_after_it_is_listened_on(release: str, hosts: list[str], words: str) -> None:
    found = started(release, {"hosts": hosts})
    assert found.refusal is not None
    assert found.refusal.text.endswith(words)


@pytest.mark.parametrize(
    ("release", "store", "starts"),
    [
        ("27.5.1", None, False),
        ("28.5.2", None, True),
        ("28.5.2", True, None),
        ("29.3.0", None, False),
        ("29.3.0", False, True),
    ],
)
def test_a_containerd_that_does_not_answer_stops_what_asks_it(
    release: str, store: bool | None, starts: bool | None
) -> None:
    features = {} if store is None else {"features": {"containerd-snapshotter": store}}
    assert started(release, {"containerd": "/nonexist.sock", **features}).starts is starts
