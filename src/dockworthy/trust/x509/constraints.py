"""Name constraints: what a CA certificate permits and excludes, and whether a name is within.

A certificate may carry 100,000 constraints, and each name of the chain is compared with all of them. Go
does that one by one, up to 250,000 comparisons; here each list is indexed, and the comparisons are only
counted.

Source: ``crypto/x509/parser.go`` (parseNameConstraintsExtension), ``crypto/x509/verify.go``
(checkNameConstraints, match…Constraint), RFC 5280, 4.2.1.10.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from dockworthy.dataclass import dataclass
from dockworthy.golang.ip import ip_text, is_address, parse_ip, unmapped
from dockworthy.golang.text import quote
from dockworthy.golang.url import URL, URLError, parse_url, split_host_port
from dockworthy.trust.x509.der import SEQUENCE, Reader, X509Error, constructed, context

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dockworthy.trust.rules import GoRules

__all__ = [
    "MAX_COMPARISONS",
    "Constraints",
    "NameRefused",
    "TooManyConstraints",
    "check_dns",
    "check_email",
    "check_ip",
    "check_uri",
    "parse_constraints",
    "refuse",
    "to_labels",
    "uri_host",
]

K_contra = TypeVar("K_contra", contravariant=True)

MAX_COMPARISONS = 250_000
_EMAIL, _DNS, _URI, _IP = context(1), context(2), context(6), context(7)
_RANGE_OCTETS = (8, 32)
_MASK_ENDS = frozenset({0x00, 0x80, 0xC0, 0xE0, 0xF0, 0xF8, 0xFC, 0xFE})
_PRINTABLE = frozenset(chr(code) for code in range(33, 127))


class NameRefused(Exception):  # noqa: N818 - an outcome, not a fault of the program
    """A CA may not sign for this name; the detail is Go's text."""


class TooManyConstraints(Exception):  # noqa: N818 - an outcome, not a fault of the program
    """More comparisons than Go makes for one certificate."""


class NameUnparsable(Exception):  # noqa: N818 - an outcome, not a fault of the program
    """A name of the chain that Go cannot compare; the message is Go's text."""


def to_labels(domain: str, rules: GoRules) -> tuple[str, ...] | None:
    """A domain's labels from the right, in lower case, or None where it is no domain to Go.

    The empty domain has no labels and is valid (``domainToReverseLabels``).
    """
    if not domain:
        return ()
    if not rules.empty_labels and domain != ".":
        domain = domain.removeprefix(".")
    labels = domain.split(".")
    if not all(labels) or not all(_PRINTABLE.issuperset(label) for label in labels):
        return None
    return tuple(label.lower() for label in reversed(labels))


class Mailbox(NamedTuple):
    """An email address taken apart."""

    local: str
    domain: str


_QTEXT = frozenset(map(chr, (*range(1, 9), 11, 12, *range(14, 34), *range(35, 92), *range(93, 128))))
_QUOTED_PAIR = frozenset(map(chr, (*range(1, 10), 11, 12, *range(14, 128))))
_ATEXT = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!#$%&'*+-/=?^_`{|}~.")


def _quoted_local(text: str) -> tuple[str, str] | None:
    """The local part behind an opening quote, and what follows the closing one."""
    local: list[str] = []
    index = 1
    while index < len(text):
        character = text[index]
        index += 1
        if character == '"':
            return "".join(local), text[index:]
        if character == "\\":
            if text[index : index + 1] not in _QUOTED_PAIR:
                return None
            local.append(text[index])
            index += 1
        elif character in _QTEXT:
            local.append(character)
        else:
            return None
    return None


def _plain_local(text: str) -> tuple[str, str] | None:
    local: list[str] = []
    index = 0
    while index < len(text):
        character = text[index]
        if character == "\\":
            # RFC 3696 shows escaped characters outside quotes, and Go accepts any there.
            index += 1
            if index == len(text):
                return None
        elif character not in _ATEXT:
            break
        local.append(text[index])
        index += 1
    name = "".join(local)
    if not name or name[0] == "." or name[-1] == "." or ".." in name:
        return None
    return name, text[index:]


def parse_mailbox(text: str, rules: GoRules) -> Mailbox | None:
    """An address as RFC 2821 has it, with Go's leniencies, or None."""
    if not text:
        return None
    parsed = _quoted_local(text) if text[0] == '"' else _plain_local(text)
    if parsed is None or not parsed[1].startswith("@"):
        return None
    local, domain = parsed[0], parsed[1][1:]
    if to_labels(domain, rules) is None or (rules.strict_addresses and "@" in domain):
        return None
    return Mailbox(local, domain)


