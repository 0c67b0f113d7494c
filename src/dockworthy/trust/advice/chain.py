"""Causes and fixes of a chain that does not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dockworthy.golang.ip import ip_text, is_address
from dockworthy.golang.time import from_datetime
from dockworthy.hosttree.faults import PathError
from dockworthy.printable import printable
from dockworthy.trust.advice.files import FORMS, content, convert
from dockworthy.trust.advice.whatif import certificates_in, ignored_file, late_bundle, other_folder
from dockworthy.trust.advice.wording import day, plain, shell, title
from dockworthy.trust.case import SYSTEM_ROOTS
from dockworthy.trust.reference import split_host_port
from dockworthy.trust.x509.extensions import ANY_USAGE, KEY_CERT_SIGN, SERVER_AUTH

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dockworthy.trust.advice.files import Remedy
    from dockworthy.trust.case import TrustCase
    from dockworthy.trust.pulls import Outcome
    from dockworthy.trust.wire.client import Refusal
    from dockworthy.trust.x509.certificate import Certificate
    from dockworthy.trust.x509.chain import ChainVerdict

__all__ = ["token", "verification"]

_REISSUE: Final = (
    "# On the CA's host, a certificate whose subjectAltName names the registry:\n"
    "cat >v3.ext <<'EOF'\n"
    "authorityKeyIdentifier=keyid,issuer\n"
    "basicConstraints=CA:FALSE\n"
    "keyUsage=digitalSignature,keyEncipherment\n"
    "extendedKeyUsage=serverAuth\n"
    "subjectAltName={names}\n"
    "EOF\n"
    "openssl x509 -req -sha512 -days 825 -extfile v3.ext -CA ca.crt -CAkey ca.key -CAcreateserial -in "
    "server.csr -out server.crt"
)
_INSTALL: Final = "# Then on the registry (Harbor: the files named in harbor.yml): ./prepare && docker compose up -d"


def verification(case: TrustCase, outcome: Outcome, refusal: Refusal) -> Remedy:
    """The served chain is refused."""
    reply = outcome.reply
    if reply is None or reply.chain is None:
        return f"{printable(refusal.message)}.", ""
    explain = _BY_CLASS.get(refusal.cls, _other)
    return explain(case, outcome, reply.chain)


def token(case: TrustCase, outcome: Outcome, refusal: Refusal) -> Remedy:
    """The registry itself is trusted, and the token service that it names is not."""
    authority = outcome.reply.authority if outcome.reply is not None else ""
    cause = (
        f"The registry is trusted, but the token service {plain(authority)} that it names is not: "
        f"{printable(_innermost(refusal))}."
    )
    folder = f"{case.certs_dir}/{authority}"
    if case.generation.token_follows_registry:
        fix = (
            "# The token service is judged by the registry's folder; add its CA there:\ncp token-ca.crt "
            f"{shell(outcome.directory + '/token-ca.crt')}"
        )
    else:
        fix = (
            f"# The token service is judged by the system's roots alone, not by {printable(folder)}:\n"
            "cp ca.crt /usr/local/share/ca-certificates/registry-ca.crt && update-ca-certificates\n"
            "systemctl restart docker"
        )
    return cause, fix


def _innermost(refusal: Refusal) -> str:
    return refusal.detail or refusal.message


def _leaf(chain: ChainVerdict) -> Certificate:
    return chain.served[0]


def _host(outcome: Outcome) -> str:
    return split_host_port(outcome.reply.authority)[0] if outcome.reply is not None else ""


def _names(host: str) -> str:
    return f"IP:{host}" if is_address(host) else f"DNS:{host}"


def _reissue(host: str) -> str:
    return f"{_REISSUE.format(names=printable(_names(host)))}\n{_INSTALL}"


# -- names ------------------------------------------------------------------------------------------------------


def _listed(certificate: Certificate) -> str:
    names = [printable(name) for name in certificate.dns_names] + [
        ip_text(octets) for octets in certificate.ip_addresses
    ]
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""  # noqa: PLR2004 - enough to recognise it
    return ", ".join(names[:5]) + more


def _mismatch(_case: TrustCase, outcome: Outcome, chain: ChainVerdict) -> Remedy:
    host = _host(outcome)
    return (
        f"The served certificate names {_listed(_leaf(chain))}, and the image is pulled from {plain(host)}.",
        _reissue(host),
    )


def _no_names(_case: TrustCase, outcome: Outcome, chain: ChainVerdict) -> Remedy:
    host = _host(outcome)
    listed = _listed(_leaf(chain))
    rest = f"it names {listed}" if listed else "it names no host at all"
    return (
        (
            f"The served certificate has no DNS name in its subjectAltName ({rest}), and the image is "
            "pulled "
            f"from {plain(host)}."
        ),
        _reissue(host),
    )


def _no_ip(_case: TrustCase, outcome: Outcome, chain: ChainVerdict) -> Remedy:
    host = _host(outcome)
    listed = _listed(_leaf(chain))
    names = f"it names {listed}" if listed else "it has none"
    return (
        (
            "The image is pulled from an address, and the served certificate has no IP entry in its "
            f"subjectAltName ({names})."
        ),
        _reissue(host),
    )


def _cn_only(_case: TrustCase, outcome: Outcome, chain: ChainVerdict) -> Remedy:
    name = plain(_leaf(chain).subject.common_name)
    return (
        (
            f"The served certificate names the registry only in its common name {name}, which Go "
            "ignores: it "
            "has no subjectAltName."
        ),
        _reissue(_host(outcome)),
    )


# -- dates ------------------------------------------------------------------------------------------------------


def _culprit(chain: ChainVerdict) -> Certificate:
    failure = chain.failure
    return failure.certificate if failure is not None and failure.certificate is not None else _leaf(chain)


def _place(outcome: Outcome, chain: ChainVerdict, certificate: Certificate) -> str:
    if any(certificate is served for served in chain.served):
        return "which the server sent"
    origins = outcome.reply.client.roots.origins(certificate) if outcome.reply is not None else []
    return f"from {printable(origins[0])}" if origins else "of unknown origin"


def _expired(case: TrustCase, outcome: Outcome, chain: ChainVerdict) -> Remedy:
    certificate = _culprit(chain)
    place = _place(outcome, chain, certificate)
    if certificate.not_before.seconds > from_datetime(case.now).seconds:
        cause = (
            f"{title(certificate)}, {place}, is valid from {day(certificate.not_before)}, and the host's clock says "
            f"{case.now.date().isoformat()}."
        )
        return cause, "# Is the clock right?\ntimedatectl status"
    cause = f"{title(certificate)}, {place}, expired on {day(certificate.not_after)}."
    if certificate is _leaf(chain):
        return cause, f"# Renew the registry's certificate.\n{_reissue(_host(outcome))}"
    origins = outcome.reply.client.roots.origins(certificate) if outcome.reply is not None else []
    if origins and origins[0] != SYSTEM_ROOTS:
        return cause, f"# Replace it by the renewed CA's certificate:\ncp ca.crt {shell(origins[0])}"
    return cause, "# Renew the CA's certificate with the same key, and serve or install the new one."


# -- the issuer -------------------------------------------------------------------------------------------------


def _unknown(case: TrustCase, outcome: Outcome, chain: ChainVerdict) -> Remedy:
    for explain in (_hosts_file, _ignored, _empty, _late, _elsewhere, _refused_issuer, _missing_intermediate):
        remedy = explain(case, outcome, chain)
        if remedy is not None:
            return remedy
    return _nobody(case, outcome, chain)


def _hosts_file(case: TrustCase, outcome: Outcome, _chain: ChainVerdict) -> Remedy | None:
    """Containerd's hosts.toml stands in the way: used in place of the files beside it, or not used itself."""
    files = outcome.reply.client.files if outcome.reply is not None else ()
    path = f"{outcome.directory}/hosts.toml"
    use = next((file.use for file in files if file.path == path), "")
    if use.startswith("ignored: "):
        fix = (
            f"printf '[host]\\n' >>{shell(path)}"
            if "`host` tree" in use
            else f"# Correct it, or take it away:\nrm {shell(path)}"
        )
        return (
            f"{printable(path)} is not used ({printable(use.removeprefix('ignored: '))}), so the CA named in it is not."
        ), fix
    found = ignored_file(case, outcome) if use else None
    if found is None:
        return None
    authority = outcome.reply.authority if outcome.reply is not None else ""
    return (
        f"{printable(found.path)} holds the right CA and is ignored: {printable(path)} is there, and does not name it.",
        (
            f"# In {shell(path)}, in the table of the host:\n"
            f'#   [host."https://{printable(authority)}"]\n#   ca = "{printable(found.path)}"'
        ),
    )


