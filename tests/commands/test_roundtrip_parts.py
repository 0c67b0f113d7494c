"""The parts of a round trip by themselves: its program, what the registry is asked from here, causes, secrets."""

from __future__ import annotations

import base64
import json
import platform
import re
import struct
import subprocess
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy import toml
from dockworthy.credentials import Credentials
from dockworthy.messages import cause_code, classify, messages
from dockworthy.roundtrip.causes import cause_of
from dockworthy.roundtrip.program import ARCHITECTURES, program
from dockworthy.roundtrip.registry import _CODES, NotAsked, Refused, Registry, roots_for
from dockworthy.target import CollectOptions, parse_target
from dockworthy.target.engine import engine_target, way_to
from tests.commands.fake_registry import FakeRegistry, Said
from tests.rows import each_of
from tests.trust.pki import issue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REPOSITORY = "library/dockworthy-roundtrip"
UPLOADS = f"/v2/{REPOSITORY}/blobs/uploads/"
PASSWORD = "canary-password-7f3a"
SOMEBODY = Credentials("robot$trip", PASSWORD, source="a test")

# -- the program --------------------------------------------------------------------------------------------------


def test_the_program_of_this_machine_prints_its_line_and_ends(tmp_path: Path) -> None:
    machine = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
    path = tmp_path / "say"
    path.write_bytes(program(machine, "hello, registry"))
    path.chmod(0o755)
    done = subprocess.run([path], capture_output=True, check=False, env={})
    assert (done.returncode, done.stdout, done.stderr) == (0, b"hello, registry\n", b"")


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_program_is_one_segment_that_holds_all_of_it(architecture: str) -> None:
    whole = program(architecture, "hello")
    entry, header = struct.unpack_from("<QQ", whole, 24)
    kind, flags, offset, address, _, in_file, in_memory, _ = struct.unpack_from("<IIQQQQQQ", whole, header)
    assert (kind, flags, offset, in_file, in_memory) == (1, 5, 0, len(whole), len(whole))
    assert whole[entry - address :] != b""
    assert whole.endswith(b"hello\n")


def test_the_instructions_for_arm64_point_at_the_line() -> None:
    """Read back by the encodings of the architecture's manual: ADR (C6.2.11), MOVZ (C6.2.256)."""
    whole = program("arm64", "hello")
    words = struct.unpack_from("<8I", whole, 120)
    offset = ((words[1] >> 5 & 0x7FFFF) << 2) | (words[1] >> 29 & 3)
    assert whole[120 + 4 + offset :] == b"hello\n"
    moved = [(word & 31, word >> 5 & 0xFFFF) for word in words if word >> 23 == 0b110100101]
    assert moved == [(0, 1), (2, 6), (8, 64), (0, 0), (8, 93)]


def test_a_line_that_an_instruction_cannot_count_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        program("arm64", "x" * 65_535)


# -- the registry, asked from here ------------------------------------------------------------------------------


@pytest.fixture
def fake() -> Iterator[FakeRegistry]:
    with FakeRegistry() as fake:
        yield fake


def asked_by(fake: FakeRegistry, credentials: Credentials = SOMEBODY, ca_file: Path | None = None) -> Registry:
    return Registry(fake.authority, REPOSITORY, credentials, roots_for(fake.authority, ca_file), 5.0)


def test_an_upload_is_given_up_once_every_piece_was_taken(fake: FakeRegistry) -> None:
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", asked_by(fake).upload(200_000))
    assert [method for method, path, _ in fake.asked if path != "/v2/"] == ["POST", "PATCH", "PATCH", "GET", "DELETE"]


