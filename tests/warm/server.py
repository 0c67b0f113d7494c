"""Imports once what the command needs, and forks a process that is the command for every request.

Started by ``tests.warm`` as ``python server.py DESCRIPTOR`` with the variables that shape an interpreter as the command
will have them. A request is one byte on that socket, with descriptors: the request itself (JSON), where to answer, and
what the process shall have open. The answer is the process's pid with a pidfd, and its exit status when it has one.

The process is the command in everything that it can see of itself but its line in the list of processes: folder,
environment, open descriptors, signals, ``sys.path``, streams and the way in which it ends are as ``python -m`` makes
them. Here modules are imported and tables of our own are read, and nothing is run, so that it finds none of another
run's state.
"""

from __future__ import annotations

import atexit
import fcntl
import gc
import io
import json
import os
import pkgutil
import runpy
import select
import socket
import sys
import threading
import time
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any, TextIO

# pytest's own way of importing a plugin differs from `import`, and must find it not yet imported; a main module runs.
_LEFT = frozenset({"dockworthy.plugin", "dockworthy.__main__"})
# What is imported only where it is needed first.
_LATE = (
    *("encodings.idna", "encodings.unicode_escape", "encodings.utf_8_sig", "pdb", "readline", "yaml"),
    *("pydantic.type_adapter", "testinfra.modules.base", "_pytest._argcomplete"),
)
_MOST = 253  # descriptors in one message (SCM_MAX_FD, unix(7))


# What a process makes when it first needs it, of our own files alone, and then keeps.
_KEPT = (
    ("dockworthy.report.page.template", "_environment"),
    ("dockworthy.releases.table", "_made"),
    ("dockworthy.messages.table", "_table"),
    ("dockworthy.trust.advice.texts", "texts"),
)


def preload() -> None:
    """Import what a run of any command would: pytest with its plugins, all of ours, and all checks and facts.

    And have ready what does not depend on the run: the page's template, tables, the models of a profile, classes.
    """
    import pytest  # noqa: PLC0415, F401 - what follows needs it, and this module is imported where it must not be
    from _pytest.config import default_plugins  # noqa: PLC0415

    import dockworthy  # noqa: PLC0415
    from dockworthy.dataclass import write_init  # noqa: PLC0415
    from dockworthy.facts.facts import import_facts  # noqa: PLC0415
    from dockworthy.profile.loader import load_profile  # noqa: PLC0415
    from dockworthy.profile.locate import checks_folder  # noqa: PLC0415
    from dockworthy.run.loading import load_checks  # noqa: PLC0415

    for name in default_plugins:
        import_module(f"_pytest.{name}")
    for name in _LATE:
        import_module(name)
    for module in pkgutil.walk_packages(dockworthy.__path__, "dockworthy."):
        if module.name not in _LEFT:
            import_module(module.name)
    import_facts()
    load_checks(checks_folder())
    for name, function in _KEPT:
        getattr(import_module(name), function)()
    load_profile("base")
    for name in [name for name in sys.modules if name.startswith("dockworthy.")]:
        for made in vars(sys.modules[name]).values():
            if isinstance(made, type):
                write_init(made)