def _ignored(case: TrustCase, outcome: Outcome, _chain: ChainVerdict) -> Remedy | None:
    """The right certificate lies in the folder, under a name that does not count."""
    found = ignored_file(case, outcome)
    if found is None:
        return None
    name = found.path.rpartition("/")[2]
    if found.path.endswith(".crt") and found.path.rpartition("/")[0] == outcome.directory:
        why = FORMS.get(found.form, "the engine finds no certificate in it")
        return f"{printable(found.path)} holds the right CA, but the engine cannot read it: {why}.", convert(
            found.form, found.path, found.path
        )
    stem = name.rpartition(".")[0] or name
    target = f"{outcome.directory}/{stem.removesuffix('.crt')}.crt"
    where = "only files whose names end in .crt, in the folder itself, are read"
    return f"{printable(found.path)} holds the right CA and is ignored: {where}.", convert(
        found.form, found.path, target
    )


def _empty(case: TrustCase, outcome: Outcome, _chain: ChainVerdict) -> Remedy | None:
    """A .crt in which Go finds no certificate, and nobody says so."""
    files = outcome.reply.client.files if outcome.reply is not None else ()
    path = next((file.path for file in files if file.use == "empty"), "")
    if not path or any(file.use == "ca" for file in files):
        return None
    certificates, form = certificates_in(content(case, path))
    if certificates and form == "pem":
        return None
    why = FORMS.get(form, "it holds none in PEM")
    fix = convert(form, path, path) if form in FORMS else f"cp ca.crt {shell(path)}"
    return f"The engine finds no certificate in {printable(path)}, and says nothing about it: {why}.", fix


