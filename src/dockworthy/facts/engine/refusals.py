"""Why an engine does not start: the part of the start that refuses, what it is about, and the engine's own words."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.facts.engine.masking import mask_text
from dockworthy.golang.values import GoError

if TYPE_CHECKING:
    from dockworthy.evidence import Origin

__all__ = ["KeysRefused", "Refusal", "RefusalKind", "Stage"]


class Stage:
    """Which part of a start refuses, by the names of the corpus."""

    COMMAND_LINE = "command-line"
    CONFIG_FILE = "config-file"
    TLS = "tls"
    LISTENERS = "listeners"
    DAEMON_START = "daemon-start"
    NOT_A_START = "not-a-start"
    UNIT = "unit"
    OTHER = "other"


class RefusalKind(Enum):
    """What a refusal is about, where a fix depends on that."""

    UNKNOWN_KEYS = "unknown-keys"  # the file has keys that no engine knows
    FLAG_AND_FILE = "flag-and-file"  # the same stands on the command line and in the file
    OTHER = "other"


class KeysRefused(GoError):  # noqa: N818 - a refusal of the engine's, told by its text
    """The file's keys are refused.

    Attributes:
        kind: why.
        keys: which.
    """

    def __init__(self, text: str, kind: RefusalKind, keys: tuple[str, ...]) -> None:
        super().__init__(text)
        self.kind = kind
        self.keys = keys


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the engine does not start."""

    stage: str  # one of [Stage][dockworthy.facts.engine.refusals.Stage]
    text: str  # what the engine prints, without time stamp, passwords and tokens
    kind: RefusalKind = RefusalKind.OTHER  # what it is about
    keys: tuple[str, ...] = ()  # the keys of the file that it is about, where it names them
    origin: Origin | None = None  # where what is refused stands, where one place does

    @classmethod
    def of(cls, stage: str, error: GoError, origin: Origin | None = None) -> Refusal:
        """The refusal that an error of the engine's comes to."""
        text = mask_text(str(error))
        if isinstance(error, KeysRefused):
            return cls(stage, text, error.kind, error.keys, origin)
        return cls(stage, text, origin=origin)
