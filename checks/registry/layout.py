"""How the folders of registries' certificates are laid out, whether or not a registry is named."""

from __future__ import annotations

import posixpath

from dockworthy.check import check, expect, fix_with, instances
from dockworthy.evidence import Evidence
from dockworthy.facts.facts import Facts
from dockworthy.facts.registry.certsd import CertFile, Certsd, Folder
from dockworthy.facts.registry.layout import (
    Ignored,
    Pair,
    allows,
    cert_files,
    client_folders,
    crt_files,
    folders,
    ignored,
    is_server_only,
    key_files,
    lone,
    pairs,
    served_sources,
)
from dockworthy.facts.registry.usage import Shadow, is_usable, key_holder, shadows, usable_name
from dockworthy.fixes import no_longer_insecure
from dockworthy.printable import printable
from dockworthy.trust.advice.whatif import certificates_in
from dockworthy.trust.advice.wording import shell, title
from dockworthy.trust.rules import GO_1_24
from dockworthy.trust.wire.client import Refused
from dockworthy.trust.x509.extensions import CLIENT_AUTH

_DOCS = ("docker:certificates", "moby:registry/registry.go")
_OWNER_ONLY, _OWNER_AND_ROOTS_GROUP = 0o600, 0o640


@check(
    "trust.directory-name-usable",
    severity="medium",
    refs=_DOCS,
    fix="# name the folder exactly as references name the registry, HOST or HOST:PORT, or remove it:\n"
    "mv {param} /etc/docker/certs.d/HOST:PORT",
    each=instances("folder", folders, none="certs.d has no folder"),
)
def check_directory_name(folder: Folder, facts: Facts) -> None:
    """Each name in certs.d is one that a reference can have.

    The engine looks for the registry's `host[:port]` byte for byte as the reference spells it: no scheme, no trailing
    dot, no wildcard, the port where the reference has one and not otherwise. A folder with any other name is never
    read, and its CA never trusted.
    """
    better = usable_name(folder, facts)
    if better:
        fix_with(f"mv {shell(folder.path)} {shell(posixpath.join(folder.root.path, better))}")
    expect(folder.name, folder.root.path, shown=printable).satisfies(
        lambda _: is_usable(folder, facts), "HOST or HOST:PORT, as references spell the registry"
    )


@check(
    "trust.no-ignored-files",
    severity="medium",
    refs=_DOCS,
    fix="# CA certificates need the extension .crt, client certificates .cert, their keys .key, in lower case:\n"
    "ls -la {param}",
    each=instances("place", ignored, none="certs.d has no folder"),
)
def check_no_ignored_files(place: Ignored) -> None:
    """No certificate lies in certs.d under a name that is never read.

    Only `.crt`, `.cert` and `.key` are read, in lower case, and only in a registry's own folder: a `ca.pem`, a
    `ca.cer`, a `CA.CRT` or a file beside the folders is passed over without a word, and the pull ends with "certificate
    signed by unknown authority".
    """
    if place.files:
        fix_with("\n".join(_rename(place.folder, file) for file in place.files[:20]))
    expect(tuple(printable(file.name) for file in place.files), place.folder).is_empty()


def _rename(folder: str, file: CertFile) -> str:
    """How a file gets a name that is read."""
    stem, suffix = posixpath.splitext(file.path)
    if file.has_private_key or suffix.lower() == ".key":
        return f"rm {shell(file.path)}  # a private key; if it is a client's: NAME.key beside NAME.cert"
    if suffix.lower() in {".p7b", ".p7c"}:
        return f"openssl pkcs7 -print_certs -in {shell(file.path)} -out {shell(stem + '.crt')} && rm {shell(file.path)}"
    if suffix.lower() in {".p12", ".pfx", ".jks"}:
        return f"rm {shell(file.path)}  # no loader reads such a store"
    known = file.entry.unknown is None
    if known and not certificates_in(file.data)[0] and (file.facts.size or 0) > 0:
        return f"openssl x509 -inform DER -in {shell(file.path)} -out {shell(stem + '.crt')} && rm {shell(file.path)}"
    if certs_d_itself(folder):
        return f"mv {shell(file.path)} {shell(folder)}/HOST:PORT/{shell(posixpath.basename(stem) + '.crt')}"
    return f"mv {shell(file.path)} {shell(stem + '.crt')}"


def certs_d_itself(folder: str) -> bool:
    """Whether this is no registry's folder."""
    return posixpath.basename(folder) == "certs.d"


