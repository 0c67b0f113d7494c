"""Random set-ups: a sound chain first, then some of what can be wrong with one."""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from tests.fuzz import asn
from tests.fuzz import certs as c
from tests.fuzz.keys import Key, KeyPool, pss_identifier
from tests.fuzz.mutate import mutate_der, mutate_pem

if TYPE_CHECKING:
    from random import Random

_SERVER, _CLIENT = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"
_USAGES = (
    _SERVER,
    _CLIENT,
    "1.3.6.1.5.5.7.3.3",
    "1.3.6.1.5.5.7.3.9",
    "2.5.29.37.0",
    "1.3.6.1.4.1.311.10.3.3",
    "1.2.3.4",
)
_LABELS = ("registry", "harbor", "a", "b_c", "x-1", "xn--caf-dma", "Big", "0", "test", "example", "com")
_HOUR = 3600
_YEAR = 365 * 24 * _HOUR


@dataclass
class Case:
    """What both sides are asked.

    Attributes:
        old_defaults: Go with the GODEBUG defaults of Debian's engine, or with its own.
    """

    kind: str = "chain"
    served: list[bytes] = field(default_factory=list)
    system: bytes = b""
    files: list[bytes] = field(default_factory=list)
    host: str = ""
    now: datetime = datetime(2026, 1, 1, tzinfo=timezone.utc)
    cert: bytes = b""
    key: bytes = b""
    old_defaults: bool = True
    faults: list[str] = field(default_factory=list)

    def wire(self) -> dict[str, Any]:
        """The case for the other program."""

        def text(octets: bytes) -> str:
            return base64.b64encode(octets).decode()

        return {
            "kind": self.kind,
            "served": [text(der) for der in self.served],
            "system": text(self.system),
            "files": [text(file) for file in self.files],
            "host": self.host,
            "now": self.now.isoformat().replace("+00:00", "Z"),
            "cert": text(self.cert),
            "key": text(self.key),
        }


