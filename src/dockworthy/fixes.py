"""The forms in which a fix is written, so that a person can paste it and `remediate` can carry it out.

A fix is lines for a shell. A block ``# merge into PATH:`` is followed by one line of JSON: the keys that the file
must have beside those that it has. Everything else that begins with ``#`` is for the reader.
"""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

from dockworthy.facts.engine.fixing import (
    Generation,
    Option,
    command_line,
    is_seen,
    is_whole,
    removal,
)
from dockworthy.facts.engine.flags import flags_of
from dockworthy.facts.engine.masking import ITS_VALUE, setting_told
from dockworthy.releases import known

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dockworthy.facts.engine.daemon import DaemonConfig
    from dockworthy.facts.network.spare import SpareSubnets
    from dockworthy.releases import Row

__all__ = [
    "DAEMON_JSON",
    "DROP_IN",
    "MERGE",
    "RESTART",
    "SYSCTL_FILE",
    "another_pool",
    "another_subnet",
    "daemon_json",
    "merge_into",
    "no_longer_insecure",
    "onto_overlay2",
    "put_in_force",
    "service_limit",
    "set_sysctl",
    "sysctl_line",
    "take_over",
    "validated",
    "without_flags",
    "without_keys",
]

DAEMON_JSON = "/etc/docker/daemon.json"
DROP_IN = "/etc/systemd/system/docker.service.d/zz-dockworthy.conf"
RESTART = "systemctl restart docker"
MERGE = "# merge into "
SYSCTL_FILE = "/etc/sysctl.d/99-zz-docker.conf"  # the last name wins
_SETTINGS = ("exec-opts", "storage-opts")  # lists of NAME=VALUE that a fix restates


def merge_into(path: str, keys: str) -> str:
    """The block that sets keys of a JSON file; ``keys`` is one line of JSON."""
    return f"{MERGE}{path}:\n{keys}"


def daemon_json(keys: str, path: str = DAEMON_JSON) -> str:
    """The fix that sets keys of daemon.json and puts them in force; dockerd checks the file before the restart."""
    return f"{merge_into(path, keys)}\n{_validated(path)} && {RESTART}"


def _validated(path: str) -> str:
    return f"dockerd --validate --config-file {shlex.quote(path)}"


def sysctl_line(assignment: str) -> str:
    """The command that makes an assignment the last word at boot, once."""
    return f"grep -qsxF -e {assignment} {SYSCTL_FILE} || echo {assignment} >>{SYSCTL_FILE}"


def set_sysctl(name: str, value: int) -> str:
    """The fix that sets a kernel parameter now, and at each boot."""
    return f"sysctl -w {name}={value}\n{sysctl_line(f'{name}={value}')}"


def service_limit(service: str, line: str) -> str:
    """The fix that gives a service of systemd's a line of its own, and puts it in force."""
    folder = f"/etc/systemd/system/{service}.service.d"
    return (
        f"mkdir -p {folder}\nprintf '%s\\n' '[Service]' '{line}' >{folder}/limits.conf\n"
        f"systemctl daemon-reload && systemctl restart {service}"
    )


def _file(daemon: DaemonConfig) -> str:
    """The configuration file that this engine reads the next time."""
    path = daemon.next_start.file or str(daemon.config_file.get(DAEMON_JSON))
    return path if path and path.isprintable() else DAEMON_JSON


def _restart(daemon: DaemonConfig) -> str:
    """The command that starts this engine again: its service may be its user's, or have another name."""
    if daemon.rootless.get(default=False):
        return "systemctl --user restart docker"
    unit = _unit(daemon)
    return RESTART if unit == "docker" else f"systemctl restart {shlex.quote(unit)}"


def _unit(daemon: DaemonConfig) -> str:
    """The service that starts this engine, without its ending."""
    name, _, ending = daemon.next_start.origin.rpartition(".")
    return name if ending == "service" else "docker"


def _reload_units(daemon: DaemonConfig) -> str:
    return f"{_restart(daemon).partition(' restart ')[0]} daemon-reload"


def validated(daemon: DaemonConfig) -> str:
    """The command by which dockerd says whether it takes the file; empty where this release has none.

    The usual file may be missing, another may not.
    """
    if not Generation.of(daemon).can_validate:
        return ""
    path = _file(daemon)
    return "dockerd --validate" if path == DAEMON_JSON else _validated(path)


