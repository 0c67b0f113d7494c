"""No module of these packages imports, by whatever way, a module that imports it."""

from __future__ import annotations

import grimp
import pytest

PACKAGES = ("run", "profile", "results", "report")


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """The imports of the whole house, those for types alone included."""
    return grimp.build_graph("dockworthy")


@pytest.mark.parametrize("package", PACKAGES)
def test_no_two_modules_import_each_other(graph: grimp.ImportGraph, package: str) -> None:
    modules = [module for module in graph.modules if module.startswith(f"dockworthy.{package}")]
    assert modules
    circles = [
        (module, imported)
        for module in modules
        for imported in graph.find_modules_directly_imported_by(module)
        if graph.find_shortest_chain(importer=imported, imported=module) is not None
    ]
    assert circles == []
