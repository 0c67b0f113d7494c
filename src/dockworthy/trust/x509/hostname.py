"""Which host a certificate is good for.

Source: ``crypto/x509/verify.go`` (VerifyHostname, HostnameError).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.golang.ip import ip_text, parse_address, parse_ip, same_ip

if TYPE_CHECKING:
    from dockworthy.trust.rules import GoRules
    from dockworthy.trust.x509.certificate import Certificate

__all__ = ["HostMismatch", "verify_host"]

_MOST_NAMES = 100
_LEGACY = "x509: certificate relies on legacy Common Name field, use SANs"
_OVERRIDE = " or temporarily enable Common Name matching with GODEBUG=x509ignoreCN=0"


@dataclass(frozen=True, slots=True)
class HostMismatch:
    """A certificate that is not good for a host: the verdict's class, and Go's text."""

    verdict: str
    message: str


_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_LABEL = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


def _lower(text: str) -> str:
    """ASCII letters only: Unicode's rules would open sharp corners (RFC 6125, 6.4.1)."""
    return text.translate(_LOWER)


def _without_dot(host: str) -> str:
    return host.removesuffix(".")


def _is_valid_host(host: str, *, pattern: bool, strict: bool) -> bool:
    if not pattern:
        host = _without_dot(host)
    if not host or (host == "*" and strict):
        return False
    for index, label in enumerate(host.split(".")):
        if pattern and not index and label == "*":
            continue
        if not label or label[0] == "-" or not _LABEL.issuperset(label):
            return False
    return True


def _match_exactly(left: str, right: str) -> bool:
    return left not in {"", "."} and right not in {"", "."} and _lower(left) == _lower(right)


def _match_pattern(pattern: str, host: str) -> bool:
    pattern, host = _lower(pattern), _lower(_without_dot(host))
    if not pattern or not host:
        return False
    wanted, labels = pattern.split("."), host.split(".")
    if len(wanted) != len(labels):
        return False
    start = 1 if wanted[0] == "*" else 0
    return wanted[start:] == labels[start:]


def _match(name: str, host: str, *, valid_host: bool, strict: bool) -> bool:
    if valid_host and _is_valid_host(name, pattern=True, strict=strict):
        return _match_pattern(name, host)
    return _match_exactly(name, host)


def _too_many(count: int, kind: str, host: str, rules: GoRules) -> HostMismatch | None:
    if not rules.wildcard_exclusions or count < _MOST_NAMES:
        return None
    return HostMismatch("name-mismatch", f"x509: certificate is valid for {count} {kind}, but none matched {host}")


def _mismatch(certificate: Certificate, host: str, rules: GoRules) -> HostMismatch:
    name = certificate.subject.common_name
    if not certificate.has_san and _match_pattern(name, host):
        is_valid = _is_valid_host(name, pattern=True, strict=rules.empty_labels)
        if rules.common_name and not is_valid:
            return HostMismatch("name-mismatch", f"x509: Common Name is not a valid hostname: {name}")
        if is_valid or not rules.cn_override:
            return HostMismatch("cn-only", _LEGACY + (_OVERRIDE if rules.cn_override else " instead"))
    if parse_ip(host) is not None:
        if not certificate.ip_addresses:
            return HostMismatch(
                "no-ip-san",
                f"x509: cannot validate certificate for {host} because it doesn't contain any IP SANs",
            )
        many = _too_many(len(certificate.ip_addresses), "IP SANs", host, rules)
        valid = ", ".join(map(ip_text, certificate.ip_addresses))
    else:
        many = _too_many(len(certificate.dns_names), "names", host, rules)
        valid = ", ".join(certificate.dns_names)
    if many is not None:
        return many
    if not valid:
        return HostMismatch("no-names", f"x509: certificate is not valid for any names, but wanted to match {host}")
    return HostMismatch("name-mismatch", f"x509: certificate is valid for {valid}, not {host}")


def _address(text: str, rules: GoRules) -> bytes | None:
    """The octets of a host that is an address."""
    if rules.strict_addresses:
        parsed = parse_address(text)
        return None if parsed is None else parsed[0]
    return parse_ip(text)


def verify_host(certificate: Certificate, host: str, rules: GoRules) -> HostMismatch | None:
    """Whether the certificate is good for a host name or an address, which may stand in brackets."""
    address = host[1:-1] if len(host) >= 3 and host[0] == "[" and host[-1] == "]" else host  # noqa: PLR2004 - brackets and something
    octets = _address(address, rules)
    if octets is not None:
        if any(same_ip(octets, candidate) for candidate in certificate.ip_addresses):
            return None
        return _mismatch(certificate, ip_text(octets) if rules.strict_addresses else address, rules)
    candidate = _lower(host)
    valid_host, strict = _is_valid_host(candidate, pattern=False, strict=True), rules.empty_labels
    if any(_match(name, candidate, valid_host=valid_host, strict=strict) for name in certificate.dns_names):
        return None
    if rules.common_name and not certificate.has_san:
        common_name = certificate.subject.common_name
        if (
            valid_host
            and _is_valid_host(common_name, pattern=True, strict=strict)
            and _match_pattern(common_name, candidate)
        ):
            return None
    return _mismatch(certificate, host, rules)
