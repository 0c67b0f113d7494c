"""A message to real servers on this machine: what they get, and what is told where they do not take it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import socket
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from standardwebhooks import Webhook

from dockworthy.notify.destinations import destination
from dockworthy.notify.sending import Failure, send
from tests.notify.messages import message
from tests.notify.servers import authority, hook

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

SECRET = "a key that is long enough"


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    return authority(tmp_path_factory.mktemp("ca"))


def sent(text: str, seconds: float = 5.0, **environment: str) -> Failure | None:
    return send(destination(text, environment), message(), "key-1", seconds)


def test_a_webhook_gets_the_message_with_its_key_and_an_hmac_that_its_library_takes() -> None:
    with hook() as server:
        assert sent(f"{server.url}/x?y=1", DOCKWORTHY_NOTIFY_KEY=SECRET) is None
        ((path, headers, body),) = server.got
    assert path == "/x?y=1"
    assert json.loads(body)["headline"] == "dockworthy: 1 new (1 host looked at)"
    assert (headers["idempotency-key"], headers["content-type"]) == ("key-1", "application/json")
    verified: Any = Webhook(base64.b64encode(SECRET.encode()).decode()).verify(body.decode(), headers)
    assert verified["id"] == "key-1"
    assert headers["x-hub-signature-256"] == f"sha256={hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}"
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60


def test_without_a_key_nothing_claims_to_be_signed() -> None:
    with hook() as server:
        assert sent(server.url) is None
        headers = server.got[0][1]
    assert not [name for name in headers if "signature" in name]


def test_chats_get_their_form() -> None:
    with hook() as server:
        for form in ("slack", "teams"):
            assert sent(f"{form}+{server.url}/x") is None
        bodies = [json.loads(body) for _, _, body in server.got]
    assert bodies[0]["blocks"][0]["text"]["text"] == "dockworthy: 1 new (1 host looked at)"
    assert bodies[1]["attachments"][0]["contentType"] == "application/vnd.microsoft.card.adaptive"


def test_the_environment_s_proxy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with hook() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        assert sent("http://127.0.0.1:9/x") is None
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert sent("http://127.0.0.1:9/x") == Failure("it refused the connection")
    assert [path for path, _, _ in proxy.got] == ["http://127.0.0.1:9/x"]


def test_tls_is_verified(ca: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch) -> None:
    with hook(ca[1]) as server:
        failure = sent(server.url)
        assert failure is not None
        assert failure.words.startswith("its certificate is not trusted (")
        assert server.got == []
        monkeypatch.setenv("SSL_CERT_FILE", str(ca[0]))
        assert sent(server.url) is None
        assert len(server.got) == 1


def test_a_redirect_is_not_followed() -> None:
    with hook() as other, hook() as server:
        for server.status in (301, 302, 303, 307, 308):
            server.headers = {"Location": other.url}
            failure = sent(server.url)
            assert failure is not None
            assert failure.words == f"it answered {server.status} and leads elsewhere, where nothing is sent"
        assert other.got == []


def test_what_a_server_answers_is_told_by_its_status_and_its_wish_to_wait_is_kept() -> None:
    with hook() as server:
        server.status, server.headers = 429, {"Retry-After": "120", "X-Other": "secret"}
        assert sent(server.url) == Failure("it answered 429", 120.0)
        server.status, server.headers = 503, {"Retry-After": "tomorrow"}
        assert sent(server.url) == Failure("it answered 503", 0.0)


def test_a_server_that_does_not_answer_or_is_not_there_is_a_failure_in_time() -> None:
    with hook() as server:
        server.is_held.set()
        assert sent(server.url, 0.2) == Failure("it did not answer within 0.2 s")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    assert sent(f"http://127.0.0.1:{port}/") == Failure("it refused the connection")
    assert sent(f"smtp://127.0.0.1:{port}/?to=a@b") == Failure("it refused the connection")


def test_what_speaks_another_protocol_is_a_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(b"220 mail.example.com ESMTP\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        failure = sent(f"http://127.0.0.1:{server.getsockname()[1]}/")
        thread.join()
    assert failure is not None
    assert failure.words == "what it said is not its protocol (BadStatusLine)"


# --- mail ------------------------------------------------------------------------------------------------------


class Post:
    """A mail server's memory."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], bytes]] = []
        self.logins: list[tuple[str, str]] = []
        self.refused: set[str] = set()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        del server, session, options
        if address in self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        del server, session
        self.mails.append((list(envelope.rcpt_tos), envelope.content))
        return "250 taken"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        del server, session, envelope, mechanism
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password == SECRET.encode(), handled=False)


