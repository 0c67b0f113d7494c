"""What runs and what would start: one host, its units, its files and its engine's process, by what the probe saw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.evidence import Code, OriginKind
from dockworthy.facts.engine.refusals import Stage
from tests.checks.engine.base import VERSION
from tests.checks.engine.unithost import BY_HAND, DROP_IN, FILE, LATER, PLAIN, SHOW, STARTED, UNIT, sections, unit
from tests.hosts import host, row

if TYPE_CHECKING:
    from dockworthy.facts.engine.daemon import DaemonConfig


def made(**changes: Any) -> DaemonConfig:
    """The configuration of a host with systemd, its unit's text, and an engine with these arguments."""
    return host(sections(**changes)).daemon


def drifted(daemon: DaemonConfig) -> dict[str, tuple[object, object]]:
    """What differs: the value in force and the next one, by key."""
    return {item.key: (item.running.value, item.next_start.value) for item in daemon.drift}


def text_of(daemon: DaemonConfig) -> str:
    """Why the next start is refused."""
    assert daemon.next_start.refusal is not None
    return daemon.next_start.refusal.text


class TestByUnit:
    def test_what_did_not_change_starts_again_as_it_is(self) -> None:
        daemon = made()
        assert (daemon.next_start.starts, daemon.drift, daemon.not_compared) == (True, (), {})
        assert daemon.running is not None
        assert daemon.running.hosts.value == daemon.next_start.hosts.value == ["unix:///run/docker.sock"]
        assert daemon.next_start.origin == "docker.service"

    def test_a_flag_of_the_unit_and_a_key_of_the_file_stop_the_next_start_whatever_runs(self) -> None:
        daemon = made(text=unit("/usr/bin/dockerd -H fd:// --icc=false"), config='{"icc": true}')
        assert daemon.next_start.starts is False
        assert "icc: (from flag: false, from file: true)" in text_of(daemon)
        assert daemon.running is not None
        assert daemon.running.icc.value is True

    def test_each_setting_that_the_unit_changes_is_named_with_both_origins(self) -> None:
        daemon = made(running="-H fd:// --icc=false", text=unit("/usr/bin/dockerd -H fd:// --mtu=1400"))
        assert drifted(daemon) == {"icc": (False, True), "mtu": (1500, 1400)}
        assert {item.key: item.sources for item in daemon.drift} == {
            "icc": "dockerd --icc=false, next default of Docker Engine 28.5: icc",
            "mtu": "default of Docker Engine 28.5: mtu, next dockerd --mtu=1400",
        }
        assert [item.origin for item in daemon.drift] == [OriginKind.DEFAULT, OriginKind.FLAG]

    def test_a_drop_in_that_systemd_has_not_read_yet_counts(self) -> None:
        text = "[Service]\nExecStart=\nExecStart=/usr/bin/dockerd -H fd:// --userland-proxy=false\n"
        daemon = made(more={f"file:{DROP_IN}": text}, show=SHOW.replace("Reload=no", "Reload=yes"))
        assert drifted(daemon) == {"userland-proxy": (True, False)}

    @pytest.mark.parametrize("how", ["denied", 13])
    def test_a_drop_in_that_cannot_be_read_leaves_the_start_open(self, how: str | int) -> None:
        show = SHOW.replace("DropInPaths=\n", f"DropInPaths={DROP_IN}\n", 1)
        rows = {DROP_IN: row(DROP_IN, "denied" if how == "denied" else "file")}
        after = made(rows=rows, more={f"file:{DROP_IN}": 13}, show=show).next_start
        assert after.starts is None
        assert after.open_question is not None
        assert (after.open_question.code, DROP_IN in after.open_question) == (Code.NOT_PERMITTED, True)

    def test_a_folder_of_drop_ins_that_cannot_be_listed_leaves_the_start_open(self) -> None:
        after = made(more={"list:/etc/systemd/system/docker.service.d": 13}).next_start
        assert after.open_question is not None
        assert after.open_question.code is Code.NOT_PERMITTED

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            (PLAIN.replace("[Service]", "[Service"), "Invalid section header"),
            (unit("/usr/bin/dockerd %z"), "has a bad unit file setting"),
            (unit("/usr/bin/dockerd") + "ExecStart=/usr/bin/dockerd\n", "has a bad unit file setting"),
            (unit("/usr/bin/dockerd", "EnvironmentFile=/etc/default/none"), "Failed to load environment files"),
            (unit("/usr/bin/none"), "Failed at step EXEC"),
        ],
    )
    def test_what_systemd_refuses_is_the_unit_s_refusal(self, text: str, said: str) -> None:
        rows = {"/usr/bin/none": row("/usr/bin/none", "absent")}
        more = {"file:/etc/default/none": 2}
        daemon = made(text=text, rows=rows, more=more)
        assert said in text_of(daemon)
        assert daemon.next_start.refusal is not None
        assert daemon.next_start.refusal.stage == Stage.UNIT
        assert daemon.running is not None
        assert daemon.running.icc.value is True

    def test_a_variable_of_an_environment_file_is_part_of_the_command_line(self) -> None:
        text = unit("/usr/bin/dockerd -H fd:// $DOCKER_OPTS", "EnvironmentFile=-/etc/default/docker")
        daemon = made(text=text, more={"file:/etc/default/docker": 'DOCKER_OPTS="--mtu=1400 --icc=false"\n'})
        assert drifted(daemon) == {"icc": (True, False), "mtu": (1500, 1400)}

    def test_an_environment_file_that_was_not_read_leaves_the_start_open(self) -> None:
        after = made(text=unit("/usr/bin/dockerd $OPTIONS", "EnvironmentFile=/etc/sysconfig/other")).next_start
        assert (after.starts, after.undecided) == (None, ("/etc/sysconfig/other",))

    @pytest.mark.parametrize(
        ("line", "what"),
        [
            ("REDACTED -H fd://", "the program that"),
            ("/usr/bin/dockerd -H fd:// REDACTED", "an option on the command line"),
            ("/usr/bin/dockerd -H fd:// --REDACTED=REDACTED", "an option on the command line"),
            ("/usr/bin/dockerd -H fd:// --log-level REDACTED", "the value of log-level"),
            ("/bin/sh -c REDACTED", "the program that"),
        ],
    )
    def test_what_a_word_hides_is_not_decided(self, line: str, what: str) -> None:
        after = made(text=unit(line), rows={"/bin/sh": row("/bin/sh", mode="0755")}).next_start
        assert after.starts is None
        assert after.open_question is not None
        assert (after.open_question.code, what in after.open_question) == (Code.HIDDEN, True)

    def test_a_masked_unit_is_not_started(self) -> None:
        masked = row(UNIT, "char", "0666", resolved="/dev/null")
        assert "is masked" in text_of(made(rows={UNIT: masked}, more={f"file:{UNIT}": None}))

    def test_containerd_is_there_where_its_service_is_started_along(self) -> None:
        socket = "/run/containerd/containerd.sock"
        line = f"/usr/bin/dockerd -H fd:// --containerd={socket}"
        rows = {socket: row(socket, "absent")}
        more = {"file:/usr/lib/systemd/system/containerd.service": "[Service]\nExecStart=/usr/bin/containerd\n"}
        wanted = unit(line).replace("Wants=", "Wants=containerd.service ")
        config = '{"features": {"containerd-snapshotter": true}}'  # without it 28.5 starts where no containerd answers
        assert made(text=wanted, rows=rows, more=more, config=config).next_start.starts is True
        assert made(text=unit(line), rows=rows, more=more, config=config).next_start.starts is None

    def test_no_unit_that_was_seen_leaves_the_start_open(self) -> None:
        after = made(more={f"file:{UNIT}": None}, rows={UNIT: row(UNIT, "absent")}).next_start
        assert (after.starts, after.undecided) == (None, ("docker.service",))

    @pytest.mark.parametrize(
        ("text", "what"),
        [
            (unit("/usr/bin/dockerd").replace("[Service]", "ConditionPathExists=/opt/x\n[Service]"), "/opt/x"),
            (unit("/usr/bin/dockerd").replace("[Service]", "AssertPathExistsGlob=/opt/*\n[Service]"), "/opt/*"),
            (unit("/usr/bin/dockerd", "RootDirectory=/srv/root"), "the files in RootDirectory=/srv/root"),
        ],
    )
    def test_a_place_that_nobody_looked_at_leaves_the_start_open(self, text: str, what: str) -> None:
        after = made(text=text).next_start
        assert after.starts is None
        assert what in after.undecided[0]

    def test_a_value_that_is_not_told_is_taken_again_where_nothing_changed(self) -> None:
        config = '{"log-level": "REDACTED", "mtu": 1400}'
        daemon = made(config=config)
        assert (daemon.next_start.starts, daemon.next_start.mtu.value) == (True, 1400)
        for changed in (made(config=config, mtime=LATER), made(config=config, rows={UNIT: row(UNIT, mtime=LATER)})):
            assert changed.next_start.starts is None
        newer = {"cmd:dpkg-query": "docker-ce\t5:29.0.1-1\tinstall ok installed\tamd64\n"}
        assert made(config=config, more=newer).next_start.starts is None

    def test_what_comes_in_the_way_beside_a_value_that_is_not_told_is_not_passed_over(self) -> None:
        config = '{"log-level": "REDACTED", "pidfile": "/run/other.pid"}'
        after = made(config=config, more={"cmd:pidfiles": "/run/other.pid 4711 lives\n"}).next_start
        assert after.starts is not True