def pem(der: bytes, kind: str = "CERTIFICATE", end: str = "\n") -> bytes:
    body = base64.b64encode(der).decode()
    lines = [body[index : index + 64] for index in range(0, len(body), 64)]
    return end.join((f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----", "")).encode()


@dataclass
class Scene:
    """A chain under construction: the leaf is the first, the root the last."""

    random: Random
    pool: KeyPool
    host: str
    now: int
    chain: list[c.Spec]
    served: list[c.Spec] = field(default_factory=list)
    trusted: list[c.Spec] = field(default_factory=list)
    system: list[c.Spec] = field(default_factory=list)

    @property
    def leaf(self) -> c.Spec:
        return self.chain[0]

    @property
    def root(self) -> c.Spec:
        return self.chain[-1]

    def any(self) -> c.Spec:
        return self.random.choice(self.chain)

    def issuer(self) -> c.Spec:
        return self.random.choice(self.chain[1:])


def _host(random: Random) -> str:
    choice = random.random()
    if choice < 0.12:
        return str(ipaddress.IPv4Address(random.getrandbits(32)))
    if choice < 0.2:
        address = ipaddress.IPv6Address(random.getrandbits(128))
        text = random.choice((address.compressed, address.exploded, address.compressed.upper()))
        if random.random() < 0.2:
            text = f"::ffff:{ipaddress.IPv4Address(random.getrandbits(32))}"
        return f"[{text}]" if random.random() < 0.7 else text
    labels = [random.choice(_LABELS) for _ in range(random.randint(1, 4))]
    name = ".".join([*labels, "test"])
    odd = random.random()
    if odd < 0.03:
        return random.choice((name + ".", "-" + name, "a..test", "*." + name, "host name", "hôte.test", "fe80::1%eth0"))
    return name.upper() if odd < 0.06 else name


def _address(host: str) -> bytes | None:
    try:
        return ipaddress.ip_address(host.strip("[]")).packed
    except ValueError:
        return None


def _names(host: str) -> bytes:
    address = _address(host)
    if address is not None:
        return asn.sequence(c.general_name(7, address))
    return asn.sequence(c.general_name(2, host.encode()))


def _name(random: Random, number: int, prefix: str) -> bytes:
    tag = random.choice((c.UTF8, c.UTF8, c.PRINTABLE, c.T61, c.IA5, c.BMP))
    return c.name(
        (c.COUNTRY, c.PRINTABLE, "DE"),
        (c.ORGANIZATION, c.UTF8, "Fuzz & Söhne"),
        (c.COMMON_NAME, tag, f"{prefix} {number}"),
    )


def scene(random: Random, pool: KeyPool) -> Scene:
    """A sound chain of one to five certificates, trusted by its root."""
    host = _host(random)
    now = random.choice((1_700_000_000, 1_900_000_000, 2_600_000_000)) + random.randrange(_YEAR)
    length = random.choice((2, 2, 3, 3, 3, 4, 4, 5))
    keys = [pool.draw(random) for _ in range(length)]
    subjects = [
        _name(random, random.randrange(3) if index else 99, "CA" if index else "leaf") for index in range(length)
    ]
    chain: list[c.Spec] = []
    for index in range(length):
        above = min(index + 1, length - 1)
        signer = keys[above]
        spec = c.Spec(
            key=keys[index],
            subject=subjects[index],
            issuer=subjects[above],
            signer=signer,
            not_before=c.moment(now - random.randrange(_HOUR, _YEAR)),
            not_after=c.moment(now + random.randrange(_HOUR, _YEAR)),
            serial=asn.integer(random.getrandbits(random.choice((8, 64, 158)))),
            digest=random.choice(signer.digests),
            pss=signer.kind == "rsa" and random.random() < 0.3,
        )
        if index:
            spec.put(c.BASIC, c.basic_constraints(ca=True), critical=random.random() < 0.8)
            if random.random() < 0.5:
                spec.put(c.USAGE, asn.named_bits(0b1100000), critical=True)
        else:
            spec.put(c.SAN, _names(host), critical=random.random() < 0.1)
            if random.random() < 0.5:
                spec.put(c.EXTENDED, c.usages(_SERVER))
        if random.random() < 0.6:
            spec.put(c.SUBJECT_KEY, asn.octet_string(keys[index].spki[-20:]))
            spec.put(c.AUTHORITY_KEY, asn.sequence(asn.context(0, keys[above].spki[-20:], constructed=False)))
        chain.append(spec)
    return Scene(random, pool, host, now, chain, chain[:-1], [chain[-1]])


Fault = Callable[[Scene], None]
FAULTS: list[tuple[int, Fault]] = []


def fault(weight: int) -> Callable[[Fault], Fault]:
    """Registers a fault with how often it is drawn."""

    def register(function: Fault) -> Fault:
        FAULTS.append((weight, function))
        return function

    return register


# -- dates -----------------------------------------------------------------------------------------------------


@fault(6)
def expired(s: Scene) -> None:
    s.random.choice((s.leaf, s.any())).not_after = c.moment(s.now - s.random.randrange(1, _YEAR))


@fault(3)
def not_yet_valid(s: Scene) -> None:
    s.any().not_before = c.moment(s.now + s.random.randrange(1, _YEAR))


@fault(2)
def date_at_the_limit(s: Scene) -> None:
    spec = s.any()
    if s.random.random() < 0.5:
        spec.not_after = c.moment(s.now)
    else:
        spec.not_before = c.moment(s.now + s.random.randrange(2))


@fault(3)
def odd_date(s: Scene) -> None:
    texts = (
        (0x17, b"2001010000Z"), (0x17, b"200101000000+0100"), (0x17, b"200101000000-2359"),
        (0x17, b"200101000000+0000"),
        (0x17, b"200101000000+2400"), (0x17, b"200101000000+0060"), (0x17, b"200230000000Z"),
        (0x17, b"200229000000Z"),
        (0x17, b"210229000000Z"), (0x17, b"491231235959Z"), (0x17, b"500101000000Z"),
        (0x17, b"680229000000Z"),
        (0x17, b"690101000000Z"), (0x17, b"991231235960Z"), (0x17, b"2001010000"), (0x17, b"20010100Z"),
        (0x17, b""),
        (0x17, b"200101240000Z"), (0x17, b"201301000000Z"), (0x17, b"2001010000-0030"),
        (0x17, b"200001000000Z"),
        (0x18, b"20200101000000Z"), (0x18, b"20200101000000.5Z"), (0x18, b"00000101000000Z"),
        (0x18, b"99991231235959Z"),
        (0x18, b"20200101000000+0130"), (0x18, b"19000229000000Z"), (0x18, b"20000229000000Z"),
        (0x18, b"202001010000Z"),
        (0x18, b"20200101000000z"), (0x18, b"00010101000000+2400"), (0x13, b"20200101000000Z"),
        (0x18, b"2020010100000aZ"),
    )  # fmt: skip
    tag, text = s.random.choice(texts)
    spec = s.any()
    if s.random.random() < 0.5:
        spec.not_before = asn.tlv(tag, text)
    else:
        spec.not_after = asn.tlv(tag, text)


# -- names of the host -----------------------------------------------------------------------------------------


def _put_names(s: Scene, *names: bytes, spec: c.Spec | None = None) -> None:
    (spec or s.leaf).put(c.SAN, asn.sequence(*names), critical=s.random.random() < 0.2)


@fault(5)
def another_host(s: Scene) -> None:
    _put_names(s, *(c.general_name(2, _host(s.random).encode()) for _ in range(s.random.randint(1, 3))))


@fault(4)
def wildcard(s: Scene) -> None:
    labels = s.host.split(".")
    patterns = (
        "*." + ".".join(labels[1:]), "*." + s.host, "*.*." + ".".join(labels[2:]), "*", "*.",
        labels[0][:2] + "*." + ".".join(labels[1:]),
        "*." + ".".join(labels[1:]) + ".", s.host + ".", s.host.upper(), "." + s.host, s.host.swapcase(),
        ".".join([labels[0], "*", *labels[2:]]), "*." + ".".join(labels[1:]).upper(), "", " " + s.host,
        "-" + s.host,
    )  # fmt: skip
    _put_names(s, c.general_name(2, s.random.choice(patterns).encode()))


@fault(9)
def no_san(s: Scene) -> None:
    s.leaf.drop(c.SAN)
    texts = (s.host, s.host, s.host, s.host.upper(), "*." + s.host.partition(".")[2], "registry", "", s.host + ".")
    tag = s.random.choice((c.UTF8, c.PRINTABLE, c.T61, c.IA5, c.BMP))
    s.leaf.subject = c.name((c.COMMON_NAME, tag, s.random.choice(texts)))


@fault(4)
def san_of_other_kinds(s: Scene) -> None:
    kinds = (
        c.general_name(1, b"ops@example.test"), c.general_name(6, b"https://example.test/x"),
        c.general_name(4, c.name()),
        c.general_name(0, asn.oid("1.2.3") + asn.context(0, b"")), c.general_name(8, b"\x2a\x03"),
        c.general_name(7, s.random.randbytes(s.random.choice((4, 4, 16, 16, 5, 0, 8)))),
        c.general_name(2, b"caf\xc3\xa9.test"),
        c.general_name(1, b"\xff@x"), asn.tlv(0xA2, b"x.test"), asn.tlv(0x1E, b"ab"),
        c.general_name(7, b"\0" * 10 + b"\xff\xff\x7f\0\0\1"),
    )  # fmt: skip
    names = [s.random.choice(kinds) for _ in range(s.random.randrange(3))]
    if s.random.random() < 0.3:
        names.append(c.general_name(2, s.host.encode()))
    _put_names(s, *names)


@fault(4)
def address_san(s: Scene) -> None:
    address = _address(s.host)
    if address is None:
        address = s.random.randbytes(4)
        s.host = str(ipaddress.IPv4Address(address))
    mapped = b"\0" * 10 + b"\xff\xff" + address[-4:]
    choices = (
        (), (c.general_name(2, s.host.encode()),),
        (c.general_name(7, address[::-1]), c.general_name(7, s.random.randbytes(16))),
        (c.general_name(7, mapped),), (c.general_name(7, s.random.randbytes(4)), c.general_name(7, address)),
    )  # fmt: skip
    names = s.random.choice(choices)
    if names or s.random.random() < 0.5:
        _put_names(s, *names)
    else:
        s.leaf.drop(c.SAN)


@fault(2)
def uri_san(s: Scene) -> None:
    uris = (
        b"http://a.test/%zz", b"http://a.test:x/", b"http://[::1/", b"http://[fe80::1%25eth0]:80/",
        b"spiffe://cluster/ns", b"urn:a:b",
        b"mailto:", b"%", b":x", b"a b:c", b"1a:b", b"//host/x", b"///x", b"*", b"http://a b/",
        b"http://a.test?x#%41", b"http://u:p@h.test/",
        b"http://u\xc3@h/", b"http://h.test/\x7f", b"x:y:z", b"./a:b", b"a/b:c", b"http://h.test.",
        b"http://.h", b"?", b"http://h/#%gg",
        b"http://[::1]:80x", b"http://%41.test/", b"http://h%ff.test", b"http://a@b@c/", b'http://"q"/',
        b"http://<x>/%2f", b"HTTP://H/%7e",
        b"http://127.0.0.1/", b"http://:80/", b"http://h:/", b"http://a:b:c/", b"", b"h?a?b", b"http:?",
        b"http://u%40@h/", b"http://u:%3a@h/a b",
        b"http://x[::1]/", b"http://[1.2.3.4]/", b"http://[zz]/", b"http://[::ffff:1.2.3.4]/", b"http://[::1]x/",
        b"ftp://a:b:1/", b"http://a:1:2/", b"http://u@[::1%25%41]:/",
    )  # fmt: skip
    names = [c.general_name(6, s.random.choice(uris)) for _ in range(s.random.randint(1, 2))]
    _put_names(s, *names, c.general_name(2, s.host.encode()), spec=s.random.choice((s.leaf, s.leaf, s.issuer())))


# -- usages ----------------------------------------------------------------------------------------------------


@fault(12)
def extended_usage(s: Scene) -> None:
    spec = s.random.choice((s.leaf, s.any()))
    kinds = [s.random.choice(_USAGES) for _ in range(s.random.randrange(4))]
    spec.put(c.EXTENDED, c.usages(*kinds), critical=s.random.random() < 0.3)


@fault(3)
def key_usage(s: Scene) -> None:
    spec = s.any()
    values = (
        asn.named_bits(s.random.getrandbits(9)),
        asn.bit_string(b""),
        asn.bit_string(b"\x80", 7),
        asn.bit_string(b"\x81", 7),
        asn.tlv(3),
    )
    spec.put(c.USAGE, s.random.choice(values), critical=s.random.random() < 0.5)


@fault(10)
def path_length(s: Scene) -> None:
    index = s.random.randrange(1, len(s.chain)) if s.random.random() < 0.2 else len(s.chain) - 1
    length = s.random.randrange(max(1, index - 1 + (s.random.random() < 0.2)))
    s.chain[index].put(c.BASIC, c.basic_constraints(ca=True, length=length), critical=True)


@fault(4)
def basic_constraints(s: Scene) -> None:
    spec = s.any()
    values = (
        asn.sequence(), c.basic_constraints(ca=False), asn.sequence(asn.integer(0)),
        c.basic_constraints(ca=False, length=0),
        c.basic_constraints(ca=True, length=-1), c.basic_constraints(ca=True, length=2**63),
        asn.sequence(asn.tlv(1, b"\1")),
        asn.sequence(asn.boolean(value=False)), c.basic_constraints(ca=True) + b"\5\0", asn.tlv(0x31),
        c.basic_constraints(ca=True, length=2**62),
        asn.sequence(asn.boolean(value=True), b"\x02\x02\x00\x01"),
        asn.sequence(asn.boolean(value=True), b"\x04\x00"),
    )  # fmt: skip
    spec.put(c.BASIC, s.random.choice(values), critical=s.random.random() < 0.5)


@fault(2)
def no_basic_constraints(s: Scene) -> None:
    s.any().drop(c.BASIC)


@fault(3)
def version(s: Scene) -> None:
    spec = s.any()
    number = s.random.choice((0, 0, 1, 1, 1, 3, -1, 2**70))
    spec.version = s.random.choice((asn.context(0, asn.integer(number)), asn.context(0, asn.integer(number)), b""))
    if s.random.random() < 0.7:
        spec.extensions = []
    if s.random.random() < 0.3:
        spec.unique = asn.tlv(0x81, b"\0\1") + asn.tlv(0x82, b"\0\1")


# -- name constraints ------------------------------------------------------------------------------------------


def _subtree(s: Scene) -> bytes:
    labels = s.host.split(".")
    domains = (
        ".".join(labels[1:]), ".".join(labels[-2:]), s.host, "." + ".".join(labels[1:]), "other.test", "",
        "TEST", "test", "." + s.host,
        "x" + s.host, "*.test", "test.", "..", ".", "a..b", "caf\xe9", "example.test", "ops@example.test",
        "OPS@example.test", "@x",
        "127.0.0.1", '"a b"@example.test', "a\\@b@c.test", ".example.test",
    )  # fmt: skip
    kind = s.random.choice((2, 2, 2, 2, 2, 1, 6, 7, 4))
    if kind == 4:
        return asn.sequence(c.general_name(4, c.name()))
    if kind == 7:
        address = s.random.choice(
            (
                _address(s.host) or bytes(4),
                s.random.randbytes(4),
                s.random.randbytes(16),
                b"\0" * 10 + b"\xff\xff" + bytes(4),
            )
        )
        ones = s.random.randrange(len(address) * 8 + 1)
        mask = ((1 << len(address) * 8) - (1 << len(address) * 8 - ones)).to_bytes(len(address), "big")
        if s.random.random() < 0.1:
            mask = s.random.randbytes(len(address))
        return asn.sequence(c.general_name(7, address + mask))
    return asn.sequence(c.general_name(kind, s.random.choice(domains).encode("latin-1")))


@fault(12)
def name_constraints(s: Scene) -> None:
    parts = []
    if s.random.random() < 0.7:
        parts.append(asn.context(0, *(_subtree(s) for _ in range(s.random.randrange(3)))))
    if s.random.random() < 0.4:
        parts.append(asn.context(1, *(_subtree(s) for _ in range(s.random.randrange(3)))))
    if s.random.random() < 0.03:
        parts.append(b"\5\0")
    s.issuer().put(c.CONSTRAINTS, asn.sequence(*parts), critical=s.random.random() < 0.6)


@fault(6)
def constrained_names(s: Scene) -> None:
    """A leaf with names of every kind below a constraint of one kind."""
    emails = (
        b"ops@example.test",
        b"OPS@EXAMPLE.TEST",
        b"ops@sub.example.test",
        b'"a b"@example.test',
        b"a\\@b@c.test",
        b"bad",
        b"@x",
        b"a..b@x",
        b'"',
        b"a@",
    )
    uris = (
        b"https://example.test/x",
        b"https://sub.example.test:80/",
        b"https://10.0.0.1/",
        b"urn:x",
        b"https://[::1]/",
        b"https://u@example.test/%41",
        b"https://[::1]:80/",
        b"https://a.test:1:2/",
        b"https:///x",
    )
    names = [c.general_name(2, s.host.encode())]
    kind = s.random.choice((1, 6, 7, 2))
    values: tuple[bytes, ...]
    if kind == 1:
        names.append(c.general_name(1, s.random.choice(emails)))
        values = (
            b"example.test",
            b".example.test",
            b"ops@example.test",
            b"OPS@example.test",
            b"a@b@c.test",
            b"",
            b'"a b"@example.test',
        )
    elif kind == 6:
        names.append(c.general_name(6, s.random.choice(uris)))
        values = (b"example.test", b".example.test", b"", b"EXAMPLE.TEST", b"a.test")
    elif kind == 7:
        names.append(c.general_name(7, bytes((10, 0, 0, s.random.randrange(4)))))
        values = (b"\x0a\0\0\0\xff\xff\xff\xfe", b"\x0a\0\0\0\xff\0\0\0", bytes(8), bytes(32))
    else:
        names.append(
            c.general_name(
                2, s.random.choice((b"*.example.test", b"bad..test", b"example.test.", b"a b", b"EXAMPLE.test"))
            )
        )
        values = (b"example.test", b".example.test", b"", b"test", b".")
    subtree = asn.sequence(c.general_name(kind, s.random.choice(values)))
    _put_names(s, *names)
    s.issuer().put(c.CONSTRAINTS, asn.sequence(asn.context(s.random.randrange(2), subtree)), critical=True)


@fault(1)
def many_constraints(s: Scene) -> None:
    count = s.random.choice((30, 120, 600))
    subtrees = [asn.sequence(c.general_name(2, f"{number}.test".encode())) for number in range(count)]
    subtrees += [asn.sequence(c.general_name(2, b""))] * (s.random.random() < 0.6)
    names = [c.general_name(2, f"x.{number}.test".encode()) for number in range(s.random.choice((5, 600)))]
    _put_names(s, c.general_name(2, s.host.encode()), *names)
    s.issuer().put(c.CONSTRAINTS, asn.sequence(asn.context(s.random.randrange(2), *subtrees)), critical=True)


# -- other extensions ------------------------------------------------------------------------------------------


@fault(8)
def unknown_extension(s: Scene) -> None:
    kind = s.random.choice(
        ("1.2.3.4", "2.5.29.46", "2.5.29.99", "1.3.6.1.4.1.11129.2.4.3", "2.5.29.18", "2.16.840.1.113730.1.1", "2.5.29")
    )
    s.random.choice((s.leaf, s.any())).put(kind, b"\5\0", critical=s.random.random() < 0.75)


@fault(3)
def extension_twice(s: Scene) -> None:
    spec = s.any()
    if spec.extensions:
        spec.extensions.append(s.random.choice(spec.extensions))


@fault(3)
def malformed_extension(s: Scene) -> None:
    spec = s.any()
    kind = s.random.choice(
        (
            c.SAN, c.BASIC, c.USAGE, c.EXTENDED, c.CONSTRAINTS, c.SUBJECT_KEY, c.AUTHORITY_KEY, c.POLICIES,
            c.MAPPINGS, c.POLICY_CONSTRAINTS, c.ANY_POLICY, c.CRL_POINTS, c.AUTHORITY_INFO,
        )
    )  # fmt: skip
    values = (
        b"",
        b"\5\0",
        asn.sequence(),
        asn.sequence(b"\5\0"),
        asn.octet_string(b"x"),
        b"\x30\x80\0\0",
        b"\x30\x81\x01\0",
        asn.sequence(asn.sequence()),
        asn.integer(1),
    )
    critical = s.random.choice((True, False, False, b"\1\1\1", b"\1\0", asn.boolean(value=False)))
    spec.put(kind, s.random.choice(values), critical=critical)


@fault(2)
def informative_extensions(s: Scene) -> None:
    spec = s.any()
    uri = c.general_name(6, b"http://crl.test/x")
    point = asn.sequence(asn.context(0, asn.context(0, uri, c.general_name(4, c.name()), uri)))
    access = asn.sequence(asn.oid("1.3.6.1.5.5.7.48.1"), s.random.choice((uri, c.general_name(4, c.name()), b"")))
    spec.put(c.CRL_POINTS, asn.sequence(point, asn.sequence(), asn.sequence(asn.context(0, uri))))
    spec.put(c.AUTHORITY_INFO, asn.sequence(access, access), critical=s.random.random() < 0.1)
    key_id = s.random.randbytes(20)
    spec.put(c.SUBJECT_KEY, asn.octet_string(key_id), critical=s.random.random() < 0.05)
    authority = asn.sequence(
        s.random.choice(
            (
                b"",
                asn.context(0, key_id, constructed=False),
                asn.context(1, b""),
                asn.context(0, b"", constructed=False),
            )
        )
    )
    spec.put(c.AUTHORITY_KEY, authority, critical=s.random.random() < 0.05)


_POLICY = ("1.2.3.1", "1.2.3.2", "1.2.3.3", "2.5.29.32.0")


@fault(5)
def policies(s: Scene) -> None:
    for spec in s.chain:
        if s.random.random() < 0.8:
            kinds = s.random.sample(_POLICY, s.random.randint(1, 3))
            values = [asn.sequence(asn.oid(kind)) for kind in kinds]
            spec.put(c.POLICIES, asn.sequence(*values * (2 if s.random.random() < 0.02 else 1)))
    for spec in s.chain:
        if s.random.random() < 0.4:
            first = asn.tlv(0x80, bytes((s.random.randrange(3),))) if s.random.random() < 0.8 else b""
            second = asn.tlv(0x81, bytes((s.random.randrange(3),))) if s.random.random() < 0.4 else b""
            spec.put(c.POLICY_CONSTRAINTS, asn.sequence(first, second), critical=True)
        if s.random.random() < 0.3:
            pairs = [
                asn.sequence(asn.oid(s.random.choice(_POLICY)), asn.oid(s.random.choice(_POLICY[:3])))
                for _ in range(s.random.randint(1, 3))
            ]
            spec.put(c.MAPPINGS, asn.sequence(*pairs))
        if s.random.random() < 0.2:
            spec.put(c.ANY_POLICY, asn.integer(s.random.randrange(-1, 2)))


@fault(1)
def odd_policy(s: Scene) -> None:
    contents = (b"", b"\x80\1", b"\x2a\x80\x01", b"\x2a\x83", b"\x2a\xff\xff\xff\xff\xff\xff\x7f", b"\x2a\x03")
    value = asn.sequence(asn.sequence(asn.tlv(6, s.random.choice(contents))))
    s.any().put(c.POLICIES, value)


# -- keys and signatures ---------------------------------------------------------------------------------------


def _resign(s: Scene, index: int, key: Key) -> None:
    """Gives a certificate another key, and what hangs below it a signature of that key."""
    s.chain[index].key = key
    for below, spec in enumerate(s.chain):
        if min(below + 1, len(s.chain) - 1) == index:
            spec.signer, spec.digest, spec.pss = key, s.random.choice(key.digests), False


@fault(4)
def odd_key(s: Scene) -> None:
    index = s.random.randrange(len(s.chain))
    _resign(s, index, s.random.choice(s.pool.odd))
    if s.random.random() < 0.3:
        s.chain[0].subject = s.chain[-1].subject


@fault(4)
def short_key(s: Scene) -> None:
    _resign(s, s.random.randrange(len(s.chain)), s.random.choice(s.pool.short))


@fault(4)
def weak_digest(s: Scene) -> None:
    spec = s.any()
    spec.digest, spec.pss = s.random.choice(("sha1", "sha1", "md5", "sha224")), False


@fault(4)
def another_signer(s: Scene) -> None:
    spec = s.any()
    spec.signer = s.pool.draw(s.random)
    spec.digest, spec.pss = s.random.choice(spec.signer.digests), False


@fault(3)
def spoiled_signature(s: Scene) -> None:
    spec = s.any()
    if s.random.random() < 0.4:
        spec.flipped_bit = s.random.randrange(2000)
    elif s.random.random() < 0.5:
        spec.changed_after_signing = True
    else:
        spec.signature_padding = s.random.choice((1, 4, 7))


@fault(3)
def odd_signature(s: Scene) -> None:
    spec = s.any()
    numbers = asn.sequence(asn.integer(1), asn.integer(s.random.choice((1, 0, -5))))
    values = (
        b"",
        b"\0",
        numbers,
        numbers + b"\0",
        bytes(64),
        b"\xff" * 128,
        asn.sequence(asn.integer(1), b"\x02\x02\0\1"),
        s.random.randbytes(64),
    )
    spec.signature = s.random.choice(values)


@fault(3)
def odd_algorithm(s: Scene) -> None:
    spec = s.any()
    identifiers = (
        asn.algorithm("1.3.101.112", asn.NULL), asn.algorithm("1.2.840.113549.1.1.11"),
        asn.algorithm("1.2.840.10045.4.3.2", asn.NULL),
        asn.algorithm("1.2.3.4"), asn.algorithm("1.2.840.10040.4.3"), asn.algorithm("2.16.840.1.101.3.4.3.2"),
        asn.algorithm("1.3.14.3.2.29", asn.NULL),
        pss_identifier("sha256", salt=20), pss_identifier("sha256", mask="sha1"),
        pss_identifier("sha256", null=False), pss_identifier("sha1"),
        pss_identifier("sha256", extra=asn.context(3, asn.integer(1))),
        pss_identifier("sha256", extra=asn.context(3, asn.integer(2))),
        pss_identifier("sha384"), asn.algorithm("1.2.840.113549.1.1.10"),
        asn.algorithm("1.2.840.113549.1.1.10", asn.sequence()),
        pss_identifier("sha256", extra=b"\5\0"), asn.sequence(b"\5\0"),
        asn.sequence(asn.oid("1.2.3"), b"\x1f\x81\1\0"), asn.algorithm("1.2.840.113549.1.1.12", asn.NULL),
    )  # fmt: skip
    spec.identifier = s.random.choice(identifiers)
    if s.random.random() < 0.15:
        spec.outer_identifier = s.random.choice(identifiers)


@fault(2)
def serial(s: Scene) -> None:
    values = (
        asn.integer(-1),
        asn.integer(-(2**100)),
        asn.integer(0),
        b"\x02\x00",
        b"\x02\x02\x00\x01",
        b"\x02\x02\xff\xff",
        asn.integer(2**300),
        b"\x04\x01\x01",
    )
    s.any().serial = s.random.choice(values)


# -- subject and issuer ----------------------------------------------------------------------------------------


@fault(3)
def odd_name(s: Scene) -> None:
    texts = (
        (c.COMMON_NAME, c.UNIVERSAL, b"\0\0\0x"), (c.COMMON_NAME, c.PRINTABLE, "a@b"),
        (c.COMMON_NAME, c.PRINTABLE, "a*b&c"), (c.COMMON_NAME, c.UTF8, b"\xff"),
        (c.COMMON_NAME, c.BMP, b"\0"), (c.COMMON_NAME, c.BMP, b"\0x\0\0"),
        (c.COMMON_NAME, c.BMP, b"\xd8\0\0x"), (c.COMMON_NAME, c.BMP, b"\xd8\x3d\xde\0"), (c.COMMON_NAME, c.IA5, "é"),
        (c.COMMON_NAME, c.NUMERIC, "12 3"), (c.COMMON_NAME, c.NUMERIC, "x"),
        (c.COMMON_NAME, c.T61, b"\xe9\x80"), (c.COMMON_NAME, c.UTF8, 'q"\\\t\u00a0\u200b'),
        (c.COMMON_NAME, 0x2C, "x"), (c.ORGANIZATION, c.UTF8, "only an organization"),
        (c.COMMON_NAME, 0x02, b"\5"), (c.COMMON_NAME, 0x02, b"\0\5"), (c.COMMON_NAME, 0x01, b"\1"),
        (c.COMMON_NAME, 0x03, b"\0\1"), (c.COMMON_NAME, 0x03, b"\7"), (c.COMMON_NAME, 0x06, b"\x2a\3"),
        (c.COMMON_NAME, 0x17, b"250101000000Z"), (c.COMMON_NAME, 0x17, b"2501"), (c.COMMON_NAME, 0x05, b""),
        (c.COMMON_NAME, 0x30, b"\5\0"), (c.COMMON_NAME, 0x04, b"x"), (c.COMMON_NAME, c.BMP, b"\xff\xfe"),
        ("1.2.3.4", c.UTF8, "neither"), (c.COMMON_NAME, c.UTF8, "\U0001f600\x7f\x01"),
    )  # fmt: skip
    index = s.random.randrange(len(s.chain))
    name = c.name(*(s.random.choice(texts) for _ in range(s.random.choice((1, 1, 2)))))
    s.chain[index].subject = name
    for below, spec in enumerate(s.chain):
        if min(below + 1, len(s.chain) - 1) == index:
            spec.issuer = name
    if s.random.random() < 0.4:
        another_signer(s)


@fault(2)
def broken_name(s: Scene) -> None:
    values = (
        asn.sequence(),
        asn.sequence(b"\5\0"),
        asn.sequence(asn.tlv(0x31)),
        asn.sequence(asn.tlv(0x31, b"\x30\0")),
        asn.sequence(asn.tlv(0x31, asn.sequence(asn.oid("1.2.3")))),
        asn.tlv(0x31),
    )
    spec = s.any()
    if s.random.random() < 0.5:
        spec.subject = s.random.choice(values)
    else:
        spec.issuer = s.random.choice(values)


@fault(2)
def another_issuer(s: Scene) -> None:
    s.any().issuer = c.name((c.COMMON_NAME, c.UTF8, "CA 1"))


@fault(1)
def self_signed_leaf(s: Scene) -> None:
    s.leaf.issuer, s.leaf.signer = s.leaf.subject, s.leaf.key
    s.leaf.digest, s.leaf.pss = s.random.choice(s.leaf.key.digests), False
    s.trusted = s.random.choice(([s.leaf], [s.root], []))


# -- what is served and what is trusted ------------------------------------------------------------------------


@fault(5)
def trusted_elsewhere(s: Scene) -> None:
    choice = s.random.randrange(6)
    if choice == 0:
        s.trusted, s.system = [], [s.root]
    elif choice == 1:
        s.trusted = [s.random.choice(s.chain)]
    elif choice == 2:
        s.trusted = list(s.chain)
    elif choice == 3:
        s.trusted = []
    elif choice == 4:
        s.system = [s.root, s.leaf]
    else:
        s.trusted = [s.issuer(), s.root, s.root]


@fault(5)
def served_otherwise(s: Scene) -> None:
    choice = s.random.randrange(5)
    if choice == 0:
        s.served = [s.leaf]
    elif choice == 1:
        others = s.served[1:]
        s.random.shuffle(others)
        s.served = [s.leaf, *others]
    elif choice == 2:
        s.served = list(s.chain)
    elif choice == 3:
        s.served = [*s.served, *s.served]
    else:
        s.served = [s.random.choice(s.chain), *s.served]


def _copy(spec: c.Spec, **changes: Any) -> c.Spec:
    fields = {name: getattr(spec, name) for name in spec.__dataclass_fields__}
    fields["extensions"] = list(spec.extensions)
    return c.Spec(**(fields | changes))


@fault(4)
def reissued(s: Scene) -> None:
    """Another certificate of the same CA: same key, other dates, other key, or cross-signed."""
    spec = s.issuer()
    key = s.pool.draw(s.random) if s.random.random() < 0.4 else spec.key
    twin = _copy(
        spec,
        key=key,
        serial=asn.integer(s.random.getrandbits(30)),
        not_after=c.moment(s.now + s.random.choice((-1, 1)) * _YEAR),
    )
    if s.random.random() < 0.4:
        other = s.root
        twin.issuer, twin.signer, twin.digest, twin.pss = (
            other.subject,
            other.key,
            s.random.choice(other.key.digests),
            False,
        )
    where = s.random.choice((s.served, s.trusted, s.trusted))
    where.insert(s.random.randrange(len(where) + 1) if where is s.trusted else len(where), twin)


@fault(1)
def many_candidates(s: Scene) -> None:
    """So many certificates of one name that Go gives up."""
    spec = s.chain[1]
    count = s.random.choice((20, 60, 110))
    same_key = s.random.random() < 0.3
    twins = [
        _copy(
            spec,
            key=spec.key if same_key else s.random.choice(s.pool.fast),
            serial=asn.integer(number),
            signature=b"x" * 64,
        )
        for number in range(count)
    ]
    if s.random.random() < 0.5:
        s.served += twins
    else:
        s.trusted = twins + s.trusted
    if s.random.random() < 0.4:
        spec.issuer = spec.subject


@fault(1)
def trailing_data(s: Scene) -> None:
    s.any().trailing = s.random.choice((b"\0", b"x" * 10))


# -- rounds ----------------------------------------------------------------------------------------------------


def _finish(s: Scene, names: list[str]) -> Case:
    encoded: dict[int, bytes] = {}

    def der(spec: c.Spec) -> bytes:
        if id(spec) not in encoded:
            encoded[id(spec)] = spec.encode()
        return encoded[id(spec)]

    files = [b"".join(pem(der(spec)) for spec in s.trusted)]
    if len(s.trusted) > 1 and s.random.random() < 0.5:
        files = [pem(der(spec)) for spec in s.trusted]
    offset = timezone(timedelta(hours=s.random.choice((0, 0, 0, 0, 2, -5))))
    return Case(
        served=[der(spec) for spec in s.served],
        system=b"".join(pem(der(spec)) for spec in s.system),
        files=files,
        host=s.host,
        now=datetime.fromtimestamp(s.now, offset) + timedelta(microseconds=s.random.choice((0, 0, 0, 500_000))),
        old_defaults=s.random.random() < 0.7,
        faults=names,
    )


def chain_case(random: Random, pool: KeyPool) -> Case:
    """A chain with no to three faults."""
    s = scene(random, pool)
    functions = [function for _, function in FAULTS]
    weights = [weight for weight, _ in FAULTS]
    chosen = random.choices(functions, weights, k=random.choice((0, 1, 1, 1, 1, 1, 2, 2, 3)))
    for function in chosen:
        function(s)
    return _finish(s, [getattr(function, "__name__", "?") for function in chosen])


def mutated_case(random: Random, pool: KeyPool) -> Case:
    """A chain with at most one fault, and then bytes changed."""
    s = scene(random, pool)
    if random.random() < 0.5:
        random.choice(FAULTS)[1](s)
    case = _finish(s, ["bytes"])
    for _ in range(random.choice((1, 1, 2))):
        if random.random() < 0.7:
            index = random.randrange(len(case.served))
            case.served[index] = mutate_der(case.served[index], random)
        else:
            case.files = [mutate_pem(file, random) for file in case.files]
    return case


def pem_case(random: Random, pool: KeyPool) -> Case:
    """A sound chain whose root stands in a file that is not quite PEM."""
    s = scene(random, pool)
    case = _finish(s, ["pem"])
    text = b"".join(case.files)
    other = pem(
        case.served[0], random.choice(("CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE", "PRIVATE KEY"))
    )
    text = random.choice((text, text + other, other + text, other + text + other))
    for _ in range(random.choice((1, 1, 2, 3))):
        text = mutate_pem(text, random)
    case.files = [text]
    return case
