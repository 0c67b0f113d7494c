"""Who else manages the interfaces that the engine makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.check import check, expect, instances, not_applicable
from dockworthy.facts.engine.paths import is_rootless
from dockworthy.facts.kernel.usage import no_engine
from dockworthy.facts.network.bridges import end_elsewhere
from dockworthy.facts.network.managers import NETWORKD, Interface

if TYPE_CHECKING:
    from dockworthy.facts.facts import Facts
    from dockworthy.facts.network.managers import NetworkManagers

_ALIKE = {"docker0": "docker0", "br-*": "br-0f1e2d3c4b5a", "veth*": "veth0f1e2d3"}


def _interfaces(facts: Facts, _params: object) -> dict[str, tuple[Interface, ...]]:
    """Those that the engine makes, by their form: the ones that are there, and one as the next will be."""
    if is_rootless(facts) and not no_engine(facts):
        not_applicable("the engine runs rootless: its interfaces lie in a name space of its own")
    end_elsewhere(facts)
    names = [link.name for link in facts.links.known_ones]
    found: dict[str, tuple[Interface, ...]] = {}
    for form, alike in _ALIKE.items():
        start = form.removesuffix("*")
        kind, type_ = ("veth", "ether") if start == "veth" else ("bridge", "bridge")
        ours = [name for name in names if form.endswith("*") and name.startswith(start)]
        found[form] = tuple(Interface(name, type_, kind) for name in dict.fromkeys((*ours, alike)))
    return found


@check(
    "network.bridges-left-alone",
    severity="medium",
    refs=("man:systemd.network(5)", "docker:networking"),
    fix="printf '[Match]\\nName=docker0 br-* veth*\\n[Link]\\nUnmanaged=yes\\n' \\\n"
    "    >/etc/systemd/network/05-docker.network\nnetworkctl reload",
    each=instances("interfaces", _interfaces),
)
def check_bridges_left_alone(interfaces: tuple[Interface, ...], network_managers: NetworkManagers) -> None:
    """No network manager claims the engine's interfaces.

    systemd-networkd takes every interface that its first matching file is for, and sets it up as that says: a file for
    all names, or for everything of the type ether, takes the bridges' addresses and the containers' ends away, at once
    or when it is restarted. NetworkManager leaves alone what it did not make.
    """
    running = network_managers.running
    if not running.value:
        not_applicable("neither systemd-networkd nor NetworkManager runs")
    if NETWORKD not in running.value:
        expect(running).is_within({"NetworkManager"})
        return
    expect(network_managers.claims(interfaces)).equals({})
