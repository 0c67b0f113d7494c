"""The name servers that this host has, and which of them the engine gives to its containers.

Source: moby ``libnetwork/internal/resolvconf`` (Path, Parse, TransformForLegacyNw, TransformForIntNS) and
``libnetwork/sandbox_dns_unix.go`` since 26.0, ``libnetwork/resolvconf`` (Path, GetNameservers, FilterResolvDNS) before;
``daemon/container_operations_unix.go`` for which file is taken on which network.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Final

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, NotApplicable, NotDecided, derived, known, unknown
from dockworthy.facts.facts import fact
from dockworthy.facts.network.bridges import end_where_not_judged
from dockworthy.golang.ip import parse_address, unmapped
from dockworthy.regex import regex
from dockworthy.releases import known as known_releases
from dockworthy.tables import number, rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dockworthy.facts.facts import Facts
    from dockworthy.releases import Rules

__all__ = ["ETC", "RESOLVED", "Given", "NameServers", "name_servers"]

ETC: Final = "/etc/resolv.conf"
RESOLVED: Final = "/run/systemd/resolve/resolv.conf"
STUB: Final = "/run/systemd/resolve/stub-resolv.conf"
STUB_SERVER: Final = "127.0.0.53"
FALLBACK: Final = ("8.8.8.8", "8.8.4.4")
TOO_LONG: Final = "TOO-LONG"
"""What the probe writes for a line that is longer than the engine's reader takes."""
_PIDFILES: Final = ("/run/docker.pid", "/var/run/docker.pid")
_SLACK: Final = 2  # seconds: start times have a resolution of their own
_BUILT_IN: Final = frozenset({"bridge", "host", "none"})
_PREDEFINED: Final = frozenset({"docker_gwbridge", "ingress"})
_V4 = r"(?:(?:25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)\.){3}(?:25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)"
_V6 = r"(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?:%\w+)?"
_SERVER_LINE: Final = regex(rf"\s*nameserver\s*({_V4}|{_V6})\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Given:
    """What containers get of one kind of network."""

    servers: tuple[str, ...]  # the host's own that are left, in their order
    instead: tuple[str, ...]  # what the engine puts in where none is left
    path: str  # the file that it takes them from

    @property
    def shown(self) -> list[str]:
        """As a result shows it."""
        return list(self.servers) or [f"{server} (put in by the engine)" for server in self.instead]


@dataclass(frozen=True, slots=True)
class NameServers:
    """The name servers of a host."""

    facts: Facts

    # --- the files -----------------------------------------------------------------------------------------------

    def text(self, path: str) -> Evidence[str]:
        """What is in a resolv.conf; nothing where it, or what it leads to, is not there."""
        snapshot = self.facts.snapshot
        if snapshot.is_absent(f"file:{path}"):
            return known("", f"{path}: is not there")
        found = snapshot.text(f"file:{path}").by(path)
        if found.is_known and TOO_LONG in found.value.splitlines():
            return unknown("has a line that is longer than the engine can take (64 KiB)", path, Code.TOO_LARGE)
        return found

    @property
    @derived
    def of_host(self) -> Evidence[tuple[str, ...]]:
        """The servers that this host's own resolver asks in the end: where it asks systemd-resolved, those of that."""
        own = self.text(ETC)
        found = _parsed(own.value)
        if STUB_SERVER not in found:
            return known(found, own.source)
        behind = self.text(RESOLVED)
        return known(tuple(dict.fromkeys((*found, *_parsed(behind.value)))), f"{own.source}, {behind.source}")

    @property
    def search(self) -> Evidence[tuple[str, ...]]:
        """The search domains of resolv.conf: of its last such line, without the root."""
        return self.text(ETC).map(_search)

    # --- what containers get ---------------------------------------------------------------------------------------

    def given(self, *, default_bridge: bool) -> Evidence[Given]:
        """The servers that containers get on the default bridge, or on other networks.

        Raises:
            NotApplicable: where the question does not arise.
            NotDecided: where what decides was not seen.
        """
        end_where_not_judged(self.facts)
        dns = self.facts.daemon.dns
        if dns.value:
            raise NotApplicable(f"the engine's own dns is {', '.join(map(str, dns.value))}")
        return self._on_default_bridge() if default_bridge else self._on_others()

    @property
    def _rules(self) -> Rules:
        return known_releases().rules(self.facts.engine_release.in_force.value)

    def _on_default_bridge(self) -> Evidence[Given]:
        networks = self.facts.networks
        bridge = networks.default_bridge
        if bridge is None:
            if networks.failure is not None:
                raise NotDecided(networks.failure, networks.source)
            raise NotApplicable("there is no default bridge")
        ipv6 = bridge.answer.flag("EnableIPv6", default=False).value
        rules = self._rules
        read = _parsed if rules.holds("dns.parsed") else _matched

        @derived
        def of(path: str) -> Evidence[Given]:
            text = self.text(path)
            left = tuple(one for one in read(text.value) if not _is_loopback(one) and (ipv6 or ":" not in one))
            return known(Given(left, () if left else FALLBACK, path), text.source)

        return self._by_choice(of)

    def _by_choice(self, of: Callable[[str], Evidence[Given]]) -> Evidence[Given]:
        """By the file that the engine chose when it started: by what resolv.conf has now, unless it changed since."""
        setting = self.facts.daemon.setting("resolv-conf")
        if setting.get(""):
            return of(setting.value)
        own = self.text(ETC)
        is_stub = own.is_known and _parsed(own.value) == (STUB_SERVER,)
        chosen, other = of(RESOLVED if is_stub else ETC), of(ETC if is_stub else RESOLVED)
        is_possible = is_stub or not self.facts.snapshot.is_absent(f"file:{RESOLVED}")
        if not is_possible or self._unchanged:
            return chosen
        if chosen.is_known and other.is_known and bool(chosen.value.servers) == bool(other.value.servers):
            both = dict.fromkeys((*chosen.value.servers, *other.value.servers))
            path = f"{ETC} or {RESOLVED}"
            return known(Given(tuple(both), chosen.value.instead, path), path)
        return unknown(
            f"{ETC} was changed since the engine started, and which file it takes it chose then: {ETC} or {RESOLVED}",
            ETC,
            Code.STALE,
        )

    @property
    def _unchanged(self) -> bool:
        """Whether resolv.conf is certain to be as it was when the engine started."""
        snapshot = self.facts.snapshot
        times = {words[0]: words[1:] for words in rows(snapshot.text("cmd:resolver-times").get(""), 3)}
        link = snapshot.text(f"link:{ETC}").get("").strip()
        # What resolved writes there always names its own address alone.
        is_stub = posixpath.normpath(posixpath.join(posixpath.dirname(ETC), link)) == STUB
        changes = [times[name] for name in ((ETC,) if is_stub else (ETC, "target")) if name in times]
        process = self.facts.processes.target
        started = process.started if process is not None else None
        if started is None or not changes:
            return False
        pidfile = next((times[name] for name in _PIDFILES if name in times), None)
        if pidfile is not None and abs((number(pidfile[0]) or 0) - started) <= _SLACK + 1:
            exact = [_exact(words[1]) for words in (pidfile, *changes)]
            if all(exact):
                return max(exact[1:]) <= exact[0]
        return all((number(words[0]) or started) < started - _SLACK for words in changes)

    def _on_others(self) -> Evidence[Given]:
        networks = self.facts.networks
        own = [one for one in networks.known_ones if one.name not in _BUILT_IN | _PREDEFINED]
        if not own:
            if networks.failure is not None:
                raise NotDecided(networks.failure, networks.source)
            compose = self.facts.compose.found
            if compose.is_known and not compose.value:
                raise NotApplicable("there is no other network, and no compose that would make one")
        rules = self._rules
        text = self.text(ETC)
        if not text.is_known:
            return unknown(text.unknown or "", text.source)
        if rules.holds("dns.parsed"):
            left = _parsed(text.value)
        else:
            ipv6 = [one.answer.flag("EnableIPv6", default=False).get(default=False) for one in own]
            left = self._before_26(rules, _matched(text.value), ipv6=bool(ipv6) and all(ipv6))
        instead = () if left or rules.holds("dns.no-fallback") else FALLBACK
        return known(Given(left, instead, ETC), text.source)

    def _before_26(self, rules: Rules, servers: Sequence[str], *, ipv6: bool) -> tuple[str, ...]:
        """Those of IPv4 are asked by the engine, loopback ones from the host; those of IPv6 by the container itself."""
        daemon = self.facts.daemon
        from_inside = rules.holds("dns.option-alone") and bool(daemon.dns_search.value or daemon.dns_opts.value)
        return tuple(
            one
            for one in servers
            if (ipv6 and not _is_loopback(one) if ":" in one else not (from_inside and _is_loopback(one)))
        )


def _parsed(text: str) -> tuple[str, ...]:
    """``resolvconf.Parse``: the addresses of nameserver lines, whatever follows them."""
    lines = (line.split() for line in text.splitlines())
    return tuple(words[1] for words in lines if len(words) > 1 and words[0] == "nameserver" and parse_address(words[1]))


def _matched(text: str) -> tuple[str, ...]:
    """``resolvconf.GetNameservers`` of before 26.0."""
    found = (_SERVER_LINE.fullmatch(line.partition("#")[0]) for line in text.splitlines())
    return tuple(match[1] for match in found if match is not None)


def _search(text: str) -> tuple[str, ...]:
    domains: list[str] = []
    for line in text.splitlines():
        words = line.split()
        if len(words) > 1 and words[0] in {"search", "domain"}:
            domains = [word.rstrip(".") for word in words[1:]]
    return tuple(dict.fromkeys(filter(None, domains)))


def _is_loopback(server: str) -> bool:
    parsed = parse_address(server)
    if parsed is None:
        return server.startswith("127.")  # of before 26.0, which takes a superset of addresses
    octets = unmapped(parsed[0])
    return octets[0] == 127 if len(octets) == 4 else octets == bytes(15) + b"\1"  # noqa: PLR2004 - of IPv4


def _exact(text: str) -> float:
    """Seconds with nine digits, which not every ``stat`` tells; nought where it did not."""
    return float(text) if re.fullmatch(r"[0-9]{1,11}\.[0-9]{9}", text, re.ASCII) else 0.0


@fact
def name_servers(facts: Facts) -> NameServers:
    """The name servers of this host and of its containers."""
    return NameServers(facts)
