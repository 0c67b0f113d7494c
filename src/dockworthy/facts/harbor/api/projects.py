"""What a Harbor's projects demand: the rules that keep tags as they are, or drop old ones.

Source: goharbor/harbor ``src/pkg/immutable/match/rule/match.go``, ``src/pkg/retention/policy/models.go``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, derived, known, unknown
from dockworthy.facts.harbor.api.harbor import text
from dockworthy.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dockworthy.facts.api.document import Document
    from dockworthy.facts.harbor.api.harbor import HarborAPI

__all__ = ["SEVERITIES", "Retention", "demanded", "immutable_faults", "is_on", "projects_named", "retention"]

SEVERITIES: Final = {"none": 0, "negligible": 0, "low": 1, "medium": 2, "high": 3, "critical": 4}
"""How much a project's severity lets pass: from this one on images are not pulled."""
_ALL: Final = "**"
_NOT_THERE: Final = "Harbor lists no such project"
_GLOB: Final = regex(r"\*\*?|\?|\{[^{}]*\}|[^*?{}]+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Retention:
    """How a project drops old tags."""

    rules: int  # that are in force
    disabled: int
    cron: str  # when it runs; empty where it never does by itself


def is_on(project: Document, key: str) -> Evidence[bool]:
    """Whether a project's metadata, which is text, say ``true``; what it does not say is off."""
    told = text(project, "metadata", key, default="false")
    return told.then(
        lambda word: (
            known(word.lower() == "true", told.source)
            if word.lower() in {"true", "false", ""}
            else unknown("it is neither 'true' nor 'false'", told.source, Code.MALFORMED)
        )
    )


def demanded(entries: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Of a profile's ``PROJECT[:PATTERN]`` entries the patterns, by project."""
    found: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        project, _, pattern = entry.partition(":")
        found[project] = (*found.get(project, ()), *([pattern] if pattern else []))
    return found


def projects_named(api: HarborAPI, names: Iterable[str]) -> dict[str, Evidence[Document]]:
    """The projects of these names; not known is one that Harbor does not list."""
    listing = api.projects
    by_name = {project.text("name").get(""): project for project in listing.known_ones}
    found = {}
    for name in names:
        project = by_name.get(name)
        why = listing.failure or _NOT_THERE
        found[api.named(name)] = unknown(why, listing.source) if project is None else known(project, listing.source)
    return found


# -- tags that cannot be overwritten --------------------------------------------------------------------------------


@derived
def immutable_faults(api: HarborAPI, project: Document, patterns: tuple[str, ...]) -> Evidence[tuple[str, ...]]:
    """What of a project's tags could be overwritten.

    Args:
        api: the Harbor.
        project: the project.
        patterns: the tags that rules must cover; where there are none any rule will do.
    """
    # It was asked for by name, with the header that says so: a name of digits would else be another's number.
    listing = api.listing(f"/projects/{quote(project.text('name').value, safe='')}/immutabletagrules")
    if listing.failure is not None:
        return unknown(listing.failure, listing.source)
    rules = [rule for rule in listing.known_ones if not rule.flag("disabled", default=False).value]
    if not rules:
        said = "every rule is disabled" if listing.known_ones else "there is no rule"
        return known((said,), listing.source)
    covered = [rule for rule in rules if _covers_repositories(rule)]
    faults = [
        f"no rule in force covers {pattern} in all repositories"
        for pattern in patterns
        if not any(_covers_tags(rule, pattern) for rule in covered)
    ]
    if not covered and not patterns:
        faults.append("no rule in force covers all repositories")
    return known(tuple(faults), listing.source)


def _covers_repositories(rule: Document) -> bool:
    selectors = rule.at("scope_selectors").objects("repository").value
    return bool(selectors) and _matches_all(selectors[0], "repoMatches")


def _matches_all(selector: Document, decoration: str) -> bool:
    return text(selector, "decoration", default="").value == decoration and text(selector, "pattern").value == _ALL


def _covers_tags(rule: Document, pattern: str) -> bool:
    selectors = rule.objects("tag_selectors", default=()).value
    if not selectors or text(selectors[0], "decoration", default="").value != "matches":
        return False
    return _covers(text(selectors[0], "pattern").value, pattern)


def _covers(rule: str, pattern: str) -> bool:
    """Whether a rule's glob matches all that another glob does, as far as it can be told."""
    if rule in {pattern, _ALL}:
        return True
    parts = []
    for part in _GLOB.findall(rule):
        if part.startswith("*"):
            parts.append(".*" if part == _ALL else "[^/]*")
        elif part == "?":
            parts.append("[^/*]")  # a star of the other stands for more than one character
        elif part.startswith("{"):
            parts.append(f"(?:{'|'.join(re.escape(word) for word in part[1:-1].split(','))})")
        else:
            parts.append(re.escape(part))
    return re.fullmatch("".join(parts), pattern, re.DOTALL) is not None


# -- tags that go ---------------------------------------------------------------------------------------------------


@derived
def retention(api: HarborAPI, project: Document) -> Evidence[Retention | None]:
    """How a project drops old tags; None where it has no policy."""
    told = text(project, "metadata", "retention_id", default="")
    if not told.value:
        return known(None, told.source)
    if not told.value.isdecimal():
        return unknown("it is no number", told.source, Code.MALFORMED)
    policy = api.answers.document(f"/retentions/{told.value}", login=True)
    rules = policy.objects("rules", default=()).value
    disabled = sum(rule.flag("disabled", default=False).value for rule in rules)
    cron = ""
    if text(policy, "trigger", "kind", default="").value == "Schedule":
        cron = text(policy, "trigger", "settings", "cron", default="").value
    return known(Retention(len(rules) - disabled, disabled, cron), policy.source)
