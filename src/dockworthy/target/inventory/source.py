"""An inventory's text and what it is written in. A program that makes one is not run."""

from __future__ import annotations

import json
import os
import re
import sys
from shlex import quote
from typing import TYPE_CHECKING, Any

from dockworthy.errors import UsageError
from dockworthy.target.inventory.groups import Groups, kept
from dockworthy.target.inventory.ini import read_ini
from dockworthy.target.inventory.tree import add_listing, add_tree, is_listing
from dockworthy.target.inventory.yamltree import load_yaml
from dockworthy.typed import shown_path, shown_word

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["STANDARD_INPUT", "folder_of", "read_groups"]

STANDARD_INPUT = "-"
MAX_BYTES = 512 * 1024 * 1024
_FIRST_LINE = re.compile(r"(?:\s*(?:#.*)?\n)*\s*(.*)")
_KEY = re.compile(r"""(?:"[^"]*"|'[^']*'|[^\s\[:=#;"'{]+(?: [^\s:=#]+)*)\s*:(?:\s|$)""")
_IGNORED = re.compile(
    r"^\.|^(?:host_vars|group_vars|vars_plugins)$|~$|\.(?:pyc|pyo|swp|bak|rpm|md|txt|rst|orig|cfg|retry)$"
)
_VAULT = "$ANSIBLE_VAULT"
_piped: list[Groups] = []  # standard input can be read once, and a command may ask twice


def read_groups(path: Path) -> Groups:
    """The hosts and groups that an inventory names; `UsageError` with file and line where it has a mistake.

    Args:
        path: its file, a folder of such files, or ``-`` for standard input.
    """
    if str(path) == STANDARD_INPUT and _piped:
        return _piped[0]
    groups = Groups()
    shown = "standard input" if str(path) == STANDARD_INPUT else shown_path(str(path))
    for file in _parts(path):
        of_file = shown if file == path else shown_path(str(file))
        _add(file, of_file, _text(file, of_file), groups)
    groups.seal(shown)
    if str(path) == STANDARD_INPUT:
        _piped.append(groups)
    else:
        _add_folders(folder_of(path), groups)
    return groups


def folder_of(path: Path) -> Path:
    """Where what belongs to an inventory lies."""
    return path if path.is_dir() else path.parent


def _parts(path: Path) -> Iterator[Path]:
    """The inventory itself, or the files of a folder of inventories and the folders in it, as Ansible picks them."""
    try:
        is_folder = str(path) != STANDARD_INPUT and path.is_dir()
        names = sorted(_names_in(path)) if is_folder else []
    except (OSError, ValueError):
        is_folder, names = False, []
    if not is_folder:
        yield path
    for name in names:
        if not _IGNORED.search(name):
            yield from _parts(path / name)


