"""``dockworthy completion SHELL``: what bash, zsh or fish completes our commands, options and names by.

The script is whole: a shell that has it starts nothing of ours. What it names is what this version has; after an
upgrade it is made again.
"""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import TYPE_CHECKING, Any

from dockworthy.commands import COMMANDS
from dockworthy.typed import words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["SHELLS", "add_arguments", "run", "script"]

SHELLS = ("bash", "zsh", "fish")
_FILES = words(
    "baseline ca_file file inventory new old password_file results ssh_config ssh_identity_file waivers output"
)
_FOLDERS = words("checks output_dir spool")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The argument of ``completion``."""
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=", ".join(SHELLS))
    parser.epilog = (
        'In ~/.bashrc: eval "$(dockworthy completion bash)"; in ~/.zshrc, behind compinit: '
        'eval "$(dockworthy completion zsh)"; once for fish: '
        "dockworthy completion fish > ~/.config/fish/completions/dockworthy.fish."
    )


def run(args: argparse.Namespace) -> int:
    """Print the script."""
    from dockworthy.commands.output import say  # noqa: PLC0415 - the command's own need

    say(script(args.shell))
    return 0


def script(shell: str) -> str:
    """The script for a shell."""
    import shtab  # noqa: PLC0415 - the command's own need

    parser = whole_parser()
    names = _Names()
    for action in _actions(parser):
        _complete(action, names)
    made: str = shtab.complete(parser, shell)
    return made


def whole_parser() -> argparse.ArgumentParser:
    """One parser of all commands, with their words and options."""
    parser = argparse.ArgumentParser(prog="dockworthy")
    parser.add_argument("--version", action="version", version="")
    commands = parser.add_subparsers(dest="command")
    for name, (module, text) in COMMANDS.items():
        own = commands.add_parser(name, help=text, description=text)
        import_module(f"dockworthy.commands.{module}").add_arguments(own)
    return parser


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Every argument and option, those of commands and of their words, too."""
    for action in parser._actions:  # noqa: SLF001 - argparse has no public way to its actions
        yield action
        if isinstance(action.choices, dict):
            for own in action.choices.values():
                yield from _actions(own)


class _Names:
    """The names that options take, as this version has them."""

    def __init__(self) -> None:
        from dockworthy.commands.calendar import FORMS as CALENDAR  # noqa: PLC0415 - see above
        from dockworthy.commands.catalogue import all_checks  # noqa: PLC0415 - the command's own need
        from dockworthy.commands.pulls import FORMS as PULLS  # noqa: PLC0415 - see above
        from dockworthy.profile.locate import profile_names  # noqa: PLC0415 - see above
        from dockworthy.report.formats.interface import names  # noqa: PLC0415 - see above
        from dockworthy.results.model import SEVERITIES  # noqa: PLC0415 - see above

        checks = all_checks([])
        ids = [check.id for check in checks]
        formats = names()
        standards = sorted({ref.partition(":")[0] for check in checks for ref in check.refs})
        self.profiles = profile_names()
        self.of: dict[str, Sequence[str]] = {
            **dict.fromkeys(("check", "skip_check"), ids),
            "topic": sorted({check.topic for check in checks}),
            **dict.fromkeys(("severity", "fail_on"), SEVERITIES),
            "refs": standards,
            **dict.fromkeys(("report", "formats"), formats),
            "forms_of_calendar": CALENDAR,
            "forms_of_pulls": PULLS,
            **dict.fromkeys(("engine", "harbor"), ("latest",)),
            "at": ["snapshot"],
        }


def _complete(action: argparse.Action, names: _Names) -> None:
    """Say what an argument or the value of an option is completed by, unless its own choices do."""
    import shtab  # noqa: PLC0415 - the command's own need

    if action.choices is not None or action.nargs == 0:
        return
    told: Any = None
    if action.dest == "profile":
        told = _profiles(names.profiles)
    elif action.metavar == "TARGET":
        told = _TARGETS
    elif action.dest in names.of:
        action.choices = list(names.of[action.dest])
    elif action.dest in _FILES:
        told = shtab.FILE
    elif action.dest in _FOLDERS:
        told = shtab.DIRECTORY
    if told is not None:
        action.complete = told  # type: ignore[attr-defined] # where shtab looks


# A scheme, and behind one of our own a file or folder. bash takes what stands behind the colon for a word of its own.
_TARGETS = {
    "bash": "_dockworthy_target_files",
    "zsh": "_dockworthy_targets",
    "fish": "(_dockworthy_targets)",
    "preamble": {
        "bash": """\
_dockworthy_target_files() {
  compgen -f -- "$1"
  compgen -W "local:// ssh:// docker:// podman:// snapshot: rootfs:" -- "$1"
}""",
        "zsh": """\
_dockworthy_targets() {
  if compset -P 'snapshot:' || compset -P 'rootfs:'; then
    _files
  else
    compadd -S '' -- local:// ssh:// docker:// podman:// snapshot: rootfs:
  fi
}""",
        "fish": """\
function _dockworthy_targets
  set -l word (commandline -ct)
  printf '%s\\n' local:// ssh:// docker:// podman:// snapshot: rootfs:
  for scheme in snapshot: rootfs:
    if string match -q -- "$scheme*" "$word"
      for path in (__fish_complete_path (string replace -- $scheme '' "$word"))
        echo $scheme(string split -m1 \\t -- $path)[1]
      end
    end
  end
end""",
    },
}


def _profiles(names: Sequence[str]) -> dict[str, Any]:
    """The names of profiles, and files."""
    every = " ".join(names)
    return {
        "bash": "_dockworthy_profile_files",
        "zsh": "_dockworthy_profiles",
        "fish": "(_dockworthy_profiles)",
        "preamble": {
            "bash": f'_dockworthy_profile_files() {{\n  compgen -W "{every}" -- "$1"\n  compgen -f -- "$1"\n}}',
            "zsh": f"_dockworthy_profiles() {{\n  _alternative 'profiles:profile:({every})' 'files:file:_files'\n}}",
            "fish": f"function _dockworthy_profiles\n  printf '%s\\n' {every}\n"
            "  __fish_complete_path (commandline -ct)\nend",
        },
    }
