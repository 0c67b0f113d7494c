"""The system's root certificates, and which of them are in force for an engine that was started before.

Go reads them once per process. A bundle that was written after the engine started has certificates that may not be
in force before its next start: those that an administrator added since, and those that did not exist then, are not;
of the others nothing is known.
"""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from dockworthy.applied import ROOTS
from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, derived, known, unknown
from dockworthy.tables import decode, number, rows
from dockworthy.trust.x509.certificate import certificates_of, parse_certificate
from dockworthy.trust.x509.der import X509Error
from dockworthy.trust.x509.pem import decode as pem_blocks

if TYPE_CHECKING:
    from dockworthy.facts.facts import Facts
    from dockworthy.snapshot import Snapshot
    from dockworthy.trust.x509.certificate import Certificate

__all__ = ["LOCAL_ROOTS", "SystemRoots", "bundle_of", "system_roots", "unpacked"]

LOCAL_ROOTS: Final = (
    "/usr/local/share/ca-certificates/",
    "/etc/pki/ca-trust/source/anchors/",
    "/etc/pki/trust/anchors/",
    "/etc/ca-certificates/trust-source/anchors/",
)
"""The folders where an administrator puts roots for this host."""
_SOURCE: Final = "the system's bundle of root certificates"
_MOST: Final = 8 << 20
_GZIP: Final = b"\x1f\x8b"
_NONE: Final = 2
_SLACK: Final = 2  # seconds: start times have a resolution of their own


@dataclass(frozen=True, slots=True)
class SystemRoots:
    """The system's roots."""

    bundle: Evidence[bytes]  # as it is on disk now, PEM
    certain: bytes  # of these the ones that are in force for certain
    possible: Evidence[bytes]  # and those that may be; unknown where more than the bundle may be in force
    # whether the bundle was written after the engine started; unknown where that cannot be told
    changed: Evidence[bool]
    late: tuple[Certificate, ...] = ()  # certificates in it that came after the engine had started

    @property
    def on_disk(self) -> bytes | None:
        """The bundle where it is not what the engine read."""
        return self.bundle.value if self.late and self.bundle.is_known else None


def system_roots(facts: Facts) -> SystemRoots:
    """The roots of this host, for the engine that runs, or for the one that would be started."""
    bundle = bundle_of(facts.snapshot)
    changed = _changed(facts)
    other = _other_file(facts)
    if not bundle.is_known:
        return SystemRoots(bundle, b"", bundle, changed)
    if other is not None:
        return SystemRoots(bundle, b"", other, changed)
    if changed.is_known and not changed.value:
        return SystemRoots(bundle, bundle.value, bundle, changed)
    started = facts.engine.started
    late = _late(facts, bundle.value, started) if changed.is_known and started is not None else ()
    if late:
        before = _without(bundle.value, frozenset(certificate.raw for certificate in late))
        return SystemRoots(bundle, before, known(before, bundle.source), changed, late)
    return SystemRoots(bundle, b"", bundle, changed)


@derived
def bundle_of(snapshot: Snapshot) -> Evidence[bytes]:
    """The system's bundle of root certificates, PEM; empty where the host has none."""
    section = snapshot.get(ROOTS)
    if section is not None and section.status == _NONE:
        return known(b"", _SOURCE)
    return unpacked(snapshot.data(ROOTS).by(_SOURCE).value)


def unpacked(data: bytes) -> Evidence[bytes]:
    """What a section with certificates holds: PEM, compressed where the host can."""
    source = _SOURCE
    if not data.startswith(_GZIP):
        has_any = b"-----BEGIN " in data
        return known(data, source) if has_any else unknown("there is no certificate in it", source, Code.MALFORMED)
    reader = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        text = reader.decompress(data, _MOST)
    except zlib.error:
        return unknown("it is cut off or damaged", source, Code.MALFORMED)
    if not reader.eof:
        return unknown("it is cut off, or larger than is read", source, Code.TOO_LARGE)
    return known(text, source)


@derived
def _changed(facts: Facts) -> Evidence[bool]:
    """Whether the bundle is younger than the engine."""
    source = "mtime of the system's root certificates, compared with the engine's start"
    if facts.before is not None:
        return known(False, source)  # noqa: FBT003 - the start that is judged is yet to come
    section = facts.snapshot.get("cmd:system-roots")
    if section is not None and section.status == _NONE:
        return known(False, source)  # noqa: FBT003 - there is no bundle that could have changed
    stamps = facts.snapshot.text("cmd:system-roots").by(source).value
    none_runs = facts.processes.of_kind("dockerd").map(lambda found: not found).get(default=False)
    if none_runs and facts.engine.info.unknown is not None:
        return known(False, source)  # noqa: FBT003 - no engine runs: the next one will read what is there
    started = facts.engine.started
    if started is None:
        return unknown("when the engine started was not seen", source, Code.NOT_PROBED)
    moments = [number(words[1]) for words in rows(stamps, 3) if decode(words[0]).startswith("/")]
    if not moments or None in moments:
        return unknown("the times of the bundle were not seen", source, Code.NOT_PROBED)
    latest = max(moment for moment in moments if moment is not None)
    return known(latest > started + _SLACK, source)


def _other_file(facts: Facts) -> Evidence[bytes] | None:
    """Where the engine was told to read its roots elsewhere: not looked at, so not known."""
    process = facts.processes.target
    if process is None:
        return None
    environment = facts.snapshot.data(f"proc:{process.pid}/environ")
    if not environment.is_known:
        return unknown(environment.unknown or "", f"{environment.source}: SSL_CERT_FILE")
    for entry in environment.value.split(b"\0"):
        name, _, value = entry.decode("utf-8", "replace").partition("=")
        if name in {"SSL_CERT_FILE", "SSL_CERT_DIR"} and value:
            return unknown(f"the engine reads its roots from {value[:200]}", f"environment of dockerd: {name}")
    return None


def _late(facts: Facts, bundle: bytes, started: int) -> tuple[Certificate, ...]:
    """What is in the bundle and was not there when the engine started."""
    added: set[bytes] = set()
    snapshot = facts.snapshot
    for section in (section for folder in LOCAL_ROOTS for section in snapshot.starting(f"file:{folder}")):
        path = section.name.removeprefix("file:")
        if section.status or "stat:local-roots" not in snapshot:
            continue
        stamp = facts.files[path].mtime
        if stamp.is_known and stamp.value > started + _SLACK:
            added |= {certificate.raw for certificate in certificates_of(section.data)}
    return tuple(
        certificate
        for certificate in _certificates(bundle)
        if certificate.raw in added or certificate.not_before.seconds > started + _SLACK
    )


@lru_cache(maxsize=4)
def _certificates(bundle: bytes) -> tuple[Certificate, ...]:
    return certificates_of(bundle)


def _without(bundle: bytes, late: frozenset[bytes]) -> bytes:
    """The text without these certificates."""
    kept, position = [], 0
    for block in pem_blocks(bundle):
        if block.kind != "CERTIFICATE" or not _is_one_of(block.octets, late):
            continue
        kept.append(bundle[position : block.start])
        position = block.end
    return b"".join([*kept, bundle[position:]])


def _is_one_of(der: bytes, late: frozenset[bytes]) -> bool:
    try:
        return parse_certificate(der).raw in late
    except X509Error:
        return False
