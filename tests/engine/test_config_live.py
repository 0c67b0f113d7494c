"""Generated configurations, judged by the rebuilding and by the real engine's ``--validate``."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dockworthy.facts.engine import EngineInputs, Stage, rebuild
from dockworthy.facts.facts import Facts
from dockworthy.hosttree.entry import Entry, Kind
from dockworthy.hosttree.tree import Tree
from dockworthy.snapshot import Section
from tests.engine.harness import Engine, EngineDidNotStart
from tests.hosts import checks_in, outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from dockworthy.check import Judgement

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(shutil.which("dockerd") is None, reason="there is no dockerd to ask"),
]

SEED = 26_1_5
BATCHES = 12
PER_BATCH = 30
PROXY = "/usr/sbin/docker-proxy"

# a start says OK, or says what is refused after what --validate looks at
BEYOND = {Stage.LISTENERS, Stage.DAEMON_START}


@dataclass
class Config:
    """One generated configuration."""

    file: bytes | None
    arguments: list[str] = field(default_factory=list)


BOOLEANS = [
    "debug", "icc", "iptables", "ip6tables", "ip-forward", "ip-masq", "ipv6", "userland-proxy", "live-restore",
    "experimental", "init", "no-new-privileges", "raw-logs", "selinux-enabled", "tls", "tlsverify", "rootless",
    "cri-containerd", "validate", "help", "version", "restart",
]  # fmt: skip
STRINGS = [
    "log-level", "log-format", "log-driver", "data-root", "exec-root", "pidfile", "group", "bridge", "bip",
    "fixed-cidr", "fixed-cidr-v6", "storage-driver", "default-runtime", "default-ipc-mode",
    "default-cgroupns-mode", "seccomp-profile", "cgroup-parent", "containerd", "containerd-namespace",
    "containerd-plugins-namespace", "metrics-addr", "swarm-default-advertise-addr", "init-path",
    "api-cors-header", "tlscacert", "userland-proxy-path",
]  # fmt: skip
NUMBERS = [
    "mtu", "max-concurrent-downloads", "max-concurrent-uploads", "max-download-attempts", "shutdown-timeout",
    "network-control-plane-mtu", "network-diagnostic-port", "cpu-rt-period", "cpu-rt-runtime",
]  # fmt: skip
ADDRESSES = ["ip", "default-gateway", "default-gateway-v6", "host-gateway-ip"]
LISTS = {
    "labels": "label", "hosts": "host", "insecure-registries": "insecure-registry",
    "registry-mirrors": "registry-mirror", "authorization-plugins": "authorization-plugin",
    "exec-opts": "exec-opt", "storage-opts": "storage-opt", "dns-opts": "dns-opt", "dns-search": "dns-search",
    "allow-nondistributable-artifacts": "allow-nondistributable-artifacts", "cdi-spec-dirs": "cdi-spec-dir",
    "node-generic-resources": "node-generic-resource",
}  # fmt: skip
OBJECTS = [
    "log-opts", "default-ulimits", "runtimes", "features", "builder", "default-network-opts", "proxies",
    "default-address-pools", "default-shm-size", "dns", "resolv-conf", "graph", "swarm-raft-election-tick",
]  # fmt: skip

VALUES = [
    "true", "false", "null", "0", "1", "-1", "1400", "1e3", "1.5", "99999999999999999999", '""', '"x"', '"a=b"',
    '"A=B=C"', '"false"', '"info"', '"WARN"', '"json"', '"text"', '"host"', '"private"', '"shareable"', '"10.0.0.1"',
    '"10.0.0.1/24"', '"fd00::1"', '"fd00::/64"', '"fe80::/80"', '"1g"', '"64m"', '"1.5k"', '"12 mb"', '"gpu=1"',
    '"unix:///run/x.sock"', '"tcp://127.0.0.1:2375"', '"tcp://:0"', '"fd://"', '"http://p.example:3128"',
    '"https://u:p@m.example/"', '"/x/y"', '"\\u0061=1"', '"\\ud800"', '"a.example"', '"-a"', '"\u00e4=1"',
    "[]", "{}", '["a=1"]', '["a=1","a=2"]', '["a"]', '["gpu=1","gpu=x"]', '["1.1.1.1"]', '["1.1.1"]', '[""]', "[1]",
    "[null]", '["unix://", ""]', '["tcp://x:y"]', '["a b"]', '["com.docker.x=1"]', '{"icc":true}', '{"debug":"no"}',
    '{"a":"b"}', '{"a":1}', '{"a":{"b":"c"}}', '{"a":{"path":"/x"}}', '{"a":{"path":1}}', '{"a":null}',
    '{"nofile":{"Name":"nofile","Soft":1,"Hard":2}}', '{"nofile":{"soft":"x"}}', '{"http-proxy":"http://x"}',
    '{"http-proxy":1}', '{"HTTP-Proxy":"x"}', '[{"base":"10.0.0.0/8","size":16}]', '[{"base":1}]',
    '[{"size":"x"}]', '{"gc":{"enabled":"x"}}', '{"gc":{"policy":[{"filter":["a=b"]}]}}',
    '{"gc":{"policy":[{"filter":[1]}]}}', '{"history":{"maxAge":"5x"}}', '{"entitlements":{"network-host":1}}',
    '{"windows-dns-proxy":false}', '{"cdi":true}', "nan", "True", "'x'", "01", "1.", "[1,]", '{"a":1,}', "tru",
]  # fmt: skip
FLAG_VALUES = [
    "", "true", "false", "no", "T", "0", "1", "-1", "0x10", "1_000", "1400", "abc", "a=b", "a=b=c", "=", "info",
    "json", "host", "private", "10.0.0.1", "10.0.0.1/24", "fd00::1", "fd00::/64", " 10.0.0.1 ", "1.1.1.1,2.2.2.2",
    '"1.1.1.1"', "1g", "64m", "1.5.5g", "nofile=1:2", "nofile=2:1", "nofile=-1", "nofile=1:2:3", "bogus=1",
    "base=10.0.0.0/8,size=16", "base=x,size=y", "size", "unix:///run/x.sock", "tcp://127.0.0.1:2375", ":2375",
    "tcp://[::1]:2375/", "http://x", "fd://", "https://m.example", "https://m.example?x", "-x", "x-", "runc=/x",
    "foo=/bin/true", "com.docker.a=b", "gpu=1", "\u00e4", "a b", "--icc=false",
]  # fmt: skip
WHOLE = [
    b"", b" \n", b"null", b"[]", b'"x"', b"1", b"{", b"}", b"{}}", b"{} x", b'{"a"', b'{"a":', b'{"a":1',
    b"{a:1}", b'\xef\xbb\xbf{"icc":false}', b"\xff\xfe{\x00}\x00", b"\xfe\xff\x00{\x00}", b"\xff\xfe{\x00",
    b'{"labels":["\xfc"]}', b"\xef\xbb\xbf\xef\xbb\xbf{}", b'{"icc":true}\x00', b'{"icc":true}\x0c',
    b'\x0c{"icc":false}', b'{"icc"\x0c:1}', b'{"icc":false,"icc":true}', b'{"icc":"x","icc":true}',
    b'{"log-opts":{"a":"b"},"log-opts":{"c":1}}', b"// x\n{}", b"{/**/}", b"# x\n{}",
    b'{"\\u0069cc":false}', b'{"ICC":false}', b'{"":1}', b'{"a\tb":1}', b'{"icc":false}{"icc":true}',
    b'{"labels":["a=\\x"]}', b'{"labels":["a=\\u12"]}', b"[[[[[[[[[[", b'{"a":"\x7f"}', b'{"\xc2\xa0":1}',
    b"\xc2\xa0{}", b"\xe2\x80\xa8{}", b'{"mtu":-0}', b'{"mtu":-}', b'{"mtu":1e}', b'{"mtu":.5}',
    b"{{{{{{{{{{{{{{{{{{{{", b"[" * 10001, b'{"debug":true,}', b'{,"debug":true}', b'{"debug" true}',
    b'{"debug":true "icc":1}',
]  # fmt: skip


def generate(chance: random.Random) -> Config:
    """A configuration of a few keys and options, more often wrong than a person's."""
    if chance.random() < 0.15:
        return Config(chance.choice(WHOLE))
    keys = [
        chance.choice([*BOOLEANS, *STRINGS, *NUMBERS, *ADDRESSES, *LISTS, *OBJECTS, *LISTS.values(), "Icc", "x"])
        for _ in range(chance.choice([0, 1, 1, 1, 2]))
    ]
    members = ", ".join(f'"{key}": {chance.choice(VALUES)}' for key in keys)
    arguments: list[str] = []
    for _ in range(chance.choice([0, 0, 1, 1, 2])):
        arguments += _argument(chance)
    return Config(("{" + members + "}").encode("utf-8", "surrogatepass"), arguments)


