"""What a profile declares of its Harbors is read first; each mistake is one sentence without a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.errors import UsageError
from dockworthy.harborapi import DeclaredHarbor, declared_harbors
from dockworthy.profile.params import Params
from tests.trust.pki import issue

if TYPE_CHECKING:
    from pathlib import Path

URL = "https://harbor.example.com"


def params(harbors: Any, **more: Any) -> Params:
    """The demands of a profile with these Harbors."""
    return Params(harbors=harbors, **more)


def read(one: dict[str, Any], **more: Any) -> DeclaredHarbor:
    """The one Harbor of a profile with these settings of it."""
    (found,) = declared_harbors(params({"prod": {"url": URL, **one}}, **more))
    return found


def refused(one: dict[str, Any]) -> str:
    """The sentence with which it is refused."""
    with pytest.raises(UsageError) as error:
        read(one)
    return str(error.value)


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text("s3cret words\nsecond line\n")
    path.chmod(0o600)
    return path


def test_the_url_says_where_and_by_which_name_it_is_asked() -> None:
    assert (read({}).host, read({}).port, read({}).netloc) == ("harbor.example.com", 443, "harbor.example.com")
    one = read({"url": f"{URL}:8443/"})
    assert (one.url, one.port, one.netloc) == (f"{URL}:8443", 8443, "harbor.example.com:8443")
    assert read({"url": "https://[2001:db8::1]:444"}).netloc == "[2001:db8::1]:444"


def test_the_password_is_the_variables_or_the_files_first_line(
    password_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARBOR_WORD", "from the environment")
    by_variable = read({"username": "robot$a", "password_env": "HARBOR_WORD"}).login
    by_file = read({"username": "robot$a", "password_file": str(password_file)}).login
    assert by_variable is not None
    assert by_file is not None
    assert (by_variable.password, by_file.password) == ("from the environment", "s3cret words")
    assert "s3cret" not in repr(by_file)
    assert read({}).login is None


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_password_that_others_may_read_is_refused(password_file: Path, mode: int) -> None:
    password_file.chmod(mode)
    said = refused({"username": "a", "password_file": str(password_file)})
    assert said == f"harbors.prod: {password_file} can be read by others ({mode:04o}); chmod 600 it."


def test_a_password_that_is_not_there_is_told_without_one(password_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HARBOR_WORD", raising=False)
    for content in (b"", b"\n", b"\xff\xfe\n", b"a\x00b\n"):
        password_file.write_bytes(content)
        assert "password" in refused({"username": "a", "password_file": str(password_file)})
    said = refused({"username": "a", "password_env": "HARBOR_WORD"})
    assert said == "harbors.prod: the environment variable HARBOR_WORD is not set; set it."
    assert "cannot be read" in refused({"username": "a", "password_file": str(password_file.parent / "none")})


def test_an_authority_is_read_and_refused_where_it_is_none(tmp_path: Path) -> None:
    good, bad = tmp_path / "ca.pem", tmp_path / "bad.pem"
    good.write_text(issue("root", ca=True).pem)
    bad.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    assert read({"ca_file": str(good)}).authorities == good.read_bytes()
    assert read({}).authorities is None
    assert (
        refused({"ca_file": str(bad)}) == f"harbors.prod: {bad} holds no certificate in PEM; name the CA's certificate."
    )
    bad.write_text("")  # nothing is not the system's own
    assert "holds no certificate in PEM" in refused({"ca_file": str(bad)})
    assert "cannot be read" in refused({"ca_file": str(tmp_path / "none")})
    assert "cannot be read" in refused({"ca_file": str(tmp_path)})


def test_projects_whose_rules_are_asked_for_are_named_without_their_tags() -> None:
    one = read({}, harbor_immutable_projects=("apps:v*", "base"), harbor_retention_projects=("apps",))
    assert (one.immutable_projects, one.retention_projects) == (("apps", "base"), ("apps",))


def test_nodes_keep_their_order_and_a_harbor_knows_whether_it_is_alone() -> None:
    nodes = {"b": {"address": "192.0.2.1:443"}, "a": {"host": "h1"}}
    assert [(node.name, node.host, node.address) for node in read({"nodes": nodes}).nodes] == [
        ("b", None, "192.0.2.1:443"),
        ("a", "h1", None),
    ]
    many = declared_harbors(params({"x": {"url": URL}, "y": {"url": URL}}))
    assert [one.of_many for one in many] == [True, True]
    assert not read({}).of_many
