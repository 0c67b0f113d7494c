"""CSV by RFC 4180, a row a result, for a spreadsheet or a table of one's own.

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-`` or ``@`` for a formula, and runs it; names come from
those who made them. So a cell that begins with one of these, with what a spreadsheet skips before them, or with an
apostrophe has an apostrophe before it, which makes it text. Whoever reads the file takes one apostrophe away where a
cell begins with it, and has the value exactly, but for a NUL, which CSV cannot hold. ``observed``, ``expected`` and
``refs`` hold JSON, in which a text has its quotes; a cell is empty where there is nothing.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from dockworthy.report.formats.interface import Writer
from dockworthy.results.fingerprint import fingerprint
from dockworthy.results.writer import dumps, encodable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from dockworthy.results.model import Result, Results

__all__ = ["COLUMNS", "Csv", "cell"]

COLUMNS = (
    *("run", "started", "finished", "rehearsed_engine", "rehearsed_harbor", "host", "reachable", "recorded", "profile"),
    *("check", "param", "title", "severity", "outcome", "observed", "expected", "source", "fix", "refs", "reason"),
    *("reason_code", "waiver_reason", "waiver_owner", "waiver_expires", "release", "before", "seconds", "fingerprint"),
)
# What spreadsheets take for the beginning of a formula, also in full width, and what they skip before it.
_FORMULA = re.compile(r"[\s\x00-\x20\ufeff\ufffd]*[=+\-@＝＋－＠']|[\t\r\n\x00]")  # noqa: RUF001 - these are meant
_IN_PIECES = 500  # rows that are handed on at once


class Csv(Writer):
    """``--report csv``."""

    name = "csv"
    file_name = "results.csv"

    def write(self, results: Results, out: BinaryIO) -> None:
        """Write the header and the rows."""
        text = io.StringIO(newline="")
        rows = csv.writer(text)
        rows.writerow(COLUMNS)
        for number, row in enumerate(_rows(results)):
            rows.writerow(map(cell, row))
            if number % _IN_PIECES == 0:
                _hand_on(text, out)
        _hand_on(text, out)


def _hand_on(text: io.StringIO, out: BinaryIO) -> None:
    out.write(text.getvalue().encode())
    text.seek(0)
    text.truncate()


def _rows(results: Results) -> Iterator[tuple[object, ...]]:
    run = results.run
    rehearsal = run.rehearsal or {}
    about = (run.id, run.started, run.finished, rehearsal.get("engine"), rehearsal.get("harbor"))
    hosts = {
        host.name: (host.name, "true" if host.reachable else "false", host.recorded, host.profile)
        for host in results.hosts
    }
    for result in results.results:
        yield (*about, *hosts.get(result.host, (result.host, None, None, None)), *_of(result))


def _of(result: Result) -> Iterator[object]:
    yield from (result.check, result.param, result.title, result.severity, result.outcome)
    yield from (dumps(value).decode() for value in (result.observed, result.expected))
    yield from (result.source, result.fix, dumps(result.refs).decode(), result.reason, result.reason_code)
    waiver = result.waiver or {}
    yield from (waiver.get(key) for key in ("reason", "owner", "expires"))
    yield from (result.release, result.before, result.seconds, fingerprint(result))


def cell(value: object) -> str:
    """The value as a cell that is nothing but text, and None as an empty one."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else str(value)
    if not text.isascii() or "\x00" in text:
        text = str(encodable(text)).replace("\x00", "\N{REPLACEMENT CHARACTER}")
    return f"'{text}" if _FORMULA.match(text) else text
