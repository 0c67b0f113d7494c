"""The page of what the checks answer of each framework, and by whose word, from the table and the checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.frameworks import known
from dockworthy.profile.answers import answers_by_framework

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dockworthy.check import Check
    from dockworthy.profile.answers import Answers

__all__ = ["frameworks_page"]

_HEAD = """<!-- Made from frameworks.csv and the checks by `python -m dockworthy.commands.docs`; edit these. -->

# Frameworks

What an auditor asks of a host is often not the CIS Docker Benchmark. A check's `refs` name the controls of other
frameworks, too, where a published document says so:

```sh
dockworthy list --frameworks                     # these frameworks, and whose word it is
dockworthy list --refs NIST-800-190:4.4          # the checks that answer 4.4 and what lies below it
dockworthy check --refs PCI-DSS-4.0:10           # those checks alone
dockworthy explain container.no-privileged       # the controls of one check, each with the statement that leads to it
```

`select:` and `deselect:` of a profile take the same prefixes. A prefix is whole: `X:4.3` is 4.3 and what lies below
it (4.3.1), never 4.30; `NIST-800-53r5:AC-6` has `AC-6(1)` below it, `NIST-800-53r5:AC` the family.

"""

_HOW = """
## How a check comes to a control

Its author names the recommendation of CIS Docker that it answers, or another outside requirement. Each row of
`src/dockworthy/frameworks/frameworks.csv` is one statement of one document: what answers this answers that, too. They
are followed from one to the next, so that a check of CIS Docker 5.13 answers CIS Controls 6.8, and by that AC-6 of SP
800-53. A recommendation counts in every version of the benchmark that has it.

All of them stand in `refs` of each result, so that whoever filters a record needs no table: 6 to 8 % more bytes for a
host, at most 17 % of what a container's results take.

That a check answers a control says that its result is evidence for the control. No control of these frameworks is met
by checks of a host alone.

Of the mappings of CIS Controls only the rows *Equivalent* and *Subset* are followed: there the safeguard lies within
the control. Of a *Superset* another part of the safeguard may be meant than the one that the recommendation is of.

What is not there, because no document says it:

- Where the benchmark names a whole CIS Control and no safeguard (`CIS-Controls-8:16`), nothing follows from it: the
  other mappings speak of safeguards. Safeguards that CIS maps to nothing (3.12 to SP 800-53; 2.2, 2.7, 4.4 and 8.9 to
  ISO 27001) end there.
- PCI DSS has only the safeguards to which Wazuh's policies give requirements; they do not say how the two relate.
- No document was found that maps CIS Docker to the sections of SP 800-190. Its rows are the sections that demand in
  their own words what a recommendation or a check demands, and 4.4.3, which names the benchmark for the runtime's
  configuration: its sections 2 and 5. 4.1.3, 4.3.1 to 4.3.4, 4.4.2, 4.4.5, 4.5.1 to 4.5.4 and 4.6 have no row.
- The Container Platform SRG names no product. Its rows are the rules of the STIG for the platform that runs on
  Docker's engine which look at the same setting of a container, the socket or the engine; rules of the web console
  and of Kubernetes are left out, and so are V-260924 and V-260931, whose title and check text do not speak of the
  same thing, and V-260915, whose requirement the SRG has no longer.
- Of CIS Docker 1.8 only 2.7 is in the table, which is new. What was read of 1.6 (38 of 117) and in a second copy of 1.8
  (anupyadav27/lab at ec00ff8b: 26 of 118) agrees with 1.7; the first copy of 1.8 differs in 1.2.2, 2.14, 2.19, 5.16 and
  7.9, and what 1.7 says stands.

The numbers are references to documents that belong to their publishers; none of their text is here. CIS's own are
licensed CC BY-NC-SA 4.0 (benchmarks) and CC BY-NC-ND 4.0 (controls and mappings).
"""


def frameworks_page(checks: Sequence[Check]) -> str:
    """The page: the frameworks, how checks come to them, the documents, and each control with its checks."""
    answers = answers_by_framework(checks)
    lines = ["| references | framework | published by | controls with a check | checks |", "|---|---|---|---|---|"]
    lines += [_overview(one) for one in answers]
    parts = [_HEAD, "\n".join(lines), "\n", _HOW, "\n## Documents\n\n", "\n".join(_documents()), "\n"]
    parts += ["\n".join(_controls(one)) for one in answers if one.sources]
    return "".join(parts)


def _overview(answers: Answers) -> str:
    framework = answers.framework
    counts = f"{len(answers.controls)} | {len(answers.checks)}"
    return f"| `{framework.prefix}` | {framework.title} | {framework.publisher} | {counts} |"


def _documents() -> Iterator[str]:
    yield "| document | where it was read | date |"
    yield "|---|---|---|"
    for source in known().sources.values():
        yield f"| {source.title} | {source.found} | {source.date} |"


def _controls(answers: Answers) -> Iterator[str]:
    by: dict[str, dict[str, None]] = {}
    for statement in known().statements:
        origin = f"`{statement.origin}`" + (f" ({statement.place})" if statement.place else "")
        by.setdefault(statement.target, {})[origin] = None
    yield f"\n## {answers.framework.prefix}\n"
    yield "| control | by | checks |"
    yield "|---|---|---|"
    for number, ids in answers.controls.items():
        said = by.get(f"{answers.framework.prefix}:{number}", {})
        yield f"| {number} | {', '.join(said)} | {_told(ids)} |"
    yield ""


_TOLD = 4  # checks are named up to so many; a list of more is the command's to print


def _told(ids: Sequence[str]) -> str:
    return str(len(ids)) if len(ids) > _TOLD else ", ".join(f"`{name}`" for name in ids)
