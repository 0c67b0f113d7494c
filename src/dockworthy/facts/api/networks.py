"""The engine's networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, Reason
from dockworthy.facts.api.document import Document, Listing, documents
from dockworthy.facts.facts import fact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.snapshot import Snapshot


__all__ = ["Network", "Networks", "networks"]

_SOURCE = "GET /networks"


@dataclass(frozen=True, slots=True)
class Network:
    """One network."""

    # name, id, driver: as the engine tells them
    name: str
    id: str
    driver: str
    answer: Document  # all of it

    @property
    def options(self) -> Evidence[Mapping[str, object]]:
        """The driver's options."""
        return self.answer.table("Options").map(dict)

    @property
    def is_default_bridge(self) -> bool:
        """Whether it is the bridge that containers join which name no network, whatever the bridge is called."""
        return self.options.get({}).get("com.docker.network.bridge.default_bridge") == "true"

    @property
    def host_address(self) -> str:
        """The address to which ports are published where none is named; empty for all."""
        address = self.options.get({}).get("com.docker.network.bridge.host_binding_ipv4", "")
        return address if isinstance(address, str) else ""


class Networks(Listing[Network]):
    """All networks."""

    __slots__ = ()

    def find(self, reference: str) -> Network | None:
        """The network of that id or name, or None."""
        for network in self.known_ones:
            if reference and reference in {network.id, network.name}:
                return network
        found = [network for network in self.known_ones if reference and network.id.startswith(reference)]
        return found[0] if len(found) == 1 else None

    def of_mode(self, mode: str) -> Network | None:
        """The network that a container of this network mode joins."""
        if mode in {"", "default", "bridge"}:
            return self.default_bridge
        return self.find(mode)

    @property
    def default_bridge(self) -> Network | None:
        """The default bridge, or None where there is none."""
        return next((network for network in self.known_ones if network.is_default_bridge), None)


@fact
def networks(snapshot: Snapshot) -> Networks:
    """The networks of the engine."""
    found, failure = documents(snapshot, "docker:networks", _SOURCE)
    result = []
    for item in found:
        name, identity, driver = (item.text(key) for key in ("Name", "Id", "Driver"))
        if not (name.is_known and identity.is_known and driver.is_known):
            failure = failure or item.unknown or Reason("holds a network that cannot be read", Code.MALFORMED)
            continue
        document = Document(f"GET /networks/{name.value}", item.content)
        result.append(Network(name.value, identity.value, driver.value, document))
    return Networks(tuple(result), failure, _SOURCE)
