"""The merge: which source a value comes from, what is not known, and that hostile input ends in an answer."""

from __future__ import annotations

from typing import Any

import pytest

from dockworthy.evidence import NotDecided
from dockworthy.facts.engine import EngineInputs, EngineOutcome, Stage, drift, next_start, rebuild
from dockworthy.hosttree.entry import Entry, Kind
from dockworthy.hosttree.tree import Tree

FILE = "/etc/docker/daemon.json"
PROXY = "/usr/sbin/docker-proxy"
DEFAULT = "default of Docker Engine 26.1"


def files(config: str | bytes | None = None, more: dict[str, Entry] | None = None) -> Tree:
    entries = {
        PROXY: Entry(Kind.FILE, b"", 0o755),
        "/usr/sbin/iptables": Entry(Kind.FILE, b"", 0o755),
        "/usr/bin/containerd": Entry(Kind.FILE, b"", 0o755),
        "/run": Entry(Kind.DIRECTORY),
        "/var/run": Entry(Kind.LINK, target="/run"),
        **(more or {}),
    }
    if config is not None:
        entries[FILE] = Entry(Kind.FILE, config if isinstance(config, bytes) else config.encode(), 0o644)
    return Tree(entries)


def start(
    config: str | bytes | None = None,
    *argv: str,
    env: dict[str, str] | None = None,
    more: dict[str, Entry] | None = None,
) -> EngineOutcome:
    return rebuild(
        EngineInputs(
            argv=argv,
            env={"PATH": "/usr/sbin:/usr/bin", "HOME": "/root", **(env or {})},
            files=files(config, more),
            plugins=frozenset(),
            activation=(),
            links={"lo": ("127.0.0.1/8",)},
            cgroup=2,
            systemd=True,
            file_system="ext4",
        )
    )


def setting(outcome: EngineOutcome, key: str) -> tuple[Any, str]:
    return outcome.settings[key].value, outcome.settings[key].source


class TestOrigins:
    def test_a_default_says_so(self) -> None:
        assert setting(start(), "icc") == (True, f"{DEFAULT}: icc")

    def test_a_key_of_the_file_names_file_and_key(self) -> None:
        assert setting(start('{"icc": false}'), "icc") == (False, f"{FILE}: icc")

    def test_an_option_is_told_as_it_was_written(self) -> None:
        outcome = start(None, "--label", "a=1", "--label=b=2", "-D")
        assert setting(outcome, "labels") == (["a=1", "b=2"], "dockerd --label a=1 --label=b=2")
        assert setting(outcome, "debug") == (True, "dockerd -D")

    def test_an_empty_value_in_the_file_is_the_default_s(self) -> None:
        assert setting(start('{"mtu": 0}'), "mtu") == (1500, f"{DEFAULT}: mtu")

    def test_a_proxy_names_its_variable_and_hides_its_password(self) -> None:
        outcome = start(env={"https_proxy": "http://u:secret@p.example:1"})
        assert setting(outcome, "proxies") == (
            {"https-proxy": "http://xxxxx:xxxxx@p.example:1"},
            "environment: https_proxy",
        )

    def test_the_file_in_use_is_a_setting_too(self) -> None:
        outcome = start(None, "--config-file=/srv/x.json", more={"/srv/x.json": Entry(Kind.FILE, b"{}")})
        assert setting(outcome, "config-file") == ("/srv/x.json", "dockerd --config-file=/srv/x.json")


class TestSurprises:
    """What a reader of the documentation would not expect, each seen on the real engine."""

    def test_null_switches_a_boolean_off(self) -> None:
        assert setting(start('{"icc": null}'), "icc")[0] is False

    def test_a_key_inside_an_unknown_object_switches_its_option(self) -> None:
        assert setting(start('{"daemon": {"icc": false}}'), "icc")[0] is False

    def test_but_not_those_that_the_engine_has_copied_before(self) -> None:
        assert setting(start('{"daemon": {"debug": true}}'), "debug")[0] is False

    def test_tlsverify_set_to_false_turns_tls_on(self) -> None:
        outcome = start('{"tlsverify": false}')
        assert outcome.refusal is not None
        assert outcome.refusal.stage == Stage.TLS

    def test_a_singular_key_is_taken_and_does_nothing(self) -> None:
        outcome = start('{"label": ["a=1"]}')
        assert (outcome.starts, setting(outcome, "labels")[0]) == (True, [])

    def test_validate_in_the_file_keeps_the_engine_from_starting(self) -> None:
        outcome = start('{"validate": true}')
        assert outcome.refusal is not None
        assert (outcome.starts, outcome.refusal.stage) == (False, Stage.NOT_A_START)

    def test_debug_overrides_the_log_level(self) -> None:
        assert setting(start('{"debug": true, "log-level": "error"}'), "log-level") == ("debug", f"{FILE}: debug")

    def test_without_iptables_there_is_no_masquerading(self) -> None:
        assert setting(start('{"iptables": false}'), "ip-masq")[0] is False


