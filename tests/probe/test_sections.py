"""What single sections hold, where this machine alone does not show it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.probe import script
from dockworthy.target.testinfra_backend import without_remarks
from dockworthy.trust.x509.certificate import certificates_of
from tests.probe.carrying import frames
from tests.probe.world import OF_THE_SPACES, World, without_times
from tests.trust.pki import issue

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dockworthy.snapshot import Snapshot
SYSTEMCTL = """#!/bin/sh
case "$*" in
*--user*) exit 1 ;;
esac
cat <<'END'
Id=docker.service
FragmentPath=/opt/units/docker.service
DropInPaths=/opt/units/a.conf /opt/units/b.conf
EnvironmentFiles=/opt/units/env (ignore_errors=yes)
ExecStart={ path=/usr/bin/dockerd ; argv[]=/usr/bin/dockerd --log-opt splunk-token=CANARY $MORE }

Id=docker.socket
Listen=/run/docker.sock (Stream)
END
"""


DAEMON_JSON = """{
  "pidfile": "/opt/own.pid", "tlscert"
  : "/opt/tls/cert.pem", "tlskey": "/opt/tls/key.pem",
  "tlscacert": "/etc/docker/certs.d/r.example.com/ca.crt"
}
"""


@pytest.fixture(scope="module")
def placed(new_world: Callable[[], World]) -> World:
    """A host with an engine that has no images, and with files in places of their own."""
    world = new_world()
    world.plant("/run/systemd/system/x", "")
    world.plant("/opt/units/docker.service", "[Service]\nExecStart=/usr/bin/dockerd $MORE\n")
    world.plant("/opt/units/a.conf", "[Service]\nEnvironment=X=CANARY\n")
    world.plant("/opt/units/b.conf", "[Service]\n")
    world.plant("/opt/units/env", "MORE=--debug\nOTHER=CANARY\n")
    world.tool("systemctl", SYSTEMCTL)
    world.tool("timedatectl", "#!/bin/sh\necho NTPSynchronized=yes\n")
    world.tool("docker", DOCKER)
    world.plant("/etc/docker/daemon.json", DAEMON_JSON)
    world.plant("/etc/docker/certs.d/r.example.com/ca.crt", issue("Root", ca=True).pem)
    server = issue("server")
    world.plant("/opt/tls/cert.pem", server.pem)
    world.plant("/opt/tls/key.pem", server.key_pem())
    world.plant("/opt/own.pid", "1\n")
    world.plant("/etc/containerd/config.toml", "version = 2\n root = '/opt/images'\n[grpc]\n  root = '/opt/other'\n")
    world.plant("/opt/images/x", "")
    world.plant("/opt/real/x", "")
    world.plant(
        "/etc/audit/rules.d/a.rules", "-w /opt/real/x -p wa\n-a always,exit -F dir=/etc/docker/certs.d/ -F perm=w\n"
    )
    return world


@pytest.fixture(scope="module")
def seen(host_shell: str, placed: World) -> Snapshot:
    """What the shell tells of it."""
    return placed.snapshot(host_shell)


def test_without_its_remarks_the_probe_tells_the_same(placed: World) -> None:
    """So it goes to where it has to fit one argument."""
    whole = script()
    packed = without_remarks(whole.encode()).decode()
    assert len(packed) < len(whole)
    one, other = placed.snapshot("dash"), placed.snapshot("dash", text=packed)
    assert without_times(one, *OF_THE_SPACES) == without_times(other, *OF_THE_SPACES)


def test_systemds_own_answer_leads_to_the_files(seen: Snapshot) -> None:
    assert seen["cmd:systemctl-show"].status == 0
    assert "Listen=/run/docker.sock (Stream)" in seen["cmd:systemctl-show"].text
    assert seen.text("file:/opt/units/a.conf").value == "[Service]\nEnvironment=X=REDACTED\n"
    assert seen.text("file:/opt/units/env").value == "MORE=--debug\nOTHER=REDACTED\n"
    rows = [line.split()[0] for line in seen["stat:units"].text.splitlines()]
    assert rows[:3] == ["/opt/units/docker.service", "/opt/units/a.conf", "/opt/units/b.conf"]
    assert seen.text("cmd:clock").value == "NTPSynchronized=yes\n"
    assert all(b"CANARY" not in section.data for section in seen.sections.values())


def test_the_certificates_that_daemon_json_names_are_carried_once_and_its_key_is_not(seen: Snapshot) -> None:
    for path in ("/opt/tls/cert.pem", "/etc/docker/certs.d/r.example.com/ca.crt"):
        assert len(certificates_of(seen.data(f"file:{path}").value)) == 1
    assert "file:/opt/tls/key.pem" not in seen
    assert "key:/opt/tls/key.pem" not in seen


DOCKER = """#!/bin/sh
case "$1 $2" in
'version '*) echo '{"Client":{"Version":"29.1.0","GitCommit":"abc"},"Server":{"Version":"29.1.0"}}' ;;
'info '*) echo '{"NFd":22,"NGoroutines":33,"Labels":["token=CANARY","a=b"],"HttpProxy":"http://u:CANARY@h",
"DockerRootDir":"/opt/data","Swarm":{"LocalNodeState":"inactive","ControlAvailable":false},"ClientInfo":{"Plugins":[
{"SchemaVersion":"0.1.0","Vendor":"Docker Inc.","Version":"v2.40.0","Name":"compose","Path":"/x/docker-compose"}]}}' ;;
'image ls') cat "$0.images" 2>/dev/null || echo sha256:aa ;;
'image inspect')
    case $4 in
    *END*) cat "$0.config" ;;
    *) echo '{"Id":"sha256:aa"}' ;;
    esac
    ;;