class TestByHand:
    def test_a_wrapper_that_did_not_start_the_engine_is_not_known(self) -> None:
        show = SHOW.replace("MainPID=812", "MainPID=0")
        assert made(text=unit("/usr/bin/snap run x"), owner=BY_HAND, show=show).next_start.starts is None

    def test_variables_that_were_not_seen_may_have_set_a_proxy(self) -> None:
        daemon = made(owner=None, running="", more={"proc:812/environ": 13, "cmd:systemctl-show": 127})
        for one in (daemon.running, daemon.next_start):
            assert one is not None
            assert one.proxies.unknown is not None
            assert one.proxies.unknown.code is Code.NOT_PERMITTED
        info = {"HttpProxy": "http://p.example:3128", "HttpsProxy": "", "NoProxy": ""}
        told = made(more={"proc:812/environ": 13}, info=info)
        assert told.proxies.value == {"http-proxy": "http://p.example:3128"}

    def test_an_engine_that_a_person_started_has_its_own_arguments_again(self) -> None:
        show = SHOW.replace("MainPID=812", "MainPID=0").replace("enabled", "disabled")
        daemon = made(running="--icc=false", text=unit("/usr/bin/dockerd --icc=true"), owner=BY_HAND, show=show)
        assert (daemon.next_start.starts, daemon.drift) == (True, ())
        assert daemon.next_start.origin == "the arguments of process 812, which no service starts"

    def test_a_service_that_the_boot_starts_takes_the_place_of_what_a_person_started(self) -> None:
        show = SHOW.replace("MainPID=812", "MainPID=0")
        daemon = made(running="--icc=false", text=unit("/usr/bin/dockerd"), owner=BY_HAND, show=show)
        assert drifted(daemon) == {"icc": (False, True)}

    def test_beside_the_engine_of_the_service_another_one_keeps_its_arguments(self) -> None:
        show = SHOW.replace("MainPID=812", "MainPID=5")
        daemon = made(running="--icc=false", text=unit("/usr/bin/dockerd"), owner=None, show=show)
        assert daemon.next_start.icc.value is False

    def test_without_systemd_a_unit_says_nothing(self) -> None:
        daemon = made(
            text=unit("/usr/bin/dockerd --nosuch"), running="", owner=BY_HAND, more={"cmd:systemctl-show": 127}
        )
        assert (daemon.next_start.starts, daemon.next_start.icc.value) == (True, True)

    def test_the_file_of_now_is_read(self) -> None:
        more = {"cmd:systemctl-show": 1}
        daemon = made(running="--icc=false", config='{"icc": true}', owner=None, more=more, mtime=LATER)
        assert "specified both as a flag and in the configuration file: icc" in text_of(daemon)
        assert daemon.running is not None
        assert daemon.running.icc.value is False

    def test_a_wrapper_is_taken_to_start_the_same_engine_again(self) -> None:
        daemon = made(running="--icc=false", text=unit("/usr/bin/snap run docker.dockerd"))
        assert daemon.next_start.icc.value is False
        assert "/usr/bin/snap" in daemon.next_start.origin

    def test_a_wrapper_whose_unit_is_newer_than_the_engine_is_not_known(self) -> None:
        after = made(text=unit("/usr/bin/snap run x"), rows={UNIT: row(UNIT, mtime=LATER)}).next_start
        assert (after.starts, len(after.undecided)) == (None, 1)

    def test_a_service_of_another_name_is_the_one_that_counts(self) -> None:
        other = "/etc/systemd/system/docker-two.service"
        daemon = made(
            owner="system docker-two.service\n",
            text=unit("/usr/bin/dockerd --icc=false"),
            more={f"file:{other}": unit("/usr/bin/dockerd --mtu=1400")},
        )
        assert (daemon.next_start.mtu.value, daemon.next_start.icc.value) == (1400, True)
        assert made(owner="system docker-two.service\n").next_start.starts is None


