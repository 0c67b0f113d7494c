"""What Harbor's certificates, its CA and its request are worth, as lists of faults in words.

What asks for a file raises NotDecided where it was not looked at, or which it is is not known.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, NotApplicable, NotDecided, Reason
from dockworthy.facts.harbor.installed.config import INTERNAL_NAMES, HarborInstallation, demand_table
from dockworthy.facts.harbor.prepared.keys import unreadable
from dockworthy.facts.harbor.settings.blocks import rules_for
from dockworthy.facts.registry.dates import BROKEN_DIGESTS, MIN_EC, MIN_RSA, is_weak_key, weak_signature
from dockworthy.facts.registry.layout import allows
from dockworthy.trust.advice.wording import title
from dockworthy.trust.rules import GO_1_24
from dockworthy.trust.x509.certificate import is_signed_by
from dockworthy.trust.x509.extensions import KEY_CERT_SIGN, OID_AUTHORITY_INFO, OID_SAN, SERVER_AUTH
from dockworthy.trust.x509.hostname import verify_host
from dockworthy.trust.x509.keypair import KeyPair, x509_key_pair
from dockworthy.trust.x509.pem import decode as pem_blocks
from dockworthy.trust.x509.pool import CertPool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockworthy.facts.registry.certsd import CertFile
    from dockworthy.trust.x509.certificate import Certificate

__all__ = [
    "Request",
    "ca_faults",
    "cas",
    "certificate_file",
    "chain_faults",
    "internal_faults",
    "internal_paths",
    "issuer_faults",
    "key_file",
    "key_paths",
    "name_faults",
    "pair_fault",
    "read_request",
    "readable_faults",
    "requests",
    "server_certificates",
    "server_faults",
]

_OID_KEY_USAGE: Final = (2, 5, 29, 15)
_OID_BASIC: Final = (2, 5, 29, 19)
_DIGITAL_SIGNATURE: Final = 1
_CA_ISSUERS: Final = b"\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x02"  # id-ad-caIssuers (RFC 5280, 4.2.2.1) in DER
# By the beginning of their files' names, which an older gencert may have left: the rule by which a release has them.
_FORMER: Final = {"notary_": "notary", "chartmuseum.": "chartmuseum", "clair": "clair"}


# --- the certificate that harbor.yml names ---------------------------------------------------------------------


def _named(one: HarborInstallation, path: str, key: str) -> CertFile:
    if not one.serves_https.value:
        raise NotApplicable(f"{one.config} has no https, so that Harbor serves no TLS itself")
    if not path:
        raise NotDecided(f"{key} is not set", one.config, Code.ABSENT)
    if not path.startswith("/"):
        raise NotDecided(f"{key} is no absolute path", one.config, Code.MALFORMED)
    return one.file(path)


def certificate_file(one: HarborInstallation) -> CertFile:
    """The file that harbor.yml names as certificate; raises NotApplicable where Harbor serves no TLS itself."""
    return _named(one, one.certificate.value, "certificate")


def key_file(one: HarborInstallation) -> CertFile:
    """The file that harbor.yml names as private key; raises as certificate_file."""
    return _named(one, one.private_key.value, "private_key")


def server_certificates(one: HarborInstallation) -> tuple[Certificate, ...]:
    """The certificates in that file; raises NotApplicable where there is none, of which another check speaks."""
    file = certificate_file(one)
    if one.is_absent(file.path):
        raise NotApplicable(f"{file.path} is not there (harbor.certificate-readable)")
    found = file.certificates
    if not found:
        raise NotApplicable(f"there is no certificate in {file.path} (harbor.certificate-readable)")
    return found


def readable_faults(one: HarborInstallation) -> dict[str, str]:
    """What is wrong with the files that harbor.yml names, by their paths."""
    faults = {}
    for named, read, what in (
        (one.certificate, certificate_file, "certificate"),
        (one.private_key, key_file, "private key"),
    ):
        if one.serves_https.value and not named.value:
            faults[named.source] = "it is not set"
            continue
        file = read(one)
        why = unreadable(one, file, what)
        if why:
            faults[file.path] = why
    return faults


def pair_fault(one: HarborInstallation) -> str:
    """Why the two are no pair; empty where they are one."""
    certificates, key = server_certificates(one), key_file(one)
    if one.is_absent(key.path):
        raise NotApplicable(f"{key.path} is not there (harbor.certificate-readable)")
    if key.key is None or key.key.public is None:
        raise NotDecided(
            key.entry.unknown or Reason("the key's public half could not be read on the host", Code.MALFORMED), key.path
        )
    return "" if certificates[0].raw_key == key.key.public else "the private key belongs to another certificate"


def name_faults(one: HarborInstallation) -> list[str]:
    """The names that clients use and the certificate does not cover, in the engine's words."""
    leaf = server_certificates(one)[0]
    mismatches = [verify_host(leaf, name, GO_1_24) for name in one.names.value]
    return [mismatch.message for mismatch in mismatches if mismatch is not None]