def _text(path: Path, shown: str) -> str:
    piped = str(path) == STANDARD_INPUT
    try:
        data = _read(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or ("it is not open" if piped else "its name is no path")
        raise UsageError(f"{shown} cannot be read: {reason}; name an inventory file.") from None
    if len(data) > MAX_BYTES:
        raise UsageError(f"{shown} is larger than {MAX_BYTES} bytes.")
    if not piped and data.startswith((b"#!", b"\x7fELF")) and os.access(path, os.X_OK):
        raise UsageError(f"{shown} is a program, which is not run here; {_instead(path)}")
    if data.startswith(_VAULT.encode()):
        raise UsageError(f"{shown} is encrypted by Ansible's vault; {_instead(path, '--ask-vault-pass')}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{shown} is not UTF-8 text; save it in that encoding.") from None


def _read(path: Path) -> bytes:
    if str(path) == STANDARD_INPUT:
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    with path.open("rb") as stream:
        return stream.read(MAX_BYTES + 1)


def _instead(path: Path, *more: str) -> str:
    words = ["ansible-inventory", "-i", quote(shown_path(str(path))), *more, "--list"]
    return f"pipe what it finds: {' '.join(words)} | dockworthy check --inventory -"


# --- what it is written in -----------------------------------------------------------------------------------------


def _add(path: Path, shown: str, text: str, groups: Groups) -> None:
    suffix = path.suffix.lower()
    found = _FIRST_LINE.match(text)
    first = found[1] if found else ""
    if suffix == ".toml" or (not suffix and str(path) == STANDARD_INPUT and _is_toml(text)):
        add_tree(shown, _checked(path, shown, _toml(shown, text)), groups)
    elif first.startswith("{") and isinstance(content := _json(text), dict):
        add = add_listing if is_listing(content) else add_tree
        add(shown, _checked(path, shown, content), groups)
    elif suffix in {".yml", ".yaml", ".json"} or first.startswith(("---", "{")) or _KEY.match(first):
        add_tree(shown, _checked(path, shown, load_yaml(shown, text)), groups)
    else:
        read_ini(shown, text, groups)


def _checked(path: Path, shown: str, content: Any) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise UsageError(f"{shown}: an inventory in YAML is a mapping of groups.")
    plugin = content.get("plugin")
    if isinstance(plugin, str):
        raise UsageError(f"{shown} asks Ansible's plugin {shown_word(plugin)}, which is not run here; {_instead(path)}")
    return content


def _json(text: str) -> Any:
    """What it holds, None where it is no JSON: then it is YAML, of which JSON is a part."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _is_toml(text: str) -> bool:
    if not text.lstrip().startswith(("[", "#")):
        return False
    try:
        content = _toml("", text)
    except UsageError:
        return False
    return bool(content) and all(isinstance(body, dict) and body for body in content.values())


def _toml(shown: str, text: str) -> dict[str, Any]:
    from dockworthy.toml import loads  # noqa: PLC0415 - rare

    try:
        return loads(text)
    except (ValueError, RecursionError) as error:
        line = re.search(r"at line (\d+)", str(error))
        place = f":{line[1]}" if line else ""
        raise UsageError(f"{shown}{place}: this is not TOML; fix it.") from None


# --- beside it -----------------------------------------------------------------------------------------------------


def _add_folders(folder: Path, groups: Groups) -> None:
    """``group_vars`` and ``host_vars`` beside the inventory: a file for each group or host, or a folder of files."""
    for kind, names, table in (
        ("group_vars", groups.members, groups.folders[0]),
        ("host_vars", groups.hosts, groups.folders[1]),
    ):
        beside = folder / kind
        present = _names_in(beside)
        for name in names if present else ():
            for suffix in ("", ".yml", ".yaml", ".json"):
                if f"{name}{suffix}" in present:
                    for file in _files(beside / f"{name}{suffix}"):
                        _add_file(file, table.setdefault(name, {}))
                    break


def _names_in(folder: Path) -> set[str]:
    try:
        return {entry.name for entry in folder.iterdir()}
    except OSError:
        return set()


def _files(path: Path) -> Iterator[Path]:
    """The file itself, or those of a folder and the folders in it, as Ansible picks them."""
    if not path.is_dir():
        yield path
        return
    for name in sorted(_names_in(path)):
        below = path / name
        if name.startswith(".") or name.endswith("~"):
            continue
        if below.is_dir() and not below.suffix:
            yield from _files(below)
        elif below.is_file() and below.suffix in {"", ".yml", ".yaml", ".json"}:
            yield below


def _add_file(file: Path, variables: dict[str, Any]) -> None:
    shown = shown_path(str(file))
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{shown} is not UTF-8 text; save it in that encoding.") from None
    except OSError as error:
        raise UsageError(f"{shown} cannot be read: {error.strerror}; make it readable.") from None
    if text.startswith(_VAULT):
        return  # passwords, as a rule
    content = load_yaml(shown, text)
    if isinstance(content, dict):
        variables.update(kept(content))