def _argument(chance: random.Random) -> list[str]:
    flags = [
        *BOOLEANS, *STRINGS, *NUMBERS, *ADDRESSES, *LISTS.values(), "dns", "default-shm-size", "add-runtime",
        "log-opt", "default-ulimit", "default-network-opt", "default-address-pool", "nosuch", "Debug",
        "http-proxy",
    ]  # fmt: skip
    flag, value = chance.choice(flags), chance.choice(FLAG_VALUES)
    form = chance.random()
    if form < 0.45:
        return [f"--{flag}={value}"]
    if form < 0.75:
        return [f"--{flag}", value]
    if form < 0.85:
        return [f"--{flag}"]
    short = chance.choice("DHGbglpsrvhx")
    return chance.choice([[f"-{short}", value], [f"-{short}={value}"], [f"-{short}{value}"], [f"-D{short}{value}"]])


def ask_engine(config: Config, folder: Path) -> tuple[bool, str]:
    """What the real engine says: whether it accepts the configuration, and its last line."""
    path = folder / "daemon.json"
    if config.file is not None:
        path.write_bytes(config.file)
    done = subprocess.run(
        ["dockerd", "--validate", "--config-file", str(path), *config.arguments],
        capture_output=True,
        timeout=60,
        check=False,
        env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", "HOME": "/root"},
        stdin=subprocess.DEVNULL,
    )
    return done.returncode == 0, (done.stdout + done.stderr).decode("utf-8", "surrogateescape")


