"""What Ansible itself says of inventories: run as a program, it answers many questions at once, as JSON.

A question is a file, and patterns; the answer is None where Ansible refuses the file, and else the variables of each
host and the hosts of each pattern, None for a pattern that it refuses.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.utils.display import Display
from ansible.vars.manager import VariableManager


def _answer(path: str, patterns: list[str], names: list[str]) -> Any:
    loader = DataLoader()
    try:
        inventory = InventoryManager(loader=loader, sources=[path])
    except AnsibleError:
        return None
    manager = VariableManager(loader=loader, inventory=inventory)
    if not inventory.hosts or not inventory._inventory.processed_sources:
        return None
    variables = {}
    for name, host in inventory.hosts.items():
        found = manager.get_vars(host=host, include_hostvars=False, stage="all")
        variables[name] = {
            key: found[key] if isinstance(found[key], list) else str(found[key]) for key in names if key in found
        }
    return {"hosts": variables, "patterns": {pattern: _matched(inventory, pattern) for pattern in patterns}}


def _matched(inventory: InventoryManager, pattern: str) -> list[str] | None:
    try:
        inventory.subset(pattern)
        return sorted(host.name for host in inventory.get_hosts("all") if not host.implicit)
    except AnsibleError:
        return None


if __name__ == "__main__":
    Display.warning = Display.deprecated = Display.error_as_warning = lambda *_, **__: None
    init_plugin_loader([])
    asked = json.load(sys.stdin)
    json.dump([_answer(one["path"], one["patterns"], asked["names"]) for one in asked["cases"]], sys.stdout)
