"""The ways that only testinfra knows (ansible, salt, paramiko): one command, without a standard input.

testinfra's ``run`` has no time limit, so that it runs in a process of its own, which can be ended. It takes one
argument of at most 128 KiB: the script goes compressed, in an alphabet of 85 signs, and the answer comes back as
base64. The host unpacks it by its `awk`, `base64` and `gzip`.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dockworthy.target._hints import explain
from dockworthy.target._script import script_for, shell_command
from dockworthy.target.process import ProcessProbe

if TYPE_CHECKING:
    from dockworthy.target.interface import CollectOptions, Pending, Target

__all__ = ["command", "start", "unpacking", "without_remarks"]

MAX_ARGUMENT = 128 * 1024
_SAYS = "dockworthy: "

_RFC1924 = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"
_SIGNS = bytes(sign for sign in range(33, 127) if sign not in b"\"$%'`{}!\\")
"""What stands for a digit to the base of 85: printable, and nothing to a shell, a template or a quoted string."""

# base64 that carries six bits a sign has too little room in one argument. Groups of five signs are four bytes; the
# program prints them as base64, since not every awk prints a byte of 0; `fold`, since some are slow on a long line.
_TO_BASE64 = """BEGIN{for(n=33;n<127;n++)if(!index(" 33 34 36 37 39 92 96 123 125 "," "n" "))a[sprintf("%c",n)]=m++
w[0]=1;for(n=0;n<64;n++){w[n+1]=w[n]*2
s[n]=substr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",n+1,1)}}
{o="";for(i=1;i<length($0);i+=5){v=0;for(j=0;j<5;j++)v=v*85+a[substr($0,i+j,1)]
h=h*w[32]+v;for(k+=32;k>5;h-=d*w[k]){k-=6;d=int(h/w[k]);o=o s[d]}};print o}"""


def without_remarks(text: bytes) -> bytes:
    """The script without its remarks and its indentation, which say nothing to a shell."""
    lines = [line.lstrip(b" ") for line in text.split(b"\n")]
    return b"".join(line + b"\n" for line in lines if line and not line.startswith(b"#"))


def unpacking(text: bytes) -> str:
    """The command that prints the text: it holds it compressed, as digits to the base of 85."""
    out = _compressed(text, "")
    # Of whole groups of both alphabets, so that none is filled up: a name in the archive's head may be of any length,
    # and one byte ends it.
    out = _compressed(text, "x" * ((-len(out) - 1) % 12 or 12))
    digits = base64.b85encode(out).translate(bytes.maketrans(_RFC1924, _SIGNS)).decode("ascii")
    return f"printf %s '{digits}' | fold -w 75 | LC_ALL=C awk '{_TO_BASE64}' | base64 -d | gzip -dc"


def _compressed(text: bytes, name: str) -> bytes:
    out = io.BytesIO()
    with gzip.GzipFile(name, "wb", 9, out, mtime=0) as archive:
        archive.write(text)
    return out.getvalue()


def command(target: Target, options: CollectOptions) -> str:
    """One line for the host's shell: unpack the probe, run it, pack what it prints.

    It is an argument, which has an end and which others on the host may see: the probe's remarks and indentation stay
    here, what looks into the layers of images, which has no room in it, and the key for digests of Harbor's secrets.
    """
    text = without_remarks(script_for(replace(options, harbor_key=None, image_layers=False)))
    shell, _ = shell_command(target, options, become=False)
    line = f"{unpacking(text)} | {shell} | gzip -nc | base64"
    if len(line) >= MAX_ARGUMENT:
        raise AssertionError("the packed probe does not fit one argument")
    return line


def start(target: Target, options: CollectOptions) -> Pending:
    """Let testinfra run it, in a process that a time limit can end."""
    request = {
        "spec": target.spec_with_password,
        "command": command(target, options),
        "arguments": {
            "sudo": options.sudo or target.is_set("sudo"),
            "ssh_config": options.ssh_config,
            "ssh_identity_file": options.ssh_identity_file,
        },
    }
    return ProcessProbe(
        target,
        [sys.executable, "-m", "dockworthy.target.testinfra_backend"],
        json.dumps(request).encode(),
        timeout=options.host_timeout,
        explain=_told,
    )


def _told(text: str, status: int) -> str | None:
    """The sentence that our own process wrote, else what a client's known words mean."""
    last = text.strip().rpartition("\n")[2]
    return last.removeprefix(_SAYS) if last.startswith(_SAYS) else explain(text, status)


def _say(sentence: str) -> int:
    sys.stderr.write(f"{_SAYS}{sentence}\n")
    return 1


def _run(request: dict[str, Any]) -> int:
    import testinfra  # noqa: PLC0415 - heavy, and only in this process

    given = {name: value for name, value in request["arguments"].items() if value}
    hosts = testinfra.get_hosts([request["spec"]], **given)
    if len(hosts) != 1:
        return _say(f"it names {len(hosts)} hosts; name one, or give all of them with --inventory.")
    if getattr(getattr(hosts[0].backend, "host", None), "password", None) and hosts[0].backend.NAME == "ssh":
        return _say("testinfra would put this host's password into the process list; log in with a key.")
    result = hosts[0].run(request["command"])
    try:
        snapshot = gzip.decompress(base64.b64decode("".join(result.stdout.split())))
    except (ValueError, OSError, EOFError):
        return _say(explain(result.stderr, result.rc) or "its answer is no snapshot.")
    sys.stdout.buffer.write(snapshot)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(_run(json.load(sys.stdin)))
    except Exception as error:  # noqa: BLE001 - any backend's own errors, whose texts may quote an inventory
        sys.exit(_say(explain(str(error), 1) or f"testinfra cannot reach it ({type(error).__name__})."))
