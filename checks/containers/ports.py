"""CIS Docker section 5: which ports of the host a container has, and on which networks it is."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from dockworthy.check import check, cis, expect, instances, manual, not_decided
from dockworthy.facts.api.container import Container
from dockworthy.facts.api.networks import Networks
from dockworthy.facts.api.ports import is_every_address, shown
from dockworthy.facts.api.scope import SCOPE, containers_in_scope

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dockworthy.facts.api.ports import Publication

EACH = instances("container", containers_in_scope, none="no container is in scope")
RECREATE = "# Ports are fixed when a container is made: recreate {param} "
FIRST_UNPRIVILEGED = 1024


@check(
    "container.no-privileged-ports",
    severity="medium",
    refs=cis("5.8"),
    fix=f"{RECREATE}on a port above 1023.\n# docker run: --publish 192.0.2.10:8443:443\n"
    "# Where the port is meant, allow it in the profile: container_allowed_privileged_ports: [80, 443]",
    each=EACH,
    params=(*SCOPE, "container_allowed_privileged_ports"),
)
def check_no_privileged_ports(container: Container, params: Any) -> None:
    """A container has none of the host's privileged ports.

    Ports below 1024 are those that clients trust to be the system's own. IPv6 counts, and so does what a container on
    the host's network listens on.
    """
    allowed = frozenset(params.container_allowed_privileged_ports)

    def privileged(publication: Publication) -> bool:
        last = min(publication.last, FIRST_UNPRIVILEGED - 1)
        return bool(set(range(max(publication.first, 1), last + 1)) - allowed)

    published = container.published.map(lambda found: [str(port) for port in found if privileged(port)])
    expect(published, shown=shown).is_empty()
    if container.has_process and container.shares_host("net").value:
        expect(
            container.listeners.map(
                lambda found: [
                    f"{item.address}:{item.port}/{item.protocol}"
                    for item in found
                    if 0 < item.port < FIRST_UNPRIVILEGED and item.port not in allowed
                ]
            ),
            shown=shown,
        ).is_empty()


@check(
    "container.published-ports-needed",
    severity="medium",
    refs=cis("5.9"),
    fix=f"{RECREATE}without the ports that nobody needs, or declare them in the profile:\n"
    "# container_allowed_ports: {{param}: ['8443/tcp']}",
    each=EACH,
    params=(*SCOPE, "container_allowed_ports"),
)
def check_published_ports_needed(container: Container, params: Any) -> None:
    """A container publishes only the ports that it is meant to.

    Each published port is a way in from outside the host. Which ones are meant is declared in the profile.
    """
    published = container.published
    declared = params.container_allowed_ports
    if declared is None and published.value:
        ports = ", ".join(dict.fromkeys(str(port) for port in published.value[:8]))
        manual(f"Say whether {ports} are meant to be published, or declare container_allowed_ports in the profile.")
    entries = [
        entry for pattern, ports in (declared or {}).items() if fnmatchcase(container.name, pattern) for entry in ports
    ]
    extra = published.map(lambda found: [str(port) for port in found if not _declared(port, entries)])
    expect(extra, shown=shown).is_empty()


def _declared(publication: Publication, entries: Iterable[str]) -> bool:
    """Whether an entry ``PORT`` or ``PORT/PROTOCOL`` (tcp where none is named) holds the whole publication."""
    wanted = set(range(publication.first, publication.last + 1))
    for entry in entries:
        port, _, protocol = entry.partition("/")
        if (protocol or "tcp") == publication.protocol and port.isdigit():
            wanted.discard(int(port))
    return not wanted


@check(
    "container.ports-on-one-interface",
    severity="medium",
    refs=cis("5.14"),
    fix=f"{RECREATE}with the address that clients use.\n# docker run: --publish 192.0.2.10:8443:443\n"
    "# compose: ports: ['192.0.2.10:8443:443']",
    each=EACH,
    params=SCOPE,
)
def check_ports_on_one_interface(container: Container) -> None:
    """A container's published ports are bound to one address.

    A port without an address is open on all interfaces of the host, those to the outside too, past the firewall's own
    rules; `::` and `0.0.0.0` mean the same.
    """
    published = container.published
    unreadable = [port for port in published.value if is_every_address(port.host_address) is None]
    if unreadable:
        not_decided("holds an address that cannot be read", published.source)
    expect(published.map(lambda found: [str(port) for port in found if is_every_address(port.host_address)])).is_empty()


@check(
    "container.no-default-bridge",
    severity="medium",
    refs=cis("5.30"),
    fix="docker network create apps 2>/dev/null || docker network inspect apps >/dev/null\n"
    "docker network connect apps {param}\ndocker network disconnect bridge {param}",
    each=EACH,
    params=SCOPE,
)
def check_no_default_bridge(container: Container, networks: Networks) -> None:
    """A container is not on the default bridge.

    All containers that name no network meet on the default bridge, reach each other there, and find each other by no
    name. It is told by its own mark, whatever the bridge is called.
    """
    owner = container.network_owner.value
    bridge = networks.default_bridge
    if bridge is None:
        if networks.failure is not None:
            not_decided(networks.failure, "GET /networks")
        expect([], "GET /networks").is_empty()
        return
    if not owner.has_process:
        mode = owner.mode("net")
        joined = mode.map(lambda text: networks.of_mode(text) is bridge)
        expect(joined).equals(demand=False)
    attached = owner.answer.table("NetworkSettings", "Networks")
    expect(
        attached.map(
            lambda found: [
                name for name, item in found.items() if isinstance(item, dict) and item.get("NetworkID") == bridge.id
            ]
        )
    ).is_empty()
