"""The way of a message: from a run that is over to whoever wants to know, in so much time and no more.

`refuse` is called before anything is probed, `tell` when a run is over, `send_waiting` by whoever wants to send what
waits. Nothing here changes an exit status: what could not be sent waits, and is told in one sentence.
"""

from __future__ import annotations

import sys
import threading
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dockworthy.errors import UsageError
from dockworthy.moments import known_moment, shown
from dockworthy.notify.changes import Seen, baseline_into, compared
from dockworthy.notify.destinations import destination, destinations
from dockworthy.notify.message import Message
from dockworthy.notify.sending import send
from dockworthy.notify.spool import MAX_AGE, open_box
from dockworthy.report.words import quantity
from dockworthy.results.streamed import InMemory
from dockworthy.typed import shown_destination, shown_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockworthy.notify.spool import Box
    from dockworthy.results.streamed import Streamed
    from dockworthy.run.options import Options
    from dockworthy.run.state import Plan

__all__ = ["PATIENCE", "SPOOL", "refuse", "send_waiting", "spool_of", "tell", "tell_run"]

PATIENCE: Final = 10.0  # seconds that a run waits for all its readers together
SPOOL: Final = "notify"  # below the folder of the runs


def spool_of(options: Options) -> Path:
    """Where messages wait: where the user said, else below the folder of the runs."""
    return Path(options.spool) if options.spool else Path(options.output_dir or "reports") / SPOOL


def refuse(options: Options) -> None:
    """Refuse what is wrong with ``--notify`` before anything is looked at; `UsageError` naming the first."""
    rehearsed = options.engine is not None or options.harbor is not None or options.apply
    if rehearsed or options.at not in {None, "snapshot"}:
        raise UsageError(
            "--notify: what --engine, --harbor, --apply or --at with a time make of a host is not so; leave it out."
        )
    for one in destinations(options.notify):
        open_box(spool_of(options), one)


def tell_run(plan: Plan) -> None:
    """Tell each reader what a run that came to its end has changed; its record is in memory as a whole."""
    outcome = plan.outcome
    if outcome is None:
        return
    tell(plan.options, InMemory(outcome), InMemory(plan.baseline) if plan.baseline is not None else None)


def tell(options: Options, record: Streamed, baseline: Streamed | None = None) -> None:
    """Tell each reader what is new to it; what cannot be told or sent is a sentence on standard error.

    The record is read once for each reader, and its baseline once for each that does not know it yet.
    """
    told, spool = [], spool_of(options)
    for text in dict.fromkeys(options.notify):
        box = _prepared(text, spool, record, baseline)
        told += [box] if box is not None else []
    send_waiting(told, spool, PATIENCE)


def _prepared(text: str, spool: Path, record: Streamed, baseline: Streamed | None) -> Box | None:
    """A reader's box with what is new for it; None where that cannot be, which is told."""
    try:
        return _committed(text, spool, record, baseline)
    except (UsageError, OSError) as error:
        why = str(error) if isinstance(error, UsageError) else f"{shown_path(str(spool))}: {error.strerror}."
        _say(f"{shown_destination(text)} is told nothing: {why}")
    return None


def _committed(text: str, spool: Path, record: Streamed, baseline: Streamed | None) -> Box:
    """Put what is new for one reader into its box."""
    run = record.run
    moment = known_moment(run.finished) or datetime.now(tz=timezone.utc)
    box = open_box(spool, destination(text))
    with box.locked():
        box.read()
        if baseline is not None:
            baseline_into(box.told, baseline.run, baseline.results())
        seen = Seen(moment, run.fail_on, record.results(), record.certificates(), record.policy)
        groups, hosts, anew = compared(box.told, seen)
        known = {"id": run.id, "started": run.started, "finished": run.finished, "tool_version": run.tool_version}
        message = Message.of(known, shown(moment), hosts, groups)
        if not box.commit(anew, None if message.is_empty else message):
            _say(f"{shown_destination(text)}: too many messages wait; what is new is told when those were taken.")
    return box


def send_waiting(boxes: Sequence[Box], spool: Path, patience: float, *, at_once: bool = False) -> bool:
    """Send what waits in each box, all at the same time, and wait no longer than ``patience`` seconds.

    Args:
        boxes: whose messages.
        spool: where they lie, for the sentence.
        patience: in seconds.
        at_once: whether the pause after a failure is left out.

    Returns:
        Whether nothing waits any more.
    """
    deadline = time.monotonic() + patience
    every = [[shown_destination(box.typed), "it did not answer in time"] for box in boxes]
    jobs = [
        threading.Thread(target=_sent, args=(box, deadline, outcome, at_once), daemon=True)
        for box, outcome in zip(boxes, every, strict=True)
    ]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(max(0.0, deadline - time.monotonic()))
    failed = [(name, why) for name, why in every if why]
    place = shown_path(str(spool))
    for name, why in failed:
        _say(
            f"{name} was not told: {why}; the message waits in {place}, for the next run or "
            f"`dockworthy notify --spool {place}`."
        )
    return not failed


def _sent(box: Box, deadline: float, outcome: list[str], at_once: bool) -> None:
    """Send one box's messages in their order, until one is not taken; the outcome's second word says why."""
    try:
        outcome[1] = _emptied(box, deadline, at_once=at_once) or ""
    except UsageError as error:
        outcome[1] = str(error).removesuffix(".")
    except OSError as error:
        outcome[1] = f"its spool cannot be used ({error.strerror})"


def _emptied(box: Box, deadline: float, *, at_once: bool) -> str | None:
    """Why something waits yet, or None."""
    with box.locked("sending", wait=False) as is_ours:
        waiting = box.waiting()
        if not waiting:
            return None
        if not is_ours:
            return "another process is about to"
        if not at_once and (pause := box.pause()):
            return f"it did not take an earlier one, and is asked again in {quantity(max(1, round(pause)), 'second')}"
        to = destination(box.typed)
        for one in waiting:
            if time.time() - one.made > MAX_AGE:
                box.give_up(one)
                days = quantity(round(MAX_AGE / 86_400), "day")
                _say(f"{to.shown}: a message was not taken for {days} and is put aside in {box.folder}/given-up.")
                continue
            left = deadline - time.monotonic()
            if left <= 0:
                return f"there was no time for {quantity(len(waiting), 'message')}"
            failure = send(to, one.message, one.key, left)
            if failure is not None:
                box.failed(failure.asked)
                return failure.words
            box.done(one)
    return None


def _say(sentence: str) -> None:
    sys.stderr.write(f"dockworthy: {sentence}\n")
