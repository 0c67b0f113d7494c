"""Many rounds: each a random case, put to both sides and compared to the word."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

from dockworthy.golang.text import to_octets
from dockworthy.trust.rules import rules_for
from dockworthy.trust.x509.chain import verify_server_chain
from dockworthy.trust.x509.keypair import KeyPair, facts_of_key, x509_key_pair
from dockworthy.trust.x509.pem import decode
from dockworthy.trust.x509.pool import CertPool
from tests.fuzz.cases import Case, chain_case, mutated_case, pem_case
from tests.fuzz.keys import KeyPool, key_pool
from tests.fuzz.oracle import Oracle
from tests.fuzz.pairs import pair_case

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CLASSES = (
    "ok", "unknown-authority", "expired", "name-mismatch", "no-names", "no-ip-san", "cn-only", "eku",
    "name-constraint", "path-length",
    "critical-ext", "other", "keypair-pem", "keypair-parse", "keypair-mismatch",
)  # fmt: skip
"""Every class that certificates and their files can reach."""
OLD = (1, 20)
"""The release whose defaults Debian's engine has."""
_TOGETHER = 50
"""Rounds that are put at once: two programs that wait for each other's every line are woken as often."""


def _sum(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()[:12]


def ours(case: Case, go: tuple[int, ...]) -> dict[str, Any]:
    """What we make of a case, in the form of Go's answer."""
    rules = rules_for(go, defaults=OLD if case.old_defaults else None)
    if case.kind == "pair":
        pair = x509_key_pair(case.cert, case.key, rules)
        facts = facts_of_key(case.key, rules)
        from_facts = x509_key_pair(case.cert, facts, rules)
        told = [(v.cls, v.message) if not isinstance(v, KeyPair) else ("ok", "") for v in (pair, from_facts)]
        # The point at infinity has no public half that could be told.
        if told[0] != told[1] and "unknown private key type" not in told[0][1] and (facts.public or not facts.parses):
            return {"class": told[1][0], "message": told[1][1] + " (from facts)"}
        chains = [[_sum(der) for der in pair.certificates]] if isinstance(pair, KeyPair) else None
        return {"class": told[0][0], "message": told[0][1], "chains": chains, "found": None, "blocks": None}
    system = CertPool(rules=rules)
    system.append_pem(case.system)
    roots = CertPool(system, rules)
    blocks = [
        f"{to_octets(block.kind).hex()} {len(block.headers)} {_sum(block.octets)}"
        for file in case.files
        for block in decode(file, from_end=rules.pem_from_end)
    ]
    found = [roots.append_pem(file) for file in case.files]
    verdict = verify_server_chain(case.served, case.host, roots, case.now, rules)
    failure = verdict.failure
    chains = [[_sum(certificate.raw) for certificate in chain] for chain in verdict.chains] or None
    return {
        "class": failure.cls if failure else "ok",
        "message": failure.tls_message if failure else "",
        "chains": chains,
        "found": found or None,
        "blocks": blocks or None,
    }


_UNTOLD = (
    # Since 1.27: why a private key cannot be read. The reason lies in the key, and stays on the host.
    (re.compile("(tls: failed to parse private key): .*", re.DOTALL), r"\1"),
    # Up to 1.16: how a structure of Go's and the addresses of its parts are printed, and what a time should have been.
    (re.compile("(asn1: structure error: tags don't match) .*", re.DOTALL), r"\1"),
    # And how a DEL is quoted.
    (re.compile(r"\\u007f"), r"\\x7f"),
    (re.compile("(?:parsing time|asn1: time did not serialize back) .*", re.DOTALL), "parsing time"),
)


def without_details(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without the details of Go's words that are not told."""
    # Octets that are no UTF-8 do not survive the way from there.
    message = answer["message"].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    for pattern, replacement in _UNTOLD:
        message = pattern.sub(replacement, message)
    return {**answer, "message": message}


@dataclass
class Outcome:
    """What came of the rounds."""

    rounds: int = 0
    classes: Counter[str] = field(default_factory=Counter)
    differences: list[tuple[int, Case, dict[str, Any], dict[str, Any]]] = field(default_factory=list)

    def missing(self, least: float) -> list[str]:
        """The classes that fewer rounds reached."""
        return [name for name in CLASSES if self.classes[name] < least]


_MAKERS: tuple[tuple[int, Callable[[Random, KeyPool], Case]], ...] = (
    (70, chain_case),
    (13, mutated_case),
    (7, pem_case),
    (10, pair_case),
)


def make(seed: int, number: int, pool: KeyPool) -> Case:
    """The case of one round: the same for the same seed and number."""
    random = Random(f"{seed}:{number}")  # noqa: S311 - cases, not secrets
    maker = random.choices([maker for _, maker in _MAKERS], [weight for weight, _ in _MAKERS])[0]
    return maker(random, pool)


def compare(program: Path, seed: int, rounds: range, *, go: tuple[int, ...], limit: int = 20) -> Outcome:
    """Puts the rounds to both sides; stops when there are so many differences."""
    pool = key_pool(seed)
    outcome = Outcome()
    with Oracle(program, old_defaults=True) as old, Oracle(program, old_defaults=False) as new:
        for start in range(0, len(rounds), _TOGETHER):
            cases = {number: make(seed, number, pool) for number in rounds[start : start + _TOGETHER]}
            for oracle in (old, new):
                oracle.ask(*(case for case in cases.values() if case.old_defaults == (oracle is old)))
            for number, case in cases.items():
                mine = without_details(ours(case, go))
                theirs = without_details((old if case.old_defaults else new).answer())
                outcome.rounds += 1
                outcome.classes[theirs["class"]] += 1
                if mine != theirs:
                    outcome.differences.append((number, case, mine, theirs))
            if len(outcome.differences) >= limit:
                break
    return outcome
