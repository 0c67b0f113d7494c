"""``dockworthy why``: from what docker, containerd, Compose or Harbor printed to the check that is the cause here."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dockworthy.dataclass import dataclass
from dockworthy.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Sequence
    from typing import BinaryIO

    from dockworthy.check import Check
    from dockworthy.messages import Recognised
    from dockworthy.report.screen import Line
    from dockworthy.results.model import Result
    from dockworthy.run.hosts import RunHost

__all__ = ["add_arguments", "run"]

FOUND, NONE, UNDECIDED = 0, 1, 6
_STDIN: Final = "-"
_MOST_OTHERS: Final = 3  # further messages of the same text whose checks are named
_LONGEST: Final = 2000  # characters of a message that are told
_PIECE: Final = 1024 * 1024  # bytes
_MOST_READ: Final = 256 * _PIECE  # of standard input
_VERIFIES: Final = "trust.registry-verifies"
_CLOCK: Final = "trust.clock-right"  # judged by this machine's clock, while the engine goes by its own
_OTHER: Final = "other"
_CTR: Final = "ctr"  # the tag of containerd's own client, whose loader is not the engine's


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The text, where to look, and how."""
    from dockworthy.run.options import add_arguments as add_options  # noqa: PLC0415 - the command's own need

    add = parser.add_argument
    add("text", metavar="TEXT", help="what was printed, also with several lines; - reads it from standard input")
    add("where", nargs="?", metavar="TARGET|RESULTS", help="a host to judge, or a results file or a run's folder")
    add("--format", choices=("text", "json"), default="text", help="for people, or for programs (default: text)")
    add_options(
        *(parser, "profile", "registry", "waivers", "docker_host", "at", "sudo", "ask_sudo_password"),
        *("ssh_config", "ssh_identity_file", "host_timeout"),
    )
    parser.set_defaults(text_after_dashes=True)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is to be said of a text."""

    found: tuple[Recognised, ...]  # the messages in it, the telling one first
    checks: tuple[Check, ...]  # that answer for it, the likeliest first
    judged: bool = False  # whether somewhere was looked
    causes: tuple[Result, ...] = ()  # results that are the cause
    besides: tuple[Result, ...] = ()  # of the same checks, which fail for another reason than the message's
    undecided: tuple[Result, ...] = ()
    calm: tuple[Result, ...] = ()  # what passes or does not apply
    missing: tuple[str, ...] = ()  # ids that the results have nothing of

    @property
    def exit_status(self) -> int:
        """The documented one."""
        if self.causes:
            return FOUND
        return UNDECIDED if not self.found or self.undecided or self.missing else NONE


def run(args: argparse.Namespace) -> int:
    """Read, look where that is asked for, and say; the status is the interface's."""
    from dockworthy.masking import masked  # noqa: PLC0415 - the command's own need
    from dockworthy.messages import recognise  # noqa: PLC0415 - the command's own need

    text = _text(args.text)
    saved = _results(args.where)
    if args.where is None or saved is not None:
        _refuse_looking(args)
    found = recognise(masked(text))
    answer = Answer(tuple(found), tuple(_answering(found)))
    if found and args.where is not None:
        records = saved if saved is not None else _judged(args, answer)
        if records is None:
            return UNDECIDED
        answer = _decided(answer, records)
    _say(answer, args.format)
    return answer.exit_status


def _text(given: str) -> str:
    """The text, as far as it is read; `UsageError` for none."""
    from dockworthy.messages.reading import LONGEST  # noqa: PLC0415 - the command's own need

    if given == _STDIN:
        if sys.stdin is None:
            raise UsageError("TEXT -: standard input is closed; pipe what was printed into it.")
        try:
            given = _last_of(sys.stdin.buffer).decode("utf-8", "replace")
        except OSError as error:
            raise UsageError(f"TEXT -: standard input cannot be read ({error.strerror}).") from None
    if not given.strip():
        raise UsageError(
            "TEXT is empty; paste what docker, containerd, Compose or Harbor printed, or pipe it into `-`."
        )
    given = given.encode("utf-8", "replace").decode()
    if len(given) <= LONGEST:
        return given
    return given[-LONGEST:].partition("\n")[2] or given[-LONGEST:]


