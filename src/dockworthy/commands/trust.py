"""``dockworthy trust``: what the engine on a host would say of the registry of an image, why, and how to fix it."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dockworthy.dataclass import dataclass
from dockworthy.errors import UsageError
from dockworthy.typed import shown_registry, shown_word

if TYPE_CHECKING:
    import argparse

    from dockworthy.facts.facts import Facts
    from dockworthy.facts.registry.registries import Registries
    from dockworthy.snapshot import Snapshot
    from dockworthy.target import CollectOptions, Target
    from dockworthy.trust.generations import Generation
    from dockworthy.trust.verdict import Verdict
    from dockworthy.trust.x509.certificate import Certificate

__all__ = ["add_arguments", "explained", "run"]

OK, NOT_OK, UNDECIDED = 0, 1, 6
LOCAL = "local://"
_LABEL = 9  # characters of a label, that what it names stands in
_NO_TOOL = 127
_FROM_HERE = "the target has no openssl, or nobody looked from there: the certificates were fetched from this machine"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """An image, a host, and how to look at it."""
    from dockworthy.run.options import add_arguments as add_options  # noqa: PLC0415 - the command's own need

    add = parser.add_argument
    add("reference", metavar="REFERENCE", help="an image, as it would be given to docker pull")
    add(
        "host",
        nargs="?",
        default=LOCAL,
        metavar="TARGET",
        help="a testinfra host spec, snapshot:FILE, or a host of --inventory",
    )
    add("--engine", metavar="VERSION", help="judge by the rules of this engine on the same host")
    add("--format", choices=("text", "json"), default="text", help="for people, or for programs (default: text)")
    add_options(parser, "inventory", "docker_host", "at", "sudo", "ssh_config", "ssh_identity_file", "host_timeout")


@dataclass(frozen=True, slots=True)
class Answer:
    """What is to be said."""

    reference: str  # that was asked about
    target: str  # on which host
    verdict: Verdict | None  # None where nothing was decided
    reason: str = ""  # why not
    engine: str = ""  # whose rules were applied, in words
    notes: tuple[str, ...] = ()  # what a reader must know beside it

    @property
    def exit_status(self) -> int:
        """The documented one."""
        if self.verdict is None:
            return UNDECIDED
        return OK if self.verdict.verdict == "ok" else NOT_OK


def run(args: argparse.Namespace) -> int:
    """Look, judge, and say; 0 for ``ok``, 1 otherwise, 6 where it could not be looked at."""
    from dockworthy.printable import printable  # noqa: PLC0415 - the command's own need
    from dockworthy.snapshot import parse_snapshot  # noqa: PLC0415 - the command's own need
    from dockworthy.target import collect, parse_target  # noqa: PLC0415 - the command's own need

    _check_reference(args.reference)
    target = parse_target(args.host) if args.inventory is None else _of_inventory(Path(args.inventory), args.host)
    _check_engine(args.engine)
    registry = registry_of(args.reference)
    collected = collect(target, _options(args, registry))
    if collected.data is None:
        sys.stderr.write(f"dockworthy: {printable(target.label)}: {printable(collected.error or 'not reached', 500)}\n")
        return UNDECIDED
    snapshot = parse_snapshot(collected.data, target.label)
    answer = judge(args, snapshot, registry, target)
    _say(answer, args.format)
    return answer.exit_status


def _of_inventory(path: Path, host: str) -> Target:
    """The one host that is meant, by its name or any pattern of ``--limit``."""
    from dockworthy.target.inventory import choose_targets  # noqa: PLC0415 - only where one is given

    found = choose_targets([], path, None if host == LOCAL else host)
    if len(found) > 1:
        raise UsageError(f"--inventory {path}: {len(found)} hosts are meant; name one of them behind the image.")
    return found[0]


def explained(reference: str, target: Target, options: CollectOptions) -> tuple[str, str, str] | None:
    """Of an image, verdict, cause and fix as of now; None where the target cannot be looked at or does not decide."""
    import argparse  # noqa: PLC0415 - another command's need

    from dockworthy.snapshot import parse_snapshot  # noqa: PLC0415 - the command's own need
    from dockworthy.target import collect  # noqa: PLC0415 - the command's own need
    from dockworthy.trust.advice.fix import explain  # noqa: PLC0415 - the command's own need

    registry = registry_of(reference)
    collected = collect(target, replace(options, registries=(registry,) if registry else ()))
    if collected.data is None:
        return None
    snapshot = parse_snapshot(collected.data, target.label)
    answer = judge(argparse.Namespace(reference=reference, at=None, engine=None), snapshot, registry, target)
    if answer.verdict is None:
        return None
    return answer.verdict.verdict, *explain(answer.verdict)


def _check_reference(reference: str) -> None:
    """Refuse a user and password: an image's name has none, and a registry is logged in to with `docker login`."""
    name, at, digest = reference.rpartition("@")
    is_digest = re.fullmatch(r"[A-Za-z][A-Za-z0-9]{0,15}(?:[+._-][A-Za-z0-9]+)*:[0-9a-fA-F]{32,128}", digest)
    if (at and not is_digest) or "@" in name or re.search(r"%(?:40|3a)|[?#]", reference, re.IGNORECASE):
        raise UsageError(
            f"{shown_registry(reference)}: an image's name has no user, password or query; write HOST[:PORT]/NAME:TAG."
        )