class TestSecrets:
    """Neither values nor origins nor messages carry a password."""

    @pytest.mark.parametrize(
        ("config", "argv"),
        [
            (None, ["--http-proxy", "http://u:canary@p.example:1"]),
            (None, ["--registry-mirror=https://u:canary@m.example"]),
            (None, ["--log-driver=splunk", "--log-opt", "splunk-token=canary"]),
            ('{"log-opts": {"splunk-token": "canary"}}', ["--log-opt", "splunk-token=canary"]),
            ('{"log-driver": "splunk", "log-opts": {"splunk-token": "canary"}}', []),
            ('{"proxies": {"http-proxy": "http://u:canary@p"}}', ["--http-proxy=http://u:canary@p"]),
            ('{"registry-mirrors": ["https://u:canary@m.example"]}', []),
            ('{"insecure-registries": ["ftp://u:canary@m.example"]}', []),
        ],
    )
    def test_no_password_comes_out(self, config: str | None, argv: list[str]) -> None:
        outcome = start(config, *argv)
        # the lists of registries are the configuration's own, and refused with a password in them
        shown = {key: value for key, value in outcome.settings.items() if outcome.starts}
        assert "canary" not in repr((outcome.refusal, outcome.warnings, shown))


class TestNotKnown:
    """What was not looked at is neither a pass nor a default."""

    def test_an_unread_file_leaves_defaults_unknown_and_options_known(self) -> None:
        outcome = rebuild(EngineInputs(argv=("--icc=false",)))
        assert outcome.starts is None
        assert FILE in outcome.undecided
        assert outcome.settings["icc"].value is False
        with pytest.raises(NotDecided, match="did not look there"):
            _ = outcome.settings["live-restore"].value

    def test_sockets_that_nobody_looked_at_leave_hosts_unknown(self) -> None:
        outcome = rebuild(EngineInputs(argv=("-H", "fd://"), files=files("{}")))
        assert not outcome.settings["hosts"].is_known

    def test_an_unknown_program_does_not_hide_another_refusal(self) -> None:
        entries = {FILE: Entry(Kind.FILE, b'{"log-level": "loud"}')}
        outcome = rebuild(EngineInputs(files=Tree(entries)))
        assert outcome.starts is False
        assert outcome.refusal is not None
        assert outcome.refusal.text.endswith("invalid logging level: loud")

    def test_a_refused_file_gives_no_settings(self) -> None:
        assert start("{").settings == {}


class TestDebugVariable:
    @pytest.mark.parametrize("value", ["1", "0", "false"])
    def test_it_counts_whatever_it_says_and_leaves_the_level(self, value: str) -> None:
        outcome = start('{"debug": false}', env={"DEBUG": value})
        assert setting(outcome, "debug") == (True, "environment: DEBUG")
        assert setting(outcome, "log-level")[0] == "info"

    def test_an_empty_one_does_not_and_the_file_comes_first(self) -> None:
        assert setting(start(env={"DEBUG": ""}), "debug") == (False, f"{DEFAULT}: debug")
        assert setting(start('{"debug": true}', env={"DEBUG": "1"}), "debug") == (True, f"{FILE}: debug")


class TestPidFile:
    """A file that names a process that lives stops the engine, whichever process it is."""

    PATH = "/run/own.pid"

    def started(self, living: int | None) -> EngineOutcome:
        return rebuild(EngineInputs(argv=("--pidfile", self.PATH), files=files(), pidfiles={self.PATH: living}))

    def test_one_that_lives_stops_it(self) -> None:
        outcome = self.started(4711)
        assert outcome.refusal is not None
        assert outcome.refusal.text == (
            f"failed to start daemon, ensure docker is not running or delete {self.PATH}: "
            "process with PID 4711 is still running"
        )

    def test_none_that_lives_does_not(self) -> None:
        outcome = self.started(0)
        assert outcome.refusal is None
        assert self.PATH not in outcome.undecided

    def test_what_nobody_looked_at_is_undecided(self) -> None:
        assert self.PATH in self.started(None).undecided
        written = start(None, "--pidfile", self.PATH, more={self.PATH: Entry(Kind.FILE, b" +04711\t")})
        assert f"whether process 4711, which {self.PATH} names, lives" in written.undecided

    @pytest.mark.parametrize("content", [b"", b"x4711", b"4711 4711", b"-4711", b"0"])
    def test_rubbish_names_none(self, content: bytes) -> None:
        assert start(None, "--pidfile", self.PATH, more={self.PATH: Entry(Kind.FILE, content)}).starts


