"""Certificate policies: whether a chain may be used for any policy at all.

Source: ``crypto/x509/verify.go`` (policiesValid) of Go 1.24; RFC 5280, 6.1, as changed by RFC 9618. The
engine asks for no policy of its own, so only chains that demand one can fail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockworthy.trust.x509.certificate import Certificate

__all__ = ["policies_valid"]

_ANY = bytes((0x55, 0x1D, 0x20, 0x00))


class _Node:
    """A policy that is valid at one depth of the chain."""

    __slots__ = ("children", "expected", "parents", "policy")

    def __init__(self, policy: bytes, parents: Sequence[_Node] = ()) -> None:
        self.policy = policy
        self.expected = [policy]
        self.parents = dict.fromkeys(parents)
        self.children: dict[_Node, None] = {}
        for parent in parents:
            parent.children[self] = None


class _Graph:
    """The policies that are valid at each depth, the trust anchor's first."""

    def __init__(self) -> None:
        self.strata: list[dict[bytes, _Node]] = [{_ANY: _Node(_ANY)}]
        self.by_expected: dict[bytes, list[_Node]] = {}

    @property
    def leaves(self) -> dict[bytes, _Node]:
        return self.strata[-1]

    def insert(self, node: _Node) -> None:
        self.leaves[node.policy] = node

    def deepen(self) -> None:
        self.by_expected = {}
        for node in self.leaves.values():
            for policy in node.expected:
                self.by_expected.setdefault(policy, []).append(node)
        self.strata.append({})

    def parents_for(self, policy: bytes) -> list[_Node]:
        parents = self.by_expected.get(policy)
        if parents:
            return parents
        anything = self.strata[-2].get(_ANY)
        return [anything] if anything else []

    def delete_leaf(self, policy: bytes) -> None:
        node = self.leaves.pop(policy, None)
        if node is None:
            return
        for parent in node.parents:
            parent.children.pop(node, None)
        for child in node.children:
            child.parents.pop(node, None)

    def prune(self) -> None:
        for stratum in self.strata[-2:0:-1]:
            for node in [node for node in stratum.values() if not node.children]:
                for parent in node.parents:
                    parent.children.pop(node, None)
                del stratum[node.policy]

    def add_policies(self, policies: list[bytes], *, any_counts: bool) -> None:
        """RFC 5280, 6.1.3 (d)."""
        self.deepen()
        for policy in policies:
            if policy != _ANY:
                parents = self.parents_for(policy)
                if parents:
                    self.insert(_Node(policy, parents))
        if any_counts and _ANY in policies:
            self._add_expected()
        self.prune()

    def _add_expected(self) -> None:
        missing: dict[bytes, list[_Node]] = {}
        for parent in self.strata[-2].values():
            for policy in parent.expected:
                if policy not in self.leaves:
                    missing.setdefault(policy, []).append(parent)
        for policy, parents in missing.items():
            self.insert(_Node(policy, parents))

    def forget(self, mappings: list[tuple[bytes, bytes]]) -> None:
        """RFC 5280, 6.1.4 (b), where mapping is inhibited."""
        for issuer, _ in mappings:
            self.delete_leaf(issuer)
            self.prune()

    def map(self, mappings: list[tuple[bytes, bytes]]) -> bool:
        """RFC 5280, 6.1.4 (b), where mapping is allowed; False for a mapping of anyPolicy."""
        by_issuer: dict[bytes, list[bytes]] = {}
        for issuer, subject in mappings:
            if _ANY in {issuer, subject}:
                return False
            by_issuer.setdefault(issuer, []).append(subject)
        for issuer, subjects in by_issuer.items():
            node = self.leaves.get(issuer)
            anything = self.leaves.get(_ANY)
            if node is None and anything is not None:
                node = _Node(issuer, [anything])
                self.insert(node)
            if node is not None:
                node.expected = subjects
        return True

    def any_valid(self) -> bool:
        """Whether any policy is left in the end: 6.1.5 (g)."""
        if _ANY in self.leaves:
            return True
        return any(
            node.policy != _ANY and len(node.parents) == 1 and next(iter(node.parents)).policy == _ANY
            for stratum in self.strata
            for node in stratum.values()
        )


class _Counters:
    """How many certificates may still come before a rule holds."""

    __slots__ = ("explicit", "inhibit_any", "mapping")

    def __init__(self, length: int) -> None:
        self.explicit = self.mapping = self.inhibit_any = length + 1

    def step(self, certificate: Certificate) -> None:
        """RFC 5280, 6.1.4 (h) to (j)."""
        if not certificate.is_self_issued:
            self.explicit -= self.explicit > 0
            self.mapping -= self.mapping > 0
            self.inhibit_any -= self.inhibit_any > 0
        facts = certificate.facts
        self.explicit = _lower(self.explicit, facts.require_explicit_policy)
        self.mapping = _lower(self.mapping, facts.inhibit_policy_mapping)
        self.inhibit_any = _lower(self.inhibit_any, facts.inhibit_any_policy)


def _lower(counter: int, limit: int | None) -> int:
    return counter if limit is None or limit < 0 else min(counter, limit)


def _process(graph: _Graph, certificate: Certificate, counters: _Counters, *, last: bool) -> bool:
    any_counts = counters.inhibit_any > 0 or (not last and certificate.is_self_issued)
    graph.add_policies(certificate.facts.policies, any_counts=any_counts)
    mappings = certificate.facts.policy_mappings
    if last or not mappings:
        return True
    if counters.mapping > 0:
        return graph.map(mappings)
    graph.forget(mappings)
    return True


def policies_valid(chain: Sequence[Certificate]) -> bool:
    """Whether a chain (leaf first, trust anchor last) is valid for any policy."""
    if len(chain) == 1:
        return True
    graph: _Graph | None = _Graph()
    counters = _Counters(len(chain) - 1)
    for index in range(len(chain) - 2, -1, -1):
        certificate = chain[index]
        if not certificate.facts.policies:
            graph = None
        if counters.explicit == 0 and graph is None:
            return False
        if graph is not None and not _process(graph, certificate, counters, last=index == 0):
            return False
        if index:
            counters.step(certificate)
    explicit = counters.explicit - (counters.explicit > 0)
    if chain[0].facts.require_explicit_policy == 0:
        explicit = 0
    return explicit > 0 or (graph is not None and graph.any_valid())
