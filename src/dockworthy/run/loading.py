"""Check files: imported by path, each check found by its decorator."""

from __future__ import annotations

import importlib.util
import os
import sys
import traceback
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from dockworthy.check import Check, CheckDefinitionError
from dockworthy.errors import UsageError
from dockworthy.facts.facts import Declaration, FactDefinitionError
from dockworthy.typed import shown_problem, shown_word

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

__all__ = [
    "Catalogue",
    "check_files",
    "check_syntax",
    "checks_of",
    "facts_of",
    "import_check_file",
    "load_checks",
    "not_loaded",
]

_MARK, _FACT = b"dockworthy", b"@fact"


def check_files(folder: Path) -> list[Path]:
    """The Python files below a folder that may define checks, in a fixed order."""
    return sorted(path for path in folder.rglob("*.py") if path.name not in {"__init__.py", "conftest.py"})


def import_check_file(path: Path) -> ModuleType:
    """Import a file under a name of its own, so that no other ``checks`` is met; `UsageError` with file and line."""
    path = path.resolve()
    name = f"dockworthy_checks_{sha256(str(path).encode()).hexdigest()[:16]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path} is not a Python file that can be loaded as checks.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a check file raises is told in one sentence
        del sys.modules[name]
        raise not_loaded(error, path) from None
    return module


def not_loaded(error: BaseException, path: Path | None = None) -> UsageError:
    """The sentence for a file that raised this while it was imported; without a path, for the conftest.py that did."""
    frames = traceback.extract_tb(error.__traceback__)
    path = path or next((Path(one.filename) for one in frames if one.filename.endswith("conftest.py")), Path())
    if isinstance(error, (CheckDefinitionError, FactDefinitionError)):
        return UsageError(str(error))
    if isinstance(error, SyntaxError):
        return _invalid(path, error)
    line = next((frame.lineno for frame in reversed(frames) if frame.filename == str(path)), 1)
    # Its text is the check file's own, and may hold anything; a module's name is harmless.
    missing = f": {shown_word(error.name)}" if isinstance(error, ImportError) and error.name else ""
    what = path.name if path.name == "conftest.py" else "the check file"
    return UsageError(f"{path}:{line}: {what} cannot be loaded ({type(error).__name__}{missing}).")


def _invalid(path: Path, error: SyntaxError) -> UsageError:
    where = f"{error.filename or path}:{error.lineno or 1}"
    return UsageError(f"{where}: not valid Python ({shown_problem(error.msg)}); fix it.")


def check_syntax(folders: Sequence[Path]) -> None:
    """Refuse folders of checks that are not there, and files in them that are no Python; `UsageError` for the first."""
    for folder in folders:
        if not folder.exists():
            raise UsageError(f"--checks {folder}: there is no such folder; name one that has check files.")
        for path in [folder] if folder.is_file() else sorted(folder.rglob("*.py")):
            _compile(path)


def _compile(path: Path) -> None:
    try:
        compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    except SyntaxError as error:
        raise _invalid(path, error) from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}).") from None
    except (ValueError, RecursionError, MemoryError):
        raise UsageError(f"{path}:1: not valid Python; fix it.") from None


def checks_of(module: ModuleType) -> list[Check]:
    """The checks that a module defines, in the order of its lines."""
    found = {
        id(definition): definition
        for value in vars(module).values()
        if isinstance(definition := getattr(value, "__dockworthy_check__", None), Check)
        and definition.function.__module__ == module.__name__
    }
    return sorted(found.values(), key=lambda item: item.function.__code__.co_firstlineno)


def facts_of(module: ModuleType) -> list[Declaration]:
    """The facts that a module declares."""
    found = (getattr(value, "__dockworthy_fact__", None) for value in vars(module).values())
    return [one for one in found if isinstance(one, Declaration) and one.function.__module__ == module.__name__]


class Catalogue:
    """The checks that were loaded, by id, and a user's own facts, by name; what is repeated is refused."""

    def __init__(self) -> None:
        self.checks: dict[str, Check] = {}
        self.aliases: dict[str, str] = {}
        self.facts: dict[str, Declaration] = {}
        self._folders: set[Path] = set()

    def take_in(self, module: ModuleType) -> None:
        """Take in what a module defines; `UsageError` if a name of it is taken."""
        self.take_in_facts(module)
        for definition in checks_of(module):
            self.add(definition)

    def take_in_facts(self, module: ModuleType) -> None:
        """Take in the facts that a module declares; `UsageError` if a name of it is taken."""
        for declaration in facts_of(module):
            self.add_fact(declaration)

    def take_in_facts_beside(self, path: Path) -> None:
        """Take in the facts of a file's whole folder, before any of its checks asks for one; `UsageError` likewise."""
        if path.parent in self._folders:
            return
        self._folders.add(path.parent)
        for other in sorted(path.parent.glob("*.py")):
            content = other.read_bytes() if other.is_file() and os.access(other, os.R_OK) else b""
            if _FACT in content and _MARK in content:
                self.take_in_facts(import_check_file(other))

    def add_fact(self, declaration: Declaration) -> None:
        """Take one fact in; `UsageError` if its name is taken."""
        known = self.facts.setdefault(declaration.name, declaration)
        if known.where != declaration.where:
            raise UsageError(
                f"{declaration.where}: the fact {declaration.name!r} is already declared at {known.where}; "
                "rename one of them."
            )

    def add(self, definition: Check) -> None:
        """Take one check in; `UsageError` if its id, or one that it had before, is taken."""
        known = self.checks.get(definition.id)
        if known is not None and known.function.__code__ == definition.function.__code__:
            return
        for name in (definition.id, *definition.aliases):
            other = self.checks.get(name) or self.checks.get(self.aliases.get(name, ""))
            if other is not None:
                code, first = definition.function.__code__, other.function.__code__
                raise UsageError(
                    f"{code.co_filename}:{code.co_firstlineno}: the check id {name!r} is already defined at "
                    f"{first.co_filename}:{first.co_firstlineno}; rename one of them."
                )
        self.checks[definition.id] = definition
        self.aliases.update(dict.fromkeys(definition.aliases, definition.id))


def load_checks(*folders: Path) -> dict[str, Check]:
    """All checks below the folders, in the order of files and lines; `UsageError` for a broken file or repeated id."""
    catalogue = Catalogue()
    for folder in folders:
        for path in [folder] if folder.is_file() else check_files(folder):
            catalogue.take_in(import_check_file(path))
    return catalogue.checks
