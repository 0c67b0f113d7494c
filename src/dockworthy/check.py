"""What a check is made of: ``@check`` registers it, ``expect`` judges and records, the rest are its outcomes.

A check is a function whose parameters are facts, by name. It passes by returning. It runs nothing and reads
no file: everything that it needs has been seen before it starts. See ``docs/writing-checks.md``.
"""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import field
from types import FunctionType
from typing import Any, Generic, NoReturn, TypeVar, overload

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, NotApplicable, NotDecided, Reason, known
from dockworthy.frameworks import cis, cis18
from dockworthy.frameworks import known as frameworks
from dockworthy.printable import printable
from dockworthy.regex import regex

__all__ = [
    "Check",
    "CheckDefinitionError",
    "Expectation",
    "Finding",
    "Instances",
    "Judgement",
    "ManualNeeded",
    "check",
    "cis",
    "cis18",
    "expect",
    "fix_with",
    "instances",
    "judge",
    "manual",
    "not_applicable",
    "not_decided",
]

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., None])

SEVERITIES = ("critical", "high", "medium", "low", "info")
OUTCOMES = ("pass", "fail", "error", "skip", "waived", "manual")
_ID = regex(r"[a-z][a-z0-9-]*\.[a-z0-9]+(?:-[a-z0-9]+)*")
_JUDGED_NOTHING = Reason("the check judged nothing", Code.NOT_JUDGED)


class CheckDefinitionError(Exception):
    """A check that breaks the rules of a definition: no docstring, no severity, no refs, a repeated id."""


class Finding(AssertionError):  # noqa: N818 - an outcome, not a fault of the program
    """The demand is not met. Carries nothing: what was seen is in the record."""


class ManualNeeded(Exception):  # noqa: N818 - an outcome, not a fault of the program
    """Only a person can attest this: the result is ``manual`` until an attestation is in force."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


# --- what one run of a check recorded ------------------------------------------------------------------------


@dataclass(slots=True)
class _Observation:
    observed: object
    expected: object
    source: str
    met: bool


@dataclass(slots=True)
class _Record:
    observations: list[_Observation] = field(default_factory=list)
    fix: str | None = None


_record: ContextVar[_Record | None] = ContextVar("dockworthy_record", default=None)


def _json(value: object) -> object:
    """The value as JSON can hold it; sets are sorted, so that two runs agree."""
    if isinstance(value, str):
        return str(value)  # a reason or an origin is its text
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, (dict, Mapping)):  # of a dict it is told faster
        return {str(key): _json(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted((_json(item) for item in value), key=str)
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return [_json(item) for item in value]
    return str(value)


def _ordered(items: Collection[Any]) -> list[Any]:
    """The items as given; a set's sorted, so that two runs agree."""
    return sorted(items, key=str) if isinstance(items, (set, frozenset)) else list(items)


