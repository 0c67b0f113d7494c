"""Causes and fixes of a chain that does not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dockworthy.golang.time import from_datetime
from dockworthy.hosttree.faults import PathError
from dockworthy.printable import printable
from dockworthy.trust.advice.files import FORMS, content, convert
from dockworthy.trust.advice.texts import Advice, advise, asked
from dockworthy.trust.advice.whatif import certificates_in, ignored_file, late_bundle, other_folder
from dockworthy.trust.advice.wording import day, names_of, title
from dockworthy.trust.case import SYSTEM_ROOTS
from dockworthy.trust.reference import split_host_port
from dockworthy.trust.x509.extensions import ANY_USAGE, KEY_CERT_SIGN, SERVER_AUTH

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dockworthy.trust.case import TrustCase
    from dockworthy.trust.pulls import Outcome
    from dockworthy.trust.wire.client import LoadedFile, Refusal
    from dockworthy.trust.x509.certificate import Certificate
    from dockworthy.trust.x509.chain import ChainVerdict

__all__ = ["token", "verification"]

_MOST_NAMES: Final = 5  # enough to recognise a certificate


def verification(case: TrustCase, outcome: Outcome, refusal: Refusal) -> Advice:
    """The served chain is refused."""
    reply = outcome.reply
    if reply is None or reply.chain is None:
        return Advice(f"{printable(refusal.message)}.", "")
    explain = _BY_CLASS.get(refusal.cls, _other)
    return explain(case, outcome, reply.chain)


def token(case: TrustCase, outcome: Outcome, refusal: Refusal) -> Advice:
    """The registry itself is trusted, and the token service that it names is not."""
    name = "token-by-folder" if case.generation.token_follows_registry else "token-by-system"
    return advise(name, outcome, why=refusal.words, service=f"{case.certs_dir}/{asked(outcome)}")


def _leaf(chain: ChainVerdict) -> Certificate:
    return chain.served[0]


# -- names ------------------------------------------------------------------------------------------------------


def _mismatch(_case: TrustCase, outcome: Outcome, chain: ChainVerdict) -> Advice:
    return advise("name-mismatch", outcome, names=names_of(_leaf(chain), _MOST_NAMES))


def _no_names(_case: TrustCase, outcome: Outcome, chain: ChainVerdict) -> Advice:
    listed = names_of(_leaf(chain), _MOST_NAMES)
    return advise("no-names", outcome, names=f"it names {listed}" if listed else "it names no host at all")


def _no_ip(_case: TrustCase, outcome: Outcome, chain: ChainVerdict) -> Advice:
    listed = names_of(_leaf(chain), _MOST_NAMES)
    return advise("no-ip-san", outcome, names=f"it names {listed}" if listed else "it has none")


def _cn_only(_case: TrustCase, outcome: Outcome, chain: ChainVerdict) -> Advice:
    return advise("cn-only", outcome, common_name=_leaf(chain).subject.common_name)


# -- dates ------------------------------------------------------------------------------------------------------


def _culprit(chain: ChainVerdict) -> Certificate:
    failure = chain.failure
    return failure.certificate if failure is not None and failure.certificate is not None else _leaf(chain)


def _origin(outcome: Outcome, certificate: Certificate) -> str:
    """The first place on the host that a certificate was read from, or nothing."""
    origins = outcome.reply.client.roots.origins(certificate) if outcome.reply is not None else []
    return origins[0] if origins else ""


def _named(outcome: Outcome, chain: ChainVerdict, certificate: Certificate) -> dict[str, str]:
    """What a certificate is called and where it comes from: two values of a fix."""
    origin = _origin(outcome, certificate)
    place = f"from {printable(origin)}" if origin else "of unknown origin"
    if any(certificate is served for served in chain.served):
        place = "which the server sent"
    return {"title": title(certificate), "place": place}


def _expired(case: TrustCase, outcome: Outcome, chain: ChainVerdict) -> Advice:
    certificate = _culprit(chain)
    named = _named(outcome, chain, certificate)
    if certificate.not_before.seconds > from_datetime(case.now).seconds:
        today = case.now.date().isoformat()
        return advise("not-yet-valid", outcome, **named, day=day(certificate.not_before), today=today)
    origin = _origin(outcome, certificate)
    name = "expired-file" if origin and origin != SYSTEM_ROOTS else "expired-ca"
    if certificate is _leaf(chain):
        name = "expired-leaf"
    return advise(name, outcome, **named, day=day(certificate.not_after), origin=origin)


# -- the issuer -------------------------------------------------------------------------------------------------


def _unknown(case: TrustCase, outcome: Outcome, chain: ChainVerdict) -> Advice:
    for explain in (_hosts_file, _ignored, _empty, _late, _elsewhere, _refused_issuer, _missing_intermediate):
        advice = explain(case, outcome, chain)
        if advice is not None:
            return advice
    return _nobody(case, outcome, chain)


def _files(outcome: Outcome) -> tuple[LoadedFile, ...]:
    return outcome.reply.client.files if outcome.reply is not None else ()


def _hosts_file(case: TrustCase, outcome: Outcome, _chain: ChainVerdict) -> Advice | None:
    """Containerd's hosts.toml stands in the way: used in place of the files beside it, or not used itself."""
    path = f"{outcome.directory}/hosts.toml"
    use = next((file.use for file in _files(outcome) if file.path == path), "")
    if use.startswith("ignored: "):
        name = "hosts-without-tree" if "`host` tree" in use else "hosts-unusable"
        return advise(name, outcome, hosts=path, why=use.removeprefix("ignored: "))
    found = ignored_file(case, outcome) if use else None
    return advise("hosts-names-no-ca", outcome, path=found.path, hosts=path) if found is not None else None


