"""What differs between builds of the engine: the Go release, and the GODEBUG defaults of its ``go.mod``.

A program that is built by a new Go from an old ``go.mod`` keeps the old Go's defaults for what became
stricter since. Debian's Docker Engine is such a program (``go version -m`` prints its ``DefaultGODEBUG``).
Which release brought what stands in ``go.csv``.
"""

from __future__ import annotations

from dataclasses import fields
from functools import lru_cache
from typing import Any, Final

from dockworthy.data import table
from dockworthy.dataclass import dataclass
from dockworthy.golang.url import Strict
from dockworthy.trust.spans import Version, holds, numbers

__all__ = ["DEBIAN_ENGINE_26_1", "GO_1_24", "NEWEST_GO", "OLDEST_GO", "GoRules", "rules_for"]


@dataclass(frozen=True, slots=True)
class GoRules:
    """The rules of one build.

    Attributes:
        common_name: a host name in the subject's common name counts where there are no SANs.
        lenient_parser: certificates are read by ``encoding/asn1``.
        key_id_first: an issuer is looked for by its key's identifier, and by its name only where none has it.
        dsa_signatures: DSA signatures are verified.
        cn_override: the refusal of a common name tells of the setting that would accept it.
        cached_chains: what was found above an intermediate is used again, and only the very same certificate is taken
            for one that is in the chain already.
        sha1_signatures: SHA-1 signatures are accepted.
        sha1_override: the refusal of one names the setting that would accept it.
        lettered_constraints: the refusal of basic constraints ends with a letter.
        names_the_verification: a refusal begins ``tls: failed to verify certificate``.
        every_name: name constraints bind the names of every certificate below, and not those of the leaf and their own.
        reduced_rsa: an RSA modulus is odd, and a signature less than it.
        x25519: private keys for X25519 can be read.
        minimal_oids: an object identifier's numbers are written as short as can be.
        validity_hints: a candidate that is not valid as an issuer is named in the refusal.
        max_rsa_bits: longer RSA keys in a served chain end the handshake; 0 for no limit.
        skips_unknown_keys: a candidate with a key of an unknown kind is passed over.
        long_policies: a policy's identifier may have numbers of any size.
        listed_paths: the path is told where a folder cannot be listed.
        opens_folders_only: folders are listed with ``O_DIRECTORY``.
        max_certificates: how long a server's Certificate message may be, in bytes.
        positive_serials: a negative serial number is refused (``x509negativeserial``).
        critical_key_ids: key identifiers and authority information must not be critical.
        duplicate_names: the refusal of a second extension of a kind names it.
        empty_labels: a domain that begins with a dot has an empty label, a name that is ``*`` alone is no pattern,
            and an address with a zone is an address.
        policies: certificate policies are validated.
        checked_rsa: an RSA key's numbers are checked before it is used, with words of their own.
        min_rsa_bits: RSA keys shorter than this verify nothing (``rsa1024min``).
        strict_rsa_crt: an RSA private key's CRT values must be right (``x509rsacrt``).
        pem_from_end: PEM blocks are found by their END lines.
        raw_keys: two certificates have one key if its bytes are equal.
        ip_literals: what stands in brackets in a URI is an IPv6 address.
        wildcard_exclusions: an excluded name excludes wildcards that could stand for it, and a mismatch
            names a hundred names at most.
        exact_exclusions: such a wildcard has as many labels as the name.
        leading_literals: a URI's host has brackets at its front alone.
        limits_first: candidates that are in the chain already count among the signature checks.
        distrusted_keys: a few keys of known authorities are trusted no more (``x509/distrusted.py``).
        modern_strings: T61 strings are read as Latin-1, BMP strings hold no surrogates, and a negative path
            length is refused.
        names_signatures: the client says which signatures certificates may have (``signature_algorithms_cert``).
        constraints_last: name constraints are checked when a chain is complete.
        modern_keys: points on curves are read by ``crypto/ecdsa``, which has words of its own, a private key's
            parts must agree, and pairs are compared whole.
        strict_colons: the host of an http or https URI has one colon at most (``urlstrictcolons``).
        lower_exclusions: a wildcard is compared with exclusions in lower case.
        parse_reasons: a private key that cannot be read is told with the reason, which lies in bytes that stay on the
            host: so it is left out here.
        any_attributes: a name's attributes may be of any type.
        strict_addresses: an IPv4 address written as IPv6 is refused among a certificate's names and constraints,
            constraints are compared without the bits beyond their mask, and a host may be an address with a zone.
        ml_dsa: ML-DSA keys and signatures are known.
        least_tls_1_2: Go's client does not speak TLS 1.0 and 1.1 unless it is told to.
        drops_rsa: Go's client does not offer suites of static RSA unless it is told to (``tlsrsakex``).
        drops_3des: nor those of triple DES (``tls3des``).
    """

    common_name: bool = False
    lenient_parser: bool = False
    key_id_first: bool = False
    dsa_signatures: bool = False
    cn_override: bool = False
    cached_chains: bool = False
    sha1_signatures: bool = False
    sha1_override: bool = False
    lettered_constraints: bool = False
    names_the_verification: bool = True
    every_name: bool = True
    reduced_rsa: bool = True
    x25519: bool = True
    minimal_oids: bool = True
    validity_hints: bool = True
    max_rsa_bits: int = 8192
    skips_unknown_keys: bool = True
    long_policies: bool = True
    listed_paths: bool = True
    opens_folders_only: bool = True
    max_certificates: int = 262_144
    positive_serials: bool = False
    critical_key_ids: bool = True
    duplicate_names: bool = True
    empty_labels: bool = True
    policies: bool = True
    checked_rsa: bool = True
    min_rsa_bits: int = 0
    strict_rsa_crt: bool = False
    pem_from_end: bool = False
    raw_keys: bool = False
    ip_literals: bool = False
    wildcard_exclusions: bool = False
    exact_exclusions: bool = False
    leading_literals: bool = False
    limits_first: bool = False
    distrusted_keys: bool = False
    modern_strings: bool = False
    names_signatures: bool = False
    constraints_last: bool = False
    modern_keys: bool = False
    strict_colons: bool = False
    lower_exclusions: bool = False
    parse_reasons: bool = False
    any_attributes: bool = False
    strict_addresses: bool = False
    ml_dsa: bool = False
    least_tls_1_2: bool = True
    drops_rsa: bool = False
    drops_3des: bool = False

    @property
    def urls(self) -> Strict:
        """What ``url.Parse`` is strict about."""
        strict = ((Strict.LITERALS, self.ip_literals), (Strict.LEADING, self.leading_literals))
        found = Strict.COLONS if self.strict_colons else Strict.NOTHING
        for each, holds_here in strict:
            found |= each if holds_here else Strict.NOTHING
        return found