class Expectation(Generic[T]):
    """A value under judgement; each method records observed, expected and source, and raises where unmet."""

    __slots__ = ("_evidence", "_shown")

    def __init__(self, evidence: Evidence[T], shown: Callable[[T], object] | None) -> None:
        self._evidence = evidence
        self._shown = shown

    def _judge(self, predicate: Callable[[T], bool], expected: object) -> None:
        value = self._evidence.value
        met = predicate(value)
        observed = _json(self._shown(value) if self._shown else value)
        record = _record.get()
        if record is not None:
            record.observations.append(_Observation(observed, _json(expected), self._evidence.source, met))
        if not met:
            raise Finding(f"observed {observed!r}, expected {expected!r} ({self._evidence.source})")

    def equals(self, demand: T) -> None:
        """The value is this one, and of the same type where it is a boolean."""
        self._judge(lambda value: value == demand and isinstance(value, bool) == isinstance(demand, bool), demand)

    def differs_from(self, demand: T) -> None:
        """The value is any other than this one."""
        self._judge(lambda value: value != demand, {"other than": demand})

    def is_in(self, demands: Collection[T]) -> None:
        """The value is one of these."""
        self._judge(lambda value: value in demands, {"one of": _ordered(demands)})

    def is_not_in(self, refused: Collection[T]) -> None:
        """The value is none of these."""
        self._judge(lambda value: value not in refused, {"none of": _ordered(refused)})

    def at_least(self, demand: T) -> None:
        """The value is not smaller than this one."""
        self._judge(lambda value: value >= demand, {"at least": demand})  # type: ignore[operator]

    def at_most(self, demand: T) -> None:
        """The value is not larger than this one."""
        self._judge(lambda value: value <= demand, {"at most": demand})  # type: ignore[operator]

    def below(self, demand: T) -> None:
        """The value is smaller than this one."""
        self._judge(lambda value: value < demand, {"below": demand})  # type: ignore[operator]

    def contains(self, item: object) -> None:
        """The collection has this item."""
        self._judge(lambda value: item in value, {"contains": item})  # type: ignore[operator]

    def is_empty(self) -> None:
        """The collection has nothing in it."""
        self._judge(lambda value: not value, [])

    def is_within(self, allowed: Collection[object]) -> None:
        """Each item of the collection is one of these."""
        self._judge(
            lambda value: all(item in allowed for item in value),  # type: ignore[attr-defined]
            {"only": _ordered(allowed)},
        )

    def has_no_bits_outside(self, mask: int) -> None:
        """The mode (an integer) grants nothing that the mask does not: ``0o640`` meets ``0o644``."""
        shown = self._shown
        self._shown = shown or (lambda value: f"{value:04o}")
        self._judge(lambda value: not int(value) & 0o7777 & ~mask, f"no bit outside {mask:04o}")  # type: ignore[call-overload]

    def satisfies(self, predicate: Callable[[T], bool], expected: object) -> None:
        """The predicate holds; ``expected`` says in words or as a JSON value what it demands."""
        self._judge(predicate, expected)


@overload
def expect(value: Evidence[T], *, shown: Callable[[T], object] | None = None) -> Expectation[T]: ...
@overload
def expect(value: T, source: str, *, shown: Callable[[T], object] | None = None) -> Expectation[T]: ...
def expect(value: Any, source: str | None = None, *, shown: Callable[[Any], object] | None = None) -> Expectation[Any]:
    """Put a value under judgement.

    Args:
        value: evidence, or a plain value together with its ``source``.
        source: where a plain value comes from.
        shown: how the result shows the value, where the value itself is too large or not JSON.
    """
    if isinstance(value, Evidence):
        return Expectation(value, shown)
    if source is None:
        raise TypeError("expect() takes evidence, or a value and its source")
    return Expectation(known(value, source), shown)


def not_applicable(reason: str) -> NoReturn:
    """Say that the question does not arise here: the result is ``skip``."""
    raise NotApplicable(reason)


def not_decided(reason: str, source: str) -> NoReturn:
    """Say that the evidence does not decide: the result is ``error``."""
    raise NotDecided(reason, source)


def manual(sentence: str) -> NoReturn:
    """Say that a person must attest this: the result is ``manual``."""
    raise ManualNeeded(sentence)


def fix_with(text: str) -> None:
    """Replace the check's fix for this one result: commands or configuration that fit what was seen."""
    record = _record.get()
    if record is not None:
        record.fix = text


# --- definitions ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Instances:
    """What a check is asked once for each of."""

    name: str  # the check's parameter that receives one instance
    # from the host's facts and the profile's params to the instances by their names (the result's ``param``); may raise
    # [NotDecided][] or [NotApplicable][], which then is the one result
    find: Callable[[Any, Any], Mapping[str, object]]
    none: str  # the reason of the one ``skip`` where there is no instance
    needs: tuple[str, ...] = ()  # the facts that it is asked with


def instances(
    name: str,
    find: Callable[..., Mapping[str, object]] | Iterable[str],
    none: str = "there is nothing to judge",
) -> Instances:
    """Instances found by a function, or a fixed list of names.

    The function's parameters are facts, by their names; ``facts`` is all of them, ``params`` the profile's demands.
    """
    if callable(find):
        found = find
        needs = tuple(name.lstrip("_") for name in parameters_of(found))
        return Instances(name, lambda facts, params: facts.call(found, {PROFILE_ARGUMENT: params}), none, needs)
    fixed = {item: item for item in find}
    return Instances(name, lambda _facts, _params: fixed, none)


