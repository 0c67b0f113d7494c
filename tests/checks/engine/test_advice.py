"""What is advised can be followed on each release: carried out, the engine starts, and the check passes.

Each host is one of a release, with its own file and unit; a fix is run as it is pasted, by a shell, on its own files.
"""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.facts.engine.flags import flags_of
from dockworthy.fixes import DROP_IN, MERGE
from dockworthy.releases import Release, known
from tests.checks.engine.unithost import FILE, LATER, sections, unit
from tests.hosts import checks_in, host, outcome, row

if TYPE_CHECKING:
    from dockworthy.facts.facts import Facts

RELEASES = (
    "18.09.9", "19.03.15",
    "20.10.5", "20.10.24", "23.0.18", "24.0.9", "25.0.17", "26.1.5", "27.5.1", "28.5.2", "29.0.1",
    "29.3.1", str(known().end),
)  # fmt: skip
CHECKS = {**checks_in("engine", "daemon.py"), **checks_in("engine", "storage.py")}
PROFILE = "/etc/docker/seccomp.json"
IPV6 = {"ipv6": True, "fixed-cidr-v6": "fd00:2::/64"}
BY_API = {"daemon.userns-remap"}  # of which the engine itself must tell that it works
# What such an engine has in its place: the name of a user that is remapped to, a plugin.
MORE = {"file:/etc/subuid": "dockremap:100000:65536\n", "file:/etc/subgid": "dockremap:100000:65536\n"}


@dataclass(frozen=True)
class Case:
    """A check, and a file and a command line with which it fails on some releases.

    Attributes:
        check: its id.
        config: daemon.json.
        args: dockerd's arguments.
        params: the profile's.
        kept: what is in force after the fix, where the release has such a key.
        info: what the engine says before, of what it alone can say.
    """

    check: str
    config: dict[str, Any] = field(default_factory=dict)
    args: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)
    info: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """What tells it from the others."""
        return " ".join(filter(None, (self.check.partition(".")[2], json.dumps(self.config), self.args)))


def facts_of(release: str, config: str, args: str, mtime: int = 1, info: dict[str, Any] | None = None) -> Facts:
    """A host of a release with this file and these arguments, in force where the file is not younger."""
    return _facts_of(release, config, args, mtime, json.dumps(info or {}))


@lru_cache(maxsize=64)
def _facts_of(release: str, config: str, args: str, mtime: int, info: str) -> Facts:
    version = {"Version": release, "Components": [{"Name": "Engine", "Version": release}]}
    packages = f"docker-ce\t5:{release}-1~ubuntu.24.04~noble\tinstall ok installed\tamd64\n"
    users = "root:x:0:0::/root:/bin/bash\ndockremap:x:998:998::/:/bin/false\n"
    more = {"cmd:dpkg-query": packages, "file:/etc/passwd": users, f"file:{PROFILE}": "{}", **MORE}
    more["file:/etc/group"] = "root:x:0:\ndocker:x:999:\ndockremap:x:998:\n"
    found = sections(
        running=args,
        text=unit(f"/usr/bin/dockerd {args}".strip()),
        config=config,
        mtime=mtime,
        rows={PROFILE: row(PROFILE)},
        version={"Server": version},
        more=more,
    )
    said = {key: value for key, value in json.loads(found["docker:info"]).items() if key != "SecurityOptions"}
    found["docker:info"] = json.dumps({**said, "Swarm": {"LocalNodeState": "inactive"}, **json.loads(info)})
    return host(found)


def followed(fix: str, config: str, args: str, release: str) -> tuple[str, str]:
    """The file and the arguments after a fix was pasted on a host of a release."""
    return _pasted(fix, config, args, "validate" in flags_of(known().rules(Release.parse(release))))


