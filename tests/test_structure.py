"""The house stands without circles: no module imports another that, by whatever way, imports it."""

from __future__ import annotations

import grimp


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Imports for type checkers count, too: who reads the one module has to read the other."""
    graph = grimp.build_graph("dockworthy", cache_dir=None)
    imports = {module: set(graph.find_modules_directly_imported_by(module)) for module in graph.modules}
    while ends := [module for module, others in imports.items() if not others & imports.keys()]:
        for module in ends:
            del imports[module]
    # What is left imports a circle or is in one; what nobody left imports is not in it.
    while tops := [module for module in imports if not any(module in others for others in imports.values())]:
        for module in tops:
            del imports[module]
    assert not imports, "circles among " + ", ".join(sorted(imports))
