"""From a judgement to a result's record: waivers and attestations come in here, and nowhere else.

Here stands the last guard, too: whatever of a host is told in a result has its URLs' passwords masked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dockworthy.check import Check, Judgement
from dockworthy.masking import masked_value
from dockworthy.results.model import Result
from dockworthy.results.writer import encodable

if TYPE_CHECKING:
    from dockworthy.run.hosts import RunHost

__all__ = ["record_of", "told", "unreachable_record", "unreachable_result"]

# The code of a reason that brings none: what kind of source could not tell, by how its name begins.
_ORIGINS = (
    (("GET ", "HEAD ", "POST "), "api"),
    (("/", "file:", "list:", "stat:", "link:"), "file"),
    (("cmd:",), "command"),
)


# What of a record comes from a host or from who runs it; the rest is the check's own.
_FOREIGN = ("host", "param", "observed", "expected", "source", "fix", "waiver", "reason")


def told(value: Any) -> Any:
    """A JSON value as every output has it: nothing secret in it, and the same as when it is read back."""
    kind = type(value)
    if value is None or kind is bool or kind is int:
        return value
    if kind is list or kind is tuple:
        return [told(item) for item in value]
    # Nearly every text is told as it is: no address, and nothing that UTF-8 cannot hold.
    if kind is str and value.isascii() and "@" not in value and "?" not in value:
        return value
    return masked_value(encodable(value))


def _told(record: dict[str, Any]) -> dict[str, Any]:
    for name in _FOREIGN:
        if record[name] is not None:
            record[name] = told(record[name])
    return record


def record_of(
    definition: Check, judgement: Judgement, host: RunHost, param: str | None, seconds: float
) -> dict[str, Any]:
    """The result as ``results.json`` has it."""
    profile = host.profile
    if judgement.outcome == "manual":
        judgement = _attested(definition, judgement, host, param)
    waiver = None
    outcome = judgement.outcome
    if outcome == "fail":
        waiver = profile.waiver_for(definition, host.name, param, host.now)
        if waiver is not None:
            outcome = "waived"
    # A dict at once, with the fields of a `Result` in their order: there are many, and making one of each costs more.
    return _told(
        {
            "host": host.name,
            "check": definition.id,
            "param": param,
            "title": definition.title,
            "severity": profile.severity_of(definition),
            "outcome": outcome,
            "observed": judgement.observed,
            "expected": judgement.expected,
            "source": judgement.source,
            "fix": judgement.fix,
            "refs": list(definition.refs),
            "waiver": waiver.as_json() if waiver is not None else None,
            "reason": judgement.reason,
            "seconds": round(seconds, 6),
            "aliases": list(definition.aliases),
            "reason_code": _code(judgement),
            "release": host.release_of(definition),
            "before": None,
        }
    )


def _code(judgement: Judgement) -> str | None:
    """The cause in a word: what the judgement brings, else by its outcome and what kind of source did not tell."""
    if judgement.reason is None:
        return None
    if judgement.code is not None:
        return judgement.code
    if judgement.outcome != "error":
        return {"skip": "not-applicable", "manual": "to-be-attested"}.get(judgement.outcome)
    kind = next((kind for starts, kind in _ORIGINS if judgement.source.startswith(starts)), "host")
    return f"undecided-{kind}"


def _attested(definition: Check, judgement: Judgement, host: RunHost, param: str | None) -> Judgement:
    """The judgement after what a person attested: ``pass`` while that is in force, ``manual`` otherwise."""
    attestation = host.profile.attestation_for(definition, host.name, param, host.now)
    if attestation is None:
        return judgement
    return Judgement("pass", attestation.observed, "an attestation in force", attestation.source, judgement.fix)


def unreachable_record(host: RunHost) -> dict[str, Any]:
    """The one result of a host that could not be reached."""
    return _told(unreachable_result(host.name, host.target, host.error, host.seconds).as_json())


def unreachable_result(name: str, target: str, error: str | None, seconds: float = 0.0) -> Result:
    """The same of a host by its name in the run and as it was named."""
    return Result(
        host=name,
        check="host.reachable",
        param=None,
        title="The host can be reached and looked at",
        severity="critical",
        outcome="error",
        source=target,
        refs=["dockworthy:host.reachable"],
        reason=error or "the host could not be reached",
        seconds=round(seconds, 6),
        reason_code="host-unreachable",
    )
