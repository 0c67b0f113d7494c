"""What the probe looks up, and how it tells an answer from none, by a getent and a bash of the test's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dockworthy.probe import script

if TYPE_CHECKING:
    from collections.abc import Callable

    from dockworthy.snapshot import Snapshot
    from tests.probe.world import World

GETENT = r"""#!/bin/sh
case "$*" in
*'-s files ahosts machine.test'* | *'-s dns ahosts machine.test'*) exit 2 ;;
*'ahosts machine.test') echo '192.0.2.7 STREAM machine.test'; echo '192.0.2.7 DGRAM'; echo '2001:db8::7 STREAM' ;;
*'ahosts localhost') echo '::1 STREAM localhost' ;;
*'ahosts musl.test') exit 1 ;;
*'hosts musl.test') echo '192.0.2.8 musl.test' ;;
*.corp.test.) echo "192.0.2.66 STREAM x" ;;
*refused.test*) exit 1 ;;
*) exit 2 ;;
esac
"""
TOOL = """#!/bin/sh
case "$0 $*" in
*/bash*/dev/tcp* | */openssl* | */curl*) ;;
*) exec /bin/bash "$@" ;;
esac
case "$*" in
*gone.test*) echo "$0: gone.test: Name or service not known" >&2 ;;
*) echo "$0: Temporary failure in name resolution" >&2 ;;
esac
exit 1
"""
NAMES = ("machine.test", "gone.test:5000", "late.test", "refused.test", "musl.test", "[2001:db8::9]:5000")


@pytest.fixture(scope="module")
def seen(host_shell: str, new_world: Callable[[], World]) -> Snapshot:
    """A host whose resolver has another module than files and DNS."""
    world = new_world()
    world.tool("getent", GETENT)
    for name in ("bash", "openssl", "curl"):
        world.tool(name, TOOL)
    world.plant("/etc/nsswitch.conf", "passwd: files\nhosts:files mymachines [!UNAVAIL=return] dns # ours\n")
    world.plant("/etc/resolv.conf", "nameserver 192.0.2.53\nsearch old.test\nsearch corp.test. plain.test corp.test\n")
    return world.snapshot(host_shell, registries=NAMES)


def test_what_is_found_and_by_whom_what_is_not_and_what_nobody_said(seen: Snapshot) -> None:
    lines = seen.text("cmd:lookups").value.splitlines()
    assert [line for line in lines if line.startswith(("registry", "files", "dns"))] == [
        "registry machine.test found 192.0.2.7 2001:db8::7",
        "files machine.test not-found",
        "dns machine.test no-answer",
        "registry gone.test not-found",
        "files gone.test not-found",
        "dns gone.test not-found",
        "registry late.test no-answer",
        "files late.test not-found",
        "dns late.test no-answer",
        "registry refused.test refused",
        "files refused.test refused",
        "dns refused.test refused",
        # by a getent that has no ahosts, and no -s
        "registry musl.test found 192.0.2.8",
        "files musl.test refused",
        "dns musl.test refused",
    ]
    # that of IPv4, which getent leaves out on a host without another, is in /etc/hosts
    assert lines[0] == "self localhost found ::1 127.0.0.1"
    assert lines[1].startswith("self ")
    assert lines[1].endswith(" not-found")
    assert lines[2:4] == ["search corp.test found 192.0.2.66", "search plain.test no-answer"]
    assert any(line.startswith("engine ") for line in lines)
    assert seen.text("cmd:resolve").value.splitlines()[:2] == ["machine.test 192.0.2.7 2001:db8::7", "gone.test"]


def test_the_resolvers_file_is_told_with_the_time_of_its_last_change(seen: Snapshot) -> None:
    assert seen.text("file:/etc/resolv.conf").value.endswith("search corp.test. plain.test corp.test\n")
    name, seconds, exact = seen.text("cmd:resolver-times").value.splitlines()[0].split()
    assert (name, exact.partition(".")[0]) == ("/etc/resolv.conf", seconds)


def test_the_profile_can_keep_random_names_from_being_looked_up() -> None:
    assert "\nDNS_LOOKUPS=1\n" in script()
    assert "\nDNS_LOOKUPS=\n" in script(dns_lookups=False)
