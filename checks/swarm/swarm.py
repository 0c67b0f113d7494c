"""CIS Docker section 7, and 5.1: whether the engine is in a swarm, and how the swarm is run."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dockworthy.check import check, cis, expect, instances, manual, not_applicable
from dockworthy.evidence import Evidence, known
from dockworthy.facts.api.document import Document
from dockworthy.facts.api.networks import Network, Networks
from dockworthy.facts.api.ports import is_every_address
from dockworthy.facts.api.scope import services_in_scope
from dockworthy.facts.api.swarm import NANOSECONDS, Service, Swarm
from dockworthy.facts.facts import Facts
from dockworthy.tables import decode, rows

CONTROL_PORT, GOSSIP_PORT = 2377, 7946
SERVICES = instances("service", services_in_scope, none="this engine manages no swarm, or it has no service")
SECRET_WORDS = ("PASSWORD", "PASSWD", "SECRET", "TOKEN", "APIKEY", "API_KEY", "ACCESS_KEY", "PRIVATE_KEY", "CREDENTIAL")
REFERENCES = ("_FILE", "_PATH", "_URL", "_NAME", "_ID")


def _overlay_networks(swarm: Swarm, networks: Networks) -> dict[str, Network]:
    _need_swarm(swarm)
    found: dict[str, Network] = {}
    for network in networks.all.value:
        if network.driver == "overlay":
            found[network.name if network.name not in found else network.id] = network
    return found


OVERLAYS = instances("network", _overlay_networks, none="there is no overlay network")


def _need_swarm(swarm: Swarm) -> None:
    if swarm.state.value != "active":
        not_applicable(f"the engine is in no swarm that works (its state is {swarm.state.value})")


def _need_manager(swarm: Swarm) -> None:
    _need_swarm(swarm)
    if not swarm.is_manager.value:
        not_applicable("only a manager of the swarm can tell")


@check(
    "swarm.off-unless-declared",
    severity="medium",
    refs=cis("5.1"),
    fix="docker swarm leave --force",
    params=("swarm_expected",),
)
def check_off_unless_declared(swarm: Swarm, params: Any) -> None:
    """The engine is in a swarm only where that is meant.

    Swarm mode opens ports to other hosts and lets its managers start what they want here. Whether it is meant is
    declared in the profile (`swarm_expected`).
    """
    expected = ("inactive", "active") if params.swarm_expected else ("inactive",)
    expect(swarm.state).is_in(expected)


@check(
    "swarm.manager-count",
    severity="low",
    refs=cis("7.1"),
    fix="docker node ls --filter role=manager\n# three managers survive the loss of one:\n"
    "# docker node promote NODE   or   docker node demote NODE",
    params=("swarm_max_managers", "swarm_single_manager_accepted"),
)
def check_manager_count(swarm: Swarm, params: Any) -> None:
    """A swarm has an odd and small number of managers.

    An even number survives no more losses than one less; each manager holds the swarm's keys. One alone has no
    successor.
    """
    _need_manager(swarm)
    managers = swarm.answer.number("Managers")
    smallest = 1 if params.swarm_single_manager_accepted else 3
    expect(managers).satisfies(
        lambda count: count % 2 == 1 and smallest <= count <= params.swarm_max_managers,
        {"odd number": [smallest, params.swarm_max_managers]},
    )


@check(
    "swarm.ports-on-one-interface",
    severity="medium",
    refs=cis("7.2"),
    fix="# A node's addresses are fixed when it joins: leave, and join again with them:\n"
    "# docker swarm init --listen-addr 192.0.2.10:2377 --advertise-addr 192.0.2.10   or\n"
    "# docker swarm join --listen-addr 192.0.2.10:2377 --advertise-addr 192.0.2.10 --token TOKEN MANAGER:2377",
)
def check_ports_on_one_interface(swarm: Swarm, facts: Facts) -> None:
    """A swarm's control and gossip ports are bound to one interface.

    They are for the swarm's nodes, and on all interfaces they are for everybody. VXLAN's own port cannot be bound and
    does not count.
    """
    _need_swarm(swarm)
    listeners = facts.snapshot.text("cmd:listeners").map(_swarm_listeners)
    expect(listeners).is_empty()
    address = swarm.state_file.text("ListenAddr", default="")
    if address.is_known and address.value:
        host = address.value.rpartition(":")[0].strip("[]")
        expect(address).satisfies(lambda _: is_every_address(host) is False, "one address")


def _swarm_listeners(text: str) -> list[str]:
    found = []
    for words in rows(text, 3):
        address, port = decode(words[1]), words[2]
        if port in {str(CONTROL_PORT), str(GOSSIP_PORT)} and (address == "*" or is_every_address(address)):
            found.append(f"{words[0]} {address}:{port}")
    return found


@check(
    "swarm.overlay-encrypted",
    severity="medium",
    refs=cis("7.3"),
    fix="# Encryption is fixed when a network is made: make another, and move the services of {param} to it:\n"
    "# docker network create --driver overlay --opt encrypted NAME\n"
    "# docker service update --network-rm OLD --network-add NAME SERVICE",
    each=OVERLAYS,
    params=("swarm_unencrypted_networks",),
)
def check_overlay_encrypted(network: Network, params: Any) -> None:
    """An overlay network is encrypted.

    What containers on different hosts say to each other otherwise crosses the wire in the clear. The driver asks only
    whether the option `encrypted` is there, whatever its value.
    """
    if network.name in params.swarm_unencrypted_networks:
        not_applicable("the profile accepts this network unencrypted (swarm_unencrypted_networks)")
    expect(network.options.map(lambda options: sorted(map(str, options)))).contains("encrypted")


@check(
    "swarm.secrets-used",
    severity="high",
    refs=cis("7.4"),
    fix="# Hand the value over as a secret:\n# docker secret create NAME FILE\n"
    "docker service inspect --format '{{range .Spec.TaskTemplate.ContainerSpec.Env}}{{println .}}{{end}}' {param} "
    "| cut -d= -f1\n# docker service update --env-rm NAME --secret-add NAME {param}",
    each=SERVICES,
)
def check_secrets_used(service: Service) -> None:
    """A service gets its credentials as secrets, not as variables.

    A variable is in the service's description, in `docker inspect` and in every child process; a secret is a file in
    memory. Variables are judged by their names; a name that ends with _FILE names a file.
    """
    names = service.answer.texts("ContainerSpec", "EnvNames")
    expect(names.map(lambda found: [name for name in found if _looks_secret(name)])).is_empty()


def _looks_secret(name: str) -> bool:
    upper = name.upper()
    return any(word in upper for word in SECRET_WORDS) and not upper.endswith(REFERENCES)


@check(
    "swarm.autolock",
    severity="medium",
    refs=cis("7.5"),
    fix="docker swarm update --autolock=true\n# keep the key that it prints in a safe, not on the managers",
)
def check_autolock(swarm: Swarm) -> None:
    """A swarm's managers are locked when they start.

    Without the lock, who copies a manager's disk has the swarm's keys.
    """
    _need_manager(swarm)
    expect(swarm.cluster.flag("Spec", "EncryptionConfig", "AutoLockManagers", default=False)).equals(demand=True)


@check(
    "swarm.autolock-key-rotated",
    severity="low",
    refs=cis("7.6"),
    fix="docker swarm unlock-key --rotate --quiet",
)
def check_autolock_key_rotated(swarm: Swarm) -> None:
    """The key that unlocks a swarm's managers is rotated.

    The engine keeps no date of it: a person must attest when it was rotated last.
    """
    _need_manager(swarm)
    manual("Say when the swarm's unlock key was rotated last (docker swarm unlock-key --rotate).")


@check(
    "swarm.certificate-validity",
    severity="low",
    refs=cis("7.7"),
    fix="docker swarm update --cert-expiry 720h",
    params=("swarm_max_certificate_days",),
)
def check_certificate_validity(swarm: Swarm, params: Any) -> None:
    """A swarm's node certificates are valid for a short time.

    Nodes renew them by themselves; a stolen one is useful for as long as it is valid.
    """
    _need_manager(swarm)
    expiry = swarm.cluster.number("Spec", "CAConfig", "NodeCertExpiry")
    longest = timedelta(days=params.swarm_max_certificate_days)
    expect(expiry, shown=lambda value: {"hours": value / NANOSECONDS / 3600}).satisfies(
        lambda value: 0 < value <= longest.total_seconds() * NANOSECONDS,
        {"at most hours": longest.total_seconds() / 3600},
    )


@check(
    "swarm.root-rotated",
    severity="low",
    refs=cis("7.8"),
    fix="docker swarm ca --rotate --quiet",
    params=("swarm_max_ca_age_days",),
)
def check_root_rotated(swarm: Swarm, facts: Facts, params: Any) -> None:
    """A swarm's root certificate is rotated, and has not expired."""
    _need_manager(swarm)
    validity = swarm.root_validity
    expect(validity.map(lambda times: times[1])).satisfies(lambda end: end > facts.now, "not expired")
    age = validity.map(lambda times: (facts.now - times[0]).days)
    expect(age, shown=lambda days: {"days": days}).satisfies(
        lambda days: days <= params.swarm_max_ca_age_days, {"at most days": params.swarm_max_ca_age_days}
    )


