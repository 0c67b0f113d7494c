"""Messages for tests that need some."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.notify.changes import Seen, Told, compared
from dockworthy.notify.message import Message
from dockworthy.results.model import Policy
from tests.notify.test_changes import NOW, together
from tests.results_factory import result

if TYPE_CHECKING:
    from dockworthy.results.model import Result

RUN = {"id": "r1", "started": "2026-11-27T12:00:00Z", "finished": "2026-11-27T12:00:01Z", "tool_version": "0.1.0"}


def message(*results: Result) -> Message:
    """The message of a first run with these results."""
    given = together(results or (result(),))
    groups, hosts, _ = compared(Told(), Seen(NOW, "low", given, (), Policy()))
    return Message.of(RUN, "2026-11-27T12:00:00Z", hosts, groups)
