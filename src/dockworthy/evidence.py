"""What was seen, and where: a value with its origin, or the reason why there is none.

Evidence is the only thing that a check judges. Asking for a value that is not known raises
[NotDecided][dockworthy.evidence.NotDecided], so that a check cannot pass by ignorance and none has to
remember to ask.
"""

from __future__ import annotations

from enum import Enum
from functools import wraps
from typing import TYPE_CHECKING, Generic, ParamSpec, TypeVar, cast

from dockworthy.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "Code",
    "Evidence",
    "NotApplicable",
    "NotDecided",
    "Origin",
    "OriginKind",
    "Reason",
    "derived",
    "known",
    "unknown",
]

P = ParamSpec("P")
T = TypeVar("T")
U = TypeVar("U")


class Code(str, Enum):
    """Why something is not known, in a word: equal where the cause is equal, whatever the sentence says besides."""

    ABSENT = "absent"  # looked for, and not there
    AMBIGUOUS = "ambiguous"  # what was seen fits several answers
    CHECK_BROKEN = "check-broken"  # a fault of the check's own
    FAILED = "failed"  # a command on the host ended with an error
    HIDDEN = "hidden"  # it may be a secret, and stays on the host
    MALFORMED = "malformed"  # it cannot be read as what it should be
    NOT_JUDGED = "check-judged-nothing"
    NOT_PERMITTED = "not-permitted"
    NOT_PROBED = "not-probed"  # nobody looked
    NOT_TOLD = "not-told"  # who was asked does not say it
    NO_RUNTIME = "rootfs-has-no-runtime"  # a root file system is not a running host
    NO_START = "engine-does-not-start"  # with the files and arguments of now, so that nothing is in force
    RELEASE = "release-not-known"  # the engine is of a release that nothing here knows
    STALE = "stale"  # it was changed after the engine had read it
    TIMEOUT = "timeout"
    TOOL_MISSING = "tool-missing"
    TOO_LARGE = "too-large"
    TRUNCATED = "truncated"  # the snapshot ends before it
    UNREACHABLE = "unreachable"
    UNREADABLE = "unreadable"  # it is there, and reading it failed


class Reason(str):
    """Why something is not known: a sentence for people, which is the text itself, and its cause in a word.

    Attributes:
        code: the cause; None where the sentence alone says it.
    """

    __slots__ = ("code",)
    code: Code | None

    def __new__(cls, sentence: str, code: Code | None = None) -> Reason:  # noqa: PYI034 - Self is of 3.11
        """Make one; of a reason that is one already the code is kept, unless another is given."""
        made = super().__new__(cls, sentence)
        made.code = code if code is not None else getattr(sentence, "code", None)
        return made

    def within(self, sentence: str) -> Reason:
        """The same cause in another sentence."""
        return Reason(sentence, self.code)


def _reason(sentence: str, code: Code | None) -> Reason:
    """The sentence as a reason: itself where it is one already, and no other cause is given."""
    return sentence if code is None and isinstance(sentence, Reason) else Reason(sentence, code)


class OriginKind(Enum):
    """What sort of place a value comes from."""

    API = "api"
    DEFAULT = "default"
    ENVIRONMENT = "environment"
    FILE = "file"
    FLAG = "flag"
    UNIT = "unit"


class Origin(str):
    """Where a value comes from, as a person would look it up, and what sort of place that is.

    Attributes:
        kind: the sort of place.
    """

    __slots__ = ("kind",)
    kind: OriginKind

    def __new__(cls, text: str, kind: OriginKind) -> Origin:  # noqa: PYI034 - Self is of 3.11
        """Make one."""
        made = super().__new__(cls, text)
        made.kind = kind
        return made


class NotDecided(Exception):  # noqa: N818 - an outcome, not a fault of the program
    """The evidence could not be read: the result is ``error``, never ``pass`` and never ``fail``."""

    def __init__(self, reason: str, source: str, code: Code | None = None) -> None:
        super().__init__(f"{source}: {reason}" if source else reason)
        self.reason = _reason(reason, code)
        self.source = source

    @property
    def code(self) -> str | None:
        """The cause in a word, where it has one."""
        return None if self.reason.code is None else self.reason.code.value


class NotApplicable(Exception):  # noqa: N818 - an outcome, not a fault of the program
    """The question does not arise on this host: the result is ``skip``, with the reason."""

    def __init__(self, reason: str, code: Code | None = None) -> None:
        super().__init__(reason)
        self.reason = Reason(reason, code)

    @property
    def code(self) -> str | None:
        """The cause in a word, where it has one."""
        return None if self.reason.code is None else self.reason.code.value


@dataclass(frozen=True, slots=True)
class Evidence(Generic[T]):
    """A value and its source, or the reason why the value is not known.

    Attributes:
        source: where it comes from, as a person would look it up: ``/etc/docker/daemon.json: icc``,
            ``GET /info: LiveRestoreEnabled``, ``dockerd --icc=false``.
        unknown: why the value is not known, or None where it is.
    """

    source: str
    content: T | None = None
    unknown: Reason | None = None

    @property
    def origin(self) -> OriginKind | None:
        """What sort of place the source is, where that is told."""
        return self.source.kind if isinstance(self.source, Origin) else None

    @property
    def is_known(self) -> bool:
        """Whether there is a value."""
        return self.unknown is None

    @property
    def value(self) -> T:
        """The value; raises NotDecided where it is not known."""
        if self.unknown is not None:
            raise NotDecided(self.unknown, self.source)
        return cast("T", self.content)

    def get(self, default: T) -> T:
        """The value, or ``default`` where it is not known: for descriptions, never for a verdict."""
        return default if self.unknown is not None else cast("T", self.content)

    def map(self, function: Callable[[T], U]) -> Evidence[U]:
        """The evidence for a value derived from this one; what is not known stays so, for the same reason."""
        if self.unknown is not None:
            return Evidence(self.source, None, self.unknown)
        return Evidence(self.source, function(cast("T", self.content)))

    def then(self, function: Callable[[T], Evidence[U]]) -> Evidence[U]:
        """The evidence that follows from the value; what is not known stays so, for the same reason."""
        if self.unknown is not None:
            return Evidence(self.source, None, self.unknown)
        return function(cast("T", self.content))

    def by(self, source: str) -> Evidence[T]:
        """The same, with another source."""
        return Evidence(source, self.content, self.unknown)


def known(value: T, source: str) -> Evidence[T]:
    """Evidence that was read."""
    return Evidence(source, value)


def unknown(reason: str, source: str, code: Code | None = None) -> Evidence[T]:
    """Evidence that could not be read, and why; of a `Reason` the code is kept where none is given."""
    return Evidence(source, None, _reason(reason, code))


def derived(function: Callable[P, Evidence[T]]) -> Callable[P, Evidence[T]]:
    """Make evidence of other evidence: the function asks for the values as if all were known.

    Where one is not, neither is the result, for the same reason and by the same source.
    """

    @wraps(function)
    def whole(*args: P.args, **kwargs: P.kwargs) -> Evidence[T]:
        try:
            return function(*args, **kwargs)
        except NotDecided as error:
            return unknown(error.reason, error.source)

    return whole