@lru_cache(maxsize=256)
def _pasted(fix: str, config: str, args: str, validates: bool) -> tuple[str, str]:
    with TemporaryDirectory() as name:
        folder = Path(name)
        file, drop_in = folder / FILE[1:], folder / DROP_IN[1:]
        file.parent.mkdir(parents=True)
        file.write_text(config)
        tools = folder / "bin"
        tools.mkdir()
        for tool, text in (
            ("systemctl", f'echo "$*" >>{folder}/asked'),
            ("dockerd", "exit 0" if validates else "exit 125"),
        ):
            (tools / tool).write_text(f"#!/bin/sh\n{text}\n")
            (tools / tool).chmod(0o755)
        lines = iter(fix.splitlines())
        commands = []
        for line in lines:
            if line.startswith(MERGE):
                assert line == f"{MERGE}{FILE}:"
                file.write_text(json.dumps({**json.loads(file.read_text()), **json.loads(next(lines))}))
            else:
                commands.append(line.replace("/etc/", f"{folder}/etc/"))
        path = {"PATH": f"{tools}:/usr/local/bin:/usr/bin:/bin"}
        done = subprocess.run(
            ["sh", "-e", "-c", "\n".join(commands)], env=path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{fix}\n{done.stderr}"
        if "restart docker" in fix:
            assert "restart docker" in (folder / "asked").read_text(), fix
        if drop_in.exists():
            line = drop_in.read_text().splitlines()[-1].partition("=")[2].replace("\\\\", "\\")
            args = shlex.join(word.replace("%%", "%").replace("$$", "$") for word in shlex.split(line)[1:])
        return file.read_text(), args


LIMITS = {"daemon_required_ulimits": ("nofile",), "daemon_max_ulimits": {"nofile": 65536}}
HIGH = {"default-ulimits": {"nofile": {"Name": "nofile", "Soft": 1, "Hard": -1}}}
INSECURE = {"RegistryConfig": {"InsecureRegistryCIDRs": ["127.0.0.0/8", "10.0.0.0/8"]}}
NO_USERNS = {"SecurityOptions": ["name=seccomp,profile=default"]}
MAPPER = {"storage-driver": "devicemapper", "storage-opts": ["dm.fs=xfs"]}
MAPPED = {"Driver": "devicemapper"}
DRIVERS = {"accepted_storage_drivers": ("overlay2",)}
CASES = (
    Case("daemon.icc-disabled"),
    Case("daemon.icc-disabled", {"iptables": False}),
    Case("daemon.icc-disabled", {**IPV6, "ip6tables": False}),
    Case("daemon.icc-disabled", {"mtu": 1400}, "--icc=true -D --ipv6 --fixed-cidr-v6 fd00:2::/64 --ip6tables=false"),
    Case("daemon.log-level-info", {"debug": True}),
    Case("daemon.log-level-info", {}, "-l warn -H fd://"),
    Case("daemon.iptables-managed", {"iptables": False}),
    Case("daemon.ip6tables-managed", {**IPV6, "ip6tables": False}),
    Case("daemon.ip6tables-managed", IPV6),
    Case("daemon.ip6tables-managed", {**IPV6, "experimental": True, "ip6tables": False, "icc": True}),
    Case("daemon.ip6tables-managed", {"fixed-cidr-v6": "fd00:2::/64"}, "--ipv6 --ip6tables=false"),
    Case("daemon.no-insecure-registries", {"insecure-registries": ["10.0.0.0/8", "plain.test:5000"]}, info=INSECURE),
    Case("daemon.api-on-tcp-demands-certificates", {"hosts": ["tcp://127.0.0.1:2375", "unix:///run/docker.sock"]}),
    Case("daemon.api-on-tcp-demands-certificates", {}, "-H fd:// -H tcp://127.0.0.1:2375"),
    Case("daemon.default-ulimits", HIGH, params=LIMITS),
    Case("daemon.userns-remap", info=NO_USERNS),
    Case("daemon.userns-remap", {"features": {"containerd-snapshotter": True, "buildkit": True}}, info=NO_USERNS),
    Case(
        "daemon.default-cgroup-parent", {"cgroup-parent": "/elsewhere", "exec-opts": ["native.cgroupdriver=cgroupfs"]}
    ),
    Case("daemon.no-devicemapper", MAPPER, info=MAPPED),
    Case("daemon.no-aufs", {"storage-driver": "aufs"}, info={"Driver": "aufs"}),
    Case("engine.storage-driver", {"mtu": 1400}, "-s devicemapper", DRIVERS, info=MAPPED),
    Case("daemon.remote-logging", {"log-driver": "json-file", "log-opts": {"max-size": "1m"}}),
    Case("daemon.no-new-privileges", {}, "--no-new-privileges=false"),
    Case("daemon.live-restore"),
    Case("daemon.userland-proxy-disabled", {"userland-proxy": True}),
    Case("daemon.seccomp-profile", {"seccomp-profile": PROFILE}),
    Case("daemon.seccomp-profile", {"seccomp-profile": "unconfined"}),
    Case("daemon.seccomp-profile", {}, f"--seccomp-profile={PROFILE}"),
    Case("daemon.no-experimental", {"experimental": True}),
    Case("daemon.no-experimental", {"experimental": True, "ip6tables": True}),
    Case("daemon.no-experimental", {"experimental": True, "ip6tables": True, **IPV6}),
    Case("daemon.no-experimental", {"features": {"cdi": True}}, "--experimental", {"denied_features": ("cdi",)}),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_what_is_advised_can_be_followed_on_each_release(case: Case) -> None:
    failed = []
    for release in RELEASES:
        before = facts_of(release, json.dumps(case.config), case.args, info=case.info)
        found = outcome(CHECKS[case.check], before, **case.params)
        if before.daemon.next_start.starts is False or found.outcome in {"pass", "skip"}:
            continue  # of another release, or right there already
        assert found.outcome == "fail", (release, found)
        failed.append(release)
        assert found.fix is not None
        assert "# as things are" not in found.fix
        fixed(case, release, found.fix.replace("LOGHOST", "192.0.2.1"))
    assert failed, "it fails nowhere"


def fixed(case: Case, release: str, fix: str) -> Facts:
    """The host after the fix, of which the engine starts and the check passes."""
    config, args = followed(fix, json.dumps(case.config), case.args, release)
    after = facts_of(release, config, args)
    start = after.daemon.next_start
    assert start.starts is not False, (release, fix, config, args, start.refusal)
    if not start.starts:  # what nobody looked at on this host is no matter of the fix
        now = facts_of(release, json.dumps(case.config), case.args).daemon.next_start
        assert set(start.undecided) <= {*now.undecided}, (release, start.undecided)
    if case.check not in BY_API:
        found = outcome(CHECKS[case.check], after, **case.params)
        assert found.outcome in {"pass", "skip"}, (release, fix, config, args, found)
    assert followed(fix, config, case.args, release) == (config, args), (release, fix)
    return after


ALL = {name for name in CHECKS if name.startswith("daemon.")} - {"daemon.authorization-plugin"}
# Wrong in all that a fix mends; what another fix changes as well must not stop the engine.
WRONG: dict[str, Any] = {
    **IPV6, **HIGH, "ip6tables": False, "iptables": True, "icc": True, "experimental": True, "debug": True,
    "cgroup-parent": "/elsewhere", "userland-proxy": True, "live-restore": False, "no-new-privileges": False,
    "seccomp-profile": PROFILE, "hosts": ["tcp://127.0.0.1:2375", "unix:///run/docker.sock"],
}  # fmt: skip


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("change", [{}, {"ip6tables": True}, {"iptables": False}], ids=json.dumps)
def test_all_that_is_advised_at_once_can_be_followed_in_any_order(release: str, change: dict[str, Any]) -> None:
    config = json.dumps({key: value for key, value in {**WRONG, **change}.items() if has(release, key)})
    before = facts_of(release, config, "", info=NO_USERNS)
    found = {name: outcome(check, before) for name, check in CHECKS.items() if name in ALL}
    fixes = [said.fix.replace("LOGHOST", "192.0.2.1") for said in found.values() if said.outcome == "fail" and said.fix]
    assert len(fixes) > 8
    for order in (fixes, fixes[::-1]):
        file, args = config, ""
        for fix in order:
            file, args = followed(fix, file, args, release)
        assert facts_of(release, file, args).daemon.next_start.starts, (release, file)


STARTS = (
    Case("daemon.starts-again", {"graph": "/srv/docker", "mtu": 1400}, kept={"data-root": "/srv/docker", "mtu": 1400}),
    Case("daemon.starts-again", {"graph": "/srv/it's"}, "-H fd://", kept={"data-root": "/srv/it's"}),
    Case(
        "daemon.starts-again", {"mtu": 1400}, "-H fd:// -g /srv/docker", kept={"data-root": "/srv/docker", "mtu": 1400}
    ),
    Case("daemon.starts-again", {}, "--graph=/srv/docker --debug", kept={"data-root": "/srv/docker", "debug": True}),
    Case("daemon.starts-again", {"cluster-store": "consul://a.test", "cluster-store-opts": {"a": "b"}, "mtu": 1400}),
    Case("daemon.starts-again", {}, "--cluster-store=consul://a.test --mtu 1400", kept={"mtu": 1400}),
    Case("daemon.starts-again", {"oom-score-adjust": -500, "icc": False}, kept={"icc": False}),
    Case("daemon.starts-again", {"icc": False}, "--oom-score-adjust=-500 -H fd://", kept={"icc": False}),
    Case("daemon.starts-again", {"api-cors-header": "*"}),
    Case("daemon.starts-again", {}, "--allow-nondistributable-artifacts=a.test -D", kept={"debug": True}),
    Case(
        "daemon.starts-again", {"host-gateway-ips": ["192.0.2.1", "2001:db8::1"]}, kept={"host-gateway-ip": "192.0.2.1"}
    ),
    Case("daemon.starts-again", {"host-gateway-ip": "192.0.2.1", "host-gateway-ips": ["192.0.2.2"]}),
    Case("daemon.starts-again", {"firewall-backend": "iptables", "bip6": "fd00::1/64", "min-api-version": "1.44"}),
    Case("daemon.starts-again", {"proxies": {"http-proxy": "http://a.test:3128"}, "log-format": "json"}),
    Case("daemon.starts-again", {"iccc": False, "mtu": 1400}, kept={"mtu": 1400}),
    Case("daemon.starts-again", {"icc": False}, "--icc=true -H fd://", kept={"icc": False}),
    Case("daemon.starts-again", {"hosts": ["unix:///run/docker.sock"]}, "-H fd:// -g /srv/docker"),
)


@pytest.mark.skipif(shutil.which("jq") is None, reason="there is no jq")
@pytest.mark.parametrize("case", STARTS, ids=lambda case: case.id)
def test_what_a_release_refuses_goes_and_what_it_set_stays_where_that_can_be(case: Case) -> None:
    failed = []
    for release in RELEASES:
        config, args = json.dumps(case.config), case.args
        facts = facts_of(release, config, args, LATER)
        refusals = []
        # an engine tells of one thing at a time
        while facts.daemon.next_start.refusal is not None:
            refusals.append(facts.daemon.next_start.refusal.text)
            found = outcome(CHECKS[case.check], facts)
            assert found.fix is not None
            assert "restart docker" not in found.fix, "the engine runs on"
            config, args = followed(found.fix, config, args, release)
            facts = facts_of(release, config, args, LATER)
            assert len(refusals) == len(set(refusals)), (release, found.fix, config, args)
        if refusals:
            failed.append(release)
            kept = {key: value for key, value in case.kept.items() if has(release, key)}
            assert {key: facts.daemon.next_start.setting(key).get(None) for key in kept} == kept, (
                release,
                config,
                args,
            )
    assert failed, "it is refused nowhere"


def test_a_value_that_stayed_on_the_host_is_left_to_the_person_who_has_it() -> None:
    found = outcome(CHECKS["daemon.starts-again"], facts_of("29.3.1", "{}", "-g REDACTED --debug"))
    assert found.fix is not None
    assert found.fix.splitlines()[1:4] == [
        "# take -g REDACTED off dockerd's command line (see: systemctl cat docker), and only then:",
        f"{MERGE}{FILE}:",
        '{"data-root": "<its value>"}',
    ]


@pytest.mark.parametrize(("release", "tried"), [("20.10.24", False), ("23.0.18", True)])
def test_no_command_is_printed_that_the_release_does_not_have(release: str, tried: bool) -> None:
    found = outcome(CHECKS["daemon.live-restore"], facts_of(release, "{}", ""))
    assert found.fix is not None
    assert ("--validate" in found.fix) is tried
    assert ("no command of this release tries a file" in found.fix) is not tried
    assert found.fix.endswith("systemctl restart docker")


def test_a_fix_that_restarts_says_where_the_engine_would_not_come_up() -> None:
    found = outcome(CHECKS["daemon.live-restore"], facts_of("28.5.2", '{"iptables": false, "icc": false}', ""))
    assert found.fix is not None
    assert "# as things are, the engine would not start again: first comes the fix of daemon.starts-again" in found.fix


def has(release: str, key: str) -> bool:
    """Whether a release has a key."""
    return any(row.name == key for row in known().rules(Release.parse(release)).of_kind("key"))
