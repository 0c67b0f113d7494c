"""The plugin's options: the names of ``dockworthy check`` with ``--dw-`` before them.

They meet no other plugin's, and they do nothing until a target or an inventory is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

__all__ = ["add_options", "is_active", "names_hosts"]

_REPEATABLE = {
    "target": "a host to judge: any testinfra host spec, snapshot:FILE or rootfs:DIR",
    "registry": "a registry to look at, HOST[:PORT]; adds to the profile's",
    "report": "write a report: NAME or NAME=PATH",
    "check": "judge only this check",
    "skip-check": "leave this check out",
    "topic": "judge only this topic",
    "refs": "judge only the checks that answer this standard, for instance CIS-Docker-1.6:2",
}
_SINGLE = {
    "profile": ("NAME|FILE", "the demands; default: the one that fits the host's os-release"),
    "inventory": ("FILE", "an Ansible inventory (INI or YAML) with the hosts to judge"),
    "results": ("FILE", "where results.json is written"),
    "output-dir": ("DIR", "the folder for reports, one folder a run below it"),
    "severity": ("LEVEL", "judge only checks of at least this severity"),
    "waivers": ("FILE", "waivers beside the profile's"),
    "baseline": ("RESULTS", "fail only on what is new since this run"),
    "fail-on": ("LEVEL", "the lowest severity whose failure fails the run (default: low)"),
    "min-decided": ("PERCENT", "how much must be decided (default: 100)"),
    "docker-host": ("URL", "which engine on the target"),
    "host-timeout": ("SECONDS", "when a host counts as not reached"),
    "forks": ("N", "how many hosts are probed at the same time"),
    "at": ("TIME|snapshot", "judge dates as of this moment"),
    "ssh-config": ("FILE", "ssh's configuration file (where testinfra's own --ssh-config is not loaded)"),
    "ssh-identity-file": ("FILE", "the key for ssh (where testinfra's own --ssh-identity-file is not loaded)"),
}
_FLAGS = {
    "sudo": "look with sudo (where testinfra's own --sudo is not loaded)",
    "ask-sudo-password": "ask for sudo's password once",
    "quiet": "print nothing of pytest's own",
}


def dest(name: str) -> str:
    """The attribute of ``config.option`` for an option's name."""
    return f"dockworthy_{name.replace('-', '_')}"


def add_options(parser: pytest.Parser) -> None:
    """Define the options in a group of their own."""
    group = parser.getgroup("dockworthy", "judge hosts for Docker and Harbor (dockworthy)")
    for name, text in _REPEATABLE.items():
        group.addoption(f"--dw-{name}", action="append", default=[], dest=dest(name), metavar="VALUE", help=text)
    for name, (metavar, text) in _SINGLE.items():
        group.addoption(f"--dw-{name}", default=None, dest=dest(name), metavar=metavar, help=text)
    for name, text in _FLAGS.items():
        group.addoption(f"--dw-{name}", action="store_true", default=False, dest=dest(name), help=text)


def is_active(config: pytest.Config) -> bool:
    """Whether this pytest run judges hosts at all."""
    if hasattr(config, "workerinput"):
        return "dockworthy" in config.workerinput
    if getattr(config.option, "help", False):
        return False
    return names_hosts(config.option)


def names_hosts(option: object) -> bool:
    """Whether these options, as far as they are read, name a host to judge."""
    return bool(getattr(option, dest("target"), None) or getattr(option, dest("inventory"), None))