def _late(case: TrustCase, outcome: Outcome, _chain: ChainVerdict) -> Remedy | None:
    certificate = late_bundle(case, outcome)
    if certificate is None:
        return None
    return (
        (
            f"{title(certificate)} was added to the system's roots after the engine started, and the "
            "engine "
            "reads them once."
        ),
        "systemctl restart docker",
    )


def _elsewhere(case: TrustCase, outcome: Outcome, _chain: ChainVerdict) -> Remedy | None:
    found = other_folder(case, outcome)
    if found is None:
        return None
    folder = found.path.rpartition("/")[0]
    cause = (
        f"The right CA lies in {printable(folder)}, and for this reference the engine reads "
        f"{printable(outcome.directory)}."
    )
    return cause, f"mkdir -p {shell(outcome.directory)}\ncp {shell(found.path)} {shell(outcome.directory + '/ca.crt')}"


def _refused_issuer(_case: TrustCase, outcome: Outcome, chain: ChainVerdict) -> Remedy | None:
    """An issuer of the right name was found and refused."""
    attempt = next((attempt for attempt in chain.attempts if attempt.error is not None), None)
    if attempt is None or attempt.error is None:
        return None
    issuer, child = attempt.candidate, attempt.child
    place = _place(outcome, chain, issuer)
    if attempt.error.endswith("parent certificate cannot sign this kind of certificate"):
        lacks = (
            "keyCertSign in its keyUsage"
            if issuer.is_ca and issuer.facts.key_usage & KEY_CERT_SIGN == 0
            else "CA:TRUE in its basicConstraints"
        )
        return (
            f"{title(issuer)}, {place}, issued {title(child)} but may sign no certificates: it lacks {lacks}.",
            (
                "# Make the CA anew with: -addext basicConstraints=critical,CA:TRUE -addext "
                "keyUsage=critical,keyCertSign,cRLSign"
            ),
        )
    if "insecure algorithm" in attempt.error:
        return (
            (
                f"{title(child)} is signed with an algorithm that Go refuses "
                f"({printable(attempt.error.rpartition(' ')[2])})."
            ),
            f"# Sign it anew with SHA-256 or better.\n{_reissue(_host(outcome))}",
        )
    authority = outcome.reply.authority if outcome.reply is not None else ""
    return (
        (
            f"{title(issuer)}, {place}, has the issuer's name but another key: the CA was made anew, or "
            f"{title(child)} was changed."
        ),
        (
            "# Fetch the CA that signs now (Harbor offers it to be downloaded; compare its fingerprint "
            "with "
            "the administrator's):\n"
            f"curl -sk {shell(f'https://{authority}/api/v2.0/systeminfo/getcert')} -o "
            f"{shell(outcome.directory + '/ca.crt')}"
        ),
    )


def _missing_intermediate(_case: TrustCase, outcome: Outcome, chain: ChainVerdict) -> Remedy | None:
    """The chain ends at a certificate whose issuer neither the server nor the host has."""
    last = _last_served(chain)
    if last.is_self_issued or not any(
        file.use == "ca" for file in (outcome.reply.client.files if outcome.reply else ())
    ):
        return None
    if len(chain.served) == 1:
        sent = "The server sends its own certificate alone"
    else:
        sent = f"The served certificates end at {title(last)}"
    return (
        f"{sent}, and its issuer {plain(str(last.issuer))} is neither served nor in {printable(outcome.directory)}.",
        (
            "# On the registry, serve the leaf and every intermediate, leaf first:\n"
            "cat server.crt intermediate.crt >fullchain.crt\n"
            f"{_INSTALL}\n"
            "# Or, where that is the right CA after all, on this host:\n"
            f"cp issuer.crt {shell(outcome.directory + '/issuer.crt')}"
        ),
    )


def _last_served(chain: ChainVerdict) -> Certificate:
    """The end of the path from the leaf through the served certificates."""
    last = _leaf(chain)
    for _ in chain.served:
        above = next((each for each in chain.served if each is not last and each.raw_subject == last.raw_issuer), None)
        if above is None or last.is_self_issued:
            break
        last = above
    return last