def server_faults(leaf: Certificate) -> list[str]:
    """What is wrong with a server's certificate for the use that it is for."""
    usage = leaf.facts.key_usage
    return _those(
        (not allows(leaf, SERVER_AUTH), "extendedKeyUsage does not allow serverAuth"),
        (leaf.value_of(OID_SAN) is None, "there is no subjectAltName"),
        (leaf.is_ca and not leaf.is_self_issued, "basicConstraints says that it is a CA's"),
        (
            leaf.value_of(_OID_KEY_USAGE) is not None and not usage & _DIGITAL_SIGNATURE,
            "keyUsage does not allow digitalSignature",
        ),
        (is_weak_key(leaf), f"its key is weak ({leaf.key_description})"),
        (bool(weak_signature(leaf)), f"it is signed with {weak_signature(leaf)}"),
    )


def _those(*faults: tuple[bool, str]) -> list[str]:
    """The faults that are there."""
    return [words for there, words in faults if there]


# --- the chain -------------------------------------------------------------------------------------------------


def chain_faults(one: HarborInstallation) -> list[str]:
    """What is wrong with the order and the completeness of the certificates in the file, as far as they are known."""
    found = server_certificates(one)
    faults = []
    if found[0].is_ca and len(found) > 1:
        faults.append("the first certificate is a CA's: the server's own must come first")
    for lower, upper in pairwise(found):
        why = _not_issued(lower, upper)
        if why:
            faults.append(why)
    return faults or _end_of_chain(one, found)


def _not_issued(lower: Certificate, upper: Certificate) -> str:
    if lower.raw_issuer != upper.raw_subject:
        return f"{title(upper)} follows {title(lower)} and did not issue it"
    if is_signed_by(lower, upper, GO_1_24):
        return ""
    return f"{title(upper)} has the issuer's name, and did not sign {title(lower)}"


def _end_of_chain(one: HarborInstallation, found: Sequence[Certificate]) -> list[str]:
    last = found[-1]
    if last.is_self_issued:
        return []
    candidates = _known(one).with_subject(last.raw_issuer)
    if any(candidate.is_self_issued for candidate in candidates):
        return []
    if candidates:
        return [f"the intermediate certificate {title(candidates[0])} is missing after {title(last)}"]
    if _CA_ISSUERS in (last.value_of(OID_AUTHORITY_INFO) or b""):
        return [f"the issuer of {title(last)} is missing after it: it says where that is to be had (caIssuers)"]
    raise NotDecided(
        f"whether the issuer of {title(last)} is a root is not known: its certificate is neither on this host nor in "
        "its system roots",
        certificate_file(one).path,
    )


def _known(one: HarborInstallation) -> CertPool:
    """The CAs that this host knows: the system's, and those that lie about Harbor."""
    pool = CertPool(rules=GO_1_24)
    bundle = one.facts.registries.roots.bundle
    pool.append_pem(bundle.get(b""), "the system's roots")
    for path in one.seen(".crt", ".pem", ".cer"):
        file = one.file(path)
        for certificate in file.certificates if file.entry.unknown is None else ():
            if certificate.is_ca:
                pool.add(certificate, path)
    return pool


# --- CAs and requests ----------------------------------------------------------------------------------


def cas(one: HarborInstallation) -> dict[str, Certificate]:
    """The CA certificates that lie about this installation, by their paths."""
    demand_table(one)
    found = {}
    for path in one.seen(".crt", ".pem", ".cer"):
        if path.startswith(one.in_data("secret/")):
            continue
        file = one.file(path)
        if file.entry.unknown is not None:
            continue
        first = next(iter(file.certificates), None)
        if first is not None and (first.is_ca or first.is_self_issued):
            found[path] = first
    return found


def ca_faults(certificate: Certificate) -> list[str]:
    """What is wrong with a CA's certificate."""
    basic, usage = certificate.value_of(_OID_BASIC) is not None, certificate.value_of(_OID_KEY_USAGE) is not None
    signs = bool(certificate.facts.key_usage & KEY_CERT_SIGN)
    algorithm = certificate.signature_algorithm
    return _those(
        (not basic, "there is no basicConstraints, so that it is no CA"),
        (basic and not certificate.is_ca, "basicConstraints does not say CA:TRUE"),
        (not usage, "there is no keyUsage: newer clients (Python 3.13) refuse such a CA"),
        (usage and not signs, "keyUsage does not allow keyCertSign"),
        (not certificate.facts.subject_key_id, "there is no subjectKeyIdentifier"),
        (is_weak_key(certificate), f"its key is weak ({certificate.key_description})"),
        (algorithm.digest in BROKEN_DIGESTS, f"it is signed with {algorithm.name}"),
    )


def issuer_faults(one: HarborInstallation) -> list[str]:
    """Whether the leaf names its issuer's key, where the issuer lies here (RFC 5280, 4.2.1.1)."""
    leaf = server_certificates(one)[0]
    if leaf.is_self_issued:
        return []
    if not leaf.facts.authority_key_id:
        return ["there is no authorityKeyIdentifier"]
    for path, issuer in cas(one).items():
        if issuer.raw_subject != leaf.raw_issuer or not issuer.facts.subject_key_id:
            continue
        if issuer.facts.subject_key_id != leaf.facts.authority_key_id:
            return [f"authorityKeyIdentifier is not the key of {path}: the CA was made anew since"]
    return []