class TestRootless:
    HOME = "/home/dev"
    USER_UNIT = f"{HOME}/.config/systemd/user/docker.service"
    ENVIRON = f"HOME={HOME}\0XDG_RUNTIME_DIR=/run/user/1000\0ROOTLESSKIT_STATE_DIR=/run/user/1000/rk\0"

    def made(self, line: str | None, config: str | None = None) -> DaemonConfig:
        path = f"{self.HOME}/.config/docker/daemon.json"
        more: dict[str, Any] = {
            "proc:812/environ": self.ENVIRON,
            self.USER_UNIT: None,
            f"file:{path}": config if config is not None else 2,
            "cmd:which": "dockerd /usr/bin/dockerd /usr/bin/dockerd\n",
        }
        if line is not None:
            more[f"file:{self.USER_UNIT}"] = unit(line)
        rows = {
            "/usr/bin/dockerd-rootless.sh": row("/usr/bin/dockerd-rootless.sh", mode="0755"),
            "/usr/bin/rootlesskit-docker-proxy": row("/usr/bin/rootlesskit-docker-proxy", mode="0755"),
            f"{self.HOME}/.config/docker": row(f"{self.HOME}/.config/docker", "dir", owner="dev:users"),
            path: row(path, "file" if config is not None else "absent"),
        }
        return made(
            running="",
            text=unit("/usr/bin/dockerd --icc=false"),
            owner="user docker.service\n",
            rows=rows,
            uid=1000,
            more=more,
        )

    def test_its_user_s_unit_hands_its_arguments_on(self) -> None:
        daemon = self.made("/usr/bin/dockerd-rootless.sh --mtu=1400")
        assert drifted(daemon) == {"mtu": (1500, 1400)}
        assert daemon.next_start.data_root.value == "/home/dev/.local/share/docker"

    def test_specifiers_of_its_unit_are_its_user_s(self) -> None:
        daemon = self.made("%h/bin/dockerd-rootless.sh --exec-root=%t/docker --mtu=1400")
        assert daemon.next_start.starts is not False
        assert daemon.next_start.arguments == ("--exec-root=/run/user/1000/docker", "--mtu=1400")

    def test_without_its_variables_nobody_knows_its_file(self) -> None:
        daemon = made(uid=1000, running="", owner=None, more={"proc:812/environ": 13})
        assert daemon.next_start.starts is None
        assert daemon.mtu.unknown is not None
        assert daemon.mtu.unknown.code is Code.NOT_PERMITTED

    def test_its_own_file_is_read(self) -> None:
        daemon = self.made("/usr/bin/dockerd-rootless.sh --mtu=1400", '{"mtu": 1300}')
        assert "mtu: (from flag: 1400, from file: 1300)" in text_of(daemon)

    def test_a_unit_that_was_not_seen_leaves_the_start_open(self) -> None:
        assert self.made(None).next_start.starts is None