class TestHost:
    """What lies on the host and stops a start; each was asked of the real engine."""

    FOLDER = Entry(Kind.DIRECTORY)
    BTRFS = "prerequisites for driver not satisfied (wrong filesystem?)"

    @pytest.mark.parametrize(
        ("more", "env", "message"),
        [
            (
                {"/var/lib/docker/btrfs/x": FOLDER},
                {},
                f"failed to start daemon: error initializing graphdriver: {BTRFS}",
            ),
            (
                {"/run/docker.pid": Entry(Kind.FILE, b"1\n")},
                {},
                (
                    "failed to start daemon, ensure docker is not running or delete /var/run/docker.pid: "
                    "process with PID 1 is still running"
                ),
            ),
            (
                {"/etc/passwd": Entry(Kind.FILE, b"")},
                {"DOCKER_TMPDIR": "/etc/passwd"},
                (
                    "failed to start daemon: Unable to get the TempDir under /var/lib/docker: "
                    "mkdir /etc/passwd: not a directory"
                ),
            ),
            (
                {},
                {"ROOTLESSKIT_STATE_DIR": "/x"},
                (
                    "running with RootlessKit, but rootlesskit-docker-proxy not installed: "
                    'exec: "rootlesskit-docker-proxy": executable file not found in $PATH'
                ),
            ),
            (
                {"/usr/bin/containerd": Entry(Kind.ABSENT)},
                {},
                'failed to start containerd: exec: "containerd": executable file not found in $PATH',
            ),
            (
                {"/usr/sbin/iptables": Entry(Kind.ABSENT)},
                {},
                (
                    "failed to start daemon: Error initializing network controller: "
                    "error obtaining controller instance: "
                    'failed to register "bridge" driver: failed to create NAT chain DOCKER: iptables not found'
                ),
            ),
        ],
    )
    def test_is_told_in_the_engine_s_words(self, more: dict[str, Entry], env: dict[str, str], message: str) -> None:
        outcome = start(None, env=env, more=more)
        assert outcome.refusal is not None
        assert outcome.refusal.text == message

    def test_layers_of_a_removed_driver_stop_nothing(self) -> None:
        assert start(None, more={"/var/lib/docker/aufs/x": self.FOLDER}).starts is True


class TestHostileInput:
    @pytest.mark.parametrize(
        "config",
        [
            b"[" * 100_000,
            b'{"a":' * 20_000,
            b'{"labels":' + b"[" * 9_000 + b"]" * 9_000 + b"}",
            b'{"mtu": ' + b"9" * 100_000 + b"}",
            b'{"x": 1e' + b"9" * 10_000 + b"}",
            b'{"labels": ["' + b"a" * 1_000_000 + b'=1"]}',
            b'{"dns-search": ["' + b"a-" * 100_000 + b'!"]}',
            b'{"hosts": ["tcp://' + b"[" * 100_000 + b'"]}',
            b'{"default-shm-size": "' + b"1" * 100_000 + b'"}',
            b"\xff\xfe" + b"\xd8\x00" * 50_000,
            bytes(range(256)) * 100,
        ],
    )
    def test_ends_in_an_answer(self, config: bytes) -> None:
        assert start(config).starts is not None

    def test_a_million_digits_on_the_command_line_are_a_refusal(self) -> None:
        assert start(None, "--mtu=" + "9" * 1_000_000).starts is False

    def test_a_circle_of_links_is_a_refusal(self) -> None:
        outcome = start(None, more={FILE: Entry(Kind.LINK, target="daemon.json")})
        assert outcome.refusal is not None
        assert "too many levels of symbolic links" in outcome.refusal.text


class TestDrift:
    UNIT = "[Service]\nType=notify\nExecStart=/usr/sbin/dockerd {}\n"

    def next(self, running: str, unit: str, config: str = "{}") -> tuple[EngineOutcome, EngineOutcome]:
        more = {
            "/etc/systemd/system/docker.service": Entry(Kind.FILE, self.UNIT.format(unit).encode()),
            "/usr/sbin/dockerd": Entry(Kind.FILE, b"", 0o755),
        }
        inputs = EngineInputs(
            argv=tuple(running.split()),
            env={"PATH": "/usr/sbin:/usr/bin"},
            files=files(config, more),
            plugins=frozenset(),
            activation=(),
            links={},
            cgroup=2,
            systemd=True,
        )
        return rebuild(inputs), next_start(inputs)

    def test_tells_what_the_unit_changes(self) -> None:
        changes = drift(*self.next("--icc=false", "--icc=true"))
        assert [(change.key, change.running.value, change.next_start.value) for change in changes] == [
            ("icc", False, True)
        ]
        assert changes[0].sources == "dockerd --icc=false, next dockerd --icc=true"

    def test_is_nothing_where_nothing_changed(self) -> None:
        assert drift(*self.next("--icc=false", "--icc=false")) == ()

    def test_a_unit_that_cannot_start_is_told_instead(self) -> None:
        running, after = self.next("", "--nosuch")
        assert drift(running, after) == ()
        assert after.refusal is not None
        assert after.refusal.text == "Status: unknown flag: --nosuch"

    def test_a_conflict_between_unit_and_file_stops_the_next_start(self) -> None:
        _, after = self.next("", "--icc=true", '{"icc": false}')
        assert after.refusal is not None
        assert "specified both as a flag and in the configuration file: icc" in after.refusal.text