@check(
    "trust.ca-not-named-cert",
    severity="high",
    refs=_DOCS,
    fix="# a CA needs the extension .crt:\nmv {param} CA.crt",
    each=instances("file", cert_files, none="there is no .cert file in certs.d"),
)
def check_ca_not_named_cert(file: CertFile) -> None:
    """No CA certificate has the extension of client certificates.

    A `.cert` is a client's certificate and needs a key: a CA with that name ends every pull with "missing key … CA
    certificates must use the extension .crt", and is not trusted.
    """
    first = next(iter(file.certificates), None)
    fix_with(f"mv {shell(file.path)} {shell(file.path.removesuffix('.cert') + '.crt')}")
    observed = "no certificate" if first is None else "a CA" if first.is_ca else "no CA"
    expect(observed, file.path).is_in(("no CA", "no certificate"))


@check(
    "trust.pairs-complete",
    severity="high",
    refs=_DOCS,
    fix="# remove the lone file, or put its other half beside it:\nls -la {param}",
    each=instances("folder", client_folders, none="certs.d has no folder"),
)
def check_pairs_complete(folder: Folder) -> None:
    """Each client certificate has its key beside it, and each key its certificate.

    The engine takes `NAME.cert` and `NAME.key` as a pair, and gives up at the first that is alone: `ca.crt` beside a
    `ca.key` is the commonest mistake of all ("missing client certificate ca.cert for key ca.key"). Newer engines pull
    despite a lone key, but `docker login` refuses it in every version.
    """
    alone = lone(folder)
    if alone:
        fix_with("\n".join(_complete(folder, name) for name in alone[:20]))
    expect(tuple(printable(name) for name in alone), folder.path).is_empty()


def _complete(folder: Folder, name: str) -> str:
    path = posixpath.join(folder.path, name)
    if name.endswith(".key"):
        return f"rm {shell(path)}  # only the CA's certificate is needed here"
    file = folder.named(name)
    is_ca = file is not None and file.entry.unknown is None and any(one.is_ca for one in file.certificates)
    if is_ca:
        return f"mv {shell(path)} {shell(path.removesuffix('.cert') + '.crt')}"
    return f"rm {shell(path)}  # or put its key beside it as {printable(posixpath.splitext(name)[0])}.key"


@check(
    "trust.pairs-match",
    severity="high",
    refs=("docker:certificates", "go:crypto/tls"),
    fix="# replace {param} and its key by a pair that belongs together, unencrypted, in PEM, or remove both",
    each=instances("pair", pairs, none="there is no client certificate in certs.d"),
)
def check_pairs_match(pair: Pair) -> None:
    """Each client certificate can be loaded with its key.

    The engine loads every pair in the folder before it connects: a key of another certificate, one that is protected by
    a passphrase, or a file that is no PEM ends the pull, even where the registry asks for no certificate. Whether the
    two belong together was decided on the host, by comparing public keys.
    """
    fix_with(
        "# only the CA's certificate is needed where the registry asks for no client certificate:\n"
        f"rm {shell(pair.certificate.path)} {shell(pair.key.path)}"
    )
    try:
        pair.load(GO_1_24)
    except Refused as refused:
        expect(refused.refusal.message, f"{pair.certificate.path}, {pair.key.path}").equals("a pair")
        return
    expect("a pair", f"{pair.certificate.path}, {pair.key.path}").equals("a pair")


@check(
    "trust.ca-readable",
    severity="high",
    refs=("docker:certificates", "go:crypto/x509"),
    fix="openssl x509 -in {param} -noout -subject  # then write the certificate anew, as PEM",
    each=instances("file", crt_files, none="there is no .crt file in certs.d"),
)
def check_ca_readable(file: CertFile) -> None:
    """Each .crt has a certificate that the engine can read.

    A `.crt` in DER, with a byte order mark, in UTF-16, cut off, or with another label is passed over without a word by
    the classic loader, and ends the pull under containerd's: the CA that it should bring is not trusted.
    """
    if file.entry.kind != "file":
        expect(file.entry.kind, file.path).equals("file")
    fix_with(_readable(file))
    expect(len(file.certificates), f"{file.path}: certificates").at_least(1)


def _readable(file: CertFile) -> str:
    form = certificates_in(file.data)[1]
    path, new = shell(file.path), shell(f"{file.path}.new")
    if form == "text":
        return f"# it is written in another encoding or with stray blanks; write it anew as plain PEM:\n$EDITOR {path}"
    if form == "label":
        return f"openssl x509 -in {path} -out {new} && mv {new} {path}"
    if form == "pkcs7":
        return f"openssl pkcs7 -print_certs -in {path} -out {new} && mv {new} {path}"
    if file.has_private_key:
        return f"rm {path}  # a private key, and no certificate"
    return f"openssl x509 -inform DER -in {path} -out {new} && mv {new} {path}  # if it is DER; else fetch it again"


