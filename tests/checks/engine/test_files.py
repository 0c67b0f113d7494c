"""CIS section 3: each file by itself, modes as bits, links, access control lists, rootless engines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.checks.engine.base import SHOW, ubuntu
from tests.hosts import checks_in, outcome, outcomes, row, table
from tests.rows import each_of

if TYPE_CHECKING:
    from dockworthy.check import Judgement

CHECKS = checks_in("engine", "files.py")
UNIT = "/usr/lib/systemd/system/docker.service"
TLS = (
    "--tlsverify",
    "--tlscacert",
    "/etc/pki/ca.pem",
    "--tlscert=/etc/pki/cert.pem",
    "--tlskey=/etc/pki/key.pem",
    "-H",
    "tcp://0.0.0.0:2376",
)


def judged(check: str, path: str, facts: Any) -> Judgement:
    found = outcomes(CHECKS[check], facts)
    assert path in found, list(found)
    return found[path]


def changed(check: str, path: str, *, kind: str = "file", **columns: Any) -> Judgement:
    """The check on one path of the compliant host whose row has these columns."""
    return judged(check, path, ubuntu(files={path: row(path, kind, **columns)}))


PLAIN = [
    ("file.docker-service", UNIT, "file"),
    ("file.docker-socket-unit", "/usr/lib/systemd/system/docker.socket", "file"),
    ("file.config-folder", "/etc/docker", "dir"),
    ("file.daemon-json", "/etc/docker/daemon.json", "file"),
    ("file.default-docker", "/etc/default/docker", "file"),
    ("file.sysconfig-docker", "/etc/sysconfig/docker", "file"),
    ("file.containerd-socket", "/run/containerd/containerd.sock", "socket"),
]


@each_of(("check", "path", "kind"), PLAIN)
@each_of("owner", ["nobody:root", "root:nogroup", "root:docker", "dev:users"])
def test_a_file_of_anybody_else_fails(check: str, path: str, kind: str, owner: str) -> None:
    found = changed(f"{check}-owner", path, kind=kind, mode="0644", owner=owner)
    assert (found.outcome, found.observed, found.expected) == ("fail", owner, "root:root")
    assert found.source == f"{path}: owner"
    assert found.fix == f"chown -h root:root {path} && chown root:root {path}"


@each_of(("check", "path", "kind"), PLAIN)
def test_a_link_of_anybody_else_fails_though_its_target_is_roots(check: str, path: str, kind: str) -> None:
    found = changed(f"{check}-owner", path, kind=kind, mode="0600", link="nobody:nogroup", resolved="/srv/x")
    assert (found.outcome, found.observed) == (
        "fail",
        "root:root, link nobody:nogroup".replace("nobody:nogroup", "65534:65534"),
    )


@each_of(("check", "path", "kind"), PLAIN)
@each_of("mode", ["0606", "0622", "0577", "0646", "0666", "0777", "4644", "2755", "1644", "0602"])
def test_any_bit_outside_the_mask_fails(check: str, path: str, kind: str, mode: str) -> None:
    mask = {"file.config-folder": 0o755, "file.containerd-socket": 0o660}.get(check, 0o644)
    found = changed(f"{check}-mode", path, kind=kind, mode=mode)
    wrong = int(mode, 8) & ~mask
    assert found.outcome == ("fail" if wrong else "pass")
    if wrong:
        assert (found.observed, found.expected) == (mode, f"no bit outside {mask:04o}")
        assert found.fix == f"chmod {int(mode, 8) & mask:04o} {path}"


@each_of(("check", "path", "kind"), PLAIN)
@each_of("mode", ["0000", "0400", "0600", "0640"])
def test_a_stricter_mode_passes(check: str, path: str, kind: str, mode: str) -> None:
    assert changed(f"{check}-mode", path, kind=kind, mode=mode).outcome == "pass"


@each_of(("check", "path", "kind"), PLAIN)
@each_of("half", ["owner", "mode"])
def test_what_cannot_be_looked_at_is_an_error_and_what_is_absent_is_not_applicable(
    check: str, path: str, kind: str, half: str
) -> None:
    del kind
    denied = judged(f"{check}-{half}", path, ubuntu(files={path: row(path, "denied")}))
    assert (denied.outcome, denied.reason) == ("error", "permission denied")
    absent = outcome(CHECKS[f"{check}-{half}"], ubuntu({"cmd:systemctl-show": 127}, files={path: row(path, "absent")}))
    assert (absent.outcome, absent.fix) == ("skip", None)


# --- units -----------------------------------------------------------------------------------------------------


def test_drop_ins_are_judged_whether_systemd_has_read_them_or_not() -> None:
    loaded = "/etc/systemd/system/docker.service.d/override.conf"
    new = "/run/systemd/system/docker.service.d/new.conf"
    facts = ubuntu(
        show=SHOW.replace("DropInPaths=\nMainPID", f"DropInPaths={loaded}\nMainPID"),
        files={loaded: row(loaded, mode="0666"), new: row(new, owner="dev:users")},
    )
    modes, owners = (
        outcomes(CHECKS["file.docker-service-mode"], facts),
        outcomes(CHECKS["file.docker-service-owner"], facts),
    )
    assert {path: item.outcome for path, item in modes.items()} == {UNIT: "pass", loaded: "fail", new: "pass"}
    assert {path: item.outcome for path, item in owners.items()} == {UNIT: "pass", loaded: "pass", new: "fail"}


def test_without_systemd_the_unit_is_found_on_the_path_and_the_first_folder_counts() -> None:
    own = "/etc/systemd/system/docker.service"
    facts = ubuntu({"cmd:systemctl-show": 127}, files={own: row(own, mode="0664")})
    found = outcomes(CHECKS["file.docker-service-mode"], facts)
    assert {path: item.outcome for path, item in found.items()} == {own: "fail"}


def test_a_masked_unit_has_nothing_to_judge() -> None:
    show = SHOW.replace(f"FragmentPath={UNIT}", "FragmentPath=/dev/null")
    facts = ubuntu(show=show, files={UNIT: row(UNIT, "absent"), "/dev/null": row("/dev/null", "char", "0666")})
    assert outcome(CHECKS["file.docker-service-mode"], facts).outcome == "skip"


# --- access control lists --------------------------------------------------------------------------------------


def test_entries_of_an_access_control_list_count_where_the_group_has_more_than_others_may_have() -> None:
    path = "/run/docker.sock"
    found = changed("file.api-socket-mode", path, kind="socket", mode="0660", owner="root:docker", acl="+")
    assert (found.outcome, found.observed, found.source) == ("fail", "extended entries", f"{path}: ACL")
    assert found.fix == f"setfacl -b {path} && chmod 0660 {path}"
    path = "/run/containerd/containerd.sock"
    assert changed("file.containerd-socket-mode", path, kind="socket", mode="0660", acl="+").outcome == "fail"
    assert changed("file.containerd-socket-mode", path, kind="socket", mode="0600", acl="+").outcome == "pass"


def test_entries_that_the_mask_keeps_within_the_mode_grant_nothing() -> None:
    assert changed("file.daemon-json-mode", "/etc/docker/daemon.json", mode="0644", acl="+").outcome == "pass"
    assert changed("file.daemon-json-mode", "/etc/docker/daemon.json", mode="0664", acl="+").outcome == "fail"


def test_a_list_that_no_tool_shows_is_an_error_only_where_it_matters() -> None:
    path = "/run/docker.sock"
    found = changed("file.api-socket-mode", path, kind="socket", mode="0660", owner="root:docker", acl="?")
    assert (found.outcome, found.reason) == ("error", "no tool shows its access control list")
    assert changed("file.daemon-json-mode", "/etc/docker/daemon.json", mode="0644", acl="?").outcome == "pass"


# --- sockets ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("owner", "verdict"),
    [("root:docker", "pass"), ("root:root", "pass"), ("root:users", "fail"), ("dev:docker", "fail")],
)
def test_the_socket_belongs_to_root_and_the_engines_group(owner: str, verdict: str) -> None:
    found = changed("file.api-socket-owner", "/run/docker.sock", kind="socket", mode="0660", owner=owner)
    assert (found.outcome, found.observed) == (verdict, owner)


def test_the_group_is_the_one_that_the_engine_was_told() -> None:
    files = {"/run/docker.sock": row("/run/docker.sock", "socket", "0660", "root:users")}
    facts = ubuntu(files=files, arguments=("-H", "fd://", "--group", "users"))
    assert judged("file.api-socket-owner", "/run/docker.sock", facts).outcome == "pass"


def test_a_group_of_a_directory_service_is_known_by_its_name() -> None:
    files = {"/run/docker.sock": row("/run/docker.sock", "socket", "0660", "root:users")}
    edits = {"file:/etc/group": "root:x:0:\n", "cmd:getent-group-docker": (2, "")}
    facts = ubuntu(edits, files=files, arguments=("-H", "fd://", "--group", "users"))
    assert judged("file.api-socket-owner", "/run/docker.sock", facts).outcome == "pass"
    facts = ubuntu(edits, files=files)
    assert judged("file.api-socket-owner", "/run/docker.sock", facts).outcome == "fail"


@pytest.mark.parametrize("mode", ["0606", "0646", "0662", "0666", "0777"])
def test_a_socket_that_others_can_write_to_fails(mode: str) -> None:
    found = changed("file.api-socket-mode", "/run/docker.sock", kind="socket", mode=mode, owner="root:docker")
    assert (found.outcome, found.observed) == ("fail", mode)


def test_every_socket_of_the_api_is_judged_once() -> None:
    extra = "/srv/api/docker.sock"
    facts = ubuntu(
        {"proc:812/listen": f"unix /run/docker.sock\nunix /run/docker/libnetwork/1.sock\nunix {extra}\n"},
        files={extra: row(extra, "socket", "0666", "root:docker")},
        arguments=("-H", "fd://", "-H", f"unix://{extra}"),
    )
    found = outcomes(CHECKS["file.api-socket-mode"], facts)
    assert {path: item.outcome for path, item in found.items()} == {"/run/docker.sock": "pass", extra: "fail"}


def test_a_socket_that_the_probe_did_not_look_at_is_an_error() -> None:
    facts = ubuntu(arguments=("-H", "unix:///srv/other.sock"))
    found = outcomes(CHECKS["file.api-socket-mode"], facts)
    assert found["/srv/other.sock"].outcome == "error"


def test_the_containerd_that_the_engine_supervises_is_the_one_judged() -> None:
    path = "/var/run/docker/containerd/containerd.sock"
    facts = ubuntu(
        {"proc:700/cmdline": b"containerd\0--config\0/var/run/docker/containerd/containerd.toml\0"},
        info={"Containerd": None},
        files={path: row(path, "socket", "0606", resolved="/run/docker/containerd/containerd.sock")},
    )
    found = outcomes(CHECKS["file.containerd-socket-mode"], facts)
    assert {name: item.outcome for name, item in found.items()} == {path: "fail"}


def test_the_address_in_containerds_configuration_is_followed() -> None:
    path = "/srv/ctr.sock"
    facts = ubuntu(
        {"file:/etc/containerd/config.toml": f'[grpc]\naddress = "{path}"\n'},
        info={"Containerd": None},
        files={path: row(path, "socket", "0660", "root:users")},
    )
    assert judged("file.containerd-socket-owner", path, facts).outcome == "fail"


# --- TLS -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("check", "path", "good", "bad"),
    [
        ("file.tls-ca", "/etc/pki/ca.pem", "0444", "0422"),
        ("file.tls-certificate", "/etc/pki/cert.pem", "0444", "0437"),
        ("file.tls-key", "/etc/pki/key.pem", "0400", "0444"),
    ],
)
def test_the_files_that_flags_name_in_either_spelling_are_judged(check: str, path: str, good: str, bad: str) -> None:
    def facts(mode: str, owner: str = "root:root") -> Any:
        files = {name: row(name, mode="0400") for name in ("/etc/pki/ca.pem", "/etc/pki/cert.pem", "/etc/pki/key.pem")}
        return ubuntu(files={**files, path: row(path, mode=mode, owner=owner)}, arguments=TLS)

    assert judged(f"{check}-mode", path, facts(good)).outcome == "pass"
    found = judged(f"{check}-mode", path, facts(bad))
    assert (found.outcome, found.observed) == ("fail", bad)
    assert judged(f"{check}-owner", path, facts(good)).outcome == "pass"
    assert judged(f"{check}-owner", path, facts(good, "dev:users")).outcome == "fail"


def test_the_files_that_daemon_json_names_are_judged() -> None:
    names = {f"tls{name}": f"/etc/pki/{name}.pem" for name in ("cacert", "cert", "key")}
    text = json.dumps({"tlsverify": True, **names})
    facts = ubuntu(files={"/etc/pki/key.pem": row("/etc/pki/key.pem", mode="0640")}, daemon_json=text)
    assert judged("file.tls-key-mode", "/etc/pki/key.pem", facts).observed == "0640"


# --- registries' certificates ----------------------------------------------------------------------------------

FOLDER = "/etc/docker/certs.d"


def certsd(rows: dict[str, str], **edits: Any) -> Any:
    names = sorted({path.removeprefix(f"{FOLDER}/").split("/")[0] for path in rows})
    inner = sorted(path.rpartition("/")[2] for path in rows if path.startswith(f"{FOLDER}/h:5000/"))
    return ubuntu(
        {
            f"list:{FOLDER}": "".join(f"{name}\n" for name in names),
            f"list:{FOLDER}/h:5000": "".join(f"{name}\n" for name in inner),
            "stat:certs.d": table(*rows.values()),
            **edits,
        }
    )


def test_every_certificate_and_key_is_judged_by_what_it_is() -> None:
    base = f"{FOLDER}/h:5000"
    rows = {
        base: row(base, "dir", "0755"),
        f"{base}/ca.crt": row(f"{base}/ca.crt", mode="0422"),
        f"{base}/client.cert": row(f"{base}/client.cert", mode="0444", owner="nobody:nogroup"),
        f"{base}/client.key": row(f"{base}/client.key", mode="0444"),
        f"{base}/hosts.toml": row(f"{base}/hosts.toml", mode="0444", owner="root:users"),
        f"{base}/good.crt": row(f"{base}/good.crt", mode="0440"),
        f"{base}/bundle.pem": row(f"{base}/bundle.pem", mode="0440"),
    }
    facts = certsd(rows, **{f"key:{base}/bundle.pem": "blocks x\n"})
    modes = {
        str(path).rpartition("/")[2]: item
        for path, item in outcomes(CHECKS["file.registry-certificates-mode"], facts).items()
    }
    assert {name: item.outcome for name, item in modes.items()} == {
        "ca.crt": "fail",
        "client.cert": "pass",
        "client.key": "fail",
        "hosts.toml": "pass",
        "good.crt": "pass",
        "bundle.pem": "fail",
    }
    assert modes["client.key"].expected == "no bit outside 0400"
    owners = outcomes(CHECKS["file.registry-certificates-owner"], facts)
    assert {str(path).rpartition("/")[2] for path, item in owners.items() if item.outcome == "fail"} == {
        "client.cert",
        "hosts.toml",
    }
    assert owners[base].outcome == "pass"


@pytest.mark.parametrize("half", ["owner", "mode"])
def test_a_folder_that_cannot_be_listed_is_an_error(half: str) -> None:
    check = CHECKS[f"file.registry-certificates-{half}"]
    assert outcome(check, ubuntu({f"list:{FOLDER}": 13})).outcome == "error"
    assert outcome(check, ubuntu({f"list:{FOLDER}": None})).outcome == "error"
    assert outcome(check, ubuntu({f"list:{FOLDER}": "h:5000\n"})).outcome == "error"
    base = f"{FOLDER}/h:5000"
    assert outcome(check, certsd({base: row(base, "dir", "0755")}, **{f"list:{base}": 13})).outcome == "error"


# --- rootless --------------------------------------------------------------------------------------------------

ROOTLESS = {
    "proc:812/environ": b"ROOTLESSKIT_STATE_DIR=/run/user/1000/x\0HOME=/home/dev\0XDG_RUNTIME_DIR=/run/user/1000\0",
    "proc:812/listen": "unix /run/user/1000/docker.sock\n",
    "list:/home/dev/.config/docker/certs.d": 2,
    "list:/home/dev/.config/containerd/certs.d": 2,
}


def rootless(**rows: str) -> Any:
    socket, folder = "/run/user/1000/docker.sock", "/home/dev/.config/docker"
    files = {
        socket: row(socket, "socket", "0660", rows.get("socket", "dev:users")),
        folder: row(folder, "dir", rows.get("mode", "0755"), rows.get("folder", "dev:users")),
    }
    options = ["name=seccomp,profile=builtin", "name=rootless"]
    return ubuntu(
        ROOTLESS, info={"SecurityOptions": options}, uid=1000, files=files, arguments=(f"--host=unix://{socket}",)
    )


def test_a_rootless_engines_files_belong_to_its_user() -> None:
    facts = rootless()
    assert judged("file.config-folder-owner", "/home/dev/.config/docker", facts).outcome == "pass"
    assert judged("file.api-socket-owner", "/run/user/1000/docker.sock", facts).outcome == "pass"
    found = judged("file.config-folder-owner", "/home/dev/.config/docker", rootless(folder="nobody:users"))
    assert (found.outcome, found.expected) == ("fail", "owner uid 1000")
    assert (
        judged("file.api-socket-owner", "/run/user/1000/docker.sock", rootless(socket="nobody:users")).outcome == "fail"
    )
    assert judged("file.config-folder-mode", "/home/dev/.config/docker", rootless(mode="0777")).outcome == "fail"


@pytest.mark.parametrize("check", ["file.default-docker", "file.sysconfig-docker", "file.docker-socket-unit"])
def test_what_only_the_systems_engine_has_is_not_applicable(check: str) -> None:
    for half in ("owner", "mode"):
        found = outcome(CHECKS[f"{check}-{half}"], rootless())
        assert (found.outcome, found.reason) == ("skip", "the engine runs rootless and does not use it")