class _Listed(Protocol[K_contra]):
    """Constraints in the order of the certificate."""

    @property
    def texts(self) -> Sequence[object]:
        """What each of them is."""

    def first_match(self, name: K_contra, /, *, wildcards: bool = False) -> int | None:
        """The index of the first that holds the name, or None."""


class _DomainIndex(NamedTuple):
    """Domains by their labels from the right, each followed by a dot, and how long these keys are."""

    exact: dict[str, int]
    within: dict[str, int]
    lengths: frozenset[int]


def _key(labels: tuple[str, ...]) -> str:
    return "".join(f"{label}." for label in labels)


def _find(index: _DomainIndex, labels: tuple[str, ...]) -> int | None:
    """The first constraint that the labels begin with; a leading dot wants one label more."""
    key = _key(labels)
    found: list[int | None] = []
    for length in accumulate((len(label) + 1 for label in labels), initial=0):
        if length in index.lengths:
            prefix = key[:length]
            found.append(index.exact.get(prefix))
            found.append(index.within.get(prefix) if length < len(key) else None)
    return min((position for position in found if position is not None), default=None)


class DomainList:
    """Domain constraints in order, with an index that is made when first needed."""

    __slots__ = ("_first_empty", "_indices", "_rules", "texts")

    def __init__(self, texts: list[str], rules: GoRules) -> None:
        self.texts = texts
        self._rules = rules
        self._first_empty = texts.index("") if "" in texts else None
        self._indices: dict[bool, _DomainIndex] = {}

    def _indexed(self, *, parents: bool) -> _DomainIndex:
        """The constraints by their labels, or by those that a wildcard does not stand for."""
        if parents not in self._indices:
            exact: dict[str, int] = {}
            within: dict[str, int] = {}
            for position, text in enumerate(self.texts):
                labels = to_labels(text.removeprefix("."), self._rules) or ()
                if text and (labels or not parents):
                    key = _key(labels[:-1] if parents else labels)
                    (within if text[0] == "." else exact).setdefault(key, position)
            lengths = frozenset(map(len, (*exact, *within)))
            self._indices[parents] = _DomainIndex(exact, within, lengths)
        return self._indices[parents]

    def first_match(self, domain: str, *, wildcards: bool = False) -> int | None:
        """The index of the first constraint that the domain is within, or None.

        Args:
            domain: a name, which may begin with a wildcard.
            wildcards: whether a wildcard is within a constraint that it could stand for.

        Raises a NameRefused where the domain cannot be compared with the first that is not empty.
        """
        if not self.texts:
            return None
        if self._first_empty == 0:
            return 0
        labels = to_labels(domain, self._rules)
        if labels is None:
            raise NameRefused(f"x509: internal error: cannot parse domain {quote(domain)}")
        is_wildcard = wildcards and domain[:1] == "*" and len(labels) > 1
        if is_wildcard and not self._rules.exact_exclusions:
            # The wildcard is left out on both sides: a constraint must have one label to leave out.
            match = _find(self._indexed(parents=True), labels[:-1])
            lone_dot = self.texts.index(".") if "." in self.texts else None
            match = _earlier(match, lone_dot)
        else:
            match = _find(self._indexed(parents=False), labels)
        if is_wildcard and self._rules.exact_exclusions:
            # A constraint that differs in its first label alone.
            match = _earlier(match, self._indexed(parents=True).exact.get(_key(labels[:-1])))
        return _earlier(match, self._first_empty)


def _earlier(left: int | None, right: int | None) -> int | None:
    if left is None or right is None:
        return right if left is None else left
    return min(left, right)


class EmailList:
    """Email constraints in order: whole mailboxes, and domains."""

    __slots__ = ("_domains", "_indices", "_mailboxes", "texts")

    def __init__(self, texts: list[str], rules: GoRules) -> None:
        self.texts = texts
        self._mailboxes: dict[tuple[str, str], int] = {}
        self._indices: list[int] = []
        domains: list[str] = []
        for index, text in enumerate(texts):
            if "@" not in text:
                domains.append(text)
                self._indices.append(index)
            elif mailbox := parse_mailbox(text, rules):
                self._mailboxes.setdefault((mailbox.local, mailbox.domain.lower()), index)
        self._domains = DomainList(domains, rules)

    def first_match(self, mailbox: Mailbox, *, wildcards: bool = False) -> int | None:
        """The index of the first constraint that the address is within, or None."""
        exact = self._mailboxes.get((mailbox.local, mailbox.domain.lower()))
        within = self._domains.first_match(mailbox.domain, wildcards=wildcards)
        found = [exact] if within is None else [exact, self._indices[within]]
        return min((index for index in found if index is not None), default=None)