'history '*) cat "$0.history" ;;
esac
"""
HISTORY = [
    ('CMD ["/x" "CANARY"]', 0),
    ("RUN |1 TOKEN=CANARY /bin/sh -c apt-get update && apt-get install -y curl; echo CANARY >/x # buildkit", 5),
    ("/bin/sh -c #(nop)  ENV DB_PASSWORD=CANARY PATH=/bin", 0),
    ("/bin/sh -c #(nop) ADD https://u:CANARY@h/x in / ", 7),
    ("LABEL a=CANARY", 0),
    ('RUN /bin/sh -c curl -H "Authorization: Bearer CANARY" h\t| sh # buildkit', 1),
    ("HEALTHCHECK NONE", 0),
    ("USER app", 0),
    ("bazel build CANARY", 9),
    ("", 3),
    ("COPY ghp_0123456789abcdefCANARY /x", 1),
]


# What the configuration of an image says, and the place and the kind of the secret in it; none where there is none.
CONFIGURED = [
    ('ENV "DB_PASSWORD=CANARY"', "ENV DB_PASSWORD", "name"),
    ('ENV "AUTHOR_TOKEN=CANARY"', "ENV AUTHOR_TOKEN", "name"),
    ('ENV "DATABASE_URL=postgres://app:CANARY@db/x"', "ENV DATABASE_URL", "url"),
    ('ENV "SETTINGS={\\"password\\": \\"CANARY\\"}"', "ENV SETTINGS", "assignment"),
    ('ENV "K=AKIAABCDEFGHIJKLMNOP"', "ENV K", "aws-access-key"),
    ('LABEL "db.password=CANARY"', "LABEL db.password", "name"),
    ('LABEL "run=docker run -e TOKEN=CANARY x"', "LABEL run", "assignment"),
    ('CMD "app" "--password" "CANARY"', "CMD", "assignment"),
    ('CMD "/bin/sh" "-c" "app --token=CANARY run"', "CMD", "assignment"),
    ('ENTRYPOINT "curl" "-H" "Authorization: Bearer CANARY" "h"', "ENTRYPOINT", "assignment"),
    ('HEALTHCHECK "CMD-SHELL" "curl http://u:CANARY@127.0.0.1/"', "HEALTHCHECK", "url"),
    ('ONBUILD "RUN npm config set //r.example.com/:_authToken=CANARY"', "ONBUILD", "assignment"),
    ('ONBUILD "RUN echo root:CANARY | chpasswd"', "ONBUILD", "assignment"),
    ('COMMENT "password: CANARY"', "COMMENT", "assignment"),
    ('ENV "DB_PASSWORD_FILE=/run/secrets/db"', "", ""),
    ('ENV "DB_PASSWORD="', "", ""),
    ('ENV "MYSQL_ALLOW_EMPTY_PASSWORD=yes"', "", ""),
    ('ENV "PASSENGER_APP_ENV=production"', "", ""),
    ('LABEL "org.opencontainers.image.authors=me"', "", ""),
    ('LABEL "authoritative-source-url=registry.example.com"', "", ""),
    ('CMD "sh" "-c" "app --password $PASSWORD"', "", ""),
    ('CMD "app" "--password-file" "/x"', "", ""),
    ('CMD "git" "clone" "ssh://git@example.com/x"', "", ""),
    ('ONBUILD "RUN apt-get --allow-unauthenticated install x"', "", ""),
    ('ONBUILD "RUN adduser --gecos x --disabled-password app"', "", ""),
    ('ONBUILD "RUN TOKEN=$(cat /run/secrets/token) build"', "", ""),
]


IDS = [f"sha256:{number:03}" for number in range(len(CONFIGURED))]


@pytest.fixture(scope="module")
def images(host_shell: str, new_world: Callable[[], World]) -> Snapshot:
    """A host with images, where the program of that name is the docker command's plugin itself."""
    world = new_world()
    plugin = world.plant("/opt/cli-plugins/docker-compose", "#!/bin/sh\necho run >&2\n", 0o755)
    world.tool("docker", DOCKER.replace("/x/docker-compose", "/opt/cli-plugins/docker-compose"))
    tools = world.folder / "bin"
    (tools / "docker-compose").symlink_to(f"/opt/cli-plugins/{plugin.name}")
    lines = [f"IMAGE {name}\n{line}\nEND\n\n" for name, (line, _, _) in zip(IDS, CONFIGURED, strict=True)]
    (tools / "docker.config").write_text("".join(lines) + 'IMAGE sha256:cut\nENV "TOKEN=CANARY"\n')
    (tools / "docker.history").write_text("".join(f'"" {json.dumps(text)} {size}\n' for text, size in HISTORY))
    (tools / "docker.images").write_text("\n".join([*IDS, "sha256:cut"]))
    return world.snapshot(host_shell)