class TestTheSame:
    def test_a_socket_by_either_name_of_its_folder_is_the_same(self) -> None:
        daemon = made(
            running="-H unix:///run/docker.sock", text=unit("/usr/bin/dockerd -H unix:///var/run/docker.sock")
        )
        assert daemon.drift == ()

    def test_a_proxy_whose_password_is_left_out_in_another_way_is_the_same(self) -> None:
        more = {"proc:812/environ": 13}
        info = {"HttpProxy": "http://xxxxx:xxxxx@p.example:1", "HttpsProxy": "", "NoProxy": ""}
        text = unit("/usr/bin/dockerd -H fd://", "Environment=HTTP_PROXY=http://REDACTED@p.example:{}")
        assert made(text=text.format(1), more=more, info=info).drift == ()
        assert set(drifted(made(text=text.format(2), more=more, info=info))) == {"proxies"}


class TestTakenIn:
    """daemon.json was written after the engine started."""

    def test_what_the_process_and_the_api_tell_stays(self) -> None:
        info = {"LiveRestoreEnabled": True, "Debug": False, "DockerRootDir": "/srv/docker"}
        daemon = made(running="-H fd:// --mtu=1400 --log-level=warn", mtime=LATER, info=info)
        running = daemon.running
        assert running is not None
        told = {"mtu": 1400, "live-restore": True, "log-level": "warn", "data-root": "/srv/docker"}
        assert {key: running.setting(key).value for key in told} == told
        assert running.hosts.value == ["unix:///run/docker.sock"]
        assert running.userland_proxy.unknown is not None
        assert running.userland_proxy.unknown.code is Code.STALE

    def test_what_runs_is_known_also_where_the_new_file_is_broken(self) -> None:
        daemon = made(running="-H fd:// --mtu=1400", mtime=LATER, config="{")
        assert daemon.running is not None
        assert daemon.running.mtu.value == 1400
        assert daemon.next_start.starts is False

    def test_what_may_differ_is_not_compared(self) -> None:
        daemon = made(mtime=LATER, config='{"userland-proxy": false}')
        assert daemon.drift == ()
        # the file may have said it before, and it may have said more that is gone
        assert {daemon.not_compared[key].code for key in ("userland-proxy", "mtu")} == {Code.STALE}
        assert "hosts" not in daemon.not_compared

    def test_a_file_that_is_gone_may_have_been_read(self) -> None:
        folder = row("/etc/docker", "dir", "0755", mtime=LATER)
        rows = {FILE: row(FILE, "absent"), "/etc/docker": folder}
        daemon = made(rows=rows, more={f"file:{FILE}": 2})
        assert daemon.running is not None
        assert daemon.running.userland_proxy.unknown is not None
        key = "/etc/docker/key.json"
        explained = made(rows={**rows, key: row(key, mtime=LATER)}, more={f"file:{FILE}": 2})
        assert explained.running is not None
        assert explained.running.userland_proxy.value is True

    def test_a_reload_shows_in_the_api_alone(self) -> None:
        daemon = made(mtime=LATER, config='{"debug": true}', info={"Debug": True})
        assert daemon.running is not None
        assert daemon.running.debug.value is True
        assert "debug" not in drifted(daemon)


