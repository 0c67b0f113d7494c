"""Why a registry is refused, in one sentence, and what to do about it, as commands to paste."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dockworthy.evidence import NotDecided
from dockworthy.printable import printable
from dockworthy.trust.advice import chain as remedy_chain
from dockworthy.trust.advice import files as remedy_files
from dockworthy.trust.advice import server as remedy_server
from dockworthy.trust.advice.wording import plain, shell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dockworthy.trust.advice.files import Remedy
    from dockworthy.trust.case import TrustCase
    from dockworthy.trust.pulls import Outcome
    from dockworthy.trust.verdict import Verdict
    from dockworthy.trust.wire.client import Refusal

__all__ = ["Advice", "explain"]

_BY_STAGE: Mapping[str, Callable[[TrustCase, Outcome, Refusal], Remedy]] = {
    "directory": remedy_files.folder,
    "ca": remedy_files.authority,
    "pair": remedy_files.pair,
    "verify": remedy_chain.verification,
    "token": remedy_chain.token,
    "handshake": remedy_server.handshake,
    "client": remedy_server.client_certificate,
    "connect": remedy_server.connection,
    "http": remedy_server.plain_http,
}


class Advice(NamedTuple):
    """What is to be said to a verdict; empty where nothing is.

    Attributes:
        cause: one sentence: what is wrong on this host or with this certificate.
        fix: commands and configuration to paste.
    """

    cause: str
    fix: str


def explain(verdict: Verdict) -> Advice:
    """The cause of a verdict, and the fix; where the cause lies in what was not seen, the engine's own words."""
    try:
        return Advice(*_explain(verdict.case, verdict.outcome))
    except NotDecided:
        return Advice(f"{printable(verdict.message)}." if verdict.message else "", "")


def _explain(case: TrustCase, outcome: Outcome) -> tuple[str, str]:
    refusal = outcome.refusal
    if refusal is None:
        return _works(case, outcome)
    if refusal.stage == "reference":
        return _reference(case.reference, refusal)
    if refusal.stage == "config":
        return _config(refusal)
    cause, fix = _BY_STAGE[refusal.stage](case, outcome, refusal)
    if outcome.insecure is not None:
        cause = f"{cause.rstrip('.')}; the registry is insecure by {plain(outcome.insecure)}, so nothing was verified."
    return _noted(case, cause), fix


def _noted(case: TrustCase, cause: str) -> str:
    notes = []
    if case.seen_from:
        notes.append(f"the served certificates were fetched from {printable(case.seen_from)}, not from the host")
    if case.proxy:
        notes.append(f"the engine itself goes through the proxy {printable(case.proxy)}, which was not asked")
    return cause if not notes else f"{cause.rstrip('.')} ({'; '.join(notes)})."


def _works(case: TrustCase, outcome: Outcome) -> tuple[str, str]:
    reply = outcome.reply
    if outcome.insecure is None:
        if reply is None or reply.chain is None or not reply.chain.chains:
            return _noted(case, "The registry answers."), ""
        chain = reply.chain.chains[0]
        origin = next(iter(reply.client.roots.origins(chain[-1])), "the trusted certificates")
        return _noted(case, f"The served certificate is verified by one from {printable(origin)}."), ""
    cause = f"Nothing was verified: the registry is insecure by {plain(outcome.insecure)}"
    if outcome.directory and case.tree.names(outcome.directory):
        cause += f", and {printable(outcome.directory)} is not read"
    fix = ""
    if outcome.insecure not in {"127.0.0.0/8", "::1/128"} and not outcome.insecure.startswith("registries.conf"):
        fix = (
            "# Take the entry out of insecure-registries in /etc/docker/daemon.json, keeping the key "
            '("insecure-registries": []), trust the registry\'s CA instead, and reload:\n'
            f"mkdir -p {shell(outcome.directory)}\n"
            f"cp ca.crt {shell(outcome.directory + '/ca.crt')}\n"
            "systemctl reload docker"
        )
    return _noted(case, f"{cause}."), fix


def _reference(reference: str, refusal: Refusal) -> tuple[str, str]:
    cause = f"{plain(reference)} is no image reference: {printable(refusal.detail or refusal.message)}."
    bare = reference.partition("://")[2] if "://" in reference else reference
    first, slash, rest = bare.partition("/")
    host, colon, port = first.partition(":") if not first.startswith("[") else (first, "", "")
    host = host.rstrip(".")
    name, at, digest = rest.partition("@")
    path, tag_colon, tag = name.partition(":")
    better = f"{host}{colon}{port}{slash}{path.lower().strip('/')}{tag_colon}{tag}{at}{digest}"
    if slash and better != reference and better.isprintable():
        return cause, f"docker pull {shell(better)}"
    return cause, ""


def _config(refusal: Refusal) -> tuple[str, str]:
    detail = printable(refusal.detail or refusal.message)
    if refusal.path:
        return f"The configuration does not allow it: {detail}.", f"# Change the entry in {shell(refusal.path)}"
    cause = f"The engine's configuration cannot be used: {detail}."
    return cause, "# Correct the entry in /etc/docker/daemon.json, then:\nsystemctl restart docker"
