"""What a user can ask a run for, said once: ``dockworthy check`` has each field as ``--NAME``, pytest as ``--dw-NAME``.

The plugin's options meet no other plugin's, and they do nothing until a target or an inventory is given.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from dockworthy.regex import regex
from dockworthy.typed import shown_argv

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

    import pytest

__all__ = ["Options", "add_arguments", "add_options", "is_active", "names_hosts", "report_of"]


_TOLD: list[dict[str, Any]] = []  # what a parser is told of each option, in the order of the fields


def _told(default: Any, text: str, **more: Any) -> Any:
    """A field's default; it is no data class, whose module takes a third of the time of ``--help`` to import."""
    _TOLD.append({"default": [] if default == () else default, "help": text, **more})
    return default


def _one(metavar: str, text: str) -> Any:
    return _told(None, text, metavar=metavar)


def _many(metavar: str, text: str) -> Any:
    return _told((), f"{text} (repeatable)", metavar=metavar, action="append")


def _flag(text: str) -> Any:
    return _told(default=False, text=text, action="store_true")


class Options(NamedTuple):
    """What the user asked for, from ``dockworthy check`` or from pytest's command line; names as there."""

    target: tuple[str, ...] = _many("TARGET", "a host to judge: any testinfra host spec, snapshot:FILE or rootfs:DIR")
    profile: str | None = _one("NAME|FILE", "the demands (default: the one that fits the host's os-release)")
    inventory: str | None = _one("FILE|-", "Ansible's inventory: INI, YAML, or what `ansible-inventory --list` prints")
    limit: str | None = _one("PATTERN", "only these of the hosts, by Ansible's patterns: web*:&prod:!web7")
    registry: tuple[str, ...] = _many("HOST[:PORT]", "a registry to look at; adds to the profile's")
    results: str | None = _one("FILE", "where results.json is written (default of `check`: in the run's folder)")
    report: tuple[str, ...] = _many("NAME[=PATH]", "a further report; `dockworthy report --help` names the formats")
    output_dir: str | None = _one("DIR", "one folder a run below it (default of `check`: reports)")
    check: tuple[str, ...] = _many("ID", "only this check")
    skip_check: tuple[str, ...] = _many("ID", "not this check")
    topic: tuple[str, ...] = _many("NAME", "only this topic")
    severity: str | None = _one("LEVEL", "only checks of at least this severity")
    refs: tuple[str, ...] = _many("PREFIX", "only checks that answer this standard, for instance CIS-Docker-1.6:2")
    waivers: str | None = _one("FILE", "waivers beside the profile's")
    baseline: str | None = _one("RESULTS", "fail only on what is new since this run")
    fail_on: str | None = _one("LEVEL", "the lowest severity whose failure fails the run (default: low)")
    min_decided: str | None = _one("PERCENT", "how much must be decided (default: 100)")
    store: str | None = _one("PATH|URL", "keep the run in this store, which `dockworthy history` asks")
    engine: str | None = _one("VERSION|latest", "judge the hosts as they would be with this release of the engine")
    harbor: str | None = _one("VERSION|latest", "judge Harbor as this release would take today's files")
    apply: tuple[str, ...] = _many(
        "NAME=PATH", "judge the hosts as if this lay on them: daemon.json=FILE, certs.d=DIR or ca=FILE"
    )
    docker_host: str | None = _one("URL", "which engine on the target")
    at: str | None = _one("TIME|snapshot", "judge dates as of this moment")
    sudo: bool = _flag("look with sudo")
    ask_sudo_password: bool = _flag("ask for sudo's password once")
    ssh_config: str | None = _one("FILE", "ssh's configuration file")
    ssh_identity_file: str | None = _one("FILE", "the key for ssh")
    forks: str | None = _one("N", "how many hosts are probed at the same time")
    host_timeout: str | None = _one("SECONDS", "when a host counts as not reached")
    notify: tuple[str, ...] = _many("URL", "tell this reader what is new, fixed or about to end")
    spool: str | None = _one(
        "DIR", "where messages wait for --notify's readers (default: notify, below the runs' folder)"
    )
    jobs: str | None = _one("N", "judge in this many processes, without pytest (default above 32 hosts: 1)")
    argv: tuple[str, ...] = ()
    quiet: bool = False  # whether nobody wants to see how far it is; `check` and the plugin have flags of their own

    @classmethod
    def made_of(cls, value_of: Callable[[str], Any], argv: Sequence[str]) -> Options:
        """What a command line gave for each name, None for what it has not; of the line itself what is harmless."""
        given = {name: value_of(name) for name in cls._fields if name != "argv"}
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in given.items()
            if value is not None
        }
        return cls(**values, argv=tuple(shown_argv(argv)))

    def as_typed(self, sentence: str) -> str:
        """The sentence with its options as this command line has them: pytest's begin with ``--dw-``."""
        if self.argv[:1] != ("pytest",):
            return sentence
        parts = sentence.split("`")  # what stands between such is a command of ours
        return "`".join(part if number % 2 else _OWN.sub("--dw-", part) for number, part in enumerate(parts))

    @classmethod
    def from_arguments(cls, args: argparse.Namespace) -> Options:
        """The options of a command of ours."""
        return cls.made_of(lambda name: getattr(args, name, None), ("dockworthy", *sys.argv[1:]))

    @classmethod
    def from_pytest(cls, config: pytest.Config) -> Options:
        """The ``--dw-…`` options, and testinfra's own where they are loaded."""

        def value_of(name: str) -> Any:
            value = getattr(config.option, f"dockworthy_{name}", None)
            return value or getattr(config.option, name, None) if name in _TESTINFRA else value

        return cls.made_of(value_of, ("pytest", *map(str, config.invocation_params.args)))