@dataclass(frozen=True, slots=True)
class Check:
    """One check's definition; the docstring is the only place of its title and rationale."""

    id: str
    title: str
    rationale: str
    severity: str
    refs: tuple[str, ...]
    fix: str | None
    evidence: tuple[str, ...]
    params: tuple[str, ...]
    each: Instances | None
    aliases: tuple[str, ...]
    function: Callable[..., None]
    arguments: tuple[str, ...]
    also: tuple[str, ...] = ()  # further topics by which it is chosen

    @property
    def topics(self) -> frozenset[str]:
        """All topics by which it is chosen."""
        return frozenset((self.topic, *self.also))

    @property
    def topic(self) -> str:
        """The id's part before the first dot."""
        return self.id.partition(".")[0]

    @property
    def needs(self) -> tuple[str, ...]:
        """The names of all that it is asked with, its instances included."""
        return self.arguments if self.each is None else (*self.arguments, *self.each.needs)

    @property
    def module(self) -> str:
        """The file that defines it."""
        return self.function.__code__.co_filename

    def as_json(self) -> dict[str, object]:
        """The fields of ``dockworthy list --format json``."""
        return {
            "id": self.id,
            "topic": self.topic,
            "title": self.title,
            "rationale": self.rationale,
            "severity": self.severity,
            "refs": list(self.refs),
            "fix": self.fix,
            "evidence": list(self.evidence),
            "params": list(self.params),
        }


PROFILE_ARGUMENT = "params"
_STARRED = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS


def is_starred(function: Callable[..., object]) -> bool:
    """Whether it takes what it does not name."""
    return bool(function.__code__.co_flags & _STARRED)


def parameters_of(function: Callable[..., object]) -> tuple[str, ...]:
    """The names of a function's parameters; of a plain one read off its code, because there are many."""
    if not isinstance(function, FunctionType) or hasattr(function, "__wrapped__"):
        return tuple(inspect.signature(function).parameters)
    code = function.__code__
    if is_starred(function):
        return tuple(inspect.signature(function).parameters)
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def check(
    check_id: str,
    *,
    severity: str,
    refs: Sequence[str],
    fix: str | None,
    each: Instances | None = None,
    params: Sequence[str] = (),
    aliases: Sequence[str] = (),
    also: Sequence[str] = (),
) -> Callable[[F], F]:
    """Register a function as a check; `CheckDefinitionError` if the definition is incomplete.

    Args:
        check_id: ``topic.what-is-asserted``; never changes once released.
        severity: one of critical, high, medium, low, info.
        refs: the outside requirements that it answers; what published documents say that these answer is added.
        fix: commands or configuration to paste; ``{param}`` stands for the instance's name, quoted for a
            shell. None only where there is nothing to fix (say so in the docstring).
        each: the instances that it is asked for, one result each.
        params: the profile's keys that it reads (through a parameter named ``params``).
        aliases: ids that it had before.
        also: further topics by which ``--topic`` chooses it; its findings stay under its own.
    """

    def register(function: F) -> F:
        where = f"{function.__code__.co_filename}:{function.__code__.co_firstlineno}"
        if not _ID.fullmatch(check_id):
            raise CheckDefinitionError(f"{where}: {check_id!r} is not of the form topic.what-is-asserted.")
        doc = inspect.cleandoc(function.__doc__ or "")
        if not doc:
            raise CheckDefinitionError(f"{where}: {check_id} has no docstring, which is its title.")
        if severity not in SEVERITIES:
            raise CheckDefinitionError(f"{where}: {check_id} has severity {severity!r}, not one of {SEVERITIES}.")
        if not refs:
            raise CheckDefinitionError(f"{where}: {check_id} names no requirement in refs.")
        title, _, rationale = doc.partition("\n")
        arguments = parameters_of(function)
        given = {PROFILE_ARGUMENT, each.name if each else ""}
        definition = Check(
            id=check_id,
            title=" ".join(title.split()).rstrip("."),
            rationale=rationale.strip(),
            severity=severity,
            refs=frameworks().answered(check_id, refs),
            fix=fix,
            evidence=tuple(name for name in arguments if name not in given),
            params=tuple(params),
            each=each,
            aliases=tuple(aliases),
            function=function,
            arguments=arguments,
            also=tuple(also),
        )
        function.__dockworthy_check__ = definition  # type: ignore[attr-defined]
        return function

    return register


