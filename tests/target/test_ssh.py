"""Through a real sshd, with a key."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dockworthy.errors import UsageError
from dockworthy.snapshot import parse_snapshot
from dockworthy.target import CollectOptions, Target, collect, parse_target
from dockworthy.target.ssh import command_line

if TYPE_CHECKING:
    from tests.target.conftest import SshServer


def options(server: SshServer, **more: object) -> CollectOptions:
    given = {"ssh_config": server.config, "ssh_identity_file": server.key, "host_timeout": 60.0}
    return CollectOptions(**{**given, **more})  # type: ignore[arg-type]


def test_a_host_is_looked_at_in_one_round_trip(ssh_server: SshServer) -> None:
    found = collect(parse_target(ssh_server.target), options(ssh_server))
    assert found.error is None
    assert found.round_trips == 1
    assert found.data is not None
    snapshot = parse_snapshot(found.data, "ssh")
    assert not snapshot.truncated
    assert snapshot.text("cmd:id").value.split()[0] == "0"
    assert found.host_name(snapshot) == snapshot.text("cmd:hostname").value.strip()


@pytest.mark.usefixtures("short_look")
def test_the_key_can_stand_in_the_target(ssh_server: SshServer) -> None:
    target = parse_target(f"{ssh_server.target}?ssh_config={ssh_server.config}&ssh_identity_file={ssh_server.key}")
    assert collect(target).error is None


def test_a_key_that_is_not_accepted_is_one_sentence(ssh_server: SshServer) -> None:
    other = str(ssh_server.folder / "other")
    found = collect(parse_target(ssh_server.target), options(ssh_server, ssh_identity_file=other))
    assert found.data is None
    assert found.error == ("ssh was refused: no key that it accepts, and passwords are not asked for.")


def test_an_unknown_host_key_is_not_accepted(ssh_server: SshServer) -> None:
    Path(ssh_server.folder, "known_hosts").write_text("")
    found = collect(parse_target(ssh_server.target), options(ssh_server))
    assert "its host key is not known here" in (found.error or "")


def test_a_port_where_nothing_listens_is_one_sentence() -> None:
    found = collect(parse_target("ssh://root@127.0.0.1:1"))
    assert found.data is None
    assert (found.error or "").endswith("Connection refused.")


@pytest.mark.usefixtures("short_look")
def test_sudo_without_a_password_runs_the_probe(ssh_server: SshServer) -> None:
    (ssh_server.folder / "no-password").touch()
    found = collect(parse_target(ssh_server.target), options(ssh_server, sudo=True))
    assert found.error is None
    assert (ssh_server.folder / "sudo-ran").read_text() == "sh -s\n"


def test_sudo_that_wants_a_password_says_how_to_give_it(ssh_server: SshServer) -> None:
    found = collect(parse_target(ssh_server.target), options(ssh_server, sudo=True))
    assert "--ask-sudo-password" in (found.error or "")


def test_the_sudo_password_goes_to_sudo_alone(ssh_server: SshServer) -> None:
    found = collect(parse_target(ssh_server.target), options(ssh_server, sudo=True, sudo_password="s3cret"))
    assert found.data is not None
    assert not parse_snapshot(found.data, "ssh").truncated
    assert b"s3cret" not in found.data


@pytest.mark.usefixtures("short_look")
def test_a_password_that_sudo_does_not_ask_for_is_not_run_as_a_command(ssh_server: SshServer) -> None:
    (ssh_server.folder / "no-password").touch()
    password = f"touch {ssh_server.folder}/ran"
    found = collect(parse_target(ssh_server.target), options(ssh_server, sudo=True, sudo_password=password))
    assert found.error is None
    assert not (ssh_server.folder / "ran").exists()


def test_a_wrong_sudo_password_is_one_sentence_without_it(ssh_server: SshServer) -> None:
    found = collect(parse_target(ssh_server.target), options(ssh_server, sudo=True, sudo_password="CANARY"))
    assert found.error == "sudo refused the password."
    assert "CANARY" not in repr(found) + repr(options(ssh_server, sudo_password="CANARY"))


@pytest.mark.parametrize("host", ["-oProxyCommand=id", ""])
def test_a_name_that_ssh_would_take_for_an_option_is_refused(host: str) -> None:
    with pytest.raises(UsageError):
        command_line(Target("ssh://x", "ssh", host), CollectOptions(), "sh -s")


def test_no_password_is_ever_asked_for() -> None:
    argv = command_line(parse_target("ssh://deploy@web1:2222"), CollectOptions(), "sh -s")
    assert "BatchMode=yes" in argv
    assert argv[-3:] == ["--", "web1", "sh -s"]