def _check_engine(version: str | None) -> None:
    from dockworthy.trust.generations import parse_version  # noqa: PLC0415 - the command's own need

    if version is None:
        return
    try:
        parse_version(version)
    except ValueError:
        raise UsageError(f"--engine {shown_word(version)}: is no version; it should look like 26.1.5.") from None


def _options(args: argparse.Namespace, registry: str) -> Any:
    from dockworthy.run.gather import collect_options  # noqa: PLC0415 - the command's own need
    from dockworthy.run.options import Options  # noqa: PLC0415 - the command's own need
    from dockworthy.run.plan import check_options  # noqa: PLC0415 - the command's own need

    shared = Options.from_arguments(args)
    check_options(shared)
    return collect_options(shared, [registry] if registry else [])


def registry_of(reference: str) -> str:
    """The registry that the engine would ask for an image; empty for what is no reference."""
    from dockworthy.probe import script  # noqa: PLC0415 - the command's own need
    from dockworthy.trust.reference import HUB, HUB_REGISTRY, BadReference, parse_engine  # noqa: PLC0415 - beside it

    try:
        domain = parse_engine(reference).domain
    except BadReference:
        return ""
    name = HUB_REGISTRY if domain == HUB else domain
    try:
        script([name])
    except UsageError:
        return ""
    return name


# --- judging ---------------------------------------------------------------------------------------------------


def judge(args: argparse.Namespace, snapshot: Snapshot, registry: str, target: Target) -> Answer:
    """The answer from what was seen; where the target has nothing to look with, from what is seen from here."""
    from datetime import datetime, timezone  # noqa: PLC0415 - the command's own need

    from dockworthy.evidence import NotApplicable, NotDecided  # noqa: PLC0415 - the command's own need
    from dockworthy.facts.facts import Facts  # noqa: PLC0415 - the command's own need
    from dockworthy.run.plan import moment_of, parse_moment  # noqa: PLC0415 - the command's own need

    now = moment_of(args.at, snapshot, parse_moment(args.at) or datetime.now(tz=timezone.utc))
    notes = [snapshot.broken_off] if snapshot.broken_off is not None else []
    from_here = bool(registry) and not _was_looked_at(snapshot, registry)
    if from_here:
        snapshot = _seen_from_here(snapshot, registry)
        notes.append(_FROM_HERE)
    facts = Facts(snapshot, now)
    answer = Answer(args.reference, target.label, None, notes=tuple(notes))
    try:
        rules = _rules(facts, args.engine)
        answer = replace(answer, engine=_words(rules))
        registries: Registries = facts.registries
        case = registries.case(args.reference, rules)
        if from_here:
            case = replace(case, seen_from="this machine")
        return replace(answer, verdict=registries.decide(case))
    except NotDecided as error:
        return replace(answer, reason=str(error))
    except NotApplicable as error:
        return replace(answer, reason=error.reason)


def _seen_from_here(snapshot: Snapshot, registry: str) -> Snapshot:
    """The snapshot with what this machine sees of the registry."""
    from dockworthy.commands.fetch import look  # noqa: PLC0415 - rare: a target without openssl
    from dockworthy.snapshot import Section  # noqa: PLC0415 - beside it

    made = look(registry)
    resolved = snapshot.text("cmd:resolve")
    if resolved.is_known:
        known = made["cmd:resolve"].data + resolved.value.encode()
        made["cmd:resolve"] = Section("cmd:resolve", 0, known)
    return replace(snapshot, sections={**snapshot.sections, **made})


