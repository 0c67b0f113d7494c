"""CIS Docker 5.8 and 5.14 for a swarm's services: their ports are open on every node, and in no container's list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dockworthy.check import check, cis, expect, instances
from dockworthy.facts.api.ports import shown
from dockworthy.facts.api.scope import services_in_scope
from dockworthy.facts.api.swarm import Service

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dockworthy.facts.api.document import Document

EACH = instances("service", services_in_scope, none="this engine manages no swarm, or it has no service")
FIRST_UNPRIVILEGED = 1024


def _text(port: Document) -> str:
    published, target = (port.number(key, default=0).value for key in ("PublishedPort", "TargetPort"))
    protocol, mode = port.text("Protocol", default="tcp").value, port.text("PublishMode", default="ingress").value
    return f"{published or 'random'}->{target}/{protocol} ({mode})"


@check(
    "swarm.no-privileged-ports",
    severity="medium",
    refs=cis("5.8"),
    fix="docker service inspect --format '{{json .Spec.EndpointSpec}}' {param}\n"
    "# docker service update --publish-rm 443 --publish-add published=8443,target=443 {param}",
    each=EACH,
    params=("container_allowed_privileged_ports",),
)
def check_no_privileged_ports(service: Service, params: Any) -> None:
    """A service publishes none of the hosts' privileged ports.

    A service's port is open on every node of the swarm. Ports below 1024 are those that clients trust to be the
    system's own.
    """
    allowed = frozenset(params.container_allowed_privileged_ports)

    def privileged(ports: Iterable[Document]) -> list[str]:
        numbers = ((port, port.number("PublishedPort", default=0).value) for port in ports)
        return [_text(port) for port, number in numbers if 0 < number < FIRST_UNPRIVILEGED and number not in allowed]

    expect(service.ports.map(privileged), shown=shown).is_empty()


@check(
    "swarm.ports-behind-one-interface",
    severity="low",
    refs=cis("5.14"),
    fix="# A service's port is bound to every interface of its nodes. Take it away, and let a proxy that is bound\n"
    "# to one address reach the service by its network (named is the container's port):\n"
    "# docker service update --publish-rm 443 {param}",
    each=EACH,
)
def check_ports_behind_one_interface(service: Service) -> None:
    """A service publishes no port on all interfaces of the hosts.

    Swarm knows no address for a published port: through the ingress network, and in host mode, it is open on all.
    """
    expect(service.ports.map(lambda ports: [_text(port) for port in ports]), shown=shown).is_empty()