class TestSeveral:
    def test_an_engine_that_is_no_process_of_the_host_has_no_next_start_here(self) -> None:
        daemon = made(more={"cmd:engines": "", "cmd:engine-target": ""}, info={"LiveRestoreEnabled": True})
        assert daemon.live_restore.value is True
        assert daemon.next_start.starts is None
        assert daemon.next_start.icc.unknown is not None
        assert daemon.next_start.icc.unknown.code is Code.NOT_TOLD

    def test_which_of_two_engines_is_meant_has_to_be_known(self) -> None:
        two = f"812 dockerd /usr/bin/dockerd 0 {STARTED} 1 -\n813 dockerd /usr/bin/dockerd 0 {STARTED} 1 -\n"
        daemon = made(more={"cmd:engines": two, "cmd:engine-target": "pid -\n"})
        assert daemon.next_start.icc.unknown is not None
        assert daemon.next_start.icc.unknown.code is Code.AMBIGUOUS

    @pytest.mark.parametrize(("listen", "is_here"), [("tcp 0.0.0.0:2376\n", True), ("unix /run/docker.sock\n", False)])
    def test_the_only_engine_of_the_host_is_not_one_that_answers_elsewhere(self, listen: str, is_here: bool) -> None:
        asked = "docker-host tcp://other.example:2376\nendpoint tcp://other.example:2376\nsocket -\npid -\n"
        daemon = made(more={"cmd:engine-target": asked, "proc:812/listen": listen})
        assert (daemon.next_start.starts is not None) is is_here


