"""The published catalogue of checks and the list of demands, made from the code: nothing here is written twice."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from dockworthy.frameworks import known
from dockworthy.profile.benchmarks import covered, recommendations, sort_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dockworthy.check import Check
    from dockworthy.profile.params import ParamDoc

__all__ = ["checks_page", "params_page"]

_MADE = "<!-- Made from the code by `python -m dockworthy.commands.docs`; edit the checks, not this file. -->"
_STANDARDS = ("CIS-Docker-1.6", "CIS-Docker-1.7", "CIS-Docker-1.8")
_SPECIAL = re.compile(r"([|<>])")


def _cell(text: str) -> str:
    """Text for one cell of a table."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _fence(text: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    return "`" * max(3, longest + 1)


def checks_page(checks: Sequence[Check]) -> str:
    """Every check by topic, with everything that its author said of it, and the coverage of each benchmark."""
    ordered = sorted(checks, key=lambda check: check.id)
    topics: dict[str, list[Check]] = {}
    for check in ordered:
        topics.setdefault(check.topic, []).append(check)
    lines = [_MADE, "", "# The checks", "", f"{len(ordered)} checks in {len(topics)} topics.", ""]
    lines += ["| topic | checks |", "|---|---|"]
    lines += [f"| [{topic}](#{topic}) | {len(found)} |" for topic, found in topics.items()]
    lines += ["", *_coverage(ordered)]
    for topic, found in topics.items():
        lines += ["", f"## {topic}"]
        for check in found:
            lines += _check(check)
    return "\n".join(lines).rstrip() + "\n"


def _coverage(checks: Sequence[Check]) -> list[str]:
    lines = ["## Coverage", "", "| benchmark | recommendations | with a check | without |", "|---|---|---|---|"]
    for standard in _STANDARDS:
        coverage = covered(standard, checks)
        every = len(recommendations(standard))
        missing = ", ".join(coverage.missing) or "none"
        lines.append(f"| {standard} | {every} | {every - len(coverage.missing)} | {missing} |")
    lines += ["", f"| {_STANDARDS[0]} | checks |", "|---|---|"]
    return lines + [f"| {number} | {_quoted(ids)} |" for number, ids in covered(_STANDARDS[0], checks).answered.items()]


def _check(check: Check) -> list[str]:
    lines = ["", f"### `{check.id}`", "", f"**{check.title}** ({check.severity})"]
    lines += ["", check.rationale] if check.rationale else []
    lines += ["", f"- evidence: {_quoted(check.evidence) or 'none'}"]
    if check.params:
        lines.append(f"- demands: {', '.join(f'[`{name}`](params.md)' for name in check.params)}")
    added = {statement.target for statement in known().why(check.id, check.refs)}
    lines.append(f"- references: {', '.join(_ordered(ref for ref in check.refs if ref not in added))}")
    if added:
        lines.append(f"- by [published mappings](frameworks.md): {', '.join(_ordered(added))}")
    if check.aliases:
        lines.append(f"- former ids: {_quoted(check.aliases)}")
    if check.fix:
        fence = _fence(check.fix)
        lines += ["", f"{fence}sh", check.fix.rstrip(), fence]
    return lines


def _ordered(refs: Iterable[str]) -> list[str]:
    return sorted(refs, key=lambda ref: (ref.partition(":")[0], sort_key(ref.partition(":")[2])))


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def params_page(docs: Sequence[ParamDoc], checks: Sequence[Check]) -> str:
    """Every key that ``params:`` of a profile may hold, and which checks read it."""
    readers: dict[str, list[str]] = {}
    for check in sorted(checks, key=lambda item: item.id):
        for key in check.params:
            readers.setdefault(key, []).append(check.id)
    lines = [_MADE, "", "# What a profile can demand", "", "The keys of `params:`; see `dockworthy config show` for"]
    lines += ["the values in force and the layer that set each.", "", "| key | type | default | meaning | read by |"]
    lines += ["|---|---|---|---|---|"]
    for doc in docs:
        default = _cell(json.dumps(doc.default, ensure_ascii=False))
        read_by = _quoted(readers.get(doc.key, ()))
        lines.append(f"| `{doc.key}` | {_cell(doc.type)} | `{default}` | {_cell(doc.description)} | {read_by} |")
    return "\n".join(lines) + "\n"
