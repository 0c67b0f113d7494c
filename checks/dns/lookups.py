"""Whether names lead where they should: those of registries, of the host itself, and those that nobody has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dockworthy.check import check, expect, fix_with, instances, not_applicable, not_decided
from dockworthy.evidence import Code, Evidence, NotDecided
from dockworthy.facts.engine.proxies import proxy_of
from dockworthy.facts.network.lookups import NO_ANSWER, address_of
from dockworthy.facts.registry.registries import named_registries
from dockworthy.tables import rows
from dockworthy.trust.reference import split_host_port

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.facts.facts import Facts
    from dockworthy.facts.network.lookups import Answer, Resolution
    from dockworthy.facts.network.nameservers import NameServers
    from dockworthy.snapshot import Snapshot

_LOOPBACK = "127.0.0.1"


def _in_hosts(address: str, name: str) -> str:
    # Whole lines: a comment, or a name that ends alike, may hold the name as a word.
    return f"grep -qxF '{address} {name}' /etc/hosts || echo '{address} {name}' >> /etc/hosts"


def _repaired(name: str) -> str:
    return (
        f"# repair DNS, or give the registry's own address in the place of 192.0.2.80:\n{_in_hosts('192.0.2.80', name)}"
    )


def _addresses(answer: Answer) -> list[str]:
    return [str(address) for address in answer]


def _host_of(facts: Facts, registry: str) -> str:
    """The name that this host's engine looks up for a registry; ends where it looks up none."""
    host = split_host_port(registry)[0]
    if address_of(host) is not None:
        not_applicable("it is an address")
    proxy = proxy_of(facts, registry)
    if proxy.get(""):
        not_applicable(f"the engine goes through the proxy {proxy.value}, which looks the name up")
    return host


@check(
    "dns.registry-resolves",
    severity="critical",
    refs=("docker:pull", "man:getent(1)"),
    fix=_repaired("registry.example.com"),
    each=instances("registry", named_registries, none="no registry is named"),
    params=("registries",),
)
def check_registry_resolves(registry: str, facts: Facts, resolution: Resolution) -> None:
    """The registry's name resolves on this host.

    An engine that finds no address for a registry pulls nothing from it. That the resolver says that there is no such
    name is told apart from that no server answered, which may be over in a minute. Through a proxy it is the proxy that
    looks the name up.
    """
    host = _host_of(facts, registry)
    fix_with(_repaired(host))
    answer = resolution.of_registry(registry)
    expect(answer, shown=_addresses).satisfies(bool, "an address")


@check(
    "dns.registry-known-to-engine",
    severity="high",
    refs=("go:net/conf.go", "man:nsswitch.conf(5)"),
    fix="# add the name to DNS, or its address, in the place of 192.0.2.80, to the file that the engine reads:\n"
    + _in_hosts("192.0.2.80", "registry.example.com"),
    each=instances("registry", named_registries, none="no registry is named"),
    params=("registries",),
)
def check_registry_known_to_engine(registry: str, facts: Facts, resolution: Resolution) -> None:
    """The engine's own resolver knows the registry too.

    A program of Go's that is linked statically, as in Docker's tarball, asks /etc/hosts and DNS alone. A name that
    another module of nsswitch.conf answers for (a virtual machine's, mDNS, LDAP) is known to `ping` and `curl` and not
    to such an engine; a dynamically linked one, as in Docker's and the distributions' packages, asks the C library.
    """
    host = _host_of(facts, registry)
    whole = resolution.of_registry(registry)
    if whole.is_known and not whole.value:
        not_applicable("nothing on this host knows the name")
    files, dns = (resolution.answers.get((kind, host)) for kind in ("files", "dns"))
    if files is None and dns is None:
        if whole.is_known and not resolution.has_tool:
            raise NotDecided("which module answers was not looked at", "getent -s", Code.NOT_PROBED)
        expect(whole.by("/etc/nsswitch.conf has no modules but files and dns"), shown=_addresses).satisfies(
            bool, "an address"
        )
        return
    if resolution.linkage.get("") == "dynamic":
        not_applicable("the engine is linked dynamically, and asks the C library")
    found = [answer for answer in (files, dns) if answer is not None]
    known_here = next((answer for answer in found if answer.get(())), None)
    if known_here is not None:
        expect(known_here, shown=_addresses).satisfies(bool, "an address")
        return
    unknown_here = next((answer for answer in found if not answer.is_known), None)
    if unknown_here is not None:
        expect(unknown_here, shown=_addresses).satisfies(bool, "an address")
    if not whole.is_known:
        raise NotDecided(whole.unknown or NO_ANSWER, whole.source)
    if resolution.linkage.value == "static":
        address = str(whole.value[0])
        fix_with(f"# or in DNS:\n{_in_hosts(address, host)}")
    expect(found[-1].by(f"getent -s files and -s dns for {host}"), shown=_addresses).satisfies(
        bool, f"one of {', '.join(_addresses(whole.value))}, as all modules together say"
    )


