"""A group of nodes that are one Harbor: who they are, and what each says, by its files or its own API.

A node is a host of the run (its files were seen), an address (its API was asked there), or both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, NotApplicable, NotDecided, Reason, derived, known, unknown
from dockworthy.facts.facts import fact
from dockworthy.facts.harbor.group.own import comparable, public_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dockworthy.facts.facts import Facts
    from dockworthy.facts.harbor.api.harbor import HarborAPI
    from dockworthy.facts.harbor.installed.config import HarborInstallation

__all__ = ["GroupNode", "HarborGroup", "harbor_group", "nodes_of", "the_group"]

T = TypeVar("T")
_LEAST: Final = 2
_HTTPS: Final = 443
_SHARED: Final = "shared"


@dataclass(frozen=True, slots=True)
class GroupNode:
    """One node.

    Attributes:
        name: in the profile.
        host: the host of the run that it is, or None where none is named.
        address: where its API was asked, or None.
        facts: of its host; None where none is named, or it is not in the run.
    """

    name: str
    host: str | None
    address: str | None
    facts: Facts | None

    @property
    def place(self) -> str | None:
        """Its address in the one way to write it, the port told."""
        if self.address is None:
            return None
        parts = urlsplit(f"//{self.address}")
        return f"{parts.hostname}:{parts.port or _HTTPS}"

    @property
    def of_host(self) -> Evidence[Facts]:
        """What was seen of its host."""
        source = f"the host of {self.name}"
        if self.host is None:
            return unknown("the profile names no host of the run for it", source, Code.NOT_PROBED)
        if self.facts is None:
            return unknown(f"{self.host} is not in this run, or was not reached", source, Code.NOT_PROBED)
        return known(self.facts, source)


@dataclass(frozen=True, slots=True)
class HarborGroup:
    """The nodes of one Harbor, and the Harbors that replicate to each other.

    Attributes:
        api: what its API said.
        nodes: as the profile declares them.
        peers: what the other Harbors of the run said, by name.
    """

    api: HarborAPI
    nodes: tuple[GroupNode, ...]
    peers: Mapping[str, HarborAPI]

    @property
    def host(self) -> str:
        """The name that clients use."""
        return urlsplit(self.api.url).hostname or ""

    @derived
    def installation(self, node: GroupNode) -> Evidence[HarborInstallation]:
        """The node's installation: the only one of its host, else the one at the group's address."""
        facts = node.of_host.value
        found = facts.harbor.installations.value
        if len(found) > 1:
            found = tuple(one for one in found if comparable(public_url(one).get("")) == comparable(self.api.url))
        if len(found) != 1:
            many = "no Harbor is installed on it" if not found else "several are installed on it with this address"
            return unknown(f"{node.host}: {many}", "folders with a harbor.yml", Code.ABSENT)
        return known(found[0], found[0].config)

    def by_files(self, read: Callable[[HarborInstallation], Evidence[T]]) -> dict[str, Evidence[T]]:
        """What the files of each node say."""
        return {node.name: self.installation(node).then(lambda one: decided(read, one)) for node in self.nodes}

    def by_files_or_api(
        self, read: Callable[[HarborInstallation], Evidence[T]], ask: Callable[[str], Evidence[T]]
    ) -> dict[str, Evidence[T]]:
        """What the files of each node say, or, of one of which the address alone is given, its API."""
        return {
            node.name: self.installation(node).then(lambda one: decided(read, one))
            if node.host is not None
            else decided(ask, node.name)
            for node in self.nodes
        }

    def by_api(self, ask: Callable[[str], Evidence[T]]) -> dict[str, Evidence[T]]:
        """What the API of each node says, which was asked at its own address."""
        return {
            node.name: decided(ask, node.name)
            if node.address is not None
            else unknown("the profile names no address at which this node itself is asked", node.name, Code.NOT_PROBED)
            for node in self.nodes
        }


def decided(read: Callable[[Any], Evidence[T]], of: Any) -> Evidence[T]:
    """What a reader says; unknown where it is not decided, or no question there."""
    try:
        return read(of)
    except NotDecided as error:
        return unknown(error.reason, error.source)
    except NotApplicable as error:
        return unknown(Reason(str(error.reason), Code.NOT_TOLD), str(of)[:200])


@fact
def harbor_group(harbor_api: HarborAPI, beside: Mapping[str, Facts]) -> HarborGroup:
    """The group that a Harbor of the profile is."""
    nodes = tuple(
        GroupNode(node.name, node.host, node.address, beside.get(node.host or "")) for node in harbor_api.nodes
    )
    peers = {
        facts.harbor_api.name: facts.harbor_api
        for name, facts in beside.items()
        if name.startswith("harbor:") and facts.snapshot.is_harbor
    }
    return HarborGroup(harbor_api, nodes, peers)


def declared(harbor_group: HarborGroup) -> dict[str, HarborGroup]:
    """The group by its name; raises NotApplicable where the profile declares no nodes."""
    if harbor_group.api.mode != _SHARED:
        raise NotApplicable("it is one of two Harbors that replicate, and no group of nodes")
    if not harbor_group.nodes:
        raise NotApplicable("the profile declares no nodes of it")
    return {harbor_group.api.name: harbor_group}


def the_group(harbor_group: HarborGroup) -> dict[str, HarborGroup]:
    """The group by its name; raises NotApplicable where the profile declares fewer than two nodes."""
    found = declared(harbor_group)
    if len(harbor_group.nodes) < _LEAST:
        raise NotApplicable("the profile declares no group with two nodes")
    return found


def nodes_of(harbor_group: HarborGroup) -> dict[str, tuple[HarborGroup, GroupNode]]:
    """The nodes of a group, each with it, by the results' parameter."""
    the_group(harbor_group)
    return {harbor_group.api.named(node.name): (harbor_group, node) for node in harbor_group.nodes}


def replicating(harbor_group: HarborGroup) -> dict[str, HarborGroup]:
    """A Harbor that replicates to another, by its name."""
    if harbor_group.api.mode == _SHARED:
        raise NotApplicable("the profile declares no Harbors that replicate to each other")
    return {harbor_group.api.name: harbor_group}