def _ignored(case: TrustCase, outcome: Outcome, _chain: ChainVerdict) -> Advice | None:
    """The right certificate lies in the folder, under a name that does not count."""
    found = ignored_file(case, outcome)
    if found is None:
        return None
    folder, _, name = found.path.rpartition("/")
    if name.endswith(".crt") and folder == outcome.directory:
        why = FORMS.get(found.form, "the engine finds no certificate in it")
        command = convert(found.form, found.path, found.path)
        return advise("ca-in-another-form", outcome, path=found.path, why=why, convert=command)
    stem = name.rpartition(".")[0] or name
    command = convert(found.form, found.path, f"{outcome.directory}/{stem.removesuffix('.crt')}.crt")
    return advise("ca-ignored", outcome, path=found.path, convert=command)


def _empty(case: TrustCase, outcome: Outcome, _chain: ChainVerdict) -> Advice | None:
    """A .crt in which Go finds no certificate, and nobody says so."""
    files = _files(outcome)
    path = next((file.path for file in files if file.use == "empty"), "")
    if not path or any(file.use == "ca" for file in files):
        return None
    certificates, form = certificates_in(content(case, path))
    if certificates and form == "pem":
        return None
    if form in FORMS:
        return advise("ca-empty-to-go", outcome, path=path, why=FORMS[form], convert=convert(form, path, path))
    return advise("ca-empty", outcome, path=path, why="it holds none in PEM")


def _late(case: TrustCase, outcome: Outcome, _chain: ChainVerdict) -> Advice | None:
    certificate = late_bundle(case, outcome)
    return advise("ca-added-late", outcome, title=title(certificate)) if certificate is not None else None


def _elsewhere(case: TrustCase, outcome: Outcome, _chain: ChainVerdict) -> Advice | None:
    found = other_folder(case, outcome)
    if found is None:
        return None
    return advise("ca-elsewhere", outcome, path=found.path, other=found.path.rpartition("/")[0])


