"""Name constraints as Go checks them since 1.26: on complete chains, permitted names first, in sorted lists.

Which constraint is named, and what is found in a list that holds oddities, follows from sorting, pruning and
binary search, so these are done as Go does them.

Source: ``crypto/x509/constraints.go`` of Go 1.26.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol, TypeVar

from dockworthy.golang.ip import ip_text, unmapped
from dockworthy.golang.text import quote
from dockworthy.golang.url import parse_url
from dockworthy.trust.x509.constraints import Mailbox, NameRefused, Range, parse_mailbox, refuse, to_labels, uri_host

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockworthy.golang.url import URL
    from dockworthy.trust.rules import GoRules
    from dockworthy.trust.x509.certificate import Certificate

__all__ = ["check_chain"]

K_contra = TypeVar("K_contra", contravariant=True)


def _sort_key(name: str) -> str:
    """Names are compared from their ends, in lower case, and the dot comes before everything."""
    return name[::-1].lower().replace(".", "\0")


def _is_suffix(constraint: str, name: str) -> bool:
    """Whether a constraint holds a name (``dnsHasSuffix``)."""
    if not name.lower().endswith(constraint.lower()):
        return False
    before = len(name) - len(constraint) - 1
    return constraint[0] == "." or before < 0 or name[before] == "."


def _after_first_label(name: str) -> str:
    return name[name.find(".") :] if "." in name else ""


class _Queried(Protocol[K_contra]):
    """The constraints of one kind on one side."""

    def query(self, name: K_contra, /) -> str | None:
        """The constraint that holds the name, or None."""


class _Domains:
    """Domain constraints (``dnsConstraints``)."""

    def __init__(self, names: Sequence[str], rules: GoRules, *, permitted: bool) -> None:
        self._rules = rules
        self.everything = "" in names
        kept: list[str] = []
        for name in [] if self.everything else sorted(names, key=_sort_key):
            if not kept or not _is_suffix(kept[-1], name):
                kept.append(name)
        self._names = kept
        self._keys = [_sort_key(name) for name in kept]
        lowered = map(self._lowered, [] if permitted else kept)
        self._parents = {_after_first_label(name): name for name in lowered}
        self._parents.pop("", None)

    def _lowered(self, name: str) -> str:
        return name.lower() if self._rules.lower_exclusions else name

    def query(self, name: str) -> str | None:
        """The constraint that holds the name, or None."""
        if self.everything:
            return ""
        key = _sort_key(name)
        index = bisect_left(self._keys, key)
        if index < len(self._keys) and self._keys[index] == key:
            return self._names[index]
        if self._names:
            nearest = self._names[max(index - 1, 0)]
            if _is_suffix(nearest, name):
                return nearest
        return self._parents.get(_after_first_label(self._lowered(name))) if name[:1] == "*" else None


class _Mailboxes:
    """Email constraints (``emailConstraints``)."""

    def __init__(self, texts: Sequence[str], rules: GoRules, *, permitted: bool) -> None:
        parsed = (parse_mailbox(text, rules) for text in texts if "@" in text)
        self._whole = {(box.local, box.domain.lower()) for box in parsed if box is not None}
        domains = [text for text in texts if "@" not in text]
        self._domains = _Domains(domains, rules, permitted=permitted) if domains else None

    def query(self, mailbox: Mailbox) -> str | None:
        """The constraint that holds the address, or None."""
        if mailbox in self._whole:
            return f"{mailbox.local}@{mailbox.domain}"
        return self._domains.query(mailbox.domain) if self._domains else None


def _holds(within: Range, address: bytes) -> bool:
    """``net.IPNet.Contains``: mapped addresses are IPv4 to it."""
    network, short = unmapped(within.address), unmapped(address)
    if len(network) != len(short):
        return False
    mask = int.from_bytes(within.mask[len(within.mask) - len(network) :], "big")
    return not (int.from_bytes(network, "big") ^ int.from_bytes(short, "big")) & mask


def _is_subset(outer: Range, inner: Range) -> bool:
    last = bytes(octet | ~mask & 0xFF for octet, mask in zip(inner.address, inner.mask, strict=True))
    return _holds(outer, inner.address) and _holds(outer, last)


class _Ranges:
    """Address constraints of one length (``ipConstraints``)."""

    def __init__(self, ranges: Sequence[Range]) -> None:
        self._ranges: list[Range] = []
        for within in sorted(ranges):
            if not self._ranges or not _is_subset(self._ranges[-1], within):
                self._ranges.append(within)
        self._keys = [within.address for within in self._ranges]

    def query(self, address: bytes) -> str | None:
        """The range that holds the address, or None."""
        index = bisect_left(self._keys, address)
        if index < len(self._keys) and self._keys[index] == address:
            return str(self._ranges[index])
        if not self._ranges:
            return None
        nearest = self._ranges[max(index - 1, 0)]
        return str(nearest) if _holds(nearest, address) else None


def _masked(within: Range) -> Range:
    """The range without the bits beyond its mask."""
    address = bytes(octet & mask for octet, mask in zip(within.address, within.mask, strict=True))
    return Range(address, within.mask)


class _Addresses:
    """Address constraints of both lengths."""

    def __init__(self, ranges: Sequence[Range], rules: GoRules) -> None:
        if rules.strict_addresses:
            ranges = [_masked(within) for within in ranges]
        lengths = {len(within.address) for within in ranges}
        self._lists = {
            length: _Ranges([within for within in ranges if len(within.address) == length]) for length in lengths
        }

    def query(self, address: bytes) -> str | None:
        """The range that holds the address, or None."""
        ranges = self._lists.get(len(address))
        return ranges.query(address) if ranges else None


class _Limits:
    """What one certificate permits and excludes."""

    def __init__(self, certificate: Certificate) -> None:
        limits = certificate.facts.constraints
        if limits is None:
            raise ValueError("a certificate without name constraints")
        inside, outside, rules = limits.permitted, limits.excluded, limits.rules
        self._rules = rules
        self._dns = _pair(inside.dns.texts, outside.dns.texts, rules)
        self._uri = _pair(inside.uri.texts, outside.uri.texts, rules)
        self._email = (
            _Mailboxes(inside.email.texts, rules, permitted=True) if inside.email.texts else None,
            _Mailboxes(outside.email.texts, rules, permitted=False) if outside.email.texts else None,
        )
        self._ip = (
            _Addresses(inside.ip.texts, rules) if inside.ip.texts else None,
            _Addresses(outside.ip.texts, rules) if outside.ip.texts else None,
        )

    def check(self, names: _Names) -> None:
        """Raises at the first name that is not allowed: addresses, DNS names, URIs, email addresses."""
        for address in names.addresses:
            _judge("IP address", ip_text(address), address, self._ip)
        for domain in names.domains:
            if to_labels(domain, self._rules) is None:
                raise NameRefused(f"x509: cannot parse dnsName {quote(domain)}")
            _judge("DNS name", domain, domain, self._dns)
        for url, host in names.uris:
            if to_labels(host, self._rules) is None:
                raise NameRefused(f"x509: internal error: URI SAN {quote(url.text)} failed to parse")
            _judge("URI", url.text, host, self._uri)
        for mailbox in names.mailboxes:
            _judge("email address", f"{mailbox.local}@{mailbox.domain}", mailbox, self._email)


def _judge(
    kind: str, name: str, key: K_contra, sides: tuple[_Queried[K_contra] | None, _Queried[K_contra] | None]
) -> None:
    permitted, excluded = sides
    if permitted is not None and permitted.query(key) is None:
        raise refuse(kind, name, None)
    constraint = excluded.query(key) if excluded is not None else None
    if constraint is not None:
        raise refuse(kind, name, constraint)


def _pair(inside: list[str], outside: list[str], rules: GoRules) -> tuple[_Domains | None, _Domains | None]:
    return (
        _Domains(inside, rules, permitted=True) if inside else None,
        _Domains(outside, rules, permitted=False) if outside else None,
    )


def _host(url: URL, rules: GoRules) -> str:
    host = uri_host(url, rules, f"cannot parse URI host {quote(url.host)}: ")
    return host.lower() if host == url.host else host  # without a port alone


class _Names:
    """The names of one certificate, taken apart; raises where one cannot be."""

    def __init__(self, certificate: Certificate) -> None:
        facts = certificate.facts
        self.domains, self.addresses = facts.dns_names, facts.ip_addresses
        urls = [parse_url(text, facts.rules.urls) for text in facts.uris]
        self.uris = [(url, _host(url, facts.rules)) for url in urls]
        self.mailboxes: list[Mailbox] = []
        for text in facts.email_addresses:
            mailbox = parse_mailbox(text, facts.rules)
            if mailbox is None:
                raise NameRefused(f"cannot parse rfc822Name {quote(text)}")
            self.mailboxes.append(Mailbox(mailbox.local, mailbox.domain.lower()))


@lru_cache(maxsize=64)
def _limits_of(certificate: Certificate) -> _Limits:
    return _Limits(certificate)


def check_chain(chain: Sequence[Certificate]) -> str | None:
    """Why a chain's names are not within its constraints, in Go's words, or None.

    Every certificate with alternative names is held to the constraints of those above it.
    """
    above = [index for index, certificate in enumerate(chain) if certificate.has_constraints]
    try:
        for index, certificate in enumerate(chain):
            holders = [chain[position] for position in above if position > index]
            if not holders or not certificate.has_san:
                continue
            names = _Names(certificate)
            for holder in holders:
                _limits_of(holder).check(names)
    except NameRefused as refused:
        return str(refused)
    return None
