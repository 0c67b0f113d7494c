"""Causes and fixes of what lies in certs.d: folders, authorities, pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dockworthy.evidence import NotDecided
from dockworthy.hosttree.faults import PathError
from dockworthy.hosttree.keys import KeyFacts
from dockworthy.printable import printable
from dockworthy.trust.advice.whatif import certificates_in
from dockworthy.trust.advice.wording import shell
from dockworthy.trust.x509.certificate import parse_certificate
from dockworthy.trust.x509.der import X509Error
from dockworthy.trust.x509.extensions import CLIENT_AUTH
from dockworthy.trust.x509.pem import decode

if TYPE_CHECKING:
    from dockworthy.trust.case import TrustCase
    from dockworthy.trust.pulls import Outcome
    from dockworthy.trust.wire.client import Refusal
    from dockworthy.trust.x509.certificate import Certificate

Remedy = tuple[str, str]

__all__ = ["Remedy", "authority", "folder", "pair"]

_CONVERT: Final = {
    "der": "openssl x509 -inform der -in {source} -out {target}",
    "pkcs7": "openssl pkcs7 -print_certs -in {source} -out {target}",
    "label": "openssl x509 -in {source} -out {target}",
    "text": "tr -d '\\r\\000' <{source} | sed 's/^[^-A-Za-z0-9+\\/=]*//' >{target}",
    "pem": "cp {source} {target}",
}
FORMS: Final = {
    "der": "it is DER, and the engine reads PEM",
    "pkcs7": "it is PKCS#7, and the engine reads single certificates",
    "label": "its PEM block is not labelled CERTIFICATE",
    "text": "its text is not plain PEM (encoding, line ends or indentation)",
}


def convert(form: str, source: str, target: str) -> str:
    """The command that makes a PEM file of a certificate in another form."""
    if source == target:
        new = shell(f"{target}.new")
        return f"{_CONVERT[form].format(source=shell(source), target=new)} && mv {new} {shell(target)}"
    return _CONVERT[form].format(source=shell(source), target=shell(target))


def folder(case: TrustCase, outcome: Outcome, refusal: Refusal) -> Remedy:
    """The registry's folder cannot be listed."""
    path = refusal.path.removesuffix("/hosts.toml") or outcome.directory
    shown = printable(path)
    if refusal.cls == "not-a-directory":
        fix = (
            f"mv {shell(path)} {shell(path + '.ca')}\nmkdir {shell(path)}\nmv {shell(path + '.ca')} "
            f"{shell(path + '/ca.crt')}"
        )
        return f"{shown} is a file (or a link to one) where the engine expects a folder.", fix
    if refusal.cls == "permission":
        who = f"user {case.tree.user.uid}" if case.tree.user.uid else "root without CAP_DAC_OVERRIDE"
        return f"The engine, which runs as {who}, may not list {shown}.", f"chmod 0755 {shell(path)}"
    if refusal.path.endswith("hosts.toml") and refusal.cls == "is-a-directory":
        return (
            f"{printable(refusal.path)} is a folder where the engine expects a file.",
            f"mv {shell(refusal.path)} {shell(refusal.path + '.d')}",
        )
    return (
        f"{shown} cannot be listed: {printable(refusal.detail or refusal.message)}.",
        f"rm {shell(path)}\nmkdir {shell(path)}",
    )


def _target(case: TrustCase, path: str) -> str:
    entry = case.tree.entries.get(path)
    return entry.target if entry is not None and entry.kind == "symlink" else ""


def authority(case: TrustCase, _outcome: Outcome, refusal: Refusal) -> Remedy:
    """A ``.crt`` that stops the loader."""
    path = refusal.path
    shown = printable(path)
    if refusal.cls == "file-missing":
        target = _target(case, path)
        if target:
            return (
                f"{shown} is a link to {printable(target)}, which does not exist.",
                f"rm {shell(path)}\ncp ca.crt {shell(path)}",
            )
        return f"{shown} does not exist.", f"cp ca.crt {shell(path)}"
    if refusal.cls == "is-a-directory":
        return (
            f"{shown} is a folder, and the engine reads everything whose name ends in .crt as a file.",
            f"mv {shell(path)} {shell(path.removesuffix('.crt') + '.d')}",
        )
    if refusal.cls == "permission":
        return f"The engine may not read {shown}.", f"chmod 0644 {shell(path)}"
    if refusal.cls == "ca-unloadable":
        return _unloadable(case, path)
    return (
        f"{shown} cannot be read: {printable(refusal.detail or refusal.message)}.",
        f"rm {shell(path)}\ncp ca.crt {shell(path)}",
    )