def _dangling(case: TrustCase, outcome: Outcome) -> str:
    """What the registry's folder points to, if it is a link to nothing."""
    entry = case.tree.entries.get(outcome.directory)
    if entry is None or entry.kind != "symlink":
        return ""
    try:
        case.tree.stat(outcome.directory)
    except PathError:
        return entry.target
    return ""


def _nobody(case: TrustCase, outcome: Outcome, chain: ChainVerdict) -> Remedy:
    target = _dangling(case, outcome)
    if target:
        return (
            f"{printable(outcome.directory)} is a link to {printable(target)}, which does not exist, so no CA is read.",
            (
                f"rm {shell(outcome.directory)}\nmkdir {shell(outcome.directory)}\n"
                f"cp ca.crt {shell(outcome.directory + '/ca.crt')}"
            ),
        )
    leaf = _leaf(chain)
    folder, authority = outcome.directory, outcome.reply.authority if outcome.reply is not None else ""
    if leaf.is_self_issued:
        return (
            f"{title(leaf)} is self-signed, and not in {printable(folder)}.",
            (
                f"# Compare the fingerprint with the administrator's: sha256 {leaf.fingerprint}\n"
                f"mkdir -p {shell(folder)}\n"
                f"openssl s_client -connect {shell(_address(authority))} </dev/null 2>/dev/null | "
                "openssl "
                f"x509 >{shell(folder + '/ca.crt')}"
            ),
        )
    issuer = plain(str(_last_served(chain).issuer))
    return (
        f"The issuer {issuer} is trusted neither by {printable(folder)} nor by the system's roots.",
        f"mkdir -p {shell(folder)}\ncp ca.crt {shell(folder + '/ca.crt')}",
    )


def _address(authority: str) -> str:
    return authority if split_host_port(authority)[1] else f"{authority}:443"


# -- what the certificates allow --------------------------------------------------------------------------------


def _allows_servers(certificate: Certificate) -> bool:
    usages = certificate.usages
    return not usages or ANY_USAGE in usages or SERVER_AUTH in usages


def _usage(_case: TrustCase, outcome: Outcome, chain: ChainVerdict) -> Remedy:
    leaf = _leaf(chain)
    issuers = [attempt.candidate for attempt in chain.attempts if attempt.error is None]
    culprit = next((each for each in (leaf, *issuers) if not _allows_servers(each)), leaf)
    if culprit is leaf:
        return f"{title(leaf)} is no server's certificate: its extendedKeyUsage lacks serverAuth.", _reissue(
            _host(outcome)
        )
    return (
        (
            f"{title(culprit)}, {_place(outcome, chain, culprit)}, may not issue servers' certificates: "
            "its extendedKeyUsage lacks serverAuth."
        ),
        "# Issue the registry's certificate by a CA without extendedKeyUsage, or with serverAuth in it.",
    )


def _constraint(_case: TrustCase, outcome: Outcome, chain: ChainVerdict) -> Remedy:
    words = printable(chain.failure.message) if chain.failure is not None else ""
    return (
        f"A CA's name constraints do not allow a name of {title(_leaf(chain))}: {words.rpartition('this name: ')[2]}.",
        f"# Issue the certificate by a CA that may name {printable(_host(outcome))}, or widen its nameConstraints.",
    )


def _length(_case: TrustCase, outcome: Outcome, chain: ChainVerdict) -> Remedy:
    certificate = _culprit(chain)
    place = _place(outcome, chain, certificate)
    return (
        (
            f"{title(certificate)}, {place}, allows fewer CAs below it "
            f"(pathlen:{certificate.facts.path_length}) than there are."
        ),
        "# Issue the intermediate by a CA without pathlen, or the registry's certificate by the CA directly.",
    )


def _critical(_case: TrustCase, outcome: Outcome, chain: ChainVerdict) -> Remedy:
    certificate = _culprit(chain)
    place = _place(outcome, chain, certificate)
    return f"{title(certificate)}, {place}, has a critical extension that Go does not know.", _reissue(_host(outcome))


def _other(_case: TrustCase, outcome: Outcome, chain: ChainVerdict) -> Remedy:
    words = printable(chain.failure.message) if chain.failure is not None else "it is refused"
    return f"The served certificates cannot be used: {words}.", _reissue(_host(outcome))


_BY_CLASS: Mapping[str, Callable[[TrustCase, Outcome, ChainVerdict], Remedy]] = {
    "name-mismatch": _mismatch,
    "no-names": _no_names,
    "no-ip-san": _no_ip,
    "cn-only": _cn_only,
    "expired": _expired,
    "unknown-authority": _unknown,
    "eku": _usage,
    "name-constraint": _constraint,
    "path-length": _length,
    "critical-ext": _critical,
}
