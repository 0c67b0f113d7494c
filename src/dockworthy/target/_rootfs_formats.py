"""Files of a root file system that are told in another form: accounts, package databases, keys, names."""

from __future__ import annotations

import base64
import fnmatch
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_from_bytes

from dockworthy.target import _redact
from dockworthy.target._rootfs_names import PACKAGES

if TYPE_CHECKING:
    from dockworthy.target._root import Seen

_SAFE = "/:@+,=~._-"


def encoded(name: str) -> str:
    """A name as the probe encodes it."""
    return quote_from_bytes(os.fsencode(name), _SAFE) or "-"


def text_of(data: bytes) -> str:
    """Bytes as text that gives the same bytes back."""
    return data.decode("utf-8", "surrogateescape")


def acl(seen: Seen) -> str:
    """Whether there are entries beyond the mode's: ``+``, ``-`` or ``?``."""
    try:
        names = os.listxattr(seen.place, follow_symlinks=False) if seen.place is not None else []
    except OSError:
        return "?"
    return "+" if any(name.startswith("system.posix_acl") for name in names) else "-"


def passwd_line(line: str) -> str:
    """A line of passwd(5) without password and comment."""
    parts = (line.split(":") + [""] * 7)[:7]
    return f"{parts[0]}:x:{parts[2]}:{parts[3]}::{parts[5]}:{parts[6]}\n"


def group_line(line: str) -> str:
    """A line of group(5) without password."""
    parts = (line.split(":") + [""] * 4)[:4]
    return f"{parts[0]}:x:{parts[2]}:{parts[3]}\n"


def dpkg(data: bytes) -> str:
    """The status file of dpkg, as ``dpkg-query -W`` prints the packages of interest."""
    lines = []
    for paragraph in text_of(data).split("\n\n"):
        fields: dict[str, str] = {}
        for line in paragraph.splitlines():
            name, colon, value = line.partition(": ")
            if colon and not line.startswith(" "):
                fields[name] = value.strip()
        package = fields.get("Package", "")
        if any(fnmatch.fnmatchcase(package, pattern) for pattern in PACKAGES):
            rest = "\t".join(fields.get(name, "") for name in ("Version", "Status", "Architecture"))
            lines.append(f"{package}\t{rest}\n")
    return "".join(sorted(lines))


def apk(data: bytes) -> str:
    """The database of apk, as ``apk list --installed`` prints it."""
    lines = []
    for paragraph in text_of(data).split("\n\n"):
        fields = {line[0]: line[2:] for line in paragraph.splitlines() if line[1:2] == ":"}
        if "P" in fields and "V" in fields:
            lines.append(
                f"{fields['P']}-{fields['V']} {fields.get('A', '')} {{{fields.get('o', '')}}} () [installed]\n"
            )
    return "".join(sorted(lines))


def key_section(data: bytes, content: str) -> str:
    """The section ``key:`` of a private key: its blocks and its public half."""
    lines, encrypted = [f"size {len(data)}"], "no"
    kind: str | None = None
    headers: list[str] = []
    body = ""
    for line in content.split("\n"):
        bare = line.rstrip("\r \t")
        if bare.startswith("-----BEGIN") and bare.endswith("-----"):
            lines += [_block(kind, headers, "open")] if kind is not None else []
            kind, headers, body = bare[10:-5].strip(), [], ""
            encrypted = "yes" if kind.startswith("ENCRYPTED") else encrypted
        elif bare.startswith("-----END") and bare.endswith("-----") and kind is not None:
            good = bare[8:-5].strip() == kind and _is_base64(body)
            lines.append(_block(kind, headers, "ok" if good else "bad"))
            kind = None
        elif ":" in bare and kind is not None:
            headers.append(bare.partition(":")[0] if bare.partition(":")[0].replace("-", "").isalnum() else "other")
            encrypted = "yes" if bare.startswith("Proc-Type:") and "ENCRYPTED" in bare else encrypted
        elif kind is not None:
            body += bare
    lines += [_block(kind, headers, "open")] if kind is not None else []
    public = _public_half(data) if encrypted == "no" else None
    lines += [f"encrypted {encrypted}", f"parses {'yes' if public else 'no'}", f"public {public or '-'}"]
    return "\n".join(lines) + "\n"


def _block(kind: str, headers: list[str], state: str) -> str:
    shown = kind if len(kind) <= 64 else _redact.HIDDEN  # noqa: PLR2004 - as the probe's
    return f"block {encoded(shown)} {','.join(headers) or '-'} {state}"


def _is_base64(body: str) -> bool:
    try:
        base64.b64decode("".join(body.split()), validate=True)
    except ValueError:
        return False
    return True


def _public_half(data: bytes) -> str | None:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - heavy, and only for keys

    try:
        key: Any = serialization.load_pem_private_key(data, None)
        public = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    except Exception:  # noqa: BLE001 - whatever the parser says of it, it is no key that can be read
        return None
    return base64.b64encode(public).decode("ascii")