def content(case: TrustCase, path: str) -> bytes:
    """A file's bytes as far as they are known; for descriptions only."""
    try:
        return case.tree.read_file(path)
    except (PathError, NotDecided):
        return b""


def _unloadable(case: TrustCase, path: str) -> Remedy:
    _, form = certificates_in(content(case, path))
    why = FORMS.get(form, "there is no certificate in it")
    cause = f"{printable(path)} holds no certificate that containerd's loader can read: {why}."
    if form in FORMS:
        return cause, convert(form, path, path)
    return cause, f"# Replace it by the registry's CA, or take it away:\nrm {shell(path)}"


# -- pairs ------------------------------------------------------------------------------------------------------


def first_certificate(data: bytes) -> Certificate | None:
    """The first certificate in a PEM text that Go can read."""
    for block in decode(data):
        if block.kind == "CERTIFICATE":
            try:
                return parse_certificate(block.octets)
            except X509Error:
                return None
    return None


def pair(case: TrustCase, _outcome: Outcome, refusal: Refusal) -> Remedy:
    """A client certificate or key that stops the loader."""
    if refusal.cls == "missing-cert":
        return _lone_key(case, refusal.path)
    if refusal.cls == "missing-key" or _is_lone(case, refusal):
        return _lone_certificate(case, refusal.path)
    path = refusal.path
    key = path.removesuffix(".cert") + ".key" if path.endswith(".cert") else path
    if refusal.cls in {"file-missing", "is-a-directory", "permission"}:
        return _unreadable(case, refusal)
    if refusal.cls == "keypair-mismatch":
        return _mismatch(case, path, key)
    return _malformed(case, refusal, path, key)


def _is_lone(case: TrustCase, refusal: Refusal) -> bool:
    """Whether BuildKit or containerd stumbled over a certificate without a key: each has words of its own."""
    if refusal.path.endswith(".cert"):
        key = refusal.path.removesuffix(".cert") + ".key"
    elif refusal.cls == "file-missing" and refusal.path.endswith(".key"):
        key = refusal.path
    else:
        return False
    folder_path, _, name = key.rpartition("/")
    return name not in case.tree.names(folder_path) and f"{name.removesuffix('.key')}.cert" in case.tree.names(
        folder_path
    )


def _lone_certificate(case: TrustCase, path: str) -> Remedy:
    path = path.removesuffix(".key") + ".cert" if path.endswith(".key") else path
    folder_path, _, name = path.rpartition("/")
    stem = path.removesuffix(".cert")
    certificate = first_certificate(content(case, path))
    if certificate is not None and (certificate.is_ca or certificate.is_self_issued):
        return (
            (
                f"{printable(name)} is a CA's certificate, and the engine takes .cert for a client "
                "certificate, which needs a key."
            ),
            f"mv {shell(path)} {shell(stem + '.crt')}",
        )
    wanted = f"{name.removesuffix('.cert')}.key"
    near = next(
        (other for other in case.tree.names(folder_path) if other != wanted and other.lower() == wanted.lower()), ""
    )
    if near:
        return (
            f"The key of {printable(name)} is named {printable(near)}, and the engine looks for {printable(wanted)}.",
            f"mv {shell(f'{folder_path}/{near}')} {shell(stem + '.key')}",
        )
    usable = certificate is not None and CLIENT_AUTH in certificate.usages
    if usable:
        return (
            f"{printable(name)} is a client certificate without its key {printable(wanted)}.",
            f"install -m 0600 client.key {shell(stem + '.key')}",
        )
    return (
        f"{printable(name)} is taken for a client certificate, and its key {printable(wanted)} is not there.",
        f"# A registry that asks for no client certificate needs none:\nmv {shell(path)} {shell(path + '.unused')}",
    )