class Server:
    """The loop: requests in, answers out; it returns in a forked process only."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._running: dict[int, tuple[int, int]] = {}  # pidfd: pid, where to answer
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)
        self._lent = sorted({name.partition(".")[0] for name in sys.modules})

    def serve(self) -> dict[str, Any]:
        """Answer until nobody asks any more (then end); in the process of a request, return the request."""
        while True:
            for descriptor, _ in self._poll.poll():
                if descriptor in self._running:
                    self._ended(descriptor)
                    continue
                request = self._asked()
                if request is not None:
                    return request

    def _ended(self, pidfd: int) -> None:
        pid, answer = self._running.pop(pidfd)
        self._poll.unregister(pidfd)
        _, status = os.waitpid(pid, 0)
        _send(answer, {"status": os.waitstatus_to_exitcode(status)})
        os.close(answer)
        os.close(pidfd)

    def _asked(self) -> dict[str, Any] | None:
        byte, descriptors, _, _ = socket.recv_fds(self._control, 1, _MOST)
        if not byte:
            sys.exit()
        about, answer, *given = descriptors
        with open(about, "rb") as file:  # noqa: PTH123 - a descriptor
            request: dict[str, Any] = json.load(file)
        if self._shadowed(Path(request["cwd"])):
            _send(answer, {"refused": True})
        elif pid := os.fork():
            pidfd = os.pidfd_open(pid)
            _send(answer, {"pid": pid}, pidfd)
            self._running[pidfd] = pid, answer
            self._poll.register(pidfd, select.POLLIN)
            answer = -1
        else:
            self._control.detach()  # its number may be another's from now on
            _open_only(dict(zip(request["descriptors"], given, strict=True)))
            return request
        for descriptor in (answer, *given):
            if descriptor >= 0:
                os.close(descriptor)
        return None

    def _shadowed(self, folder: Path) -> bool:
        """Whether the command, started there, would import a file of that folder for a module that we have."""
        return any((folder / f"{name}.py").exists() or (folder / name / "__init__.py").exists() for name in self._lent)


def _send(answer: int, content: dict[str, Any], *descriptors: int) -> None:
    with socket.socket(fileno=os.dup(answer)) as client:
        try:
            socket.send_fds(client, [json.dumps(content).encode()], descriptors)
        except OSError:
            return  # nobody waits for it any more


def _open_only(wanted: dict[int, int]) -> None:
    """Have open what is wanted, each under its number, and nothing else."""
    above = max((2, *wanted)) + 1
    moved = {number: fcntl.fcntl(given, fcntl.F_DUPFD_CLOEXEC, above) for number, given in wanted.items()}
    os.closerange(0, above)
    for number, given in moved.items():
        os.dup2(given, number)
    os.closerange(above, max(map(int, os.listdir("/proc/self/fd"))) + 1)  # noqa: PTH208 - numbers


def become(request: dict[str, Any]) -> None:
    """Take over the folder, the environment, the streams and the arguments."""
    os.chdir(request["cwd"])
    # What the interpreter itself put there when it started, as it would have done with this environment (PEP 538).
    coerced = os.environb.get(b"LC_CTYPE")
    os.environb.clear()
    os.environb.update({name.encode("latin-1"): value.encode("latin-1") for name, value in request["env"].items()})
    if coerced is not None:
        os.environb[b"LC_CTYPE"] = coerced
    time.tzset()
    encoding, errors = sys.stdin.encoding, sys.stdin.errors or "strict"
    sys.stdin = sys.__stdin__ = _stream(0, "r", encoding, errors)  # type: ignore[misc, assignment]
    sys.stdout = sys.__stdout__ = _stream(1, "w", encoding, errors)  # type: ignore[misc, assignment]
    sys.stderr = sys.__stderr__ = _stream(2, "w", encoding, "backslashreplace")  # type: ignore[misc, assignment]
    sys.path[0] = str(Path.cwd())
    sys.argv = ["-m", *request["argv"]]
    sys.orig_argv[1:] = ["-m", request["module"], *request["argv"]]


def _stream(descriptor: int, mode: str, encoding: str, errors: str) -> TextIO | None:
    """A standard stream as the interpreter makes it; None where the descriptor is closed."""
    try:
        os.fstat(descriptor)
    except OSError:
        return None
    through = bool(os.environ.get("PYTHONUNBUFFERED"))
    raw = through and mode == "w"
    binary: Any = open(descriptor, f"{mode}b", 0 if raw else -1, closefd=False)  # noqa: SIM115 - a descriptor
    (binary if raw else binary.raw).name = f"<{('stdin', 'stdout', 'stderr')[descriptor]}>"
    by_lines = not through and (descriptor == 2 or binary.isatty())
    text: Any = io.TextIOWrapper(binary, encoding, errors, "\n", by_lines, through)
    text.mode = mode
    stream: TextIO = text
    return stream


def run(module: str) -> None:
    """Run it as ``python -m`` does, and end as that does; without taking all modules down, which nobody sees."""
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as end:
        if not isinstance(end.code, (int, type(None))):
            raise
        status = (end.code or 0) & 0xFF
    threading._shutdown()  # type: ignore[attr-defined]  # the interpreter's own first steps (Py_FinalizeEx)
    atexit._run_exitfuncs()
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None and not stream.closed:
                stream.flush()
    except OSError:
        sys.exit(status)  # it fails for the interpreter again, which tells it and ends with its own status
    os._exit(status)


def main() -> None:
    """Serve; a process that was forked goes on here as the command."""
    control = socket.socket(fileno=int(sys.argv[1]))
    with warnings.catch_warnings():  # some of what is imported filters them, which a command that imports less does not
        preload()
    # Nothing that is here now is looked through for garbage, or copied for that, in any process.
    gc.collect()
    gc.freeze()
    request = Server(control).serve()
    become(request)
    run(request["module"])


if __name__ == "__main__":
    main()