def ask_us(config: Config, folder: Path) -> tuple[bool, str]:
    """What the rebuilding says of the same arguments."""
    path = folder / "daemon.json"
    files = {
        PROXY: Entry(Kind.FILE, b"", 0o755),
        "/etc/passwd": Entry(Kind.FILE, Path("/etc/passwd").read_bytes(), 0o644),
        "/etc/group": Entry(Kind.FILE, Path("/etc/group").read_bytes(), 0o644),
        "/sys/fs/cgroup/cpu/cpu.rt_period_us": Entry(Kind.FILE, b"", 0o644),
    }
    if config.file is not None:
        files[str(path)] = Entry(Kind.FILE, config.file, 0o644)
    outcome = rebuild(
        EngineInputs(
            argv=("--validate", "--config-file", str(path), *config.arguments),
            env={"PATH": "/usr/sbin:/usr/bin", "HOME": "/root"},
            files=Tree(files, cwd=str(Path.cwd())),
            plugins=frozenset(),
            activation=(),
            links={},
            cgroup=1 if Path("/sys/fs/cgroup/cpu").exists() else 2,
            systemd=False,
        )
    )
    refusal = outcome.refusal
    if refusal is None:
        return True, ""
    accepted = refusal.stage == Stage.NOT_A_START or refusal.stage in BEYOND
    return accepted, refusal.text


def comparable(text: str) -> list[str]:
    """The words of a message, those of a list in any order: Go's maps have none."""
    return sorted(text.replace(",", " ").split())


def agrees(engine: tuple[bool, str], ours: tuple[bool, str]) -> bool:
    """Whether both accept, or both refuse with the same words."""
    if engine[0] != ours[0] or engine[0]:
        return engine[0] == ours[0]
    if ours[1].startswith("panic: "):
        return ours[1] in engine[1]
    # a refused command line is told on two lines, of which the second says where help is
    last = [line for line in engine[1].splitlines() if line and not line.startswith("See 'dockerd --help'")]
    return any(comparable(line) == comparable(ours[1]) for line in last[-3:]) or ours[1] in engine[1]


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(BATCHES))
def test_generated_configurations_are_judged_as_the_engine_judges_them(batch: int, tmp_path: Path) -> None:
    """Of thirty configurations the same are refused, and with the engine's words."""
    chance = random.Random(SEED + batch)  # noqa: S311 - repeatable, not secret
    different = []
    for number in range(PER_BATCH):
        folder = tmp_path / str(number)
        folder.mkdir()
        config = generate(chance)
        engine, ours = ask_engine(config, folder), ask_us(config, folder)
        if not agrees(engine, ours):
            different.append((config, engine, ours))
    assert different == []