@check(
    "swarm.data-on-own-interface",
    severity="low",
    refs=cis("7.9"),
    fix="# A node's addresses are fixed when it joins: leave, and join again with them:\n"
    "# docker swarm init --advertise-addr 192.0.2.10 --data-path-addr 198.51.100.10",
    params=("swarm_one_interface_accepted",),
)
def check_data_on_own_interface(swarm: Swarm, params: Any) -> None:
    """A swarm's management and the containers' data use different interfaces.

    Who listens on the data's network then does not hear, or flood, the swarm's management.
    """
    _need_swarm(swarm)
    if params.swarm_one_interface_accepted:
        not_applicable("the profile accepts one interface for both (swarm_one_interface_accepted)")
    expect(_addresses(swarm.state_file)).satisfies(
        lambda found: bool(found["DataPathAddr"]) and found["DataPathAddr"] != found["AdvertiseAddr"],
        "a data path address of another interface",
    )


def _addresses(state: Document) -> Evidence[dict[str, str]]:
    data = state.text("DataPathAddr", default="")
    advertised = state.text("AdvertiseAddr", default="")
    if not data.is_known:
        return data.map(lambda _: {})
    return known(
        {"DataPathAddr": _host(data.value), "AdvertiseAddr": _host(advertised.value)},
        f"{state.source}: DataPathAddr, AdvertiseAddr",
    )


def _host(address: str) -> str:
    """The host of ``192.0.2.10:2377``, ``[2001:db8::1]:2377`` or an address alone."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.rpartition(":")[0] if address.count(":") == 1 else address
