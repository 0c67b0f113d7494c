"""The docker command's files and the ground of engines without root on a real host.

What the docker command itself says of a file is held against what is said here; the states of newuidmap, of
subordinate ids and of mounts are the kernel's and the shadow utilities' own.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.facts.facts import Facts
from tests.engine.harness import Engine, missing
from tests.hosts import checks_in, host, outcomes
from tests.probe.carrying import carried

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dockworthy.check import Judgement

CHECKS = {**checks_in("client", "config.py"), **checks_in("rootless", "rootless.py")}
WARNING = "WARNING: Error loading config file: "

# Texts of config.json, each of which the docker command either takes or passes over with a warning.
TEXTS = (
    *("", " \n", "x", "{} x", "null", "[]", '"x"', "{", '{"auths":{', '{"foo":1}', '{"auths":[]}', '{"auths":{"r":1}}'),
    *('{"auths":null}', '{"experimental":true}', '{"credsStore":1}', '{"CredsStore":"x"}', '{"credHelpers":{"r":1}}'),
    *('{"HttpHeaders":{"a":1}}', '{"plugins":{"a":"b"}}', '{"aliases":{"builder":1}}', '{"pruneFilters":"x"}'),
    *('{"proxies":{"default":{"httpProxy":1}}}', '{"psFormat":"table"}', '{"detachKeys":5}', '{"currentContext":{}}'),
    '{"cliPluginsExtraDirs":"/x"}',
    *(
        f'{{"auths":{{"r":{{"auth":"{auth}"}}}}}}'
        for auth in ("", "x", "eA==", "eDo=", "eDp5", "Ong=", "eDp5eQ", "eDp-")
    ),
    *('{"auths":{"r":{"auth":"eDp5","auth":"x"}}}', '{"auths":{"r":{"password":"x","identitytoken":"y"}}}'),
)


@pytest.fixture(scope="module")
def machine() -> Iterator[Engine]:
    """A host without an engine that runs."""
    reason = missing()
    if reason:
        pytest.skip(reason)
    with Engine(isolated=True, start=False) as engine:
        yield engine


def judged(engine: Engine, env: dict[str, str] | None = None, **params: Any) -> dict[tuple[str, str | None], str]:
    """What all the checks say of the host as it is now."""
    facts = Facts(engine.snapshot(env=env), datetime.now(tz=timezone.utc))
    found = {check.id: outcomes(check, facts, **params) for check in CHECKS.values()}
    return {(name, param): one.outcome for name, said in found.items() for param, one in said.items()}


def judgement(engine: Engine, check: str, param: str, env: dict[str, str]) -> Judgement:
    """What one check says of one instance."""
    return outcomes(CHECKS[check], Facts(engine.snapshot(env=env), datetime.now(tz=timezone.utc)))[param]


def test_a_file_is_a_finding_where_the_docker_command_warns_of_it(tmp_path: Path) -> None:
    """And in its words, where these are of the file's own text."""
    docker = shutil.which("docker")
    if docker is None:
        pytest.skip("not installed: docker")
    check, path = CHECKS["client.config-private"], "/c/config.json"
    told = carried([("filter_client_config", text.encode()) for text in TEXTS], tmp_path)
    folder, wrong = tmp_path / "client", {}
    folder.mkdir()
    for text, seen in zip(TEXTS, told, strict=True):
        (folder / "config.json").write_text(text)
        command = [docker, "--config", str(folder), "--host", "unix:///nonexistent", "context", "ls"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        found = re.search(f"^{WARNING}{re.escape(str(folder))}/config.json: (.*)$", done.stderr, re.MULTILINE)
        facts = host(
            {
                "cmd:id": "0 0 root root\n",
                "cmd:client-config": f"path {path}\nby HOME\n",
                f"file:{path}": seen,
                "stat:client": f"{path} {path} file 0600 0 0 root root 1 1 1 - 0 0\n",
            }
        )
        said = outcomes(check, facts)[path]
        of_login = found is not None and "base64" in found[1] + str(said.observed)
        expected = ("fail" if found else "pass", found[1] if found and not of_login else said.observed)
        if (said.outcome, said.observed) != expected:
            wrong[text] = (said.outcome, said.observed, done.stderr)
    assert wrong == {}


def test_what_a_client_s_files_come_to(machine: Engine) -> None:
    """Helpers here and not here, a registry's own before the store's, old passwords, and another folder."""
    machine.run("sh", "-c", 'mkdir -p "$HOME/.docker" /srv/bin /srv/other; chmod 0755 "$HOME" "$HOME/.."')
    machine.write("/srv/bin/docker-credential-here", "#!/bin/sh\necho \"$1\" >>/srv/asked\necho '{}'\n", 0o755)
    machine.write("/srv/bin/docker-credential-closed", "#!/bin/sh\n", 0o644)
    content = {
        "credsStore": "gone",
        "credHelpers": {"r.example.com": "here", "c.example.com": "closed"},
        "auths": {
            "r.example.com": {},
            "o.example.com": {"auth": "YTpi"},
            "t.example.com": {"auth": "YTo=", "identitytoken": "x"},
        },
    }
    home = machine.run("sh", "-c", 'printf %s "$HOME"').stdout
    path, env = f"{home}/.docker/config.json", {"PATH": "/srv/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
    machine.write(path, json.dumps(content), 0o644)
    found = judged(machine, env)
    assert {key: value for key, value in found.items() if key[0].startswith("client.")} == {
        ("client.helper-installed", "default"): "fail",
        ("client.helper-installed", "r.example.com"): "pass",
        ("client.helper-installed", "c.example.com"): "fail",
        ("client.no-plain-credentials", "r.example.com"): "pass",
        ("client.no-plain-credentials", "o.example.com"): "fail",
        ("client.no-plain-credentials", "t.example.com"): "pass",
        ("client.config-private", path): "fail",
    }
    # The docker command says nothing of a helper that is not there: the old password stays, whatever logout prints.
    machine.run("docker", "logout", "o.example.com", env=env)
    assert "YTpi" in machine.run("cat", path).stdout
    machine.run("docker", "logout", "r.example.com", env=env)
    assert "erase" in machine.run("cat", "/srv/asked").stdout
    fix = judgement(machine, "client.no-plain-credentials", "o.example.com", env).fix or ""
    machine.run("sh", "-e", "-c", fix)
    assert "YTpi" not in machine.run("cat", path).stdout

    machine.write("/srv/other/config.json", "{}", 0o644)
    other = judged(machine, {**env, "DOCKER_CONFIG": "/srv/other"})
    assert other["client.config-private", "/srv/other/config.json"] == "pass"
    assert other["client.helper-installed", None] == "skip"
    machine.run("rm", path)
    machine.run("mkdir", path)
    assert judged(machine)["client.config-private", path] == "fail"
    machine.run("rmdir", path)
    assert judged(machine)["client.config-private", None] == "skip"


USERS = ("good", "numbered", "few", "shared", "d.ot", "none")


def test_what_an_engine_without_root_would_find(machine: Engine) -> None:
    machine.run(
        "sh",
        "-e",
        "-c",
        "for name in good numbered few shared none; do useradd -M -K SUB_UID_COUNT=0 -K SUB_GID_COUNT=0 $name; done; "
        "useradd --badname -M d.ot; "
        'uid=$(id -u numbered); printf "%s\\n" good:1000000:65536 $uid:1100000:65536 few:1200000:65535 '
        "shared:1300000:65536 other:1365535:10 d.ot:1400000:65536 >/etc/subuid; cp /etc/subuid /etc/subgid; "
        "mkdir -p /srv/bin /srv/nosuid; mount -t tmpfs -o nosuid tmpfs /srv/nosuid; "
        "cp -p /usr/bin/newuidmap /srv/nosuid; cp /usr/bin/newgidmap /srv/bin; "
        "setcap cap_setgid+ep /srv/bin/newgidmap; "
        "printf '#!/bin/sh\\necho --disable-host-loopback\\n' >/srv/bin/slirp4netns; chmod 755 /srv/bin/slirp4netns",
    )
    env = {"PATH": "/srv/nosuid:/srv/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
    found = judged(machine, env, rootless_users=USERS)
    ids = {name: found["rootless.subordinate-ids", f"{name} uid"] for name in USERS}
    assert ids == {
        "good": "pass",
        "numbered": "pass",
        "few": "fail",
        "shared": "fail",
        "d.ot": "pass",
        "none": "fail",
    }
    assert ids == {name: found["rootless.subordinate-ids", f"{name} gid"] for name in USERS}
    assert found["rootless.id-map-tools", "newuidmap"] == "fail"
    assert found["rootless.id-map-tools", "newgidmap"] == "pass"
    assert found["rootless.network-helper", None] == "fail"

    machine.run("sh", "-e", "-c", "setcap -r /srv/bin/newgidmap; echo 'echo --netns-type' >>/srv/bin/slirp4netns")
    found = judged(machine, {"PATH": env["PATH"].removeprefix("/srv/nosuid:")}, rootless_users=USERS)
    assert found["rootless.id-map-tools", "newuidmap"] == "pass"
    assert found["rootless.id-map-tools", "newgidmap"] == "fail"
    assert found["rootless.network-helper", None] == "pass"