def _lone_key(case: TrustCase, path: str) -> Remedy:
    folder_path, _, name = path.rpartition("/")
    stem = name.removesuffix(".key")
    names = list(case.tree.names(folder_path))
    beside = f"{stem}.crt"
    if beside not in names:
        near = next(
            (other for other in names if other.lower() in {f"{stem}.cert".lower(), f"{stem}.pem", f"{stem}.cer"}), ""
        )
        if near:
            return (
                (
                    f"The certificate of {printable(name)} is named {printable(near)}, and the engine looks "
                    f"for {printable(stem)}.cert."
                ),
                f"mv {shell(f'{folder_path}/{near}')} {shell(f'{folder_path}/{stem}.cert')}",
            )
        return (
            f"{printable(name)} is a client's key without its certificate {printable(stem)}.cert.",
            f"# A registry that asks for no client certificate needs none:\nmv {shell(path)} /root/",
        )
    certificate = first_certificate(content(case, f"{folder_path}/{beside}"))
    if certificate is not None and CLIENT_AUTH in certificate.usages and not certificate.is_ca:
        return (
            f"{printable(beside)} is the client certificate of {printable(name)}, and the engine takes .crt for a CA.",
            f"mv {shell(f'{folder_path}/{beside}')} {shell(f'{folder_path}/{stem}.cert')}",
        )
    whose = (
        "the CA's private key" if certificate is not None and certificate.is_ca else "the registry server's private key"
    )
    return (
        (
            f"{printable(name)} is {whose}: a Docker host needs only the CA's certificate, and the engine "
            "takes a .key for a client's."
        ),
        f"# It does not belong on this host:\nrm {shell(path)}",
    )


def _unreadable(case: TrustCase, refusal: Refusal) -> Remedy:
    path = refusal.path
    shown = printable(path)
    if refusal.cls == "permission":
        return f"The engine may not read {shown}.", f"chown root:root {shell(path)}\nchmod 0600 {shell(path)}"
    if refusal.cls == "is-a-directory":
        return f"{shown} is a folder where the engine expects a file.", f"mv {shell(path)} {shell(path + '.d')}"
    target = _target(case, path)
    cause = f"{shown} is a link to {printable(target)}, which does not exist." if target else f"{shown} does not exist."
    stem = path.rpartition(".")[0]
    fix = (
        "# A registry that asks for no client certificate needs no pair:\n"
        f"mkdir -p /root/unused-pair && mv {shell(stem + '.cert')} {shell(stem + '.key')} /root/unused-pair/"
    )
    return cause, fix


def _mismatch(case: TrustCase, path: str, key: str) -> Remedy:
    folder_path = path.rpartition("/")[0]
    certificate = first_certificate(content(case, path))
    if certificate is not None:
        for name in case.tree.names(folder_path):
            other = f"{folder_path}/{name}"
            if name.endswith(".key") and other != key and _belongs(case, certificate, other):
                return (
                    f"The key of {printable(path)} is {printable(name)}, not {printable(key.rpartition('/')[2])}.",
                    f"mv {shell(other)} {shell(key)}",
                )
    return (
        (
            f"{printable(key.rpartition('/')[2])} is not the key of {printable(path.rpartition('/')[2])}: "
            "their public keys differ."
        ),
        (
            "# Compare the two, and put the right key in place:\n"
            f"openssl x509 -in {shell(path)} -noout -pubkey\nopenssl pkey -in {shell(key)} -pubout"
        ),
    )


def _belongs(case: TrustCase, certificate: Certificate, path: str) -> bool:
    entry = case.tree.entries.get(path)
    facts = entry.key if entry is not None else None
    return isinstance(facts, KeyFacts) and facts.public == certificate.raw_key


def _malformed(case: TrustCase, refusal: Refusal, path: str, key: str) -> Remedy:
    words = refusal.detail or refusal.message
    names = (printable(path.rpartition("/")[2]), printable(key.rpartition("/")[2]))
    if "may have been switched" in words:
        return (
            f"{names[0]} holds a key: certificate and key are switched.",
            (
                f"mv {shell(path)} {shell(path + '.tmp')}\nmv {shell(key)} {shell(path)}\nmv "
                f"{shell(path + '.tmp')} {shell(key)}"
            ),
        )
    if words.endswith("failed to parse private key"):
        return (
            f"{names[1]} cannot be read by the engine: it has a passphrase, or is of a kind that Go does not know.",
            (
                "# Without a passphrase, readable for root alone:\n(umask 077; openssl pkey -in "
                f"{shell(key)} -out {shell(key + '.new')}) && mv {shell(key + '.new')} {shell(key)}"
            ),
        )
    if "certificate input" in words:
        _, form = certificates_in(content(case, path))
        if form == "der":
            return f"{names[0]} is DER, and the engine reads PEM.", convert("der", path, path)
        return f"{names[0]} holds no certificate in PEM.", f"cp client.pem {shell(path)}"
    if "key input" in words or "certificate rather than a key" in words:
        return f"{names[1]} holds no private key in PEM.", f"install -m 0600 client.key {shell(key)}"
    return f"{names[0]} cannot be read: {printable(words)}.", f"openssl x509 -in {shell(path)} -noout -text"