_OWN = regex(rf"(?<![\w-])--(?=(?:{'|'.join(name.replace('_', '-') for name in Options._fields)})(?![\w-]))")
_TESTINFRA = ("sudo", "ssh_config", "ssh_identity_file")  # options that its plugin has, too


def _declared() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each option's field, and what a parser is told of it."""
    return zip(Options._fields, ({**told} for told in _TOLD), strict=False)  # of what was typed there is no option


def add_arguments(parser: argparse.ArgumentParser, *names: str) -> None:
    """Give a command these options, or all but the targets, which stand without one."""
    for name, told in _declared():
        if name in names or (not names and name != "target"):
            parser.add_argument(f"--{name.replace('_', '-')}", **told)


def add_options(parser: pytest.Parser) -> None:
    """Define the plugin's options in a group of their own."""
    group = parser.getgroup("dockworthy", "judge hosts for Docker and Harbor (dockworthy)")
    for name, told in _declared():
        if name in _TESTINFRA:
            told["help"] += f" (where testinfra's own --{name.replace('_', '-')} is not loaded)"
        group.addoption(f"--dw-{name.replace('_', '-')}", dest=f"dockworthy_{name}", **told)
    group.addoption(
        "--dw-quiet",
        dest="dockworthy_quiet",
        action="store_true",
        default=False,
        help="print nothing of pytest's own",
    )


def is_active(config: pytest.Config) -> bool:
    """Whether this pytest run judges hosts at all."""
    if hasattr(config, "workerinput"):
        return "dockworthy" in config.workerinput
    return not getattr(config.option, "help", False) and names_hosts(config.option)


def names_hosts(option: object) -> bool:
    """Whether these options, as far as they are read, name a host to judge."""
    return bool(getattr(option, "dockworthy_target", None) or getattr(option, "dockworthy_inventory", None))


def report_of(text: str) -> tuple[str, Path | None]:
    """The format and the path, if there is one, of a ``--report NAME[=PATH]`` that was found right."""
    name, _, path = text.partition("=")
    return name, Path(path) if path else None