def history(images: Snapshot) -> dict[str, Any]:
    """What is told of each image's making."""
    return {item["Id"]: item for item in map(json.loads, images.text("docker:history").value.splitlines())}


def test_an_images_configuration_is_searched_and_only_where_is_told(images: Snapshot) -> None:
    found = history(images)
    for name, (line, where, kind) in zip(IDS, CONFIGURED, strict=True):
        expected = [{"Where": f"configuration: {where}", "Rule": kind}] if where else []
        assert found[name]["ConfigSecrets"] == expected, line
    assert "ConfigSecrets" not in found["sha256:cut"]
    assert all(b"CANARY" not in section.data for section in images.sections.values())


def test_what_changes_by_itself_or_is_secret_is_taken_out_of_the_engines_answer(seen: Snapshot) -> None:
    info = json.loads(seen.text("docker:info").value)
    assert (info["NFd"], info["NGoroutines"]) == (0, 0)
    assert info["Labels"] == ["token=REDACTED", "a=REDACTED"]
    assert info["HttpProxy"] == "http://REDACTED@h"
    # The docker command has told its version and its plugin's: they are not asked for again.
    assert seen.text("cmd:cli-versions").value.splitlines()[0] == "docker compose\ttold by docker info"


def test_a_plugin_that_docker_info_does_not_tell_of_is_asked_itself(host_shell: str, world: World) -> None:
    """Where the information is too large to be carried, nothing stands in for the answer."""
    asked = 'case $1 in compose) echo "Docker Compose version v2.41.0" ;; esac\n'
    long = f'"ID":"{"x" * 270_000}","NFd"'
    world.tool("docker", DOCKER.replace('"NFd"', long) + asked)
    seen = world.snapshot(host_shell)
    assert seen["docker:info"].status == 27
    assert seen.text("cmd:cli-versions").value.splitlines()[0] == "docker compose\tDocker Compose version v2.41.0"


def test_a_program_that_is_the_plugin_is_not_run(images: Snapshot) -> None:
    assert "docker-compose\ttold by docker info" in images.text("cmd:cli-versions").value.splitlines()