def _last_of(stream: BinaryIO) -> bytes:
    """The last bytes of a stream, enough for what is read of a text; `UsageError` for one that does not end."""
    kept, seen = b"", 0
    while piece := stream.read(_PIECE):
        kept, seen = (kept + piece)[-_PIECE:], seen + len(piece)
        if seen > _MOST_READ:
            raise UsageError("TEXT -: standard input does not end; pipe the last lines alone (`tail -n 100`).")
    return kept


def _refuse_looking(args: argparse.Namespace) -> None:
    """Refuse options that say how a host is looked at where none is."""
    for name in ("profile", "registry", "docker_host", "at", "sudo", "ask_sudo_password"):
        if getattr(args, name):
            option = f"--{name.replace('_', '-')}"
            raise UsageError(f"{option}: says how a host is looked at; name a TARGET after the text.")


# --- the checks ------------------------------------------------------------------------------------------------


def _answering(found: Sequence[Recognised]) -> Iterator[Check]:
    """The checks that answer for the messages, each once: those of the telling one first."""
    from dockworthy.profile.locate import checks_folder  # noqa: PLC0415 - the command's own need
    from dockworthy.run.loading import load_checks  # noqa: PLC0415 - the command's own need

    catalogue = load_checks(checks_folder()) if found else {}
    ids = (check for one in found[: 1 + _MOST_OTHERS] for check, _ in one.checks)
    yield from (catalogue[check] for check in dict.fromkeys(ids) if check in catalogue)


def _results(where: str | None) -> list[Result] | None:
    """The results of a file or folder; None where a host is named."""
    if where is None or "://" in where or where.startswith(("snapshot:", "rootfs:")):
        return None
    path = Path(where)
    if not (path.exists() or where.endswith((".json", ".jsonl")) or "/" in where):
        return None
    from dockworthy.results.reader import read_results  # noqa: PLC0415 - only where they are named

    return list(read_results(path).results)


def _judged(args: argparse.Namespace, answer: Answer) -> list[Result] | None:
    """What the checks say of the host that was named; None where it was not reached, which is told."""
    from dockworthy.printable import printable  # noqa: PLC0415 - the command's own need
    from dockworthy.run.options import Options  # noqa: PLC0415 - the command's own need
    from dockworthy.run.plan import make_plan  # noqa: PLC0415 - the command's own need

    options = Options.from_arguments(args)
    registry = _usable(answer.found[0].registry)
    plan = make_plan(options._replace(target=(args.where,), registry=(*options.registry, *filter(None, [registry]))))
    try:
        reached = [host for host in plan.hosts if host.snapshot is not None]
        for host in plan.hosts:
            if host.snapshot is None:
                sys.stderr.write(
                    f"dockworthy: {printable(host.target)}: {printable(host.error or 'not reached', 500)}\n"
                )
        return [record for host in reached for record in _of_host(host, answer.checks)] if reached else None
    finally:
        plan.close()


def _of_host(host: RunHost, checks: Iterable[Check]) -> Iterator[Result]:
    from dockworthy.results.model import Result  # noqa: PLC0415 - the command's own need
    from dockworthy.run.judging import judge_host  # noqa: PLC0415 - see above

    for record in judge_host(host, checks, only_selected=False):
        yield Result(**record)


def _usable(registry: str | None) -> str | None:
    """The registry, where it can be looked at."""
    from dockworthy.probe import script  # noqa: PLC0415 - the command's own need

    if registry is None:
        return None
    try:
        script([registry])
    except UsageError:
        return None
    return registry


# --- the cause -------------------------------------------------------------------------------------------------


def _decided(answer: Answer, records: Iterable[Result]) -> Answer:
    """The answer with what the results say of its checks, those of the likeliest check first."""
    rank = {name: number for number, check in enumerate(answer.checks) for name in (check.id, *check.aliases)}
    mine = sorted((one for one in records if one.check in rank), key=lambda one: rank[one.check])
    told = {one.check for one in mine}
    concerned = [one for one in mine if _concerns(answer, one)]
    failed = [one for one in concerned if one.outcome in {"fail", "waived"}]
    same = [one for one in failed if _explains(answer.found[0], one, concerned)]
    names = [check.id for check in answer.checks if told.isdisjoint((check.id, *check.aliases))]
    return Answer(
        found=answer.found,
        checks=answer.checks,
        judged=True,
        causes=tuple(same),
        besides=tuple(one for one in failed if one not in same and one.check == _VERIFIES),
        undecided=tuple(one for one in concerned if one.outcome == "error"),
        calm=tuple(one for one in concerned if one.outcome in {"pass", "skip", "manual"}),
        missing=tuple(names[:1]) if names[:1] == [answer.checks[0].id] else (),
    )


