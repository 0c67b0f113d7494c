"""A record on disk as a store takes one: what it asks for, read piece by piece when it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dockworthy.results.model import Certificate, Host, Policy, Result, Run
    from dockworthy.results.streamed import Streamed

__all__ = ["OfStore"]


class OfStore:
    """One record."""

    def __init__(self, record: Streamed) -> None:
        self._record = record

    @property
    def run(self) -> Run:
        """The run."""
        return self._record.run

    @property
    def complete(self) -> bool:
        """Whether it came to its end."""
        return self._record.complete

    @property
    def hosts(self) -> Iterable[Host]:
        """Its hosts."""
        return self._record.hosts()

    @property
    def results(self) -> Iterable[Result]:
        """Its results."""
        return self._record.results()

    @property
    def certificates(self) -> Iterable[Certificate]:
        """The certificates that were seen."""
        return self._record.certificates()

    @property
    def certificates_left_out(self) -> Mapping[str, int]:
        """How many of a host are not recorded."""
        return self._record.left_out

    @property
    def policy(self) -> Policy:
        """The waivers and attestations."""
        return self._record.policy
