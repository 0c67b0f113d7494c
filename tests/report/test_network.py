"""The way of a packet: each part is as the results say that speak for it, and what is wrong is told once."""

from __future__ import annotations

import io
from typing import Any

import pytest

from dockworthy.profile.locate import checks_folder
from dockworthy.report.network import PLACES, STATES, Station, speaks, stations
from dockworthy.report.network_lines import lines
from dockworthy.report.screen import print_lines, shown
from dockworthy.results.model import Host, Result
from dockworthy.run.loading import load_checks
from tests.results_factory import HOSTILE_NAMES, result
from tests.rows import each_of


def part(place: str, name: str | None, seen: str | None, state: str = "there") -> dict[str, str | None]:
    return {"place": place, "name": name, "state": state, "seen": seen}


SEEN = [
    part("containers", "bridge", "172.17.0.0/16, MTU 1500, 2 running"),
    part("bridge", "bridge", "docker0, 172.17.0.1/16, up"),
    part("bridge", "appnet", "br-5f0c12345678, down"),
    part("forward", None, "policy DROP"),
    part("nat", "bridge", "none", "absent"),
    part("uplink", "eth0", "192.0.2.2/24, MTU 1400"),
    part("proxy", None, "http://proxy.test:3128"),
    part("registry", "registry.test", "192.0.2.80"),
]
DOWN: dict[str, Any] = {
    "observed": "br-5f0c12345678 is down",
    "expected": None,
    "source": "the host's network interfaces",
}


def said(check: str, param: str | None = None, outcome: str = "fail", **more: Any) -> Result:
    return result(outcome, host="web1", check=check, param=param, title=f"title of {check}", **more)


def way(*results: Result, seen: list[dict[str, str | None]] | None = None) -> dict[str, Station]:
    host = Host("web1", "ssh://web1", reachable=True, network=SEEN if seen is None else seen)
    return {station.place: station for station in stations(host, results)}


def text(*results: Result, width: int = 80, encoding: str = "utf-8", **more: Any) -> list[str]:
    pieces = shown(lines(list(way(*results, **more).values())), width, encoding)
    return ["".join(word for word, _ in row) for row in pieces]


STATES_OF = [
    # check, param, outcome; the place, the part's name and how it is then
    ("network.bridge-has-address", "appnet", "fail", "bridge", "appnet", "broken"),
    ("network.bridge-has-address", "appnet", "waived", "bridge", "appnet", "broken"),
    ("network.bridge-has-address", "appnet", "pass", "bridge", "appnet", "ok"),
    ("network.bridge-has-address", "appnet", "error", "bridge", "appnet", "unknown"),
    ("network.bridge-has-address", "appnet", "skip", "bridge", "appnet", "there"),
    ("network.pools-left", None, "fail", "bridge", "", "later"),
    ("network.no-second-firewall-drop", "inet fence passing", "fail", "forward", "inet fence passing", "broken"),
    ("network.engine-rules-present", "ip nat", "fail", "nat", "ip nat", "broken"),
    ("network.engine-rules-present", "ip6 filter", "fail", "forward", "ip6 filter", "broken"),
    ("kernel.sysctl", "net.ipv4.ip_forward", "fail", "forward", "net.ipv4.ip_forward", "broken"),
    ("network.masquerade-present", "bridge", "skip", "nat", "bridge", "absent"),
    ("network.mtu-fits-uplink", "bridge", "fail", "uplink", "bridge", "broken"),
    ("dns.server-not-shadowed", "10.0.0.53", "error", "names", "10.0.0.53", "unknown"),
    ("network.registry-past-proxy", "registry.test", "fail", "proxy", "registry.test", "broken"),
    ("trust.registry-verifies", "registry.test", "pass", "registry", "registry.test", "ok"),
    ("network.mirror-answers", "https://mirror.test/", "fail", "registry", "https://mirror.test/", "broken"),
]


@each_of("check, param, outcome, place, name, state", STATES_OF)
def test_a_part_is_as_the_results_say_that_speak_for_it(
    check: str, param: str | None, outcome: str, place: str, name: str, state: str
) -> None:
    station = way(said(check, param, outcome))[place]
    assert {one.name: one.state for one in station.parts}[name] == state


NOT_WRONG = [
    ("network.no-second-firewall-drop", "inet fence passing", "pass"),
    ("kernel.sysctl", "vm.max_map_count", "fail"),
    ("network.pools-left", None, "error"),
    ("container.privileged", "bridge", "fail"),
]


@each_of("check, param, outcome", NOT_WRONG)
def test_what_is_not_of_the_way_or_as_it_should_be_adds_no_part(check: str, param: str | None, outcome: str) -> None:
    found = way(said(check, param, outcome))
    assert {place: len(station.parts) for place, station in found.items()} == {
        place: len(station.parts) for place, station in way().items()
    }


def test_the_worst_of_its_parts_is_what_a_station_is() -> None:
    found = way(
        said("network.bridge-has-address", "bridge", "pass"),
        said("network.bridge-has-address", "appnet", "error"),
        said("network.pools-left"),
    )
    assert [one.state for one in found["bridge"].parts] == ["ok", "unknown", "later"]
    assert found["bridge"].state == "unknown"
    assert found["names"].state == "unknown", "nothing is known of it"
    assert list(found) == list(PLACES)