class Server(Controller):
    """One on a port that is free."""

    @property
    def taken(self) -> int:
        server: Any = self.server
        return int(server.sockets[0].getsockname()[1])

    def _trigger_server(self) -> None:
        with socket.create_connection(("127.0.0.1", self.taken), 1.0) as connection:
            connection.recv(1024)


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def mail_server(post: Post, ca: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setenv("SSL_CERT_FILE", str(ca[0]))
    controller = Server(
        post, hostname="127.0.0.1", port=0, tls_context=ca[1], authenticator=post.authenticate, auth_require_tls=True
    )
    controller.start()
    try:
        yield controller.taken
    finally:
        controller.stop()


def test_a_mail_goes_by_starttls_with_a_login_to_each_recipient(post: Post, mail_server: int) -> None:
    place = f"smtp://ops@127.0.0.1:{mail_server}/?to=a@example.com,root&from=d@example.com#password-env=PW"
    assert sent(place, PW=SECRET) is None
    assert post.logins == [("ops", SECRET)]
    ((recipients, content),) = post.mails
    assert recipients == ["a@example.com", "root"]
    assert b"Subject: dockworthy: 1 new (1 host looked at)\r\n" in content
    assert sent(place, PW="wrong") == Failure("it refused the login (535)")


def test_a_recipient_that_is_refused_takes_the_mail_from_no_other(post: Post, mail_server: int) -> None:
    post.refused = {"a@example.com"}
    assert sent(f"smtp://127.0.0.1:{mail_server}/?to=a@example.com&to=b@example.com") is None
    assert [recipients for recipients, _ in post.mails] == [["b@example.com"]]
    assert sent(f"smtp://127.0.0.1:{mail_server}/?to=a@example.com") == Failure("it refused every recipient")


def test_no_password_is_sent_to_a_server_without_tls(post: Post) -> None:
    controller = Server(post, hostname="127.0.0.1", port=0)
    controller.start()
    try:
        port = controller.taken
        failure = sent(f"smtp://ops@127.0.0.1:{port}/?to=a@example.com#password-env=PW", PW=SECRET)
        assert sent(f"smtp://127.0.0.1:{port}/?to=a@example.com") is None
    finally:
        controller.stop()
    assert failure == Failure("it offers no STARTTLS or no login, without which nothing is sent")
    assert (post.logins, len(post.mails)) == ([], 1)


# --- a command -------------------------------------------------------------------------------------------------


def test_a_command_gets_the_json_and_no_shell_reads_its_words(tmp_path: Path) -> None:
    script = tmp_path / "take"
    script.write_text(f'#!/bin/sh\ncd {tmp_path}\ncat >got\nprintf "%s\\n" "$DOCKWORTHY_MESSAGE_ID" "$@" >words\n')
    script.chmod(0o755)
    assert sent(f"exec:{script} '$(reboot)' ;") is None
    assert json.loads((tmp_path / "got").read_text())["id"] == "key-1"
    assert (tmp_path / "words").read_text() == "key-1\n$(reboot)\n;\n"


def test_a_command_that_fails_or_does_not_end_took_nothing(tmp_path: Path) -> None:
    assert sent("exec:false") == Failure("it ended with 1")
    assert sent("exec:true") is None
    pid = tmp_path / "pid"
    script = tmp_path / "hang"
    script.write_text(f"#!/bin/sh\nsleep 60 &\necho $! >{pid}\nwait\n")
    script.chmod(0o755)
    assert sent(f"exec:{script}", 1.0) == Failure("it did not end within 1.0 s")
    state = Path(f"/proc/{int(pid.read_text())}/stat")
    deadline = time.monotonic() + 5
    while state.exists() and state.read_text().split()[2] != "Z" and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not state.exists() or state.read_text().split()[2] == "Z"
    assert os.path.lexists(pid)
