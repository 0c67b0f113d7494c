"""Kernel parameters: now, and after the next boot."""

from __future__ import annotations

import pytest

from dockworthy.facts.kernel.sysctl import SysctlFacts, parse_sysctl, persisted, sysctl_path
from tests.facts.kernel.states import lookup_of
from tests.rows import each_of

FORWARD = "net.ipv4.ip_forward"


def facts(**more: str | None) -> SysctlFacts:
    contents: dict[str, str | None] = {
        "proc/sys/net/ipv4/ip_forward": "1\n",
        "list:etc/sysctl.d": "",
        "list:run/sysctl.d": None,
        "list:usr/local/lib/sysctl.d": None,
        "list:usr/lib/sysctl.d": "",
        "etc/sysctl.conf": None,
        "init": "systemd",
        "proc/cmdline": "quiet",
    }
    contents.update(more)
    return SysctlFacts.from_lookup(lookup_of({k: v for k, v in contents.items() if v != "unknown"}))


def files(**texts: str) -> dict[str, str | None]:
    """Files by path; each folder's listing follows."""
    made: dict[str, str | None] = {}
    for path, text in texts.items():
        made[path] = text
        directory, _, name = path.rpartition("/")
        made[f"list:{directory}"] = f"{made.get(f'list:{directory}', '')}{name}\n"
    return made


def at_boot(**more: str | None) -> tuple[str | None, str]:
    found = facts(**more).at_next_boot(FORWARD)
    return (found.value.value if found.value else None, found.source)


def test_the_value_of_now_has_its_white_space_reduced() -> None:
    sysctls = facts(**{"proc/sys/net/ipv4/ping_group_range": "0\t2147483647\n"})
    assert sysctls.now("net.ipv4.ping_group_range").value == "0 2147483647"
    assert sysctls.now(FORWARD).source == "/proc/sys/net/ipv4/ip_forward"


def test_nothing_sets_it() -> None:
    assert at_boot() == (None, "/etc/sysctl.d")


def test_the_last_name_wins_whatever_its_folder() -> None:
    found = at_boot(
        **files(**{"etc/sysctl.d/10-a.conf": f"{FORWARD}=0", "usr/lib/sysctl.d/50-b.conf": f"{FORWARD} = 1"})
    )
    assert found == ("1", "/usr/lib/sysctl.d/50-b.conf")


def test_a_file_in_etc_hides_its_namesake() -> None:
    found = at_boot(**files(**{"etc/sysctl.d/50-b.conf": "", "usr/lib/sysctl.d/50-b.conf": f"{FORWARD}=1"}))
    assert found == (None, "/etc/sysctl.d")


def test_a_link_to_nothing_hides_too() -> None:
    more = files(**{"etc/sysctl.d/50-b.conf": "", "usr/lib/sysctl.d/50-b.conf": f"{FORWARD}=1"})
    assert at_boot(**{**more, "etc/sysctl.d/50-b.conf": None}) == (None, "/etc/sysctl.d")


def test_files_of_other_names_are_not_read() -> None:
    assert (
        at_boot(**files(**{"etc/sysctl.d/README": f"{FORWARD}=0", "etc/sysctl.d/a.conf.bak": f"{FORWARD}=0"}))[0]
        is None
    )


def test_systemd_does_not_read_sysctl_conf() -> None:
    assert at_boot(**{"etc/sysctl.conf": f"{FORWARD}=0"})[0] is None


def test_other_inits_read_sysctl_conf_last() -> None:
    more = files(**{"etc/sysctl.d/99-z.conf": f"{FORWARD}=1"})
    assert at_boot(**more, **{"etc/sysctl.conf": f"{FORWARD}=0", "init": "other"}) == ("0", "/etc/sysctl.conf")


def test_an_unknown_init_with_a_sysctl_conf_decides_nothing() -> None:
    found = facts(**{"etc/sysctl.conf": f"{FORWARD}=0", "init": "unknown"}).at_next_boot(FORWARD)
    assert "depends on init" in (found.unknown or "")


def test_the_command_line_sets_what_no_file_does() -> None:
    assert at_boot(**{"proc/cmdline": f"sysctl.{FORWARD}=1"}) == ("1", "/proc/cmdline")
    bridge = "net.bridge.bridge-nf-call-iptables"
    found = facts(**{"proc/cmdline": f"sysctl.{bridge}=0"}).at_next_boot(bridge).value
    assert found is not None
    assert found.value == "0"


@pytest.mark.parametrize("hidden", ["list:etc/sysctl.d", "list:usr/lib/sysctl.d", "list:run/sysctl.d", "proc/cmdline"])
def test_hidden_evidence_is_unknown(hidden: str) -> None:
    assert not facts(**{hidden: "unknown"}).at_next_boot(FORWARD).is_known


def test_a_file_that_cannot_be_read_is_unknown() -> None:
    assert not facts(**{"list:etc/sysctl.d": "10-a.conf"}).at_next_boot(FORWARD).is_known


# --- the files' syntax (systemd's src/sysctl/sysctl.c) -----------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("net.ipv4.ip_forward", "net/ipv4/ip_forward"),
        ("net/ipv4/ip_forward", "net/ipv4/ip_forward"),
        ("/net//ipv4/./ip_forward", "net/ipv4/ip_forward"),
        ("net.ipv4.conf.eth0/100.forwarding", "net/ipv4/conf/eth0.100/forwarding"),
        ("net/ipv4/conf/eth0.100/forwarding", "net/ipv4/conf/eth0.100/forwarding"),
    ],
)
def test_both_spellings_of_a_name(name: str, path: str) -> None:
    assert sysctl_path(name) == path


@each_of(
    ("text", "value"),
    [
        ("net.ipv4.conf.all.forwarding=1", "1"),
        ("-net.ipv4.conf.all.forwarding = 0 ", "0"),
        ("net.ipv4.conf.*.forwarding=1", "1"),
        ("net.ipv4.conf.*.forwarding=1\nnet.ipv4.conf.all.forwarding=0", "0"),
        ("net.ipv4.conf.all.forwarding=0\nnet.ipv4.conf.*.forwarding=1", "0"),
        ("net.ipv4.conf.*.forwarding=1\n-net.ipv4.conf.all.forwarding", None),
        ("net.ipv4.conf.a?l.forwarding=1\nnet.ipv4.conf.[a-b]*.forwarding=2", "2"),
        ("net.ipv4.conf.[!a]ll.forwarding=1", None),
        ("net.ipv4.*.forwarding=1", None),
        ("# net.ipv4.conf.all.forwarding=1\n;net.ipv4.conf.all.forwarding=1\n\n=1\nnonsense\n", None),
        ("net.ipv4.conf.[.forwarding=1", None),
    ],
)
def test_the_assignment_in_force(text: str, value: str | None) -> None:
    found = persisted(parse_sysctl(text, "a.conf"), "net/ipv4/conf/all/forwarding")
    assert (found.value if found else None) == value
