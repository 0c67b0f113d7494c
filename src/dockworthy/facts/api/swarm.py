"""The swarm that the engine belongs to: its cluster's settings, its services, and the node's own addresses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, Reason, derived, known, unknown
from dockworthy.facts.api.document import Document, documents
from dockworthy.facts.facts import fact
from dockworthy.snapshot import NOT_HELD
from dockworthy.trust.x509.certificate import certificates_of

if TYPE_CHECKING:
    from datetime import datetime

    from dockworthy.facts.api.engine import Engine
    from dockworthy.snapshot import Snapshot
    from dockworthy.trust.x509.certificate import Certificate

__all__ = ["Service", "Swarm", "swarm"]

NANOSECONDS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Service:
    """One service: its name, id, and ``GET /services/NAME``."""

    name: str
    id: str
    answer: Document

    @property
    def ports(self) -> Evidence[tuple[Document, ...]]:
        """The ports that it publishes."""
        if self.answer.unknown is None and not self.answer.has("EndpointSpec"):
            return known((), f"{self.answer.source}: EndpointSpec")
        return self.answer.objects("EndpointSpec", "Ports", default=())


@dataclass(frozen=True, slots=True)
class Swarm:
    """The swarm."""

    answer: Document  # the ``Swarm`` part of ``GET /info``
    services: tuple[Service, ...]  # those whose answer could be read; only managers know them
    services_failure: Reason | None  # why others are missing, or None
    state_file: Document  # ``docker-state.json`` of the node: the addresses that it was told

    @property
    def state(self) -> Evidence[str]:
        """``inactive``, ``pending``, ``active``, ``error`` or ``locked``."""
        return self.answer.text("LocalNodeState")

    @property
    def is_manager(self) -> Evidence[bool]:
        """Whether this node manages the swarm."""
        return self.answer.flag("ControlAvailable")

    @property
    def cluster(self) -> Document:
        """What only managers know."""
        return self.answer.at("Cluster")

    @property
    def all_services(self) -> Evidence[tuple[Service, ...]]:
        """All services, or why not all are known."""
        source = "GET /services"
        return unknown(self.services_failure, source) if self.services_failure else known(self.services, source)

    def service(self, identity: str) -> Evidence[Service]:
        """The service of that id."""
        found = next((service for service in self.services if service.id == identity), None)
        if found is not None:
            return known(found, found.answer.source)
        return unknown(
            self.services_failure or Reason("only a manager of the swarm knows it", Code.NOT_TOLD),
            f"GET /services/{identity}",
        )

    @property
    @derived
    def root_validity(self) -> Evidence[tuple[datetime, datetime]]:
        """From when until when the swarm's root certificate counts, in UTC."""
        found = self.roots.value
        if not found:
            return unknown("is no certificate", self.roots.source, Code.MALFORMED)
        newest = max(found, key=lambda certificate: certificate.not_before.seconds)
        begins, ends = newest.begins, newest.ends
        if begins is None or ends is None:
            return unknown("has dates beyond all calendars", self.roots.source, Code.MALFORMED)
        return known((begins, ends), self.roots.source)

    @property
    def roots(self) -> Evidence[tuple[Certificate, ...]]:
        """The certificates that the swarm trusts."""
        return self.cluster.text("TLSInfo", "TrustRoot").map(lambda text: certificates_of(text.encode()))


def _state_file(snapshot: Snapshot) -> Document:
    for name in snapshot.names("file:/", "/swarm/docker-state.json"):
        section = snapshot[name]
        path = name.removeprefix("file:")
        if section.failure is not None:
            return Document(path, {}, section.failure)
        try:
            content = json.loads(section.text)
        except (ValueError, RecursionError):
            return Document(path, {}, Reason("is no JSON", Code.MALFORMED))
        return (
            Document(path, content)
            if isinstance(content, dict)
            else Document(path, {}, Reason("is no JSON object", Code.MALFORMED))
        )
    return Document("docker-state.json", {}, NOT_HELD)


def _services(snapshot: Snapshot) -> tuple[tuple[Service, ...], Reason | None]:
    found, failure = documents(snapshot, "docker:services", "GET /services")
    result = []
    for item in found:
        name, identity = item.text("Name"), item.text("ID")
        if not (name.is_known and identity.is_known):
            failure = failure or item.unknown or Reason("holds a service that cannot be read", Code.MALFORMED)
            continue
        result.append(Service(name.value, identity.value, Document(f"GET /services/{name.value}", item.content)))
    return tuple(result), failure


@fact
def swarm(snapshot: Snapshot, engine: Engine) -> Swarm:
    """The swarm that the engine belongs to."""
    services, failure = _services(snapshot)
    return Swarm(
        answer=engine.info.at("Swarm"),
        services=services,
        services_failure=failure,
        state_file=_state_file(snapshot),
    )