def domains(name_servers: NameServers, resolution: Resolution) -> Mapping[str, str]:
    """The search domains of this host."""
    listed = name_servers.search
    if not listed.is_known and not resolution.asked("search"):
        raise NotDecided(listed.unknown or "", listed.source)
    return {one: one for one in (*listed.get(()), *resolution.asked("search"))}


@check(
    "dns.search-does-not-capture",
    severity="medium",
    refs=("man:resolv.conf(5)", "moby:libnetwork/internal/resolvconf"),
    fix="# take the record for * out of the domain {param}, or the domain out of resolv.conf; containers alone need:\n"
    '# merge into /etc/docker/daemon.json:\n{"dns-search": ["."]}\nsystemctl restart docker',
    each=instances("domain", domains, none="the host has no search domain"),
    params=("dns_lookups",),
)
def check_search_does_not_capture(domain: str, resolution: Resolution, params: Any) -> None:
    """No search domain answers for every name.

    With a search domain that has a record for every name, each name that has fewer dots than `ndots` says, and with
    some C libraries each name at all, leads first to that record's address: a pull reaches some web server in the place
    of the registry. The engine copies search domains into every container. A random name is looked up in each domain,
    of the first three; the profile's `dns_lookups` forbids it.
    """
    if not params.dns_lookups and domain not in resolution.asked("search"):
        not_decided("the profile's dns_lookups forbids to look a name up in it", "dns_lookups")
    expect(
        resolution.answer("search", domain).by(f"getent for a random name in {domain}"),
        shown=_addresses,
    ).is_empty()


@check(
    "dns.localhost-known",
    severity="high",
    refs=("harbor:docker-compose", "RFC6761:6.3"),
    fix="grep -qx '127.0.0.1 localhost' /etc/hosts || echo '127.0.0.1 localhost' >> /etc/hosts",
)
def check_localhost_known(resolution: Resolution, snapshot: Snapshot) -> None:
    """Localhost is 127.0.0.1.

    Harbor's containers send their logs to `tcp://localhost:1514`, a port that is open on 127.0.0.1 alone, and many
    programs reach the host's own services by that name. Where it has no address, or only the one of IPv6, containers of
    such a Harbor do not start.
    """
    answer = resolution.answer("self", "localhost")
    addresses = _addresses(answer.value)
    if addresses and _LOOPBACK not in addresses:
        bound = _bound_to_loopback(snapshot)
        if not bound.value:
            expect(answer, shown=_addresses).satisfies(bool, "an address on which its services listen")
            return
        source = f"{answer.source}; listening on 127.0.0.1 alone: {', '.join(bound.value[:5])}"
        answer = answer.by(source)
    expect(answer, shown=_addresses).satisfies(lambda found: _LOOPBACK in _addresses(found), {"contains": _LOOPBACK})


def _bound_to_loopback(snapshot: Snapshot) -> Evidence[list[str]]:
    """The TCP ports at which something listens on 127.0.0.1, and not on ::1 or everywhere."""
    listeners = snapshot.text("cmd:listeners")
    found: dict[str, set[str]] = {}
    for words in rows(listeners.get(""), 3):
        if words[0].startswith("tcp"):
            found.setdefault(words[2], set()).add(words[1].strip("[]"))
    return listeners.map(
        lambda _: sorted(
            (port for port, there in found.items() if there == {_LOOPBACK}), key=lambda port: (len(port), port)
        )
    )


@check(
    "dns.host-name-known",
    severity="low",
    refs=("man:hosts(5)", "docker:swarm"),
    fix='grep -qx "127.0.1.1 $(uname -n)" /etc/hosts || echo "127.0.1.1 $(uname -n)" >> /etc/hosts',
)
def check_host_name_known(resolution: Resolution, snapshot: Snapshot) -> None:
    """The host knows its own name.

    `sudo`, Java programs on the host's network and the choice of a swarm's address look the host's name up, and wait or
    fail where it has no address. 127.0.1.1, as Debian has it, is right; systemd's myhostname answers, too.
    """
    name = snapshot.text("cmd:hostname").value.strip()
    if name in {"localhost", ""}:
        not_applicable("the host has no name of its own")
    expect(resolution.answer("self", name), shown=_addresses).satisfies(bool, "an address")