def test_a_station_of_which_nothing_was_seen_has_what_its_results_say() -> None:
    ended = way(said("network.masquerade-present", None, "skip", reason="no engine runs"), seen=SEEN[:1])
    assert [(one.name, one.state) for one in ended["nat"].parts] == [("", "absent")]
    good = way(said("network.engine-rules-present", "ip nat", "pass"), seen=SEEN[:1])
    assert [(one.name, one.state) for one in good["nat"].parts] == [("", "ok")]
    lost = way(said("network.conntrack-room", None, "error"), seen=SEEN[:1])
    assert [(one.name, one.state) for one in lost["nat"].parts] == [("", "unknown")]
    assert "  │   - no engine runs" in text(
        said("network.masquerade-present", None, "skip", reason="no engine runs"), seen=SEEN[:1]
    )


def test_what_the_packet_filter_does_with_a_network_is_what_its_check_saw() -> None:
    rule = "-A FORWARD -i docker0 -j ACCEPT"
    found = way(
        said("network.forward-accepted", "bridge", "pass", observed=[rule, rule]),
        said("network.masquerade-present", "bridge", "skip", reason="internal"),
        said("network.forward-accepted", "elsewhere", "pass", observed=rule),
        seen=[*SEEN[:3], part("containers", None, "… and 3 more")],
    )
    assert [(one.name, one.seen, one.state) for one in found["forward"].parts] == [("bridge", rule, "ok")]
    assert [(one.name, one.seen, one.state) for one in found["nat"].parts] == [("bridge", "internal", "absent")]


def test_of_a_host_whose_record_has_nothing_of_it_there_is_no_picture() -> None:
    assert way(said("network.bridge-has-address", "appnet"), seen=[]) == {}


def test_what_breaks_is_marked_where_it_breaks_and_told_below_with_its_fix() -> None:
    told = text(
        said("network.bridge-has-address", "appnet", severity="high", fix="systemctl restart docker.service", **DOWN),
        said("network.bridge-has-address", "bridge", "pass"),
        said("network.pools-left", fix="docker network prune"),
        said("dns.server-not-shadowed", "10.0.0.53", "error", reason="not permitted", reason_code="not-permitted"),
    )
    assert told[3:8] == [
        "  ✗ bridge",
        "  │   ✓ bridge  docker0, 172.17.0.1/16, up",
        "  │   ✗ appnet  br-5f0c12345678, down [1]",
        "  │   !         title of network.pools-left [2]",
        "  ✗",
    ]
    at = told.index("Where it breaks")
    assert told[at + 1] == " 1  network.bridge-has-address of appnet (high)"
    assert "br-5f0c12345678 is down" in told[at + 2]
    assert told[at + 4] == "    fix: systemctl restart docker.service"
    assert told.index("What is in danger") > at
    after = told[told.index("What is not known") :]
    assert any("look again as root" in line for line in after)


def test_what_is_alike_is_told_once() -> None:
    many = [said("network.forward-accepted", f"net{number}", fix=f"fix {number}") for number in range(40)]
    told = text(*many, seen=[*SEEN, *(part("forward", f"net{number}", "dropped") for number in range(40))])
    assert sum("network.forward-accepted" in line for line in told) == 2, "its head, and its title"
    assert any("of net0, net1, net2, net3 and 36 more" in line for line in told)
    assert "    fix: # for net0; the others want it with their own names:" in told


def test_of_many_parts_those_that_are_well_are_counted() -> None:
    seen = [part("bridge", f"net{number:02}", "up") for number in range(30)]
    results = [said("network.bridge-has-address", f"net{number:02}", "pass") for number in range(29)]
    told = text(*results, said("network.bridge-has-address", "net29"), seen=seen)
    drawn = [line for line in told if line.startswith(("  │   ✓", "  │   ✗"))]
    assert len(drawn) == 8
    assert "net29" in drawn[-1]
    assert "  │   … and 22 more, as they should be" in told


@pytest.mark.parametrize("width", [30, 60, 80])
def test_it_is_as_wide_as_the_screen_and_in_what_its_encoding_can_hold(width: int) -> None:
    problem = said("network.bridge-has-address", "appnet", fix="", **DOWN)
    told = text(problem, width=width, encoding="ascii")
    assert max(map(len, told)) <= width
    assert all(line.isascii() for line in told)
    assert "  x" in told
    assert told[0] == "  * containers"


def test_colours_are_beside_the_marks_and_never_alone() -> None:
    out = io.StringIO()
    print_lines(lines(list(way(said("network.bridge-has-address", "appnet")).values())), out, color="always")
    assert "\x1b[1;31m✗ \x1b[0m" in out.getvalue()


def test_names_of_hosts_are_data() -> None:
    for name in HOSTILE_NAMES:
        told = text(said("network.bridge-has-address", name), seen=[part("bridge", name, name)])
        assert all(character.isprintable() for line in told for character in line), repr(name)


def test_every_check_of_the_way_is_one_that_there_is() -> None:
    from dockworthy.report.network import _BY_CHECK  # noqa: PLC0415 - the table itself

    checks = load_checks(checks_folder())
    topics = {"network", "dns"}
    elsewhere = {"network.firewall-covers-published"}
    assert {name for name in checks if name.partition(".")[0] in topics} - set(_BY_CHECK) <= elsewhere
    assert all(speaks(name) for name in _BY_CHECK)
    assert {entry.place for entries in _BY_CHECK.values() for entry in entries} <= set(PLACES)
    assert len({mark for mark, _ in STATES.values()}) == len(STATES)
