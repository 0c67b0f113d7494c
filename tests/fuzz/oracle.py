"""The other side: a program of Go's standard library alone, built when it is needed."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from tests.fuzz.cases import Case

_PIPE = 1 << 20
SOURCE = Path(__file__).parent / "go"
OLD_DEFAULTS = "x509negativeserial=1,rsa1024min=0,x509rsacrt=0,urlstrictcolons=0"
"""What ``go version -m dockerd`` prints of Debian's engine, as far as certificates are concerned."""


def version(go: str = "go") -> tuple[int, ...]:
    """The numbers of a Go: ``go1.24.4`` is (1, 24, 4)."""
    text = subprocess.run([go, "version"], check=True, capture_output=True, text=True, timeout=60).stdout
    found = re.search(r"go(\d+)\.(\d+)(?:\.(\d+))?", text)
    assert found, text
    return tuple(int(number) for number in found.groups() if number)


def build(folder: Path, go: str = "go") -> Path:
    """Builds the program, with that Go's own GODEBUG defaults; raises a CalledProcessError where Go cannot.

    What Go compiles of its standard library stays in Go's own cache. Of several that build in one folder, one does,
    and the others wait for it.
    """
    program = folder / "oracle"
    source = folder / "source"
    major, minor, *_ = version(go)
    environment = os.environ | {"GOPROXY": "off", "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}
    if not {"GOCACHE", "XDG_CACHE_HOME", "HOME"} & environment.keys():
        environment["GOCACHE"] = str(folder / "gocache")
    command = [go, "build", "-ldflags=-s -w", "-gcflags=all=-dwarf=false", "-o", str(program), "."]
    with (folder / "oracle.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            source.mkdir(exist_ok=True)
            shutil.copy(SOURCE / "main.go", source)
            (source / "go.mod").write_text(f"module oracle\n\ngo {major}.{minor}\n", encoding="ascii")
            subprocess.run(
                command, cwd=source, env=environment, check=True, capture_output=True, text=True, timeout=600
            )
    return program


class Oracle:
    """Go under one set of defaults."""

    def __init__(self, program: Path, *, old_defaults: bool) -> None:
        environment = os.environ | {"GODEBUG": OLD_DEFAULTS if old_defaults else ""}
        self._process = subprocess.Popen(
            [str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, pipesize=_PIPE
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.stdin and self._process.stdout:
            self._process.stdin.close()
            self._process.stdout.close()
        self._process.wait(timeout=10)

    def ask(self, *cases: Case) -> None:
        """Puts cases, so many that their answers fit in a pipe; they come in the same order."""
        assert self._process.stdin
        self._process.stdin.writelines(json.dumps(case.wire()).encode() + b"\n" for case in cases)
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """The next answer."""
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the oracle has ended")
        answer: dict[str, Any] = json.loads(line)
        return answer