def _in_force(daemon: DaemonConfig, *commands: str, checked: str | None = None) -> list[str]:
    """The last lines of a fix.

    Args:
        daemon: the configuration in force.
        commands: what puts the change in force.
        checked: the command that tries the file first, empty for none; None where the file stays as it is.
    """
    lines = []
    if _restart(daemon) in commands and daemon.next_start.refusal is not None:
        lines.append("# as things are, the engine would not start again: first comes the fix of daemon.starts-again")
    if checked == "":
        copied = f"cp -p {shlex.quote(_file(daemon))} ~/"
        lines.append(f"# no command of this release tries a file: keep the old one ({copied}), if it does not come up")
    return [*lines, " && ".join((*filter(None, (checked,)), *commands))]


def take_over(daemon: DaemonConfig) -> str:
    """The fix that puts in force what the files on disk say."""
    return "\n".join(_in_force(daemon, _reload_units(daemon), _restart(daemon), checked=validated(daemon)))


def without_keys(daemon: DaemonConfig, keys: Sequence[str]) -> str:
    """The fix that takes keys out of the configuration file, wherever in it they stand; the engine runs on.

    What a key sets stays in force where the release has another key for it; else the fix says what is lost.
    """
    path, generation = _file(daemon), Generation.of(daemon)
    file, new = shlex.quote(path), shlex.quote(f"{path}.new")
    moves, notes = [], []
    for key in keys:
        heir = _heir(generation, key)
        if heir:
            value = f".[{json.dumps(key)}]" + ("[0]" if _is_list(generation, key) else "")
            moves.append(f"if has({json.dumps(key)}) then .[{json.dumps(heir)}] //= {value} else . end | ")
        notes.append(_fate(generation, key, heir))
    deleted = ", ".join(f".[{json.dumps(key)}]" for key in keys)
    program = _quoted("".join([*moves, f"del(.. | objects | {deleted})"]))
    lines = [
        *filter(None, notes),
        f"# take {', '.join(keys)} out of {path}, with jq or with an editor:",
        f"jq {program} {file} >{new} && cat {new} >{file} && rm {new}",
    ]
    return "\n".join([*lines, _validated(path)] if generation.can_validate else lines)


def _heir(generation: Generation, key: str) -> str:
    """The key that holds the same in this release; empty for none."""
    row = generation.successor(key)
    heir = str(row.default) if row is not None and row.default else ""
    return heir if heir and generation.takes(heir) else ""


def _is_list(generation: Generation, key: str) -> bool:
    row = generation.successor(key)
    return row is not None and row.type == "first"


def _fate(generation: Generation, key: str, heir: str) -> str:
    """What becomes of a key's value, as a comment; empty for a key of no release."""
    row = generation.successor(key)
    says, release = row.says if row is not None else "", generation.rules.release.line
    if heir:
        return f"# {key} is {heir} in Docker Engine {release}, and keeps its value{f'; {says}' if says else ''}"
    if says:
        return f"# {says}"
    told = [item.says for item in known().rows if _is_key(item, key)]
    if not told:
        return ""
    return f"# what {key} sets is lost in Docker Engine {release}: {next(filter(None, told), 'nothing comes instead')}"


def _is_key(row: Row, key: str) -> bool:
    return row.kind == "key" and row.name == key


def without_flags(daemon: DaemonConfig, keys: Sequence[str] = ()) -> str:
    """The fix that takes options off the command line that this release refuses, and keeps what they set.

    Args:
        daemon: the configuration in force.
        keys: those whose options it knows and refuses; by default those go whose options it does not know.

    Returns:
        the fix; empty where no such option is there.
    """
    generation = Generation.of(daemon)
    flags = flags_of(generation.rules)
    options = generation.options(daemon.arguments)
    gone = [option for option in options if (option.setting in keys if keys else option.name not in flags)]
    if not gone:
        return ""
    values: dict[str, object] = {}
    notes = []
    for option in gone:
        heir = _heir(generation, option.setting)
        if heir:
            values[heir] = option.value if is_seen(option.value) else ITS_VALUE
        notes.append(_fate(generation, option.setting, heir))
    return "\n".join((*filter(None, dict.fromkeys(notes)), put_in_force(daemon, values, gone, mends=True)))