def test_build_histories_keep_keywords_and_lose_values(images: Snapshot) -> None:
    found = history(images)
    assert found.keys() == {*IDS, "sha256:cut"}
    image = found[IDS[0]]
    told = [step["CreatedBy"] for step in image["History"]]
    assert told[:10] == [
        "CMD REDACTED",
        "RUN |1 TOKEN=REDACTED apt-get update && apt-get install -y curl && echo",
        "ENV DB_PASSWORD=REDACTED PATH=REDACTED",
        "ADD https://REDACTED in /",
        "LABEL a=REDACTED",
        "RUN curl -H | sh",
        "HEALTHCHECK NONE",
        "USER app",
        "bazel REDACTED",
        "",
    ]
    assert [step["Size"] for step in image["History"]] == [size for _, size in HISTORY]
    where = {(found["Where"], found["Rule"]) for found in image["Secrets"]}
    assert ("history 2: ENV DB_PASSWORD", "name") in where
    assert ("history 1: ARG TOKEN", "name") in where
    assert ("history 3: ADD", "url") in where
    assert ("history 10", "github-token") in where


def test_a_pid_file_is_told_by_the_number_in_it_and_whether_it_lives(shell: str, tmp_path: Path) -> None:
    said = {"1\n": "1 lives", " +001": "1 lives", "99999999999": "99999999999 gone", "x1": "- none", "": "- none"}
    files = [tmp_path / f"{number}.pid" for number in range(len(said))]
    for file, content in zip(files, said, strict=True):
        file.write_text(content)
    named = "".join(f"{file}$NL" for file in files)
    told = frames(shell, f'PIDFILES="{named}"\npidfiles\n').text("cmd:pidfiles").value.splitlines()
    assert told[:-1] == [f"{file} {expected}" for file, expected in zip(files, said.values(), strict=True)]


def test_a_pid_file_is_found_where_the_engines_settings_name_it(seen: Snapshot) -> None:
    assert "/opt/own.pid 1 lives\n" in seen.text("cmd:pidfiles").value


def test_space_is_measured_where_containerd_keeps_its_data(seen: Snapshot) -> None:
    assert "Mounted on" in seen.text("df:/opt/images").value
    assert "df:/opt/other" not in seen


def test_the_folders_of_audit_rules_are_looked_at(seen: Snapshot) -> None:
    rows = [line.split()[0] for line in seen.text("stat:audit").value.splitlines()]
    assert {"/opt/real", "/etc/docker"} <= set(rows)


def test_the_room_of_harbors_logs_is_that_of_the_nearest_folder_and_what_they_take_up(
    shell: str, tmp_path: Path
) -> None:
    inside = tmp_path / "my logs"
    inside.mkdir()
    for name, size in (("core.log", 20_000), ("core.log.1.gz", 9_000), ("notes.txt", 50_000)):
        (inside / name).write_bytes(b"x" * size)
    taken = sum((inside / name).stat().st_blocks for name in ("core.log", "core.log.1.gz")) // 2
    for folder, used in ((inside, taken), (inside / "later" / "on", 0)):
        seen = frames(shell, f"HARBOR_DIR=/opt/h HARBOR_LOGS='{folder}'; harbor_logs\n")
        lines = seen["cmd:harbor-logs/opt/h"].text.splitlines()
        assert (len(lines), lines[-1]) == (3, f"used {used}")
        assert lines[1].split()[-1] in {"/", *map(str, inside.parents)}


def test_a_machine_is_told_from_another_by_a_digest_of_its_id_alone(shell: str, tmp_path: Path) -> None:
    def told(*texts: str) -> tuple[int, str]:
        files = []
        for number, text in enumerate(texts):
            files.append(tmp_path / f"id{number}")
            files[-1].write_text(text)
        seen = frames(shell, f"harbor_machine /nonexistent {' '.join(map(str, files))}\n")["cmd:harbor-machine"]
        return seen.status, seen.text.strip()

    first, second = "0123456789abcdef" * 2, "fedcba9876543210" * 2
    status, digest = told(f"{first}\n")
    assert (status, len(digest)) == (0, 16)
    assert digest not in first
    assert told(first) == told("uninitialized\n", f"{first}\n") == (status, digest)
    assert told(f"{second}\n") != (status, digest)
    assert told("uninitialized\n", "") == (2, "")
