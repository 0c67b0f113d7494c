"""A real engine without root: it starts where nothing is said against its ground, and does not where something is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.engine.fitness import State, state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SCRIPT = "/usr/share/docker.io/contrib/dockerd-rootless.sh"
GROUND = """
groupadd -g 7000 fern; useradd -M -u 7000 -g 7000 -d /home/fern fern
mkdir -p /home/fern /run/user/7000 /srv/bin
chown fern:fern /home/fern /run/user/7000; chmod 0700 /run/user/7000
mount -t tmpfs tmpfs /dev/net; mknod -m 0666 /dev/net/tun c 10 200
mkdir -p /srv/tools; cp -p /usr/bin/newuidmap /usr/bin/newgidmap /usr/bin/slirp4netns /srv/tools
"""
# Everything as it should be, whatever was done before.
WHOLE = """
for tool in newuidmap newgidmap slirp4netns; do
    while umount "/usr/bin/$tool" 2>/dev/null; do :; done
    rm -f "/usr/bin/$tool"; cp -p "/srv/tools/$tool" /usr/bin
done
rm -rf /home/fern/.config /usr/local/bin/*
echo fern:1000000:65536 >/etc/subuid; echo fern:1000000:65536 >/etc/subgid
"""
NOSUID = "mount --bind /usr/bin/newuidmap /usr/bin/newuidmap; mount -o remount,bind,nosuid /usr/bin/newuidmap"
CAPABLE = (
    "chmod u-s /usr/bin/new[ug]idmap; setcap cap_setuid+ep /usr/bin/newuidmap; setcap cap_setgid+ep /usr/bin/newgidmap"
)
# What is done to the host, and what is said of it then; nothing where the engine starts.
STATES = {
    "whole": ("", set()),
    "by number": ("echo 7000:1000000:65536 >/etc/subuid", set()),
    "two ranges": ("echo fern:2000000:100 >>/etc/subuid", set()),
    "no range": (": >/etc/subuid", {"rootless.subordinate-ids"}),
    "no file": ("rm /etc/subgid", {"rootless.subordinate-ids"}),
    "twice": ("echo 7000:1000000:65536 >>/etc/subuid", set()),
    "not setuid": ("chmod u-s /usr/bin/newuidmap", {"rootless.id-map-tools"}),
    "capable": (CAPABLE, set()),
    "nosuid": (NOSUID, {"rootless.id-map-tools"}),
    "gone": ("rm /usr/bin/newgidmap", {"rootless.id-map-tools"}),
    "no network": ("rm /usr/bin/slirp4netns", {"rootless.network-helper"}),
    "an old one": (
        "printf '#!/bin/sh\\necho --disable-host-loopback\\n' >/usr/bin/slirp4netns",
        {"rootless.network-helper"},
    ),
    "pasta alone": ("mv /usr/bin/slirp4netns /usr/local/bin/pasta", {"rootless.network-helper"}),
}
START = f"""
cd /; export HOME=/home/fern XDG_RUNTIME_DIR=/run/user/7000
setpriv --reuid=7000 --regid=7000 --clear-groups env sh {SCRIPT} --bridge=none --iptables=false >/srv/log 2>&1 &
engine=$!
until [ -S /run/user/7000/docker.sock ]; do kill -0 $engine 2>/dev/null || {{ cat /srv/log; exit 1; }}; sleep 0.1; done
"""
# What ended stays in the list, since nobody there waits for it.
END = """
for pid in $(pgrep -r R,S,D -U 7000); do kill -KILL "$pid" || :; done
while pgrep -r R,S,D -U 7000 >/dev/null; do sleep 0.1; done
rm -rf /run/user/7000/*
"""


@pytest.fixture(scope="module")
def server(root_of: Callable[[str], Path]) -> Iterator[State]:
    """A host on which the user fern may run an engine."""
    with state(engine=False, system=root_of("server")) as host:
        host.sh(GROUND)
        yield host


@pytest.mark.parametrize("name", STATES)
def test_the_engine_starts_where_nothing_is_said_against_it(server: State, name: str) -> None:
    done, expected = STATES[name]
    server.sh(f"{END}\n{WHOLE}\n{done}")
    said = server.judged("rootless", rootless_users=("fern",))
    assert {check for check, _ in said.findings("info", ["rootless"])} == expected
    started = server.engine.run("sh", "-e", "-c", START, check=False)
    assert (started.returncode == 0) == (not expected), started.stdout[-2000:]
    if not expected:
        running = server.judged("rootless")
        assert running.of("rootless.subordinate-ids") == {"fern uid": "pass", "fern gid": "pass"}
        assert running.of("rootless.network-helper") == {None: "pass"}