FAULTS: dict[str, tuple[str, Said, str]] = {
    "https is http": ("POST", (202, {"Location": "https://{authority}{uploads}1"}, b""), "location-scheme"),
    "another port": ("POST", (202, {"Location": "http://127.0.0.1:1{uploads}1"}, b""), "location-host"),
    "another host": ("POST", (202, {"Location": "//other.example.com{uploads}1"}, b""), "location-host"),
    "another host later": ("PATCH", (202, {"Location": "http://other.example.com{uploads}1"}, b""), "location-host"),
    "a prefix": ("POST", (202, {"Location": "/registry{uploads}1"}, b""), "location-path"),
    "a path that leads away": ("POST", (202, {"Location": "../blobs"}, b""), "location-path"),
    "nowhere": ("POST", (202, {}, b""), "location-none"),
    "too large": ("PATCH", (413, {}, b"<html>"), "too-large"),
    "pieces lost": ("GET", (204, {"Range": "0-5"}, b""), "pieces"),
    "no range": ("GET", (204, {}, b""), "pieces"),
    "denied": ("POST", (403, {}, b'{"errors": [{"code": "DENIED", "message": "no"}]}'), "denied"),
    "a page": ("POST", (200, {}, b"<html>log in</html>"), ""),
    "gone on elsewhere": ("PATCH", (307, {"Location": "http://other.example.com/"}, b""), ""),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_no_registry_may_answer_is_named(fake: FakeRegistry, name: str) -> None:
    method, (status, headers, body), code = FAULTS[name]
    filled = {key: value.format(authority=fake.authority, uploads=UPLOADS) for key, value in headers.items()}
    fake.answers[method] = (status, filled, body)
    with pytest.raises(Refused) as refused:
        asked_by(fake).upload(200_000)
    assert refused.value.code == code
    assert str(status) in refused.value.words or "upload" in refused.value.words or "bytes" in refused.value.words


def _challenge(fake: FakeRegistry, realm: str) -> None:
    header = {"WWW-Authenticate": f'Bearer realm="{realm}",service="harbor-registry"'}
    fake.answers[f"POST {UPLOADS}"] = (401, header, b'{"errors": [{"code": "UNAUTHORIZED", "message": "no"}]}')


def test_a_token_is_asked_for_once_and_a_refused_password_not_sent_again(fake: FakeRegistry) -> None:
    _challenge(fake, f"http://{fake.authority}/service/token")
    fake.answers["GET /service/token"] = (401, {}, b'{"errors": [{"code": "UNAUTHORIZED", "message": "no"}]}')
    registry = asked_by(fake)
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            registry.upload(1000)
    assert refused.value.code == "denied"
    asked = [path.partition("?")[0] for _, path, authorization in fake.asked if authorization.startswith("Basic")]
    assert asked == ["/service/token"]


def test_a_token_that_its_registry_refuses_is_told_from_a_wrong_password(fake: FakeRegistry) -> None:
    header = {"WWW-Authenticate": f'Bearer realm="http://{fake.authority}/t",service="x",error="invalid_token"'}
    fake.answers["POST"] = (401, header, b"")
    fake.answers["GET /t"] = (200, {}, b'{"token": "abc"}')
    with pytest.raises(Refused) as refused:
        asked_by(fake).upload(1000)
    assert refused.value.code == "token"
    assert [authorization for method, _, authorization in fake.asked if method == "POST"] == ["", "Bearer abc"]


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'{"token": 1}', b'{"token": "a\\nb"}', b"<html>"])
def test_a_token_that_is_none_is_not_sent(fake: FakeRegistry, body: bytes) -> None:
    _challenge(fake, f"http://{fake.authority}/t")
    fake.answers["GET /t"] = (200, {}, body)
    with pytest.raises(Refused):
        asked_by(fake).upload(1000)
    assert not [one for one in fake.asked if one[2].startswith("Bearer")]


def test_a_harbor_whose_empty_repository_is_left_is_told(fake: FakeRegistry) -> None:
    api = "DELETE /api/v2.0/projects/library/repositories/dockworthy-roundtrip"
    registry = asked_by(fake)
    assert registry.delete_repository()  # it never asked for Harbor's tokens
    registry.service = "harbor-registry"
    for status, headers, gone in (
        (200, {"Content-Type": "application/json"}, True),
        (403, {"Content-Type": "application/json; charset=utf-8"}, False),
        (405, {"Content-Type": "text/html"}, True),  # what is no Harbor behind the name
    ):
        fake.answers[api] = (status, headers, b"")
        assert registry.delete_repository() is gone


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[FakeRegistry, Path]]:
    """A registry with TLS at an address that is not the loopback's, and its CA's certificate."""
    authority = issue("Test CA", ca=True)
    served = issue("registry", authority, ips=["0.0.0.0"])  # noqa: S104 - it reaches the loopback
    (tmp_path / "server.pem").write_text(served.pem + served.key_pem())
    (tmp_path / "ca.pem").write_text(authority.pem)
    with FakeRegistry("0.0.0.0", tmp_path / "server.pem") as fake:  # noqa: S104 - see above
        yield fake, tmp_path / "ca.pem"


def test_nothing_is_sent_before_the_certificate_is_verified(secure: tuple[FakeRegistry, Path]) -> None:
    fake, authority = secure
    with pytest.raises(NotAsked, match="certificate is not verified from here"):
        asked_by(fake).upload(1000)
    assert fake.asked == []
    with pytest.raises(Refused):  # its Location is a path: taken
        asked_by(fake, ca_file=authority).manifest("sha256:0")
    assert fake.asked