# --- judging -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one check said of one instance on one host, before waivers and attestations."""

    outcome: str  # pass, fail, error, skip or manual
    observed: object  # a JSON value
    expected: object  # a JSON value
    source: str  # where the observation comes from
    fix: str | None  # what fixes it, or None
    reason: str | None = None  # the sentence behind an error, a skip or a manual
    code: str | None = None  # the cause in a word, equal where the cause is, or None where it has none


def judge(definition: Check, arguments: Mapping[str, object], param: str | None = None) -> Judgement:
    """Run one check on facts that are already there; never raises."""
    record = _Record()
    token = _record.set(record)
    try:
        definition.function(**arguments)
    except Finding:
        return _judgement(definition, record, "fail", param)
    except NotApplicable as outcome:
        return _undecided(definition, record, "skip", outcome.reason, "", param)
    except NotDecided as outcome:
        return _undecided(definition, record, "error", outcome.reason, outcome.source, param)
    except ManualNeeded as outcome:
        return _undecided(definition, record, "manual", Reason(outcome.sentence), "", param)
    except AssertionError as error:
        return _asserted(definition, record, error, param)
    except Exception as error:  # noqa: BLE001 - one broken check must not end the run
        return _undecided(definition, record, "error", broken(error), definition.id, param)
    finally:
        _record.reset(token)
    if not record.observations:
        return _undecided(definition, record, "error", _JUDGED_NOTHING, definition.id, param)
    return _judgement(definition, record, "pass", param)


def broken(error: BaseException) -> Reason:
    """A sentence about a check that failed by itself: its kind and place, never its text (it may hold data)."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    where = f" at {frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame else ""
    return Reason(f"the check itself broke ({type(error).__name__}{where}); please report it", Code.CHECK_BROKEN)


def _judgement(definition: Check, record: _Record, outcome: str, param: str | None) -> Judgement:
    shown = [item for item in record.observations if not item.met] or record.observations
    if len(shown) == 1:
        observed, expected, source = shown[0].observed, shown[0].expected, str(shown[0].source)
    else:
        observed = [item.observed for item in shown]
        expected = [item.expected for item in shown]
        source = "; ".join(dict.fromkeys(item.source for item in shown))
    return Judgement(outcome, observed, expected, source, _fix(definition, record, param))


def _undecided(
    definition: Check, record: _Record, outcome: str, reason: Reason, source: str, param: str | None
) -> Judgement:
    fix = None if outcome == "skip" else _fix(definition, record, param)
    return Judgement(outcome, None, None, str(source), fix, str(reason), reason.code.value if reason.code else None)


def _asserted(definition: Check, record: _Record, error: AssertionError, param: str | None) -> Judgement:
    fix = _fix(definition, record, param)
    return Judgement("fail", str(error) or "the assertion does not hold", None, definition.id, fix)


def _fix(definition: Check, record: _Record, param: str | None) -> str | None:
    if record.fix is not None:
        return record.fix
    if definition.fix is None or param is None or "{param}" not in definition.fix:
        return definition.fix
    return "\n".join(_named(line, param) for line in definition.fix.split("\n"))


def _named(line: str, param: str) -> str:
    """The line about this instance: quoted for a shell; in a comment, which a line end would leave, made printable."""
    if line.lstrip().startswith("#"):
        param = printable(param, None)
    return line.replace("{param}", shlex.quote(param))
