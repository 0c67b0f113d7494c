"""All containers of the engine, each with what /proc says of it."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, Reason, derived, known, unknown
from dockworthy.facts.api.container import Container, Exec, Surroundings
from dockworthy.facts.api.document import Document, Listing, documents, failure_of
from dockworthy.facts.api.live import listeners, processes, tasks
from dockworthy.facts.api.users import image_users
from dockworthy.facts.facts import fact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.facts.api.engine import Engine
    from dockworthy.facts.api.images import Images
    from dockworthy.facts.api.networks import Networks
    from dockworthy.facts.api.swarm import Swarm
    from dockworthy.facts.api.volumes import Volumes
    from dockworthy.hosttree.places import Places
    from dockworthy.snapshot import Snapshot


__all__ = ["Containers", "containers"]

_SOURCE = "GET /containers"
_SHORT_ID = 12


@dataclass(frozen=True, slots=True)
class Containers(Listing[Container]):
    """All containers; of some nothing but the name may be known."""

    # those that are asked about, by whether stopped ones are; found where it was asked before
    in_scope: dict[bool, Mapping[str, Container]] = field(default_factory=dict, repr=False, compare=False)


def _name(index: int, item: Document) -> str:
    name = item.text("Name").get("")
    if name.strip("/"):
        return name.removeprefix("/")
    identity = item.text("Id").get("")
    return identity[:_SHORT_ID] or f"container {index} of the list"


def _execs(snapshot: Snapshot) -> tuple[Mapping[str, tuple[Exec, ...]], Reason | None]:
    found, failure = documents(snapshot, "docker:execs", "GET /exec")
    table: dict[str, list[Exec]] = {}
    for item in found:
        owner, identity = item.text("ContainerID"), item.text("ID")
        if not (owner.is_known and identity.is_known):
            failure = failure or item.unknown or Reason("holds an answer that cannot be read", Code.MALFORMED)
            continue
        if not item.flag("Running", default=True).get(default=True):
            continue
        answer = Document(f"GET /exec/{identity.value[:_SHORT_ID]}", item.content)
        table.setdefault(owner.value, []).append(
            Exec(identity.value, answer.flag("Privileged", default=False), answer.text("User", default=""))
        )
    return {key: tuple(value) for key, value in table.items()}, failure


@derived
def _execs_of(item: Document, found: tuple[Exec, ...], failure: Reason | None) -> Evidence[tuple[Exec, ...]]:
    """The sessions of one container: where it lists none, none needs to be asked for."""
    listed = item.texts("ExecIDs").by("GET /exec")
    if listed.value and failure is not None:
        return unknown(failure, "GET /exec")
    return known(found, "GET /exec")


def _own(table: Evidence[Mapping[str, Any]], identity: str, default: Any) -> Evidence[Any]:
    return table.map(lambda rows: rows.get(identity, default))


@fact
def containers(
    snapshot: Snapshot,
    engine: Engine,
    networks: Networks,
    volumes: Volumes,
    images: Images,
    swarm: Swarm,
    places: Places,
) -> Containers:
    """The containers of the engine."""
    found, failure = documents(snapshot, "docker:containers", _SOURCE)
    if failure is None and not found and failure_of(snapshot, "docker:info") is not None:
        failure = engine.info.unknown
    by_id: dict[str, Container] = {}
    surroundings = Surroundings(
        engine=engine,
        networks=networks,
        volumes=volumes,
        images=images,
        swarm=swarm,
        image_users=image_users(snapshot),
        tree=places,
        folder=snapshot.text(f"proc:{engine.pid}/cwd").get("/").strip() or "/",
        by_id=by_id,
        reaches={},
    )
    live, running, open_ports = processes(snapshot), tasks(snapshot), listeners(snapshot)
    execs, exec_failure = _execs(snapshot)
    result = []
    for index, item in enumerate(found, 1):
        name, identity = _name(index, item), item.text("Id").get("")
        container = Container(
            name=name,
            id=identity,
            answer=Document(f"GET /containers/{name}/json", item.content, item.unknown),
            surroundings=surroundings,
            process=_own(live, identity, None),
            tasks=_own(running, identity, ()),
            listeners=_own(open_ports, identity, ()),
            execs=_execs_of(item, execs.get(identity, ()), exec_failure),
        )
        result.append(container)
        if identity:
            by_id[identity] = container
    return Containers(tuple(result), failure, _SOURCE)