def _concerns(answer: Answer, record: Result) -> bool:
    """Whether a result is about what the message names: its instance, and its registry where it names one."""
    param, registry = record.param, answer.found[0].registry
    only = {of for one in answer.found for check, of in one.checks if check == record.check}
    if only and None not in only and param is not None and param not in only:
        return False
    if param is None or registry is None or not record.check.startswith("trust."):
        return True
    return _place(registry) in {_place(param), _place(param.partition("/certs.d/")[2].partition("/")[0])}


def _place(registry: str) -> str:
    return registry.lower().removesuffix(":443")


def _explains(message: Recognised, record: Result, concerned: Sequence[Result]) -> bool:
    """Whether a failing result is a cause of the message.

    Where the engine would take the registry now, or says something else of it, a certificate that ends soon and the
    like do not explain what was printed.
    """
    verdict = message.message.verdict
    if verdict is None or record.check == _CLOCK:
        return True
    judged = [one for one in concerned if one.check == _VERIFIES and one.outcome in {"pass", "fail", "waived"}]
    if record.check == _VERIFIES:
        return _says_the_same(message, record)
    return not judged or any(_says_the_same(message, one) for one in judged) or _CTR in message.within


def _says_the_same(message: Recognised, record: Result) -> bool:
    """Whether the engine refuses the registry as the message says; of what has no class of its own, by the words."""
    from dockworthy.messages import recognise  # noqa: PLC0415 - the command's own need

    observed, verdict = record.observed, message.message.verdict
    if not isinstance(observed, dict) or observed.get("verdict") != verdict:
        return False
    if verdict != _OTHER:
        return True
    now = recognise(str(observed.get("message", "")), ("registry",))
    return bool(now) and now[0].message is message.message


# --- saying ----------------------------------------------------------------------------------------------------


def _say(answer: Answer, form: str) -> None:
    from dockworthy.commands.output import say_json  # noqa: PLC0415 - the command's own need
    from dockworthy.report.screen import print_lines  # noqa: PLC0415 - the command's own need

    if form == "json":
        say_json(as_json(answer))
        return
    print_lines(as_lines(answer), sys.stdout)


def as_json(answer: Answer) -> dict[str, object]:
    """The answer for programs; a check that had another id before has that one after it, as older results name it."""
    first = answer.found[0] if answer.found else None
    keys, missed = ("host", "check", "param", "observed", "source", "fix"), ("host", "check", "param", "reason")
    return {
        "matched": first is not None,
        "message": _shown(first) if first is not None else "",
        "verdict": first.message.verdict if first is not None else None,
        "checks": [name for check in answer.checks for name in (check.id, *check.aliases)],
        "causes": [{key: getattr(one, key) for key in keys} for one in answer.causes],
        "undecided": [{key: getattr(one, key) for key in missed} for one in answer.undecided],
        "sources": list(dict.fromkeys(one.message.source for one in answer.found[: 1 + _MOST_OTHERS])),
    }


def _shown(one: Recognised) -> str:
    from dockworthy.facts.engine.masking import mask_text  # noqa: PLC0415 - the command's own need
    from dockworthy.masking import masked  # noqa: PLC0415 - the command's own need
    from dockworthy.printable import printable  # noqa: PLC0415 - the command's own need

    return printable(mask_text(masked(one.text)), _LONGEST)


def as_lines(answer: Answer) -> Iterator[Line]:
    """The answer for people, line by line."""
    from dockworthy.report.screen import Line  # noqa: PLC0415 - the command's own need

    if not answer.found:
        yield _plainly("This is no message of docker, containerd, Compose, dockerd or Harbor that is known here.")
        yield _plainly("Paste the whole line, with what stands before it; `dockworthy check` looks at everything.")
        return
    first = answer.found[0]
    yield _labelled("message", _shown(first))
    if first.message.verdict is not None:
        yield _labelled("verdict", first.message.verdict)
    yield _labelled("from", first.message.source)
    yield Line()
    yield from _of_judgement(answer) if answer.judged else _of_checks(answer)