def _was_looked_at(snapshot: Snapshot, registry: str) -> bool:
    section = snapshot.get(f"registry:{registry}/tls")
    return section is not None and section.status != _NO_TOOL


def _rules(facts: Facts, version: str | None) -> Generation:
    registries: Registries = facts.registries
    return registries.as_of(version) if version is not None else registries.generation


def _words(rules: Generation) -> str:
    from dockworthy.trust.generations import Loader  # noqa: PLC0415 - the command's own need

    version = ".".join(map(str, rules.version))
    ways = {
        Loader.CLASSIC: "classic image store",
        Loader.BUILDKIT: "containerd image store",
        Loader.CONTAINERD: "containerd image store",
    }
    if rules.loader in ways:
        return f"Docker Engine {version}, {ways[rules.loader]}"
    return f"{'containerd' if rules.loader is Loader.CTR else 'podman'} {version}"


# --- saying ----------------------------------------------------------------------------------------------------


def _say(answer: Answer, form: str) -> None:
    from dockworthy.commands.output import say, say_json, say_wrapped  # noqa: PLC0415 - the command's own need

    if form == "json":
        say_json(as_json(answer))
        return
    to_copy = False
    for line in as_text(answer):
        to_copy = line == "fix" or (to_copy and line.startswith(" "))
        if to_copy:
            say(line)
        else:
            say_wrapped(line, _LABEL + len(line) - len(line.lstrip(" ")))


def as_text(answer: Answer) -> list[str]:
    """The answer for people, line by line."""
    from dockworthy.printable import printable  # noqa: PLC0415 - beside it
    from dockworthy.trust.advice.picture import draw  # noqa: PLC0415 - the command's own need

    head = [f"{answer.engine} on {printable(answer.target)}", ""] if answer.engine else []
    notes = [f"note     {printable(note, 500)}" for note in answer.notes]
    if answer.verdict is None:
        why = [f"{printable(answer.reference)}", "", "verdict  undecided", f"cause    {printable(answer.reason, 500)}"]
        return [*head, *why, *notes]
    return [*head, *draw(answer.verdict), *notes]


def as_json(answer: Answer) -> dict[str, object]:
    """The answer for programs."""
    from dockworthy.trust.advice.fix import Advice, explain  # noqa: PLC0415 - the command's own need

    verdict = answer.verdict
    advice = explain(verdict) if verdict is not None else Advice(answer.reason, "")
    found: dict[str, object] = {
        "reference": answer.reference,
        "target": answer.target,
        "engine": answer.engine or None,
        "verdict": verdict.verdict if verdict is not None else None,
        "message": verdict.message if verdict is not None else "",
        "cause": advice.cause,
        "fix": advice.fix,
        "directory": (verdict.outcome.directory or None) if verdict is not None else None,
        "insecure": verdict.outcome.insecure if verdict is not None else None,
        "chain": _chain(verdict) if verdict is not None else [],
        "notes": list(answer.notes),
    }
    return found


def _chain(verdict: Verdict) -> list[dict[str, object]]:
    """The certificates on the way that the engine went, else those that were served."""
    reply = verdict.outcome.reply
    if reply is None or reply.chain is None:
        return []
    chain = reply.chain
    certificates = chain.chains[0] if chain.chains else chain.served
    served = {id(one): number for number, one in enumerate(chain.served, 1)}
    return [
        {
            **_certificate(one),
            "served": served.get(id(one)),
            "files": list(dict.fromkeys(reply.client.roots.origins(one))),
        }
        for one in certificates
    ]


def _certificate(one: Certificate) -> dict[str, object]:
    from dockworthy.golang.ip import ip_text  # noqa: PLC0415 - the command's own need

    return {
        "subject": str(one.subject),
        "issuer": str(one.issuer),
        "names": [*one.dns_names, *(ip_text(octets) for octets in one.ip_addresses)],
        "not_before": one.not_before.rfc3339(),
        "not_after": one.not_after.rfc3339(),
        "key": one.key_description,
        "signature": one.signature_algorithm.name,
        "is_ca": one.is_ca,
        "sha256": one.fingerprint,
    }
