"""Which file of systemd-networkd takes an interface of the engine's for its own."""

from __future__ import annotations

from typing import Any

from tests.checks.network.ways import ways
from tests.hosts import checks_in, outcomes
from tests.rows import each_of

CHECK = checks_in("network", "managers.py")["network.bridges-left-alone"]
FORMS = ("docker0", "br-*", "veth*")


def files(*found: tuple[str, str]) -> str:
    """The section: paths below ``systemd/network``, and their settings with spaces between."""
    lines = []
    for path, settings in found:
        lines.append(f"{path}\t\n")
        lines += [f"{path}\t{setting}\n" for setting in settings.split("; ") if setting]
    return "".join(lines)


def said(text: str | int, running: str = "80 systemd-network\n", **edits: Any) -> tuple[str, ...]:
    """The outcomes for docker0, other bridges, and the containers' ends."""
    facts = ways({"cmd:network-managers": running, "cmd:networkd-files": text, **edits})
    found = outcomes(CHECK, facts)
    return tuple(found[form].outcome for form in FORMS)


ETC, RUN, LIB = "/etc/systemd/network", "/run/systemd/network", "/usr/lib/systemd/network"
ALL, NONE = ("fail",) * 3, ("pass",) * 3
OURS = (f"{ETC}/05-docker.network", "Name=docker0 br-* veth*; Unmanaged=yes")
HIDING = (f"{ETC}/05-docker.network", "")
ETH = (f"{ETC}/20-eth.network", "Name=eth0")
PLAIN = (
    (f"{LIB}/80-container-host0.network", "Kind=veth; Name=host0; Virtualization=REDACTED"),
    (f"{LIB}/80-container-vz.network", "Kind=bridge; Name=vz-*"),
    (f"{LIB}/80-container-ve.network", "Kind=veth; Name=ve-*"),
    (f"{LIB}/80-wifi-adhoc.network", "Type=wlan; WLANInterfaceType=REDACTED"),
    (f"{LIB}/80-6rd-tunnel.network", "Kind=sit; Name=6rd-*"),
)