DEBIAN_ENGINE_26_1 = GoRules()
"""Docker Engine 26.1.5 as Debian builds it: Go 1.24.4 with the defaults of an old ``go.mod``."""

GO_1_24 = GoRules(positive_serials=True, min_rsa_bits=1024, strict_rsa_crt=True, drops_rsa=True, drops_3des=True)
"""A program whose ``go.mod`` says Go 1.24 itself."""

_ROWS: Final = table("dockworthy.trust", "go.csv")
_KNOWN: Final = next(row for row in _ROWS if row["rule"] == "known")
OLDEST_GO: Final = numbers(_KNOWN["since"])
NEWEST_GO: Final = numbers(_KNOWN["until"])
"""The last line of Go releases that ``go.csv`` is made from: what a newer one changed is not known."""


def _value(row: dict[str, str], go: Version, defaults: Version) -> int:
    """What a rule comes to in a build: its number, or 1 where it has none; 0 where it does not hold."""
    is_set = holds(go, row["since"], row["until"]) and holds(defaults, row["defaults"], "")
    return int(row["value"] or 1) if is_set else 0


@lru_cache(maxsize=64)
def rules_for(go: Version, *, defaults: Version | None = None) -> GoRules:
    """The rules of a build.

    Args:
        go: the Go that it is built with, ``(1, 24, 4)``; without a patch release the newest one is meant.
        defaults: the release whose GODEBUG defaults it has, by its ``go.mod``; those of its Go where none is given.
    """
    own = defaults or go
    values: dict[str, int] = {}
    for row in _ROWS:
        name = row["rule"].replace("-", "_")
        values[name] = max(values.get(name, 0), _value(row, go, own))
    del values["known"]
    numeric = {field.name for field in fields(GoRules) if field.type == "int"}
    rules: dict[str, Any] = {name: value if name in numeric else bool(value) for name, value in values.items()}
    return GoRules(**rules)