def _refused_issuer(_case: TrustCase, outcome: Outcome, chain: ChainVerdict) -> Advice | None:
    """An issuer of the right name was found and refused."""
    attempt = next((attempt for attempt in chain.attempts if attempt.error is not None), None)
    if attempt is None or attempt.error is None:
        return None
    issuer, child = attempt.candidate, title(attempt.child)
    named = _named(outcome, chain, issuer)
    if attempt.error.endswith("parent certificate cannot sign this kind of certificate"):
        may_not_sign = issuer.is_ca and issuer.facts.key_usage & KEY_CERT_SIGN == 0
        lacks = "keyCertSign in its keyUsage" if may_not_sign else "CA:TRUE in its basicConstraints"
        return advise("issuer-is-no-ca", outcome, **named, child=child, lacks=lacks)
    if "insecure algorithm" in attempt.error:
        return advise("weak-signature", outcome, child=child, algorithm=attempt.error.rpartition(" ")[2])
    url = f"https://{asked(outcome)}/api/v2.0/systeminfo/getcert"
    return advise("issuer-has-another-key", outcome, **named, child=child, url=url)


def _missing_intermediate(_case: TrustCase, outcome: Outcome, chain: ChainVerdict) -> Advice | None:
    """The chain ends at a certificate whose issuer neither the server nor the host has."""
    last = _last_served(chain)
    if last.is_self_issued or not any(file.use == "ca" for file in _files(outcome)):
        return None
    alone = "The server sends its own certificate alone"
    sent = alone if len(chain.served) == 1 else f"The served certificates end at {title(last)}"
    return advise("intermediate-missing", outcome, sent=sent, issuer=last.issuer)


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


def _nobody(case: TrustCase, outcome: Outcome, chain: ChainVerdict) -> Advice:
    target = _dangling(case, outcome)
    if target:
        return advise("folder-dangling", outcome, target=target)
    leaf, authority = _leaf(chain), asked(outcome)
    if leaf.is_self_issued:
        address = authority if split_host_port(authority)[1] else f"{authority}:443"
        return advise("self-signed", outcome, title=title(leaf), fingerprint=leaf.fingerprint, address=address)
    return advise("unknown-authority", outcome, issuer=_last_served(chain).issuer)


# -- what the certificates allow --------------------------------------------------------------------------------


def _allows_servers(certificate: Certificate) -> bool:
    usages = certificate.usages
    return not usages or ANY_USAGE in usages or SERVER_AUTH in usages


def _usage(_case: TrustCase, outcome: Outcome, chain: ChainVerdict) -> Advice:
    leaf = _leaf(chain)
    issuers = [attempt.candidate for attempt in chain.attempts if attempt.error is None]
    culprit = next((each for each in (leaf, *issuers) if not _allows_servers(each)), leaf)
    name = "leaf-is-no-server" if culprit is leaf else "issuer-of-no-servers"
    return advise(name, outcome, **_named(outcome, chain, culprit))


def _constraint(_case: TrustCase, outcome: Outcome, chain: ChainVerdict) -> Advice:
    words = printable(chain.failure.message) if chain.failure is not None else ""
    return advise("name-constraint", outcome, title=title(_leaf(chain)), why=words.rpartition("this name: ")[2])


def _length(_case: TrustCase, outcome: Outcome, chain: ChainVerdict) -> Advice:
    culprit = _culprit(chain)
    return advise("path-length", outcome, **_named(outcome, chain, culprit), length=culprit.facts.path_length)


def _critical(_case: TrustCase, outcome: Outcome, chain: ChainVerdict) -> Advice:
    return advise("critical-ext", outcome, **_named(outcome, chain, _culprit(chain)))


def _other(_case: TrustCase, outcome: Outcome, chain: ChainVerdict) -> Advice:
    why = chain.failure.message if chain.failure is not None else "it is refused"
    return advise("chain-unusable", outcome, why=why)


_BY_CLASS: Mapping[str, Callable[[TrustCase, Outcome, ChainVerdict], Advice]] = {
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