class Range(NamedTuple):
    """Addresses with these leading bits."""

    address: bytes
    mask: bytes

    def __str__(self) -> str:
        """The range as ``net.IPNet.String`` prints it."""
        mask = self.mask[-len(unmapped(self.address)) :]
        return f"{ip_text(self.address)}/{int.from_bytes(mask, 'big').bit_count()}"


class RangeList:
    """Address constraints in order, indexed by their masks."""

    __slots__ = ("_by_mask", "texts")

    def __init__(self, ranges: list[Range]) -> None:
        self.texts = ranges
        self._by_mask: dict[bytes, dict[int, int]] = {}
        for index, (address, mask) in enumerate(ranges):
            network = int.from_bytes(address, "big") & int.from_bytes(mask, "big")
            self._by_mask.setdefault(mask, {}).setdefault(network, index)

    def first_match(self, address: bytes, *, wildcards: bool = False) -> int | None:  # noqa: ARG002 - of names
        """The index of the first range that holds the address, or None."""
        number = int.from_bytes(address, "big")
        found = [
            networks.get(number & int.from_bytes(mask, "big"))
            for mask, networks in self._by_mask.items()
            if len(mask) == len(address)
        ]
        return min((index for index in found if index is not None), default=None)


@dataclass(frozen=True, slots=True)
class Subtrees:
    """One side of the extension: what is permitted, or what is excluded."""

    dns: DomainList
    ip: RangeList
    email: EmailList
    uri: DomainList


@dataclass(frozen=True, slots=True)
class Constraints:
    """What a CA may sign for, as a build with these rules reads it."""

    permitted: Subtrees
    excluded: Subtrees
    rules: GoRules


def _ascii(octets: bytes) -> str:
    text = octets.decode("utf-8", "surrogateescape")
    if not octets.isascii():
        raise X509Error(f"x509: invalid constraint value: x509: {quote(text)} cannot be encoded as an IA5String")
    return text


def _is_mask(mask: bytes) -> bool:
    tail = mask.lstrip(b"\xff")
    return not tail or (tail[0] in _MASK_ENDS and not tail[1:].strip(b"\0"))


def _is_domain(text: str, rules: GoRules) -> bool:
    """Whether the text is a domain, with a leading dot or not; the dot alone was one to Go until 1.24.7."""
    return (text != "." or not rules.raw_keys) and to_labels(text.removeprefix("."), rules) is not None


def _parse_dns(octets: bytes, rules: GoRules) -> str:
    domain = _ascii(octets)
    if not _is_domain(domain, rules):
        raise X509Error(f"x509: failed to parse dnsName constraint {quote(domain)}")
    return domain


def _parse_range(octets: bytes, rules: GoRules) -> Range:
    if len(octets) not in _RANGE_OCTETS:
        raise X509Error(f"x509: IP constraint contained value of length {len(octets)}")
    half = len(octets) // 2
    if not _is_mask(octets[half:]):
        raise X509Error(f"x509: IP constraint contained invalid mask {octets[half:].hex()}")
    if rules.strict_addresses and len(unmapped(octets[:half])) != half:
        raise X509Error("x509: IP constraint contained IPv4-mapped IPv6 address")
    return Range(octets[:half], octets[half:])


def _parse_email(octets: bytes, rules: GoRules) -> str:
    text = _ascii(octets)
    good = parse_mailbox(text, rules) is not None if "@" in text else _is_domain(text, rules)
    if not good:
        raise X509Error(f"x509: failed to parse rfc822Name constraint {quote(text)}")
    return text


def _parse_uri(octets: bytes, rules: GoRules) -> str:
    domain = _ascii(octets)
    if parse_ip(domain) is not None:
        raise X509Error(f"x509: failed to parse URI constraint {quote(domain)}: cannot be IP address")
    if not _is_domain(domain, rules):
        raise X509Error(f"x509: failed to parse URI constraint {quote(domain)}")
    return domain


def _parse_subtrees(reader: Reader | None, rules: GoRules) -> tuple[Subtrees, bool]:
    dns: list[str] = []
    ranges: list[Range] = []
    emails: list[str] = []
    uris: list[str] = []
    unhandled = False
    while reader is not None and not reader.empty:
        failure = "x509: invalid NameConstraints extension"
        tag, value = reader.read(SEQUENCE, failure).any(failure)
        if tag == _DNS:
            dns.append(_parse_dns(value.rest(), rules))
        elif tag == _IP:
            ranges.append(_parse_range(value.rest(), rules))
        elif tag == _EMAIL:
            emails.append(_parse_email(value.rest(), rules))
        elif tag == _URI:
            uris.append(_parse_uri(value.rest(), rules))
        else:
            unhandled = True
    return (
        Subtrees(DomainList(dns, rules), RangeList(ranges), EmailList(emails, rules), DomainList(uris, rules)),
        unhandled,
    )