def test_a_password_goes_to_no_token_service_without_tls(secure: tuple[FakeRegistry, Path]) -> None:
    fake, authority = secure
    _challenge(fake, "http://harbor.example.com/service/token")
    with pytest.raises(Refused) as refused:
        asked_by(fake, ca_file=authority).upload(1000)
    assert (refused.value.code, refused.value.facts["realm"]) == ("realm", "http://harbor.example.com")
    assert {authorization for _, _, authorization in fake.asked} == {""}


def test_a_registry_that_engines_are_told_is_insecure_is_asked_plainly_without_credentials_alone() -> None:
    with FakeRegistry("0.0.0.0") as fake:  # noqa: S104 - it reaches the loopback
        registry = asked_by(fake, Credentials())
        registry.may_be_plain()
        assert registry.tags() == []
        count = len(fake.asked)
        registry = Registry(fake.authority, REPOSITORY, SOMEBODY, roots_for(fake.authority, None), 0.2)
        registry.may_be_plain()
        with pytest.raises(NotAsked):
            registry.tags()
        assert len(fake.asked) == count


def test_a_registry_on_the_loopback_that_speaks_tls_is_asked_so(tmp_path: Path) -> None:
    authority = issue("Test CA", ca=True)
    served = issue("registry", authority, ips=["127.0.0.1"])
    (tmp_path / "server.pem").write_text(served.pem + served.key_pem())
    (tmp_path / "ca.pem").write_text(authority.pem)
    with FakeRegistry("127.0.0.1", tmp_path / "server.pem") as fake:
        with pytest.raises(NotAsked, match="not verified"):
            asked_by(fake).tags()
        assert asked_by(fake, ca_file=tmp_path / "ca.pem").tags() == []
        assert {path.partition("?")[0] for _, path, _ in fake.asked} == {f"/v2/{REPOSITORY}/tags/list"}


# -- causes -------------------------------------------------------------------------------------------------------

# Printed by 26.1.5 with its own store and by 28.5.2 with containerd's, of Debian's registry behind nginx; Harbor's own
# stand in its source (src/lib/errors, src/controller/quota, src/server/middleware).
WORDS = (
    ("denied: requested access to the resource is denied", "denied"),
    (("push access denied, repository does not exist or may require authorization: server message: "
      "insufficient_scope: authorization failed"), "denied"),
    ('Get "https://harbor.example.com/v2/": unauthorized: unauthorized', "credentials"),
    ("login attempt to https://harbor.example.com/v2/ failed with status: 401 Unauthorized", "credentials"),
    ("unknown: <html> <head><title>413 Request Entity Too Large</title></head>", "too-large"),
    ("unexpected status from PUT request to https://harbor.example.com/v2/: 413 Request Entity Too Large", "too-large"),
    ("received unexpected HTTP status: 502 Bad Gateway", "gateway"),
    ("blob upload unknown", "blob-unknown"),
    ("denied: The system is in read only mode. Any modification is prohibited.", "read-only"),
    ("unauthorized: project nosuch not found: project nosuch not found", "no-project"),
    ("unauthorized: unauthorized to access repository: library/a, action: push", "denied"),
    (("denied: adding 24.0 MiB of storage resource, which when updated to current usage of 90.0 MiB will exceed the "
      "configured upper limit of 100.0 MiB."), "quota"),
    ("write /var/lib/docker/tmp/x: no space left on device", "no-space"),
    ("toomanyrequests: too many request", "too-many"),
    ("context canceled", ""),
)  # fmt: skip


@each_of(("words", "code"), WORDS, ids=[code or "none" for _, code in WORDS])
def test_an_engines_words_tell_the_cause(words: str, code: str) -> None:
    assert cause_code(words) == code


def test_a_login_that_is_required_is_no_certificate_that_is() -> None:
    assert classify("unauthorized: authentication required") == "other"
    assert classify("remote error: tls: certificate required") == "client-cert-refused"


def test_every_cause_is_a_sentence_and_every_code_has_one() -> None:
    told = toml.loads((files("dockworthy.roundtrip") / "causes.toml").read_text())
    codes = {one.cause for one in messages() if one.cause} | set(_CODES.values())
    codes |= {code for _, _, code in FAULTS.values() if code} | {"realm", "unauthenticated", "delete-denied"}
    assert codes == told.keys()
    for code in told:
        cause = cause_of(code, {"authority": "harbor.example.com", "project": "library", "user": "me"})
        assert cause is not None
        assert re.fullmatch(r"[A-Z{h].*\.", cause.sentence)
        assert "{" not in cause.sentence + cause.fix


# -- secrets, and the way to an engine ------------------------------------------------------------------------------


