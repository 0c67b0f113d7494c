"""The forms in which a fix is written, so that a person can paste it and `remediate` can carry it out.

A fix is lines for a shell. A block ``# merge into PATH:`` is followed by one line of JSON: the keys that the file
must have beside those that it has. Everything else that begins with ``#`` is for the reader.
"""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

from dockworthy.facts.engine.fixing import command_line, is_whole, options_of, removal
from dockworthy.facts.engine.masking import setting_told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dockworthy.facts.engine.daemon import DaemonConfig
from dockworthy.facts.engine.fixing import Option

__all__ = [
    "DAEMON_JSON",
    "DROP_IN",
    "MERGE",
    "RESTART",
    "daemon_json",
    "merge_into",
    "no_longer_insecure",
    "put_in_force",
    "take_over",
    "validated",
    "without_keys",
]

DAEMON_JSON = "/etc/docker/daemon.json"
DROP_IN = "/etc/systemd/system/docker.service.d/zz-dockworthy.conf"
RESTART = "systemctl restart docker"
RELOAD_UNITS = "systemctl daemon-reload"
MERGE = "# merge into "
_SETTINGS = ("exec-opts", "storage-opts")  # lists of NAME=VALUE that a fix restates


def merge_into(path: str, keys: str) -> str:
    """The block that sets keys of a JSON file; ``keys`` is one line of JSON."""
    return f"{MERGE}{path}:\n{keys}"


def daemon_json(keys: str, path: str = DAEMON_JSON) -> str:
    """The fix that sets keys of daemon.json and puts them in force; dockerd checks the file before the restart."""
    return f"{merge_into(path, keys)}\n{_validated(path)} && {RESTART}"


def _validated(path: str) -> str:
    return f"dockerd --validate --config-file {shlex.quote(path)}"


def _file(daemon: DaemonConfig) -> str:
    """The configuration file that this engine reads the next time."""
    path = daemon.next_start.file or str(daemon.config_file.get(DAEMON_JSON))
    return path if path and path.isprintable() else DAEMON_JSON


def _restart(daemon: DaemonConfig) -> str:
    return "systemctl --user restart docker" if daemon.rootless.get(default=False) else RESTART


def validated(daemon: DaemonConfig) -> str:
    """The command by which dockerd says whether it takes the file; the usual one may be missing, another may not."""
    path = _file(daemon)
    return "dockerd --validate" if path == DAEMON_JSON else _validated(path)


def take_over(daemon: DaemonConfig) -> str:
    """The fix that puts in force what the files on disk say."""
    restart = _restart(daemon)
    return f"{validated(daemon)} && {restart.replace('restart docker', 'daemon-reload')} && {restart}"


def without_keys(daemon: DaemonConfig, keys: Sequence[str]) -> str:
    """The fix that takes keys out of the configuration file, wherever in it they stand; the engine runs on."""
    path = _file(daemon)
    file, new = shlex.quote(path), shlex.quote(f"{path}.new")
    deleted = ", ".join(f".. | objects | .[{json.dumps(key)}]" for key in keys)
    return "\n".join(
        (
            f"# take {', '.join(keys)} out of {path}, with jq or with an editor:",
            f"jq {_quoted(f'del({deleted})')} {file} >{new} && cat {new} >{file} && rm {new}",
            _validated(path),
        )
    )


def put_in_force(daemon: DaemonConfig, values: Mapping[str, object], options: Sequence[Option] | None = None) -> str:
    """The fix for this engine: in the file that it reads, and off its command line where a flag sets the same.

    Several such fixes can be carried out one after another, each as often as one likes: the drop-in is written once,
    with the whole command line, and each fix takes its own options off it.

    Args:
        daemon: the configuration in force.
        values: by key of daemon.json; none where something on the command line must go and nothing comes instead.
        options: what must go from the command line; by default all that set the same keys.
    """
    path, restart = _file(daemon), _restart(daemon)
    merged = [merge_into(path, json.dumps(_told(values)))] if values else []
    checked = [_validated(path)] if values else []
    options = options_of(daemon.arguments, values) if options is None else options
    if not options:
        return "\n".join((*merged, " && ".join((*checked, restart))))
    names = ", ".join(option.told for option in options)
    if restart != RESTART or not is_whole(daemon.arguments):
        # The unit starts a script, or the command line holds what is not to be seen.
        told = f"# take {names} off dockerd's command line (see: systemctl cat docker), and only then:"
        return "\n".join((told, *merged, " && ".join((*checked, restart))))
    return "\n".join((*_off_the_command_line(daemon, options, names), *merged, _restarted(checked)))


def _told(values: Mapping[str, object]) -> dict[str, object]:
    """The values without those that may be secret; a person has to fill these in."""
    return {
        key: [setting_told(str(item)) for item in value] if key in _SETTINGS and isinstance(value, list) else value
        for key, value in values.items()
    }


def no_longer_insecure(daemon: DaemonConfig, entry: str) -> str:
    """The fix that takes one registry or network out of insecure-registries, and leaves the others."""
    own = {"127.0.0.0/8", "::1/128", entry}
    kept = [item for item in daemon.insecure_registries.get(()) if item not in own]
    return put_in_force(daemon, {"insecure-registries": kept})


def _restarted(checked: Sequence[str]) -> str:
    return " && ".join((*checked, RELOAD_UNITS, RESTART))


def _off_the_command_line(daemon: DaemonConfig, options: Sequence[Option], names: str) -> tuple[str, ...]:
    whole = f"ExecStart={command_line(daemon.program, options_of(daemon.arguments))}"
    return (
        f"# {names} on dockerd's command line must go: what stands there and in the file too stops the engine",
        f"mkdir -p {DROP_IN.rpartition('/')[0]}",
        f"grep -qs '^ExecStart=.' {DROP_IN} || printf '%s\\n' '[Service]' 'ExecStart=' {_quoted(whole)} >{DROP_IN}",
        f"sed -i {_quoted(removal(options))} {DROP_IN}",
    )


def _quoted(text: str) -> str:
    """Quoted for a shell, also where it need not be, so that an edit of it stays quoted."""
    return "'" + text.replace("'", "'\\''") + "'"