def parse_constraints(value: bytes, rules: GoRules) -> tuple[Constraints, bool]:
    """The extension's contents, and whether there is a kind of name in it that Go does not process."""
    failure = "x509: invalid NameConstraints extension"
    outer = Reader(value)
    reader = outer.read(SEQUENCE, failure)
    permitted = excluded = None
    if outer.empty:
        permitted = reader.optional(constructed(context(0)), failure)
        excluded = reader.optional(constructed(context(1)), failure)
    if not outer.empty or not reader.empty:
        raise X509Error(failure)
    if (permitted is None or permitted.empty) and (excluded is None or excluded.empty):
        raise X509Error("x509: empty name constraints extension")
    inside, unhandled_inside = _parse_subtrees(permitted, rules)
    outside, unhandled_outside = _parse_subtrees(excluded, rules)
    return Constraints(inside, outside, rules), unhandled_inside or unhandled_outside


@dataclass(slots=True)
class Counter:
    """How many comparisons Go would have made for one certificate.

    Attributes:
        wildcards: whether exclusions hold for wildcards that could stand for them.
    """

    comparisons: int = 0
    wildcards: bool = False

    def add(self, number: int) -> None:
        """Counts comparisons; raises a TooManyConstraints beyond Go's limit."""
        self.comparisons += number
        if self.comparisons > MAX_COMPARISONS:
            raise TooManyConstraints


def refuse(kind: str, name: str, constraint: str | None) -> NameRefused:
    """The refusal of a name by the constraint that excludes it, or since none permits it."""
    if constraint is None:
        return NameRefused(f"{kind} {quote(name)} is not permitted by any constraint")
    return NameRefused(f"{kind} {quote(name)} is excluded by constraint {quote(constraint)}")


def _check(
    counter: Counter,
    kind: str,
    name: str,
    lists: tuple[_Listed[K_contra], _Listed[K_contra]],
    taken_apart: Callable[[], K_contra],
) -> None:
    """Raises where the second list excludes the name, or the first has entries and none that permits it.

    Without constraints on a kind of name Go never takes it apart, however odd it is.
    """
    permitted, excluded = lists
    counter.add(len(excluded.texts))
    match = excluded.first_match(taken_apart(), wildcards=counter.wildcards) if excluded.texts else None
    if match is not None:
        raise refuse(kind, name, str(excluded.texts[match]))
    counter.add(len(permitted.texts))
    if permitted.texts and permitted.first_match(taken_apart()) is None:
        raise refuse(kind, name, None)


def check_dns(constraints: Constraints, name: str, counter: Counter) -> None:
    """Raises where the name is not one that the constraints allow."""
    if to_labels(name, constraints.rules) is None:
        raise NameUnparsable(f"x509: cannot parse dnsName {quote(name)}")
    _check(counter, "DNS name", name, (constraints.permitted.dns, constraints.excluded.dns), lambda: name)


def check_email(constraints: Constraints, name: str, counter: Counter) -> None:
    """Raises where the address is not one that the constraints allow."""
    mailbox = parse_mailbox(name, constraints.rules)
    if mailbox is None:
        # Go prints the empty result of its parser here, not the name.
        raise NameUnparsable('x509: cannot parse rfc822Name {"" ""}')
    _check(counter, "email address", name, (constraints.permitted.email, constraints.excluded.email), lambda: mailbox)


def uri_host(url: URL, rules: GoRules, unsplit: str = "") -> str:
    """The host of a URI without its port; NameRefused where it is none that constraints speak of.

    ``unsplit`` is what Go puts before the error of a host that cannot be split from its port.
    """
    host = url.host
    if not host:
        raise NameRefused(f"URI with empty host ({quote(url.text)}) cannot be matched against constraints")
    if ":" in host and not host.endswith("]"):
        try:
            host, _ = split_host_port(url.host)
        except URLError as error:
            raise NameRefused(f"{unsplit}{error}") from None
    is_literal = is_address(host) if rules.empty_labels else parse_ip(host) is not None
    if is_literal or (host.startswith("[") and host.endswith("]")):
        raise NameRefused(f"URI with IP ({quote(url.text)}) cannot be matched against constraints")
    return host


def check_uri(constraints: Constraints, name: str, counter: Counter) -> None:
    """Raises where the URI's host is not one that the constraints allow."""
    lists, rules = (constraints.permitted.uri, constraints.excluded.uri), constraints.rules
    _check(counter, "URI", name, lists, lambda: uri_host(parse_url(name, rules.urls), rules))


def check_ip(constraints: Constraints, address: bytes, counter: Counter) -> None:
    """Raises where the address is not one that the constraints allow."""
    lists = constraints.permitted.ip, constraints.excluded.ip
    _check(counter, "IP address", ip_text(address), lists, lambda: address)
