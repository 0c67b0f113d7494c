"""Where the engine hangs its chains into the packet filter, by its release.

Source: moby ``libnetwork/firewall_linux.go`` (DOCKER-USER), ``libnetwork/drivers/bridge/setup_ip_tables.go`` to 28.1,
``internal/iptabler`` and ``internal/nftabler`` since.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.evidence import known, unknown
from dockworthy.facts.network.filters import FAMILIES, NFT_TABLE, NOT_WHOLE
from dockworthy.facts.network.packets import Verdict
from dockworthy.releases import known as known_releases
from dockworthy.tables import after

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockworthy.evidence import Evidence
    from dockworthy.facts.facts import Facts
    from dockworthy.facts.network.bridges import BridgeNetwork
    from dockworthy.facts.network.iptables import Table
    from dockworthy.facts.network.nft import Ruleset

__all__ = ["Hook", "Port", "hooks", "missing", "missing_of_nft", "published"]

Hook = tuple[str, str, str]
"""A chain, where it jumps to, and for which bridge; empty for all."""
Port = tuple[str, str]
"""A protocol and a port of the host."""
_PORTS = "DOCKER"
_NFT_CHAINS = {"nat": "nat-PREROUTING", "filter": "filter-FORWARD"}


def hooks(facts: Facts, family: int, table: str, bridges: Sequence[BridgeNetwork]) -> list[Hook]:
    """What the running release hooks in, of one family."""
    if table == "nat":
        return [("PREROUTING", "DOCKER", "")]
    rules = known_releases().rules(facts.engine_release.of_today.value)
    has_user_chain = FAMILIES[family] == "ip" or rules.holds("filter.user-chain-6")
    wanted = [("FORWARD", "DOCKER-USER", "")] if has_user_chain else []
    outward = [bridge.interface for bridge in bridges if not bridge.is_internal]
    if rules.holds("filter.forward-chain"):
        wanted += [("FORWARD", "DOCKER-FORWARD", ""), ("DOCKER-FORWARD", "DOCKER-BRIDGE", "")]
        return [*wanted, *(("DOCKER-BRIDGE", "DOCKER", bridge) for bridge in outward)]
    wanted.append(("FORWARD", "DOCKER-ISOLATION-STAGE-1", ""))
    return [*wanted, *(("FORWARD", "DOCKER", bridge) for bridge in outward)]


def published(facts: Facts, bridges: Sequence[BridgeNetwork]) -> list[Port]:
    """The ports of the host that rules of IPv4 lead to containers of these networks."""
    translated = {one.network.id for one in bridges if not one.is_internal and one.gateway_mode(4) != "routed"}
    found: dict[Port, None] = {}
    for container in facts.containers.known_ones:
        networks = container.answer.at("NetworkSettings", "Networks")
        joined = {networks.at(name).text("NetworkID", default="").get("") for name in networks.content}
        if container.has_process and joined and joined <= translated:
            for one in container.published.get(()):
                if one.first and one.first == one.last and ":" not in one.host_address:
                    found[one.protocol, str(one.first)] = None
    return list(found)


def missing(table: Table | None, wanted: Sequence[Hook], ports: Sequence[Port], source: str) -> Evidence[list[str]]:
    """What is not there of the hooks, and of what leads to ports; unknown where rules are missing, too."""
    hanging = {
        f"{chain}{f' -o {bridge}' if bridge else ''} -j {target}": chain
        for chain, target, bridge in wanted
        if table is None or not _jumps_for(table, chain, target, bridge)
    }
    led = _led(table) if table is not None else set()
    for protocol, port in ports:
        if (protocol, port) not in led:
            hanging[f"{_PORTS} -p {protocol} --dport {port} -j DNAT"] = _PORTS
    if table is not None and any(_is_cut(table, chain) for chain in hanging.values()):
        return unknown(NOT_WHOLE, source)
    return known(list(hanging), source)


def _led(table: Table) -> set[Port]:
    """The ports for which the engine's own chain has a rule."""
    chain = table.chains.get(_PORTS)
    rules = chain.rules if chain is not None else ()
    words = [rule.text.split() for rule in rules if rule.effect is Verdict.TRANSLATE]
    return {(after(one, "-p"), after(one, "--dport")) for one in words}


def _is_cut(table: Table, chain: str) -> bool:
    return table.chains[chain].is_cut if chain in table.chains else not table.is_whole


def _jumps_for(table: Table, chain: str, target: str, bridge: str) -> bool:
    """Whether a chain jumps there, and for that bridge; of a set of bridges, as 28.0.0 has, its names are not told."""
    if chain not in table.chains or target not in table.chains:
        return False
    rules = [rule.text.split() for rule in table.chains[chain].rules if rule.target == target]
    return any(not bridge or "-o" not in words or bridge in words for words in rules)


def missing_of_nft(ruleset: Ruleset, family: int, table: str) -> list[str]:
    """What is not there of the tables that the engine makes by nftables."""
    where = f"table {FAMILIES[family]} {NFT_TABLE}"
    found = ruleset.find(FAMILIES[family], NFT_TABLE)
    if found is None or found.is_dormant:
        return [where]
    chain = found.chains.get(_NFT_CHAINS[table])
    return [] if chain is not None and chain.rules else [f"{where}: chain {_NFT_CHAINS[table]}"]