@each_of(
    ("found", "expected"),
    [
        ((), NONE),
        (PLAIN, NONE),
        ((*PLAIN, (f"{RUN}/10-netplan-eth0.network", "MACAddress=REDACTED; Name=eth0")), NONE),
        ((*PLAIN, (f"{RUN}/10-netplan-eth0.network", "PermanentMACAddress=REDACTED; Name=eth0")), NONE),
        ((*PLAIN, (f"{RUN}/10-netplan-all-en.network", "Name=en*")), NONE),
        (((f"{ETC}/20-wired.network", "PermanentMACAddress=REDACTED"),), NONE),
        (((f"{ETC}/20-all.network", "Name=*"),), ALL),
        (((f"{ETC}/20-all.network", "Type=ether"),), ("pass", "pass", "fail")),
        (((f"{ETC}/20-all.network", "Type=bridge"),), ("fail", "fail", "pass")),
        (((f"{ETC}/20-all.network", "Kind=veth"),), ("pass", "pass", "fail")),
        (((f"{ETC}/20-all.network", "Driver=bridge veth"),), ALL),
        (((f"{ETC}/20-all.network", "Type=ether; Name=en* eth*"),), NONE),
        (((f"{ETC}/20-all.network", "Name=!docker0"),), ("pass", "fail", "fail")),
        (((f"{ETC}/20-all.network", "Name=!docker0 br-* veth*"),), NONE),
        (((f"{ETC}/20-all.network", "Type=!loopback"),), ALL),
        (((f"{ETC}/20-all.network", "Name=eth*; Name=docker*"),), ("fail", "pass", "pass")),
        (((f"{ETC}/20-all.network", "Name=*; Name=; Name=eth0"),), NONE),
        (((f"{ETC}/20-all.network", "Name=[bd]*"),), ("fail", "fail", "pass")),
        ((OURS, (f"{ETC}/20-all.network", "Name=*")), NONE),
        (((f"{ETC}/20-all.network", "Name=*"), (f"{ETC}/50-docker.network", OURS[1])), ALL),
        (((f"{LIB}/05-docker.network", OURS[1]), (f"{ETC}/20-all.network", "Name=*")), NONE),
        (
            (
                (f"{ETC}/05-docker.network", ""),
                (f"{LIB}/05-docker.network", OURS[1]),
                (f"{ETC}/20-a.network", "Name=*"),
            ),
            ALL,
        ),
        (((f"{ETC}/20-all.network", "Name=*; Unmanaged=no"),), ALL),
        (((f"{ETC}/20-all.network", ""),), NONE),
        (((f"{ETC}/20-all.network", "Name=*"), (f"{ETC}/20-all.network.d/x.conf", "Unmanaged=yes")), NONE),
        (
            ((f"{ETC}/20-all.network", "Name=eth0"), (f"{RUN}/20-all.network.d/x.conf", "Name=docker0")),
            ("fail", "pass", "pass"),
        ),
        (((f"{RUN}/20-gone.network.d/x.conf", "Name=*"),), NONE),
        (((f"{ETC}/20-mac.network", "MACAddress=REDACTED"),), ("error",) * 3),
        (((f"{ETC}/20-all.network", "Name=*; KernelCommandLine=!REDACTED"),), ("error",) * 3),
        (((f"{ETC}/20-all.network", "Property=REDACTED"),), ("error",) * 3),
        (((f"{ETC}/20-mac.network", "MACAddress=REDACTED; Unmanaged=yes"),), NONE),
        (((f"{ETC}/20-mac.network", "MACAddress=REDACTED"), (f"{ETC}/30-all.network", "Name=*")), ALL),
        (((f"{ETC}/20-mac.network", "MACAddress=REDACTED"), (f"{ETC}/30-d.network", OURS[1])), ("error",) * 3),
        ((OURS, (f"{ETC}/20-mac.network", "MACAddress=REDACTED")), NONE),
        (((f"{ETC}/20-shut.network", "!"),), ("error",) * 3),
    ],
)
def test_the_first_file_by_name_that_is_for_it_decides(
    found: tuple[tuple[str, str], ...], expected: tuple[str, ...]
) -> None:
    assert said(files(*found)) == expected


def test_the_file_that_claims_it_is_named() -> None:
    facts = ways(
        {
            "cmd:network-managers": "80 systemd-network\n",
            "cmd:networkd-files": files((f"{ETC}/20-all.network", "Name=docker*")),
        }
    )
    assert outcomes(CHECK, facts)["docker0"].observed == {"docker0": f"{ETC}/20-all.network"}


@each_of(
    ("running", "text", "expected"),
    [
        ("", 0, ("skip",) * 3),
        ("90 NetworkManager\n", 0, NONE),
        ("90 NetworkManager\n80 systemd-network\n", files((f"{ETC}/20-all.network", "Name=*")), ALL),
        ((13, ""), 0, ("error",) * 3),
        ("80 systemd-network\n", 63, ("error",) * 3),
        ("80 systemd-network\n", f"{files(OURS)}cut\n", ("error",) * 3),
    ],
)
def test_only_a_manager_that_runs_claims_anything(running: Any, text: str | int, expected: tuple[str, ...]) -> None:
    assert said(text, running) == expected


def test_a_bridge_that_is_there_counts_by_its_own_name() -> None:
    one = files((f"{ETC}/20-one.network", "Name=br-aaaaaaaaaaaa"))
    assert said(one) == ("pass", "fail", "pass")
    other = files((f"{ETC}/20-one.network", "Name=br-lan br-cccccccccccc"))
    assert said(other) == NONE


def test_a_rootless_engines_interfaces_are_none_of_this_name_space() -> None:
    facts = ways(
        {"cmd:network-managers": "80 systemd-network\n", "docker:info": '{"SecurityOptions":["name=rootless"]}'}
    )
    assert {one.outcome for one in outcomes(CHECK, facts).values()} == {"skip"}
