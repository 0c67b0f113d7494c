"""Where the product's own checks and profiles lie: in a checkout at its top, in a wheel inside the package."""

from __future__ import annotations

from pathlib import Path

from dockworthy.errors import UsageError

__all__ = ["checks_folder", "profile_names", "profiles_folder"]

_PACKAGE = Path(__file__).resolve().parent.parent


def _top() -> Path:
    """The folder that holds ``checks/`` and ``profiles/``: a checkout's, so that an edit is seen at once."""
    checkout = _PACKAGE.parent.parent
    if _PACKAGE.parent.name == "src" and (checkout / "profiles" / "base.yaml").is_file():
        return checkout
    return _PACKAGE / "_data"


def _folder(name: str) -> Path:
    folder = _top() / name
    if not folder.is_dir():
        raise UsageError(f"{folder}: this installation lacks its {name}; install it anew.")
    return folder


def profiles_folder() -> Path:
    """The folder of the profiles that can be named; `UsageError` if the installation lacks it."""
    return _folder("profiles")


def checks_folder() -> Path:
    """The folder of the product's own checks; `UsageError` if the installation lacks it."""
    return _folder("checks")


def profile_names(folder: Path | None = None) -> list[str]:
    """The names of the profiles in a folder, by default of the product's own, sorted."""
    return sorted(path.stem for path in (folder or profiles_folder()).glob("*.yaml"))
