"""How a check is made to fail on a real host, so that its printed fix can be tried."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Batch", "Proof", "batches"]

MENDED = frozenset({"pass", "skip"})


@dataclass(frozen=True, eq=False)
class Proof:
    """How a check is made to fail, and how its fix is carried out.

    Attributes:
        check: its id.
        config: daemon.json before the fix.
        args: dockerd's arguments before the fix.
        before: commands run first, in the engine's namespaces.
        param: the instance, where the check has several.
        profile: lines of a profile for it.
        prepare: commands run before the engine is started with these arguments.
        group: proofs of one group, and of the same engine, are carried out side by side.
        fill: what a person writes in the place of the fix's placeholders.
        named: what must stand in the fix, so that ``person`` does what it says.
        person: the commands of a person who does what the fix says in words, such as to recreate a container; the
            fix's own commands are then not run.
        first: the outcome before it.
        then: the outcomes that show that it worked.
        registries: which the probe is told to look at.
        once: the reason why the fix ends with an error the second time; it changes nothing then all the same.
    """

    check: str
    config: Mapping[str, Any] | None = None
    args: tuple[str, ...] = ()
    before: str = ""
    param: str | None = None
    profile: str = ""
    prepare: str = ""
    group: str = ""
    fill: Mapping[str, str] = field(default_factory=dict)
    named: tuple[str, ...] = ()
    person: str = ""
    first: str = "fail"
    then: frozenset[str] = MENDED
    registries: tuple[str, ...] = ()
    once: str = ""

    @property
    def id(self) -> str:
        """What tells it from the others, in a test's name."""
        parts = (self.check, self.group, " ".join(self.args)[:40], (self.param or "").rpartition("/")[2])
        return "-".join(part for part in parts if part)

    @property
    def key(self) -> str:
        """Equal for those that can be carried out side by side."""
        return json.dumps([self.group, self.config or {}, self.args, self.prepare, self.registries])


@dataclass(frozen=True)
class Batch:
    """Proofs on one engine, which is broken, judged, fixed and judged again for all of them together."""

    proofs: tuple[Proof, ...]

    @property
    def first(self) -> Proof:
        """Any of them: the engine is the same for all."""
        return self.proofs[0]


def batches(proofs: Iterable[Proof]) -> dict[str, Batch]:
    """The batches, by the key of their proofs.

    Raises:
        ValueError: where two proofs of a batch break the same thing.
    """
    by_key: dict[str, list[Proof]] = {}
    for proof in proofs:
        by_key.setdefault(proof.key, []).append(proof)
    for found in by_key.values():
        seen = [(proof.check, proof.param) for proof in found]
        twice = {item for item in seen if seen.count(item) > 1}
        if twice:
            raise ValueError(f"two proofs on one engine: {sorted(map(str, twice))}")
    return {key: Batch(tuple(found)) for key, found in by_key.items()}
