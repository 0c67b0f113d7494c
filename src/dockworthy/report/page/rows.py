"""All results as the page's script reads them: each text once, what repeats by number, numbers by differences.

A fleet's results are few sentences said of many hosts: what was asked, seen and answered (a *kind*) is written once,
and a result is a kind and an instance. ``packed`` is JSON that may stand in an HTML script element as it is.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from dockworthy.report.page.words import line
from dockworthy.report.sentence import waived
from dockworthy.report.verdict import OUTCOME_WORDS
from dockworthy.report.words import plain, value
from dockworthy.results.model import OUTCOMES, SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockworthy.results.model import Result, Results

__all__ = ["packed"]

LONGEST = 300  # characters of a text in the list of all results
_NOT_IN_SCRIPT = "<>&\u2028\u2029"
_NOTHING = ""
EMPTY = '""'  # an instance whose name is empty


class _Texts:
    """Texts by number, in the order in which they came."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {_NOTHING: 0}
        self.shown: list[str] = [_NOTHING]

    def __call__(self, text: str) -> int:
        number = self.numbers.get(text)
        if number is None:
            number = self.numbers[text] = len(self.shown)
            self.shown.append(plain(text, LONGEST))
        return number

    def host(self, name: str) -> int:
        """A host's name as the map of hosts has it, which leads here by it."""
        self.shown.append(line(name))
        return len(self.shown) - 1


class _Packer:
    """What was asked, seen and answered, each once."""

    def __init__(self) -> None:
        self.texts = _Texts()
        self.checks: dict[tuple[str, str], int] = {}
        self.kinds: dict[tuple[int, ...], int] = {}
        self.values: dict[tuple[type, Any], str] = {}

    def value(self, item: Any) -> int:
        """A JSON value's number; scalars, of which there are few, are put into words once."""
        if isinstance(item, str) and item:
            return self.texts(item)
        if isinstance(item, (list, dict)):
            return self.texts(value(item, LONGEST))
        key = (type(item), item)
        if key not in self.values:
            self.values[key] = value(item)
        return self.texts(self.values[key])

    def kind(self, result: Result) -> int:
        """The number of what this result says, but for its host and instance."""
        check = self.checks.setdefault((result.check, result.title), len(self.checks))
        judged = result.reason is None
        key = (
            check,
            SEVERITIES.index(result.severity),
            OUTCOMES.index(result.outcome),
            self.value(result.observed) if judged else 0,
            self.value(result.expected) if judged else 0,
            self.texts(result.source),
            self.texts(
                result.reason or (f"waived {waived(result.waiver or {})}" if result.outcome == "waived" else "")
            ),
        )
        return self.kinds.setdefault(key, len(self.kinds))

    def rows(self, results: Sequence[Result]) -> list[list[int]]:
        """Kind and instance of each, as the differences to the one before; 0 is no instance."""
        kinds, params = [], []
        last_kind = last_param = 0
        for result in results:
            kind, param = self.kind(result), 0 if result.param is None else self.texts(result.param or EMPTY)
            kinds.append(kind - last_kind)
            params.append(param - last_param)
            last_kind, last_param = kind, param
        return [kinds, params]


def packed(results: Results) -> Markup:
    """The data of the page's script."""
    packer = _Packer()
    by_host: dict[str, list[Result]] = {host.name: [] for host in results.hosts}
    for result in results.results:
        by_host.setdefault(result.host, []).append(result)
    hosts = {host: packer.rows(judged) for host, judged in by_host.items() if judged}
    data = {
        "outcomes": [[outcome, OUTCOME_WORDS[outcome]] for outcome in OUTCOMES],
        "severities": SEVERITIES,
        "hosts": [packer.texts.host(host) for host in hosts],
        "checks": [[packer.texts(check), packer.texts(title)] for check, title in packer.checks],
        "kinds": list(zip(*packer.kinds, strict=True)),
        "rows": list(hosts.values()),
        "texts": packer.texts.shown,
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for letter in _NOT_IN_SCRIPT:
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)  # noqa: S704 - nothing of it can end the script element
