"""A host judged without pytest: what a pytest run of the same checks records."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from dockworthy.evidence import NotApplicable
from dockworthy.run.judging import instances_of, judge_instance, own_arguments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dockworthy.check import Check
    from dockworthy.run.hosts import RunHost

__all__ = ["judge_host"]


def _no_testinfra() -> Any:
    raise NotApplicable("the check asks for testinfra's own `host`, and this is no live run")


def judge_host(host: RunHost, definitions: Iterable[Check]) -> Iterator[dict[str, Any]]:
    """All results of one host."""
    for definition in definitions:
        if not host.profile.selects(definition):
            continue
        for given in instances_of(definition, host):
            arguments = partial(own_arguments, definition, host, given[1], _no_testinfra)
            yield judge_instance(definition, host, given, arguments)