def put_in_force(
    daemon: DaemonConfig,
    values: Mapping[str, object],
    options: Sequence[Option] | None = None,
    *,
    mends: bool = False,
) -> str:
    """The fix for this engine: in the file that it reads, and off its command line where a flag sets the same.

    Several such fixes can be carried out one after another, each as often as one likes: the drop-in is written once,
    with the whole command line, and each fix takes its own options off it.

    Args:
        daemon: the configuration in force.
        values: by key of daemon.json; none where something on the command line must go and nothing comes instead.
        options: what must go from the command line; by default all that set the same keys.
        mends: whether it is what lets the engine start again; then the engine runs on.
    """
    path, generation = _file(daemon), Generation.of(daemon)
    merged = [merge_into(path, json.dumps(_told(values)))] if values else []
    checked = (_validated(path) if generation.can_validate else "") if values else None
    given = generation.options(daemon.arguments)
    options = [option for option in given if option.setting in values] if options is None else options
    restart, reload_units = _restart(daemon), _reload_units(daemon)
    if not options:
        return "\n".join((*merged, *_in_force(daemon, restart, checked=checked)))
    names = ", ".join(option.told for option in options)
    commands = [reload_units] if mends else [reload_units, restart]
    if restart == RESTART and is_whole(daemon.arguments, given):
        lines = [*_off_the_command_line(daemon, given, options, names)]
    else:
        # The unit starts a script, or the command line holds what is not to be seen.
        unit = shlex.quote(_unit(daemon))
        lines = [f"# take {names} off dockerd's command line (see: systemctl cat {unit}), and only then:"]
    return "\n".join((*lines, *merged, *_in_force(daemon, *commands, checked=checked)))


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


def another_subnet(daemon: DaemonConfig, spare: SpareSubnets, network: str, *, is_default: bool) -> str:
    """The fix that takes a network's subnet out of the way of something else."""
    subnet = spare.for_network(network)
    if is_default:
        said = "# another address of the default bridge, in a network that nothing known here uses:\n"
        return said + put_in_force(daemon, {"bip": f"{subnet.network_address + 1}/{subnet.prefixlen}"})
    name = shlex.quote(network)
    return (
        "# end what uses the network, and make it anew with its options; nothing known here uses these addresses:\n"
        f"docker network inspect --format '{{{{(index .IPAM.Config 0).Subnet}}}}' {name} | grep -qx {subnet} ||\n"
        f"    {{ docker network rm {name} && docker network create --subnet {subnet} {name}; }}"
    )


def another_pool(spare: SpareSubnets) -> str:
    """The fix that gives the engine a pool of its own for the networks that it makes."""
    return daemon_json(json.dumps({"default-address-pools": [{"base": str(spare.pool), "size": 24}]}))


def onto_overlay2(daemon: DaemonConfig) -> str:
    """The fix that has the overlay2 storage driver in the place of another, whose options it would refuse."""
    given = [str(item) for item in daemon.storage_opts.get(())]
    kept = [item for item in given if item.startswith("overlay2.")]
    values = {"storage-driver": "overlay2", **({"storage-opts": kept} if kept != given else {})}
    return put_in_force(daemon, values)


def _off_the_command_line(
    daemon: DaemonConfig, given: Sequence[Option], options: Sequence[Option], names: str
) -> tuple[str, ...]:
    whole = f"ExecStart={command_line(daemon.program, given)}"
    return (
        f"# {names} on dockerd's command line must go: what the file has too, or this release not, stops the engine",
        f"mkdir -p {DROP_IN.rpartition('/')[0]}",
        f"grep -qs '^ExecStart=.' {DROP_IN} || printf '%s\\n' '[Service]' 'ExecStart=' {_quoted(whole)} >{DROP_IN}",
        f"sed -i {_quoted(removal(options))} {DROP_IN}",
    )


def _quoted(text: str) -> str:
    """Quoted for a shell, also where it need not be, so that an edit of it stays quoted."""
    return "'" + text.replace("'", "'\\''") + "'"