@check(
    "trust.keys-private",
    severity="high",
    refs=("docker:certificates",),
    fix="chmod 0600 {param}",
    each=instances("file", key_files, none="there is no private key in certs.d"),
)
def check_keys_private(file: CertFile) -> None:
    """No private key in certs.d can be read by others.

    The engine never looks at the modes of these files: a key that everybody can read works, and everybody can use it.
    """
    owner = file.facts.target
    mask = _OWNER_AND_ROOTS_GROUP if owner is not None and owner.gid == 0 else _OWNER_ONLY
    fix_with(f"chmod 0600 {shell(file.path)}")
    expect(file.facts.mode).has_no_bits_outside(mask | 0o100)
    if file.facts.mode.value & 0o040:
        expect(file.facts.extended_acl, shown=lambda has: "extended entries" if has else "none").equals(False)


@check(
    "trust.no-server-key",
    severity="high",
    refs=("docker:certificates", "harbor:configure-https"),
    fix="# only the CA's certificate is needed here; remove the server's key and certificate, and issue a new pair\n"
    "# for the server if other people could read this host:\nrm {param}",
    each=instances("file", key_files, none="there is no private key in certs.d"),
)
def check_no_server_key(file: CertFile, facts: Facts, certsd: Certsd) -> None:
    """No private key of a registry server lies on its clients.

    Many recipes copy the server's certificate (as `.cert`) and key to every Docker host. Nothing asks for them; who
    reads the key on any of these hosts can pose as the registry to all of them; and where a proxy does ask for a client
    certificate, one that is made for servers is refused. Only `ca.crt` is needed.
    """
    holder = key_holder(file, certsd, tuple(served_sources(facts).values()))
    source = f"{file.path}: public key, compared with certificates beside it and those that are served"
    if holder:
        sibling = f"{file.path.removesuffix('.key')}.cert"
        is_there = any(other.path == sibling for folder in certsd.all() for other in folder.entries)
        more = f" {shell(sibling)}" if is_there and file.name.endswith(".key") else ""
        fix_with(f"rm {shell(file.path)}{more}  # only the CA's certificate (.crt) is needed here")
    expect(Evidence(source, holder or "no server's")).equals("no server's")


@check(
    "trust.client-certificate-usage",
    severity="medium",
    refs=("RFC5280:4.2.1.12", "docker:certificates"),
    fix="# issue a certificate with extendedKeyUsage = clientAuth, or remove {param} and its key",
    each=instances("pair", pairs, none="there is no client certificate in certs.d"),
)
def check_client_usage(pair: Pair) -> None:
    """Each client certificate may be used by a client.

    A certificate whose extended key usage is serverAuth alone is refused by every server that checks it ("remote error:
    tls: bad certificate"), and it is mostly the server's own that was copied here.
    """
    leaf = pair.leaf
    if leaf is None:
        expect("no certificate", pair.certificate.path).equals("a certificate for clients")
        return
    fix_with(
        "# if the registry asks for no client certificate:\n"
        f"rm {shell(pair.certificate.path)} {shell(pair.key.path)}\n"
        "# else issue one with extendedKeyUsage = clientAuth"
    )
    observed = (
        "serverAuth alone" if is_server_only(leaf) else "usable" if allows(leaf, CLIENT_AUTH) else "no clientAuth"
    )
    expect(observed, f"{pair.certificate.path}: extended key usage of {title(leaf)}").equals("usable")


@check(
    "trust.folder-in-force",
    severity="medium",
    refs=("docker:certificates", "docker:rootless", "moby:registry/config.go"),
    fix="# move the folder to where the engine reads it, or take the registry out of insecure-registries:\n"
    "ls -la {param}",
    each=instances("shadow", shadows, none="certs.d has no folder"),
)
def check_folder_in_force(shadow: Shadow, facts: Facts) -> None:
    """Each registry's folder is read by the engine.

    The folder of a registry that is listed as insecure is not read at all by the classic loader, its CA and its client
    certificates count for nothing; a rootless engine reads `~/.config/docker/certs.d` and never `/etc/docker/certs.d`;
    and where a `hosts.toml` lies, containerd's loader ignores the certificates beside it.
    """
    if shadow.fix:
        fix_with(shadow.fix)
    elif shadow.entry:
        fix_with(no_longer_insecure(facts.daemon, shadow.entry))
    expect(shadow.state.map(lambda why: why or "read"), shown=printable).equals("read")
