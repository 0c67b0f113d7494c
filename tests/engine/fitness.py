"""A host whose network, names, limits and packages a test makes as it wants them: ``with state(...) as host``.

It lies in name spaces of its own (mount, network, process, host name, IPC): one link ``up0`` leads to a router that is
not there, ``/etc`` and ``/usr/lib/systemd`` are writable copies without anything of Docker's, ``/run``, ``/srv``,
``/opt``, ``/home`` and the user's home are empty. The engine, if there is one, is this machine's own program on a data
root of its own. Nothing that a test does there is seen outside; all of it ends with the ``with`` block.
"""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import contextmanager
from datetime import datetime, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from dockworthy.check import Judgement
from dockworthy.commands.catalogue import all_checks
from dockworthy.facts.facts import Facts
from tests.engine.harness import Engine, only_child
from tests.hosts import hosts_outcomes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from dockworthy.check import Check
    from dockworthy.snapshot import Snapshot

__all__ = ["GATEWAY", "NAME_SERVER", "UPLINK", "Said", "State", "state"]

UPLINK, GATEWAY, NAME_SERVER = "192.0.2.2/24", "192.0.2.1", "192.0.2.53"
_HOSTS = """127.0.0.1 localhost
127.0.1.1 fithost
::1 ip6-localhost
192.0.2.80 registry.test
192.0.2.81 other.test
"""
_SETUP = f"""
rm -rf /etc/docker /etc/containerd /etc/nftables.conf /etc/iptables /etc/adjtime /etc/resolv.conf /etc/systemd/network
mkdir -p /etc/docker
echo "nameserver {NAME_SERVER}" >/etc/resolv.conf
printf '%s' '{_HOSTS}' >/etc/hosts
echo '# UNCONFIGURED FSTAB FOR BASE SYSTEM' >/etc/fstab
sed -i 's/^hosts:.*/hosts: files/' /etc/nsswitch.conf
echo fithost >/proc/sys/kernel/hostname
ip link add up0 type veth peer name gw0
ip link set gw0 up
ip link set up0 up
ip addr add {UPLINK} dev up0
ip route add default via {GATEWAY} dev up0
"""
_SEVERITIES = ("info", "low", "medium", "high", "critical")


class Said(dict[tuple[str, "str | None"], Judgement]):
    """What all checks said of one snapshot, by check and instance."""

    def of(self, check: str) -> dict[str | None, str]:
        """The outcomes of one check, by instance."""
        return {param: item.outcome for (name, param), item in self.items() if name == check}

    def outcomes(self, *pairs: tuple[str, str | None]) -> dict[tuple[str, str | None], str]:
        """The outcomes of these; ``absent`` where there is no such result."""
        return {pair: self[pair].outcome if pair in self else "absent" for pair in pairs}

    def findings(self, above: str = "low", topics: Collection[str] = ()) -> dict[tuple[str, str | None], object]:
        """What failed with a severity above this one, with what was observed; of these topics, or of all."""
        worse = _SEVERITIES[_SEVERITIES.index(above) + 1 :]
        return {
            pair: item.observed
            for pair, item in self.items()
            if item.outcome == "fail"
            and _checks()[pair[0]].severity in worse
            and (not topics or pair[0].partition(".")[0] in topics)
        }


class State:
    """One host, to be changed by commands, looked at, and judged.

    Attributes:
        engine: the engine's harness: ``run``, ``write``, ``docker``, ``api``, ``container``, ``restart`` are its own.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def data_root(self) -> str:
        """Where the engine keeps its data: a folder of the root file system."""
        return f"{self.engine.root}/store"

    @property
    def home(self) -> Path:
        """The user's home."""
        return self.engine.root / "home"

    def sh(self, script: str) -> str:
        """Run commands there, ending at the first that fails; what they printed."""
        return self.engine.run("sh", "-e", "-c", script).stdout.strip()

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Write a file there, in the place of what is there."""
        self.engine.run("rm", "-f", path)
        self.engine.write(path, text, mode)

    def network(self, name: str, subnet: str | None = None, *more: str, **options: str) -> str:
        """Make a network with options (``driver_mtu="1380"`` for com.docker.network.driver.mtu); its bridge's name."""
        given = [f"--opt=com.docker.network.{key.replace('_', '.')}={value}" for key, value in options.items()]
        subnets = [] if subnet is None else ["--subnet", subnet]
        return "br-" + self.engine.docker("network", "create", *subnets, *more, *given, name)[:12]

    def own_copy(self, path: str) -> None:
        """Make a folder of this machine writable there without changing it: ``/var/lib/dpkg``."""
        over = self.engine.root / "own" / path.strip("/").replace("/", "-")
        for part in ("upper", "work"):
            (over / part).mkdir(parents=True)
        places = f"lowerdir={path},upperdir={over}/upper,workdir={over}/work"
        self.engine.run("mount", "-t", "overlay", "overlay", "-o", places, path)

    @contextmanager
    def running(self, *argv: str, ready: str = "") -> Iterator[int]:
        """Keep a program running there meanwhile, once it has printed the line ``ready``; its process id here."""
        with subprocess.Popen(
            self.engine.entered(argv), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        ) as process:
            try:
                assert process.stdout is not None
                assert not ready or process.stdout.readline().strip() == ready
                yield only_child(process.pid)
            finally:
                os.kill(only_child(process.pid), signal.SIGKILL)

    def snapshot(self, *, registries: Sequence[str] = (), env: Mapping[str, str] | None = None) -> Snapshot:
        """Probe it."""
        return self.engine.snapshot(registries=registries, env=env)

    def judged(self, *topics: str, env: Mapping[str, str] | None = None, **params: Any) -> Said:
        """Probe it, and judge it by all checks, or those of these topics, with these demands of a profile."""
        found = self.snapshot(registries=params.get("registries", ()), env=env)
        return judged(found, *topics, **params)


def judged(snapshot: Snapshot, *topics: str, **params: Any) -> Said:
    """What all checks, or those of these topics, say of a snapshot."""
    chosen = [one for one in _checks().values() if not topics or one.id.partition(".")[0] in topics]
    said = hosts_outcomes(chosen, Facts(snapshot, datetime.now(tz=timezone.utc)), **params).said
    return Said({(check, param): item for check, found in said.items() for param, item in found.items()})


@lru_cache(maxsize=1)
def _checks() -> dict[str, Check]:
    return {one.id: one for one in all_checks([])}


@contextmanager
def state(
    *args: str,
    config: Mapping[str, object] | None = None,
    env: Mapping[str, str] | None = None,
    before: str = "",
    engine: bool = True,
    system: Path | None = None,
) -> Iterator[State]:
    """A host of its own.

    Args:
        args: more arguments of dockerd.
        config: daemon.json.
        env: more variables of dockerd's environment.
        before: commands run before the engine starts.
        engine: whether one runs.
        system: the root file system of another suite (see ``roots``) in the place of this machine's.
    """
    with Engine(isolated=True, env=env, system=system, start=False) as made:
        host = State(made)
        host.sh(_SETUP)
        if system is None:
            made.args = ["--data-root", host.data_root]
        made.args += args
        if config is not None:
            made.configure(config)
        if before:
            host.sh(before)
        if engine:
            made.start()
        yield host