def _plainly(text: str, indent: int = 0, hang: int = 2) -> Line:
    from dockworthy.report.screen import Line  # noqa: PLC0415 - the command's own need

    return Line([(text, "")], indent, hang)


def _labelled(label: str, text: str, indent: int = 0) -> Line:
    from dockworthy.report.screen import Line  # noqa: PLC0415 - the command's own need

    return Line([(f"{label:<7}  ", "dim"), (text, "")], indent, indent + 9)


def _of_checks(answer: Answer) -> Iterator[Line]:
    from dockworthy.report.screen import Line, command  # noqa: PLC0415 - the command's own need

    if not answer.checks:
        yield _plainly("No check of a host answers for it.")
        return
    is_one = len(answer.checks) == 1
    yield _plainly("This check answers for it:" if is_one else "These checks answer for it, the likeliest first:")
    yield from _table((check, check.title) for check in answer.checks)
    yield Line()
    which = "whether it" if is_one else "which"
    yield _plainly(f"Nothing was looked at. Name the host, or a run's results, to learn {which} is the cause:", hang=0)
    yield command("dockworthy", "why", "TEXT", "ssh://HOST", indent=2)


def _table(rows: Iterable[tuple[Check, str]]) -> Iterator[Line]:
    from dockworthy.report.screen import Line  # noqa: PLC0415 - the command's own need

    told = list(rows)
    width = max((len(check.id) for check, _ in told), default=0)
    for check, text in told:
        yield Line([(f"{check.id:<{width}}  ", "bold"), (text, "")], 2, width + 4)


def _of_judgement(answer: Answer) -> Iterator[Line]:
    for one in answer.causes:
        is_first = one.check in {answer.checks[0].id, *answer.checks[0].aliases}
        yield from _of_cause(one, "The cause: " if is_first else "Likely, too: " if answer.causes[1:] else "Likely: ")
    for one in answer.besides:
        yield from _of_cause(one, "It fails here now for another reason than the message's: ")
    for one in answer.undecided:
        yield _plainly(f"Undecided: {_named(one)} on {_plain(one.host)}: {_plain(one.reason)}")
    if answer.missing:
        yield _plainly(f"Undecided: the results have nothing of {answer.missing[0]}; judge the host itself.")
    if not (answer.causes or answer.besides or answer.undecided or answer.missing):
        yield _plainly("Nothing here explains it:" if answer.checks else "Nothing here explains it: no check answers.")
        yield from _table((check, _calm(check, answer)) for check in answer.checks)


def _calm(check: Check, answer: Answer) -> str:
    """Why a check explains nothing: it passes, does not apply, or must be attested."""
    mine = [one for one in answer.calm if one.check in {check.id, *check.aliases}]
    if any(one.outcome == "pass" for one in mine):
        return "found nothing wrong"
    reasons = list(dict.fromkeys(_plain(one.reason or one.outcome) for one in mine))
    return f"does not apply: {reasons[0]}" if reasons else "has no result for it"


def _of_cause(one: Result, head: str) -> Iterator[Line]:
    from dockworthy.report.screen import Line  # noqa: PLC0415 - the command's own need

    yield Line([(head, ""), (_named(one), "bold"), (f" on {_plain(one.host)}: {one.title}", "")], 0, 2)
    yield _labelled("seen", _observed(one), 2)
    for number, line in enumerate((one.fix or "").splitlines()):
        again = "# " if line.startswith("#") else ""
        label = "fix" if number == 0 else ""
        yield Line([(f"{label:<7}  ", "dim"), (_plain(line), "")], 2, 11, whole=not again, again=again)
    yield Line()


def _observed(one: Result) -> str:
    """What was seen, and by what, in words: of a registry the cause in a sentence."""
    from dockworthy.report.words import observation  # noqa: PLC0415 - the command's own need

    seen = one.observed
    if isinstance(seen, dict) and {"verdict", "cause"} <= set(seen):
        return f"{_plain(seen['cause'])} ({_plain(one.source)})"
    return observation(one)


def _named(one: Result) -> str:
    return one.check if one.param is None else f"{one.check} [{_plain(one.param)}]"


def _plain(text: object) -> str:
    from dockworthy.printable import printable  # noqa: PLC0415 - the command's own need

    return printable(str(text), 500)