@each_of(
    "text",
    [
        f"unauthorized: {PASSWORD}",
        f"https://robot:{PASSWORD}@harbor.example.com/",
        f"Authorization: {SOMEBODY.basic}",
        f"header {SOMEBODY.basic.removeprefix('Basic ')}",
        "Bearer eyJhbGciOiJSUzI1NiJ9.eyJhIjoxfQ.c2lnbmF0dXJl",
        "token eyJhbGciOiJSUzI1NiJ9.eyJhIjoxfQ.c2lnbmF0dXJl is no good",
        "Bearer opaque-token-of-somebody",
        "https://harbor.example.com/service/token?account=x&password=opaque-token-of-somebody",
    ],
)
def test_a_text_is_shown_without_what_it_was_asked_with(text: str) -> None:
    shown = SOMEBODY.hide(text)
    assert "REDACTED" in shown
    for secret in (PASSWORD, SOMEBODY.basic[6:], "eyJ", "c2lnbmF0dXJl", "opaque-token"):
        assert secret not in shown
    assert PASSWORD not in repr(SOMEBODY)


def test_credentials_are_hidden_in_the_form_that_json_and_headers_have_them() -> None:
    odd = Credentials("me", 'pass"word\\9')
    header = base64.urlsafe_b64encode(json.dumps({"username": "me", "password": odd.password}).encode()).decode()
    for text in (odd.password, json.dumps(odd.password), "pass%22word%5C9", header):
        assert odd.hide(f"<{text}>").count("REDACTED") >= 1


@pytest.mark.parametrize(
    ("target", "argv"),
    [
        (
            "ssh://ops@web1:2222",
            "-p 2222 -l ops -- web1 sudo -n docker -H unix:///run/other.sock system dial-stdio\n",
        ),
        (
            "docker://ops@inner",
            "docker exec -i -u ops -- inner sh -c sudo -n docker -H unix:///run/other.sock system dial-stdio\n",
        ),
        (
            "ssh://web1?sudo_user=ops",
            "-- web1 sudo -n -u ops docker -H unix:///run/other.sock system dial-stdio\n",
        ),
    ],
)
def test_an_engine_by_a_command_is_asked_with_nothing_of_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, argv: str
) -> None:
    for name in ("ssh", "docker"):
        (tmp_path / name).write_text(f'#!/bin/sh\nprintf "%s\\n" "{name} $*" >{tmp_path}/argv; env >{tmp_path}/env\n')
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("HARBOR_PASSWORD", PASSWORD)
    options = CollectOptions(docker_host="unix:///run/other.sock", sudo=True)
    link = way_to(parse_target(target), options)(5.0)
    assert link.socket.recv(1) == b""
    assert link.trouble() is None
    link.close()
    assert (tmp_path / "argv").read_text().endswith(argv)
    assert PASSWORD not in (tmp_path / "env").read_text()


@pytest.mark.parametrize(
    ("says", "told"),
    [
        ("sh: 1: docker: not found", "it has no docker command that knows `docker system dial-stdio`"),
        ("permission denied while trying to connect to the Docker daemon socket", "use --sudo, or a user of the group"),
        ("ops@web1: Permission denied (publickey).", "ssh was refused"),
        ("Cannot connect to the Docker daemon at unix:///x. Is it running?", "the engine here does not answer"),
    ],
)
def test_what_a_command_says_is_why_there_is_no_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, told: str
) -> None:
    (tmp_path / "ssh").write_text(f"#!/bin/sh\ncat >/dev/null & echo '{says}' >&2; exit 1\n")
    (tmp_path / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    link = way_to(parse_target("ssh://ops@web1"), CollectOptions())(5.0)
    assert told in (link.trouble() or "")
    link.close()


def test_an_engines_own_address_is_a_target_of_this_host() -> None:
    target, address = engine_target("unix:///run/other.sock")
    assert (target.label, target.scheme, address) == ("unix:///run/other.sock", "local", "unix:///run/other.sock")


def test_the_local_engine_is_the_one_that_the_client_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nowhere.sock")
    with pytest.raises(FileNotFoundError):
        way_to(parse_target("local://"), CollectOptions())(5.0)
    meta: dict[str, Any] = {"Name": "other", "Metadata": {}, "Endpoints": {"docker": {"Host": f"unix://{tmp_path}"}}}
    monkeypatch.delenv("DOCKER_HOST")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    (tmp_path / "config.json").write_text('{"currentContext": "other"}')
    name = "d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa"
    folder = tmp_path / "contexts/meta" / name
    folder.mkdir(parents=True)
    (folder / "meta.json").write_text(json.dumps(meta))
    with pytest.raises(ConnectionRefusedError):  # a folder is there, where nobody listens
        way_to(parse_target("local://"), CollectOptions())(5.0)