@dataclass(frozen=True, slots=True)
class Request:
    """A certificate request (RFC 2986)."""

    path: str  # where it lies
    subject: str  # its name
    key: str  # the key in words
    digest: str  # that it is signed with; empty where that is none of its own (Ed25519)
    faults: tuple[str, ...]  # what is wrong with it


def requests(one: HarborInstallation) -> dict[str, CertFile]:
    """The requests that lie about this installation."""
    return {path: one.file(path) for path in one.seen(".csr")}


def read_request(file: CertFile) -> Request:
    """Read a request; raises NotDecided where it was not read."""
    block = next((block for block in pem_blocks(file.data) if block.kind.endswith("CERTIFICATE REQUEST")), None)
    if block is None:
        return Request(file.path, "", "", "", ("there is no PEM certificate request in it",))
    from cryptography import x509  # noqa: PLC0415 - heavy, and few hosts have a request
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - beside it
    from cryptography.hazmat.primitives.asymmetric import ec, rsa  # noqa: PLC0415 - beside it

    try:
        request = x509.load_der_x509_csr(block.octets)
        key, good = request.public_key(), request.is_signature_valid
        digest = request.signature_hash_algorithm
        subject = request.subject.rfc4514_string()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return Request(file.path, "", "", "", ("it cannot be read",))
    name = digest.name if digest is not None else ""
    faults = [] if good else ["its signature is not that of its key"]
    bits = getattr(key, "key_size", 0)
    words = type(key).__name__.strip("_")
    if isinstance(key, rsa.RSAPublicKey):
        words = f"RSA {bits}"
        faults += [f"its key is weak ({words})"] if bits < MIN_RSA else []
    elif isinstance(key, ec.EllipticCurvePublicKey):
        words = key.curve.name
        faults += [f"its key is weak ({words})"] if bits < MIN_EC else []
    faults += [f"it is signed with {name}"] if name in BROKEN_DIGESTS else []
    return Request(file.path, subject, words, name, tuple(faults))


# --- internal TLS, and keys ------------------------------------------------------------------------------------


def internal_paths(one: HarborInstallation) -> tuple[str, ...]:
    """The certificates of internal TLS, but for those of services that its release no longer has."""
    rules = rules_for(one)
    gone = tuple(f"/{stem}" for stem, rule in _FORMER.items() if not rules.has(rule))
    return tuple(path for path in one.internal_certificates if not path.startswith(gone, path.rindex("/")))


def internal_faults(one: HarborInstallation, path: str) -> list[str]:
    """What is wrong with a service's certificate of internal TLS."""
    file = one.file(path)
    found = file.certificates
    if not found:
        return ["there is no PEM certificate in it"]
    if path.endswith("/harbor_internal_ca.crt"):
        return [fault for fault in ca_faults(found[0]) if "keyUsage:" not in fault and "Identifier" not in fault]
    leaf = found[0]
    faults = server_faults(leaf)
    stem = path.rpartition("/")[2].removesuffix(".crt")
    wanted = INTERNAL_NAMES.get(stem)
    mismatch = verify_host(leaf, wanted, GO_1_24) if wanted else None
    if mismatch is not None:
        faults.append(mismatch.message)
    key = f"{path.removesuffix('.crt')}.key"
    if key not in one.seen(".key"):
        return [*faults, f"its key {key} is not there"]
    return faults + _internal_pair(one, file, key) + _internal_issuer(one, path, leaf)


def _internal_pair(one: HarborInstallation, file: CertFile, path: str) -> list[str]:
    key = one.file(path)
    if key.key is None:
        raise NotDecided(key.entry.unknown or Reason("the key was not read", Code.NOT_PROBED), path)
    pair = x509_key_pair(file.data, key.key, GO_1_24)
    if isinstance(pair, KeyPair):
        return []
    if pair.undecided:
        raise NotDecided(pair.message, path)
    return [pair.message]


def _internal_issuer(one: HarborInstallation, path: str, leaf: Certificate) -> list[str]:
    ca = path.rpartition("/")[0] + "/harbor_internal_ca.crt"
    if ca not in one.internal_certificates:
        return []
    issuer = next(iter(one.file(ca).certificates), None)
    if issuer is None:
        return []
    why = _not_issued(leaf, issuer)
    return [f"harbor_internal_ca.crt did not issue it: {why}"] if why else []


def key_paths(one: HarborInstallation) -> dict[str, CertFile]:
    """Every private key that lies about this installation; raises NotDecided where its files were not looked at."""
    demand_table(one)
    found = {path: one.file(path) for path in one.seen(".key", ".pem")}
    return {path: file for path, file in found.items() if file.has_private_key or path.endswith(".key")}
