"""``dockworthy serve`` as a process: what it says, what it bounds, and how it ends."""

from __future__ import annotations

import contextlib
import http.client
import re
import signal
import socket
import subprocess
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from dockworthy.errors import UsageError
from dockworthy.serve.server import address_of, listening, made
from tests import warm
from tests.results_factory import record, result
from tests.rows import each_of
from tests.serve.test_app import runs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def ended(process: warm.Process) -> None:
    if process.poll() is None:
        process.kill()
    process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


@contextlib.contextmanager
def serving(folder: Path, *words: str) -> Iterator[tuple[warm.Process, int]]:
    """The process and its port, while this is entered."""
    process = warm.start(
        "serve",
        "--listen",
        "127.0.0.1:0",
        *words,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        match = re.fullmatch(r"serving \S+ at http://127\.0\.0\.1:(\d+)/\n", line)
        assert match is not None, line
        yield process, int(match[1])
    finally:
        ended(process)


def got(port: int, path: str, method: str = "GET", **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with contextlib.closing(connection):
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()


def test_it_serves_the_last_run_and_ends_with_sigterm(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, port):
        assert got(port, "/metrics")[0] == 503
        runs(tmp_path / "reports", record(result()))
        assert b"dockworthy_run_info" in got(port, "/metrics")[1]
        status, page = got(port, "/?x=1")
        assert (status, b"</b> compliance report</p>" in page) == (200, True)
        assert got(port, "/healthz") == (200, b"ok\n")
        assert got(port, "/", "POST")[0] == 405
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_a_request_is_bounded_in_size(tmp_path: Path) -> None:
    with serving(tmp_path) as (_, port):
        assert got(port, "/healthz", X="x" * 20_000)[0] == 431
        with socket.create_connection(("127.0.0.1", port), 20) as connection:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999\r\n\r\n")
            assert b" 413 " in connection.recv(1024).partition(b"\r\n")[0]
        with socket.create_connection(("127.0.0.1", port), 20) as connection:
            connection.sendall(b"\x16\x03\x01 no HTTP \r\n\r\n")
            assert b" 400 " in connection.recv(1024).partition(b"\r\n")[0]
        assert got(port, "/healthz")[0] == 200


def test_a_request_that_comes_byte_by_byte_is_ended_after_a_minute_and_one_that_is_answered_is_not() -> None:
    def channel(**fields: object) -> SimpleNamespace:
        return SimpleNamespace(
            **{
                "request": None,
                "requests": [],
                "creation_time": 0.0,
                "last_activity": 1000.0,
                "will_close": False,
                **fields,
            }
        )

    with listening("127.0.0.1:0") as where:
        server = made(lambda *_: [], where)
        try:
            channels = [
                channel(request=1),
                channel(),
                channel(request=1, requests=[1]),
                channel(request=1, creation_time=950),
            ]
            server.active_channels = dict(enumerate(channels))
            server.maintenance(1000.0)
            assert [one.will_close for one in channels] == [True, False, False, False]
        finally:
            server.active_channels = {}
            server.close()


def test_a_port_that_is_taken_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        done = warm.run("serve", "--listen", where, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == f"dockworthy: --listen {where}: is in use; stop what listens there, or name another port.\n"


def test_a_place_that_other_hosts_reach_is_asked_for_and_told(tmp_path: Path) -> None:
    process = warm.start(
        "serve", "--listen", "0.0.0.0:0", cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline().rpartition(":")[2].rstrip("/\n"))
        assert got(port, "/healthz", Host="dockworthy.example.com")[0] == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert process.stderr is not None
        assert process.stderr.read().startswith("dockworthy: 0.0.0.0 is reached from other hosts, without a password")
    finally:
        ended(process)


@each_of(
    "text",
    [
        "",
        "9585",
        ":9585",
        "*:9585",
        "web1:9585",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:x",
        "127.0.0.1:65536",
        "::1:9585",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--listen .*is no address; write 127\.0\.0\.1:9585 or \[::1\]:9585\.$"):
        address_of(text)


def test_addresses_of_both_kinds_are_taken() -> None:
    assert [str(address_of(text)[0]) for text in ("localhost:1", "[::1]:1", "10.0.0.1:65535")] == [
        *("127.0.0.1", "::1", "10.0.0.1")
    ]