class TestRelease:
    def test_a_package_that_waits_for_the_restart_makes_the_next_start(self) -> None:
        newer = "docker-ce\t5:29.0.1-1~ubuntu.24.04~noble\tinstall ok installed\tamd64\n"
        daemon = made(more={"cmd:dpkg-query": newer})
        assert daemon.next_start.mtu.source == "default of Docker Engine 29.0: mtu"
        assert daemon.running is not None
        assert daemon.running.mtu.source == "default of Docker Engine 28.5: mtu"
        assert daemon.not_compared == {}

    def test_a_default_that_the_next_release_has_otherwise_is_a_drift(self) -> None:
        version = {"Server": {**VERSION["Server"], "Version": "26.1.5"}}
        older = made(version=version)
        assert drifted(older)["ip6tables"] == (False, True)
        assert next(item.sources for item in older.drift if item.key == "ip6tables") == (
            "default of Docker Engine 26.1: ip6tables, next default of Docker Engine 28.5: ip6tables"
        )


class TestStopped:
    def test_without_an_engine_the_settings_are_those_of_its_unit(self) -> None:
        more = {"cmd:engines": "", "cmd:engine-target": "", "docker:info": 1, "docker:version": 1}
        daemon = made(text=unit("/usr/bin/dockerd --icc=false"), more=more)
        assert (daemon.is_running, daemon.icc.value, daemon.icc.source) == (False, False, "dockerd --icc=false")

    def test_where_systemd_has_no_such_unit_nothing_says_how_it_would_start(self) -> None:
        more = {"cmd:engines": "", "cmd:engine-target": "", "docker:info": 1, "docker:version": 1}
        show = "Id=docker.service\nLoadState=not-found\nMainPID=0\n"
        daemon = made(more={**more, f"file:{UNIT}": None}, rows={UNIT: row(UNIT, "absent")}, show=show)
        assert daemon.icc.unknown == "no engine runs, and no unit says how it would be started"

    def test_of_a_start_that_is_refused_the_refusal_is_told(self) -> None:
        more = {"cmd:engines": "", "cmd:engine-target": "", "docker:info": 1, "docker:version": 1}
        daemon = made(config="{", more=more)
        assert daemon.icc.unknown is not None
        assert daemon.icc.unknown.startswith("the engine would not start: ")

    def test_a_root_file_system_starts_by_its_unit(self) -> None:
        sections_of_files = {"cmd:engines": 95, "cmd:systemctl-show": 95, "docker:info": 95, "docker:version": 95}
        more = {**sections_of_files, "cmd:engine-target": 95, "cmd:target-kind": "rootfs\n"}
        daemon = made(text=unit("/usr/bin/dockerd -H fd:// --icc=false"), more=more)
        assert (daemon.is_running, daemon.icc.value) == (False, False)
        assert "specified both as a flag" in text_of(
            made(text=unit("/usr/bin/dockerd --mtu=1"), config='{"mtu": 2}', more=more)
        )

    def test_an_engine_that_may_run_unseen_tells_nothing(self) -> None:
        more = {"cmd:engines": 124, "cmd:engine-target": "", "docker:info": 1, "docker:version": 1}
        daemon = made(text=unit("/usr/bin/dockerd --icc=false"), more=more)
        assert daemon.icc.unknown is not None
        assert daemon.icc.unknown.code is Code.TIMEOUT
