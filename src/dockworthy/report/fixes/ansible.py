"""The fixes as one Ansible playbook, of built-in modules alone, to be read and then run.

Everything that comes from a host is tagged ``!unsafe``, so that Ansible takes no name for a template.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

from dockworthy.report.fixes.steps import Boot, Command, Content, Line, Note, Settings, Step
from dockworthy.report.words import observation, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dockworthy.report.fixes.plan import Fix, HostPlan
    from dockworthy.report.fixes.rollout import Placing
    from dockworthy.results.model import Results

__all__ = ["render_ansible"]

_NOW = "{{ current.content | default('') | b64decode | trim | default('{}', true) | from_json }}"
_MERGED = "now | combine(wanted, recursive=true, list_merge='append_rp')"
# Of a list of name=value texts each name stands once: what has one of the new names makes room for it.
_KEPT = (
    "combine({{{0!r}: (now[{0!r}] | default([]) | reject('match', wanted_names[{0!r}]) | list) + wanted_lists[{0!r}]}})"
)
# Of these lists the fix says all that is to be left.
# Engines before 23.0 cannot be asked.
_VALIDATED = (
    "sh -c 'dockerd --help 2>&1 | grep -q -e --validate || exit 0; exec dockerd --validate --config-file=\"$0\"' %s"
)
_WHOLE = frozenset({"hosts", "insecure-registries", "storage-opts"})
_WHOLLY = "combine(wanted_whole)"
_STALE = (
    "pid=$(systemctl show -P MainPID docker.service); "
    'test "$(systemctl show -P NeedDaemonReload docker.service)" = yes || test "${pid:-0}" -eq 0 || '
    'test -n "$(find /etc/docker/daemon.json /etc/systemd/system/docker.service.d -newer /proc/$pid 2>/dev/null)"'
)
_OCTAL = re.compile(r"0?[0-7]{3,4}")
_OWNER = re.compile(r"([a-z_0-9-]+)?(?::([a-z_0-9-]+))?")


class _Unsafe(str):
    """Text that Ansible is not to read as a template."""

    __slots__ = ()


def render_ansible(results: Results, plans: Sequence[HostPlan]) -> str:
    """The whole playbook."""
    import yaml  # noqa: PLC0415 - only here

    class Dumper(yaml.SafeDumper):
        """Writes unsafe text with its tag, and no aliases."""

        def ignore_aliases(self, data: Any) -> bool:
            del data
            return True

    Dumper.add_representer(_Unsafe, lambda dumper, data: dumper.represent_scalar("!unsafe", str(data), style='"'))
    head = [
        f"# The fixes of run {plain(results.run.id)}, written by dockworthy {plain(results.run.tool_version)}.",
        "# Read it, take out what you do not want, then run it: ansible-playbook -i INVENTORY THIS_FILE",
        "# Run again, it changes nothing.",
        "---",
    ]
    plays = [_play(plan) for plan in plans]
    body = yaml.dump(plays, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=10_000) if plays else "[]\n"
    notes = [line for plan in plans for line in _left(plan)]
    return "\n".join([*head, body, *notes]).rstrip() + "\n"


def _left(plan: HostPlan) -> Iterator[str]:
    """What is left to a person, as comments at the end."""
    for fix in plan.fixes:
        if fix.by_hand:
            first = fix.results[0]
            yield f"# by hand on {plain(plan.host)}: {first.severity} {plain(fix.label)}: {plain(first.title)}"
            yield from (f"#     {plain(step.text, 400)}" for step in fix.steps if isinstance(step, Note))
    for result in plan.without_fix:
        yield f"# by hand on {plain(plan.host)}: {result.check}: {plain(result.title)}"


def _play(plan: HostPlan) -> dict[str, Any]:
    tasks = [task for placing in plan.placed for task in _place(placing)]
    tasks += [task for fix in plan.fixes if not fix.by_hand for task in _tasks(fix)]
    handlers = [_handler(command) for command in plan.after]
    return {
        "name": _Unsafe(f"Fixes for {plain(plan.host)}"),
        "hosts": _Unsafe(plan.host),
        "become": True,
        "gather_facts": False,
        "tasks": tasks,
        "handlers": handlers,
    }


# What lies beside the playbook is what was judged.
_IS_FILE = "lookup('ansible.builtin.file', source, rstrip=False) | hash('sha256') == judged"
_IS_FOLDER = "lookup('ansible.builtin.pipe', summed) == judged"
_SUM = "find -L . -type f -exec sha256sum {} + | LC_ALL=C sort -k 2 | sha256sum | cut -c1-64"
_SWAP = """diff -r {0}.dockworthy {0} >/dev/null 2>&1 && exec rm -rf {0}.dockworthy
rm -rf {0}.before-dockworthy
[ ! -e {0} ] || mv {0} {0}.before-dockworthy
mv {0}.dockworthy {0} && chown -R "$(stat -c %u:%g "$(dirname {0})")" {0} && find {0} -type d -exec chmod 0755 {{}} + &&
find {0} -type f -exec chmod 0444 {{}} + && find {0} -type f -name '*.key' -exec chmod 0400 {{}} + && echo replaced"""
_TRUST = (
    "if command -v update-ca-certificates >/dev/null; then update-ca-certificates; else update-ca-trust extract; fi"
)


def _place(placing: Placing) -> Iterator[dict[str, Any]]:
    """What was judged is laid where it was taken to lie; it must lie beside the playbook."""
    label = f"{placing.name}={plain(placing.source, 200)}"
    is_folder = placing.name == "certs.d"
    yield {
        "name": _Unsafe(f"{label} is what was judged"),
        "ansible.builtin.assert": {"that": [_IS_FOLDER if is_folder else _IS_FILE], "quiet": True},
        "vars": {
            "source": _Unsafe(placing.source),
            "judged": placing.sha256,
            "summed": _Unsafe(f"cd {shlex.quote(placing.source)} && {_SUM}"),
        },
    }
    name = {"name": _Unsafe(f"{label} goes to {plain(placing.path, 200)}")}
    if is_folder:
        new = f"{placing.path}.dockworthy"
        yield {
            **name,
            "ansible.builtin.copy": {"src": _Unsafe(f"{placing.source}/"), "dest": _Unsafe(f"{new}/")},
            "changed_when": False,
        }
        yield {**name, **_shell(_SWAP.format(shlex.quote(placing.path)), "'replaced' in done.stdout")}
        return
    path = f"{placing.path}/dockworthy-{placing.sha256[:8]}.crt" if placing.name == "ca" else placing.path
    yield {
        **name,
        "register": "placed",
        "ansible.builtin.copy": {"src": _Unsafe(placing.source), "dest": _Unsafe(path)},
        "notify": list(placing.after),
    }
    if placing.name == "ca":
        yield {
            "name": "The system believes it",
            "ansible.builtin.shell": _TRUST,
            "when": "placed is changed",
            "changed_when": True,
        }


def _handler(command: str) -> dict[str, Any]:
    return {"name": command, "ansible.builtin.shell": command, "changed_when": True}


def _tasks(fix: Fix) -> Iterator[dict[str, Any]]:
    first = fix.results[0]
    label = f"{first.severity} {plain(fix.label, 200)}: {plain(first.title)}"
    notify = [command for command in fix.after if command != "reboot"]
    steps = [step for step in fix.steps if not isinstance(step, Note)]
    if not steps:
        yield from ({"name": _Unsafe(label), **task} for task in _use(notify))
    for step in steps:
        made = list(_task(step))
        for task in made:
            named = {"name": _Unsafe(f"{label} ({observation(first, 200)})"), **task}
            yield {**named, "notify": notify} if notify and task is made[-1] else named


def _use(commands: Sequence[str]) -> Iterator[dict[str, Any]]:
    """What a fix asks for that changes nothing itself: a restart only where something is newer than the engine."""
    for command in commands:
        if command == "systemctl restart docker":
            yield {**_shell(_STALE, "done.rc == 0"), "failed_when": False, "notify": [command]}
        else:
            yield _shell(command)


def _task(step: Step) -> Iterator[dict[str, Any]]:
    if isinstance(step, Settings):
        yield from _settings(step)
    elif isinstance(step, Line):
        yield {
            "ansible.builtin.lineinfile": {
                "path": _Unsafe(step.file),
                "line": _Unsafe(step.text),
                "create": True,
                "mode": "0644",
            }
        }
    elif isinstance(step, Content):
        yield _folder(step.file)
        yield {
            "ansible.builtin.copy": {
                "dest": _Unsafe(step.file),
                "content": _Unsafe(step.text),
                "mode": "0644",
                "backup": True,
            }
        }
    elif isinstance(step, Boot):
        around = '["[:space:]]'
        pattern = f"^GRUB_CMDLINE_LINUX.*{around}{re.escape(step.word)}{around}"
        look = f"grep -Eq {shlex.quote(pattern)} /etc/default/grub"
        yield _shell(f"{look} && echo same || {step.command}", "'same' not in done.stdout")
    elif isinstance(step, Command):
        yield _command(step)


def _folder(file: str) -> dict[str, Any]:
    return {"ansible.builtin.file": {"path": _Unsafe(file.rpartition("/")[0] or "/"), "state": "directory"}}


def _settings(step: Settings) -> Iterator[dict[str, Any]]:
    yield _folder(step.file)
    yield {
        "ansible.builtin.slurp": {"src": _Unsafe(step.file)},
        "register": "current",
        "failed_when": False,
    }
    named = {key: value for key, value in step.values.items() if _is_named_list(value) and key not in _WHOLE}
    whole = {key: value for key, value in step.values.items() if key in _WHOLE}
    yield {
        "ansible.builtin.copy": {
            "dest": _Unsafe(step.file),
            "content": "{{ merged | to_nice_json(indent=2) }}\n",
            "mode": "0644",
            "backup": True,
            "validate": _VALIDATED,
        },
        "vars": {
            "wanted": _unsafe({key: value for key, value in step.values.items() if key not in {*named, *whole}}),
            "wanted_lists": _unsafe(named),
            "wanted_whole": _unsafe(whole),
            "wanted_names": {key: _Unsafe(_names(value)) for key, value in named.items()},
            "now": _NOW,
            "merged": "{{ " + " | ".join([_MERGED, *(_KEPT.format(key) for key in named), _WHOLLY]) + " }}",
        },
    }


def _names(values: Sequence[str]) -> str:
    """A pattern for the texts that have one of these names."""
    return f"(?:{'|'.join(re.escape(value.partition('=')[0]) for value in values)})="


def _is_named_list(value: object) -> bool:
    """A list of ``name=value`` texts, of which each name stands once."""
    return isinstance(value, list) and all(isinstance(item, str) and "=" in item for item in value)


def _unsafe(value: Any) -> Any:
    if isinstance(value, str):
        return _Unsafe(value)
    if isinstance(value, dict):
        return {key: _unsafe(item) for key, item in value.items()}
    return [_unsafe(item) for item in value] if isinstance(value, list) else value


def _shell(command: str, changed_when: object = False) -> dict[str, Any]:
    return {"ansible.builtin.shell": _Unsafe(command), "register": "done", "changed_when": changed_when}


_MODE_WORDS = 3
_REFUSED_AGAIN = {
    "auditctl": "Rule exists",
    "docker network connect": "already exists",
    "docker network disconnect": "is not connected",
    "gpasswd -d": "is not a member",
}


def _command(step: Command) -> dict[str, Any]:
    words = step.words
    if len(words) == _MODE_WORDS and words[0] in {"chmod", "chown"}:
        made = _file(words)
        if made is not None:
            return made
    if words[:1] == ("systemctl",) and words[1] in {"enable", "disable", "start", "stop"}:
        return _unit(words)
    if words[:2] == ("sysctl", "-w"):
        checks = " && ".join(
            f'test "$(sysctl -n {shlex.quote(word.partition("=")[0])})" = {shlex.quote(word.partition("=")[2])}'
            for word in words[2:]
        )
        return _shell(f"if {checks}; then echo same; else {step.text}; fi", "'same' not in done.stdout")
    if words[:2] == ("sed", "-i"):
        script, file = shlex.quote(words[2]), shlex.quote(words[3])
        same = f'test "$(sed {script} {file} | cksum)" = "$(cksum <{file})"'
        return _shell(f"if {same}; then echo same; else {step.text}; fi", "'same' not in done.stdout")
    task = _shell(step.text)
    for begins, refusal in _REFUSED_AGAIN.items():
        if step.text.startswith(begins):
            task["changed_when"] = "done.rc == 0"
            task["failed_when"] = f"done.rc != 0 and '{refusal}' not in done.stderr"
    return task


def _file(words: Sequence[str]) -> dict[str, Any] | None:
    """``chmod 0644 PATH`` and ``chown root:root PATH``."""
    path: Mapping[str, Any] = {"path": _Unsafe(words[2])}
    if words[0] == "chmod" and _OCTAL.fullmatch(words[1]):
        return {"ansible.builtin.file": {**path, "mode": words[1].zfill(4)}}
    match = _OWNER.fullmatch(words[1])
    if words[0] == "chmod" or match is None:
        return None
    owner = {key: value for key, value in (("owner", match[1]), ("group", match[2])) if value}
    return {"ansible.builtin.file": {**path, **owner}}


def _unit(words: Sequence[str]) -> dict[str, Any]:
    state: dict[str, Any] = {}
    if words[1] in {"enable", "disable"}:
        state["enabled"] = words[1] == "enable"
    if words[1] in {"start", "stop"} or "--now" in words:
        state["state"] = "started" if words[1] in {"start", "enable"} else "stopped"
    units = [word for word in words[2:] if not word.startswith("-")]
    return {
        "ansible.builtin.systemd_service": {"name": "{{ item }}", **state},
        "loop": [_Unsafe(unit) for unit in units],
    }
