"""The chain as a person wants to see it: each certificate, where it comes from, and the link that breaks.

Plain text, a line at a time, no colours; names from certificates are escaped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dockworthy.golang.time import from_datetime
from dockworthy.printable import printable
from dockworthy.trust.advice.fix import explain
from dockworthy.trust.advice.wording import day, names_of, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockworthy.trust.verdict import Verdict
    from dockworthy.trust.wire.client import ClientTLS
    from dockworthy.trust.x509.certificate import Certificate
    from dockworthy.trust.x509.chain import ChainVerdict

__all__ = ["draw"]

_DAY: Final = 86_400
_MOST_NAMES: Final = 8
_MOST_LINKS: Final = 12


def draw(verdict: Verdict) -> list[str]:
    """The picture of a verdict, line by line."""
    return [*_head(verdict), *_chain(verdict), *_files(verdict), *_tail(verdict)]


def _head(verdict: Verdict) -> Iterator[str]:
    case, outcome = verdict.case, verdict.outcome
    yield f"{printable(case.reference)}"
    if outcome.directory:
        names = list(case.tree.names(outcome.directory))
        state = f"{len(names)} {'entry' if len(names) == 1 else 'entries'}" if names else "absent or empty"
        yield f"  folder   {printable(outcome.directory)} ({state})"
    if outcome.insecure is not None:
        yield f"  insecure by {printable(outcome.insecure)}: the certificate is not verified"
    yield ""


def _tail(verdict: Verdict) -> Iterator[str]:
    yield f"verdict  {verdict.verdict}"
    if verdict.message:
        yield f"engine   {printable(verdict.message, 2000)}"
    cause, fix = explain(verdict)
    if cause:
        yield f"cause    {cause}"
    if fix:
        yield "fix"
        yield from (f"    {line}" for line in fix.splitlines())


def _chain(verdict: Verdict) -> Iterator[str]:
    reply = verdict.outcome.reply
    if reply is None or reply.chain is None or not reply.chain.served:
        return
    chain, client = reply.chain, reply.client
    now = from_datetime(verdict.case.now).seconds
    links = _links(chain)
    for depth, certificate in enumerate(links[:_MOST_LINKS]):
        broken = _is_broken(chain, certificate)
        yield from _certificate(certificate, chain, client, depth, now, broken=broken)
        if depth + 1 < len(links):
            yield f"{'  ' * depth}  │ issued by"
    if chain.failure is not None:
        yield from _break(chain, links)
    yield from _unused(chain, links)
    yield ""


def _is_broken(chain: ChainVerdict, certificate: Certificate) -> bool:
    """Whether the fault is this certificate's own: one whose issuer is merely unknown is not at fault."""
    failure = chain.failure
    if failure is None or failure.certificate is not certificate:
        return False
    refused = any(attempt.candidate is certificate and attempt.error is not None for attempt in chain.attempts)
    return failure.cls != "unknown-authority" or refused


def _links(chain: ChainVerdict) -> list[Certificate]:
    """The certificates on the way: the chain that holds, or as far as it goes."""
    if chain.chains:
        return list(chain.chains[0])
    links = [chain.served[0]]
    while len(links) < _MOST_LINKS:
        last = links[-1]
        if last.is_self_issued:
            break
        good = [attempt for attempt in chain.attempts if attempt.child is last and attempt.error is None]
        tried = [attempt for attempt in chain.attempts if attempt.child is last]
        above = [attempt.candidate for attempt in (*good, *tried)]
        above += [each for each in chain.served if each.raw_subject == last.raw_issuer]
        following = next((each for each in above if each not in links), None)
        if following is None:
            break
        links.append(following)
    return links


def _certificate(
    certificate: Certificate, chain: ChainVerdict, client: ClientTLS, depth: int, now: int, *, broken: bool
) -> Iterator[str]:
    indent = "  " * depth
    mark = "✗" if broken else ("└" if depth else "●")
    yield f"{indent}{mark} {printable(str(certificate.subject)) or '(no subject)'}"
    lines = [("from", _origin(certificate, chain, client))]
    names = names_of(certificate, _MOST_NAMES)
    if names:
        lines.append(("names", names))
    lines.append(("valid", _validity(certificate, now)))
    lines.append(
        ("key", f"{certificate.key_description}, signed with {printable(str(certificate.signature_algorithm.name))}")
    )
    lines.append(("sha256", certificate.fingerprint))
    for label, text in lines:
        yield f"{indent}    {label:<7} {text}"


def _origin(certificate: Certificate, chain: ChainVerdict, client: ClientTLS) -> str:
    places = [f"the server sent it ({index + 1})" for index, each in enumerate(chain.served) if each is certificate]
    places += [printable(origin) for origin in dict.fromkeys(client.roots.origins(certificate))]
    return " and ".join(places[:3]) or "nowhere"


def _validity(certificate: Certificate, now: int) -> str:
    span = f"{day(certificate.not_before)} to {day(certificate.not_after)}"
    if now < certificate.not_before.seconds:
        return f"{span}: not yet valid"
    left = (certificate.not_after.seconds - now) // _DAY
    return f"{span}: expired {-left} days ago" if left < 0 else f"{span}: {left} days left"


def _break(chain: ChainVerdict, links: list[Certificate]) -> Iterator[str]:
    failure = chain.failure
    assert failure is not None  # noqa: S101 - the caller has looked
    last = links[-1]
    indent = "  " * (len(links) - 1)
    yield f"{indent}  ✗ {printable(failure.message)}"
    if failure.cls == "unknown-authority" and not last.is_self_issued:
        yield f"{indent}    its issuer {plain(str(last.issuer))} is neither served nor trusted"


def _unused(chain: ChainVerdict, links: list[Certificate]) -> Iterator[str]:
    unused = [each for each in chain.served if not any(each is link for link in links)]
    if unused:
        yield f"  also sent, and of no use here: {', '.join(plain(str(each.subject)) for each in unused[:_MOST_NAMES])}"


_USES: Final = {
    "ca": "trusted as CA",
    "pair": "client certificate or key",
    "empty": "no certificate in it: ignored without a word",
    "ignored": "ignored: its name ends in none of .crt, .cert, .key",
    "hosts": "containerd's hosts file: the certificate files beside it are ignored",
}


def _files(verdict: Verdict) -> Iterator[str]:
    reply = verdict.outcome.reply
    if reply is None or not reply.client.files:
        return
    yield f"files in {printable(reply.client.directory)}"
    for file in reply.client.files[:32]:
        name = file.path.rpartition("/")[2]
        yield f"  {printable(name):<24} {_USES.get(file.use, printable(file.use))}"
    yield ""