def test_a_pid_file_that_names_a_process_stops_the_next_start_and_a_variable_debug_is_no_drift() -> None:
    """A real engine refuses for any process that lives, with the words that the check shows."""
    daemon = checks_in("engine", "daemon.py")

    def said(engine: Engine, name: str) -> Judgement:
        return outcome(daemon[f"daemon.{name}"], Facts(engine.snapshot()))

    with Engine(isolated=True, env={"DEBUG": "1"}) as engine:
        assert engine.api("/info")["Debug"] is True
        assert "level=debug" not in engine.log
        assert [said(engine, name).outcome for name in ("no-drift", "log-level-info", "starts-again")] == ["pass"] * 3
        engine.configure({"pidfile": "/run/other.pid"})
        engine.run("sh", "-c", "sleep 3600 >/dev/null 2>&1 & echo $! >/run/other.pid")
        found = said(engine, "starts-again")
        assert found.outcome == "fail"
        with pytest.raises(EngineDidNotStart) as refusal:
            engine.restart()
        assert str(found.observed) in str(refusal.value)
        engine.run("sh", "-c", "kill $(cat /run/other.pid); rm /run/other.pid")
        engine.start()
        assert said(engine, "starts-again").outcome == "pass"


def test_a_file_that_is_newer_than_the_engine_hides_neither_what_runs_nor_what_would() -> None:
    """By the process, the API, the sockets and the networks of a real engine, before and after a reload."""
    names = ("api-socket-owner", "api-socket-mode", "containerd-socket-owner", "containerd-socket-mode")
    files, daemon = checks_in("engine", "files.py"), checks_in("engine", "daemon.py")
    with Engine(isolated=True, args=["--mtu=1400"]) as engine:
        engine.configure({"debug": True, "icc": False, "userland-proxy": False})
        engine.run("touch", "-d", "+1 hour", "/etc/docker/daemon.json")
        facts = Facts(engine.snapshot())
        running, after = facts.daemon.running, facts.daemon.next_start
        assert running is not None
        assert (running.mtu.value, running.debug.value, running.icc.value) == (1400, False, True)
        assert running.hosts.value == [engine.host.replace("/run", "/var/run")]
        assert running.userland_proxy.unknown is not None
        assert (after.debug.value, after.icc.value, after.userland_proxy.value) == (True, False, False)
        assert {item.key for item in facts.daemon.drift} == {"debug", "icc"}
        assert {outcome(files[f"file.{name}"], facts).outcome for name in names} == {"pass"}
        engine.reload()
        reloaded = _until(engine, lambda facts: facts.daemon.debug.value is True)
        assert {item.key for item in reloaded.daemon.drift} == {"icc"}
        assert outcome(daemon["daemon.starts-again"], reloaded).outcome == "pass"
        engine.restart()
        assert {item.key for item in Facts(engine.snapshot()).daemon.drift} == set()


def _until(engine: Engine, holds: Callable[[Facts], bool]) -> Facts:
    """The facts as soon as something holds: a reload tells nobody when it is done."""
    for _ in range(50):
        facts = Facts(engine.snapshot())
        if holds(facts):
            return facts
        time.sleep(0.1)
    raise AssertionError("it never came to hold")


def test_what_a_unit_would_start_is_what_the_engine_refuses() -> None:
    """The unit, the file that it names variables from, and daemon.json come to the words that the engine ends with."""
    daemon = checks_in("engine", "daemon.py")
    unit = "[Service]\nType=notify\nEnvironmentFile=-/etc/default/docker\nExecStart=/usr/sbin/dockerd $DOCKER_OPTS\n"
    with Engine(isolated=True) as engine:
        engine.write("/etc/systemd/system/docker.service", unit)
        engine.write("/etc/default/docker", 'DOCKER_OPTS="--icc=false --mtu=1400"\n')
        engine.configure({"icc": True})
        found = outcome(daemon["daemon.starts-again"], _of_the_service(engine))
        assert found.outcome == "fail"
        assert outcome(daemon["daemon.no-drift"], _of_the_service(engine)).outcome == "fail"
        arguments = _of_the_service(engine).daemon.next_start.arguments
        assert arguments == ("--icc=false", "--mtu=1400")
        with pytest.raises(EngineDidNotStart) as refusal:
            engine.restart(args=arguments)
        assert str(found.observed) in str(refusal.value)


def _of_the_service(engine: Engine) -> Facts:
    """The engine as if systemd ran here and had started it."""
    snapshot = engine.snapshot()
    pid = next(line.split()[0] for line in snapshot["cmd:engines"].text.splitlines() if " dockerd " in line)
    section = Section(f"proc:{pid}/unit", 0, b"system docker.service\n")
    return Facts(replace(snapshot, sections={**snapshot.sections, section.name: section}))
