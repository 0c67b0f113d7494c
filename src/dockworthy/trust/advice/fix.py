"""Why a registry is refused, in one sentence, and what to do about it, as commands to paste."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.evidence import NotDecided
from dockworthy.printable import printable
from dockworthy.trust.advice import chain as chain_fixes
from dockworthy.trust.advice import files as files_fixes
from dockworthy.trust.advice import server as server_fixes
from dockworthy.trust.advice.texts import Advice, advise
from dockworthy.trust.advice.wording import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dockworthy.trust.case import TrustCase
    from dockworthy.trust.pulls import Outcome
    from dockworthy.trust.verdict import Verdict
    from dockworthy.trust.wire.client import Refusal

__all__ = ["Advice", "explain"]

_BY_STAGE: Mapping[str, Callable[[TrustCase, Outcome, Refusal], Advice]] = {
    "directory": files_fixes.folder,
    "ca": files_fixes.authority,
    "pair": files_fixes.pair,
    "verify": chain_fixes.verification,
    "token": chain_fixes.token,
    "handshake": server_fixes.handshake,
    "client": server_fixes.client_certificate,
    "connect": server_fixes.connection,
    "http": server_fixes.plain_http,
}


def explain(verdict: Verdict) -> Advice:
    """The cause of a verdict, and the fix; where the cause lies in what was not seen, the engine's own words."""
    try:
        return _explain(verdict.case, verdict.outcome)
    except NotDecided:
        return Advice(f"{printable(verdict.message)}." if verdict.message else "", "")


def _explain(case: TrustCase, outcome: Outcome) -> Advice:
    refusal = outcome.refusal
    if refusal is None:
        return _works(case, outcome)
    if refusal.stage == "reference":
        return _reference(case.reference, outcome, refusal)
    if refusal.stage == "config":
        name = "config-entry" if refusal.path else "config"
        return advise(name, outcome, why=refusal.words, path=refusal.path)
    cause, fix = _BY_STAGE[refusal.stage](case, outcome, refusal)
    if outcome.insecure is not None:
        cause = f"{cause.rstrip('.')}; the registry is insecure by {plain(outcome.insecure)}, so nothing was verified."
    return Advice(_noted(case, cause), fix)


def _noted(case: TrustCase, cause: str) -> str:
    notes = []
    if case.seen_from:
        notes.append(f"the served certificates were fetched from {printable(case.seen_from)}, not from the host")
    if case.proxy:
        notes.append(f"the engine itself goes through the proxy {printable(case.proxy)}, which was not asked")
    return cause if not notes else f"{cause.rstrip('.')} ({'; '.join(notes)})."


def _works(case: TrustCase, outcome: Outcome) -> Advice:
    if outcome.insecure is None:
        return Advice(_noted(case, _verified(outcome)), "")
    why = f"Nothing was verified: the registry is insecure by {plain(outcome.insecure)}"
    if outcome.directory and case.tree.names(outcome.directory):
        why += f", and {printable(outcome.directory)} is not read"
    cause, fix = advise("insecure", outcome, why=why)
    is_entry = outcome.insecure not in {"127.0.0.0/8", "::1/128"} and not outcome.insecure.startswith("registries.conf")
    return Advice(_noted(case, cause), fix if is_entry else "")


def _verified(outcome: Outcome) -> str:
    reply = outcome.reply
    if reply is None or reply.chain is None or not reply.chain.chains:
        return "The registry answers."
    origin = next(iter(reply.client.roots.origins(reply.chain.chains[0][-1])), "the trusted certificates")
    return f"The served certificate is verified by one from {printable(origin)}."


def _reference(reference: str, outcome: Outcome, refusal: Refusal) -> Advice:
    bare = reference.partition("://")[2] if "://" in reference else reference
    first, slash, rest = bare.partition("/")
    host, colon, port = first.partition(":") if not first.startswith("[") else (first, "", "")
    host = host.rstrip(".")
    name, at, digest = rest.partition("@")
    path, tag_colon, tag = name.partition(":")
    better = f"{host}{colon}{port}{slash}{path.lower().strip('/')}{tag_colon}{tag}{at}{digest}"
    is_better = slash and better != reference and better.isprintable()
    text = "bad-reference" if is_better else "no-reference"
    return advise(text, outcome, reference=reference, why=refusal.words, better=better)
