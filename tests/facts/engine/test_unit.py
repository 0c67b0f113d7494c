"""What systemd starts, by the unit's files; the awkward cases were asked of systemd 257's own parser."""

from __future__ import annotations

import pytest

from dockworthy.facts.engine import service_start, socket_addresses
from dockworthy.facts.engine.unit import check_program
from dockworthy.facts.engine.unitfile import load_unit, parse_unit_text
from dockworthy.facts.engine.unitwords import Words, expand_argument, parse_environment_file, split_variable
from dockworthy.hosttree.entry import Entry, Kind
from dockworthy.hosttree.faults import UndecidedError
from dockworthy.hosttree.tree import Tree

ETC, RUN, LIB = "/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system"
UNIT = f"{ETC}/docker.service"


def host(files: dict[str, str], *, complete: bool = True) -> Tree:
    """A host with these files; ``->`` in front of a text makes a link."""
    entries = {"/usr/sbin/dockerd": Entry(Kind.FILE, b"", 0o755)}
    for path, text in files.items():
        if text.startswith("->"):
            entries[path] = Entry(Kind.LINK, target=text[2:])
        else:
            entries[path] = Entry(Kind.FILE, text.encode("utf-8", "surrogateescape"), 0o644)
    return Tree(entries, roots=("/",) if complete else ())


def service(lines: str, **files: str) -> Tree:
    return host({UNIT: f"[Service]\nType=notify\n{lines}\n", **files})


def arguments(lines: str, **files: str) -> list[str] | None:
    start = service_start(service(lines, **files))
    return None if start.arguments is None else list(start.arguments)


class TestWords:
    @pytest.mark.parametrize(
        ("line", "words"),
        [
            ("a b", ["a", "b"]),
            ('"a b"c', ["a bc"]),
            ("'a \"b'", ['a "b']),
            ("a\\x20b", ["a b"]),
            ("a\\sb", ["a b"]),
            ("\\101", ["A"]),
            ("\\u00e4", ["\u00e4"]),
            ("''", [""]),
        ],
    )
    def test_quotes_and_escapes_are_systemd_s(self, line: str, words: list[str]) -> None:
        assert list(Words(line)) == words

    @pytest.mark.parametrize("line", ['"a', "a\\", "\\q", "\\x0", "\\000"])
    def test_what_cannot_be_read_is_an_error(self, line: str) -> None:
        with pytest.raises(ValueError, match=r"unbalanced|backslash|escape"):
            list(Words(line))

    def test_an_unknown_escape_is_kept_where_that_is_asked_for(self) -> None:
        assert Words("s=\\; t").next_kindly() == "s=\\;"


class TestVariables:
    ENVIRONMENT = {"A": "x 'y z'", "E": ""}  # noqa: RUF012 - read only

    @pytest.mark.parametrize(
        ("word", "expanded"),
        [
            ("$A", ["x", "y z"]),
            ("$E", []),
            ("$NOSUCH", []),
            ("${A}", ["x 'y z'"]),
            ("--v=${E}", ["--v="]),
            ("--v=$A", ["--v=$A"]),
            ("$$A", ["$A"]),
            ("${A:-b}", ["${A:-b}"]),
            ("$", ["$"]),
        ],
    )
    def test_a_variable_alone_is_split_and_one_in_braces_is_not(self, word: str, expanded: list[str]) -> None:
        assert expand_argument(word, self.ENVIRONMENT) == expanded

    def test_a_value_loses_its_backslashes_and_may_leave_a_quote_open(self) -> None:
        assert split_variable("a\\ b 'c d") == ["a b", "c d"]


class TestEnvironmentFiles:
    @pytest.mark.parametrize(
        ("text", "pairs"),
        [
            ("A=b", {"A": "b"}),
            ("A = b c  \n", {"A": "b c"}),
            ('A="b c"\n', {"A": "b c"}),
            ("A='b \\ c'\n", {"A": "b \\ c"}),
            ('A="b\\"c\\x"\n', {"A": 'b"c\\x'}),
            ("A=b\\\nc\n", {"A": "bc"}),
            ('A="b" # c\n', {"A": "b# c"}),
            ("# A=b\\\nB=c\n", {"B": "c"}),
            ("; A=b\nB=c\n", {"B": "c"}),
            ("export A=b\n", {}),
            ("A\nB=c\n", {"B": "c"}),
            ("A=b\nA=c\n", {"A": "c"}),
            ("A=\n", {"A": ""}),
            ("A='b", {"A": "b"}),
            ("1A=b\n", {}),
        ],
    )
    def test_the_shell_like_syntax_is_systemd_s_own(self, text: str, pairs: dict[str, str]) -> None:
        assert parse_environment_file(text) == pairs


class TestUnitFiles:
    def test_a_comment_inside_a_continued_line_does_not_end_it(self) -> None:
        found, _ = parse_unit_text("[Service]\nExecStart=/a \\\n# c \\\n b\n", "/u")
        assert [(item.value, item.source) for item in found] == [("/a   b", "/u:2")]

    def test_a_section_header_without_an_end_breaks_the_unit_off(self) -> None:
        assert service_start(host({UNIT: "[Service\nExecStart=/usr/sbin/dockerd\n"})).refusal.startswith(UNIT)

    def test_the_first_folder_has_the_unit_and_names_order_the_drop_ins(self) -> None:
        files = host(
            {
                f"{LIB}/docker.service": "[Service]\n",
                UNIT: "[Service]\n",
                f"{LIB}/docker.service.d/20-b.conf": "[Service]\nB=lib\n",
                f"{ETC}/docker.service.d/30-c.conf": "[Service]\nC=etc\n",
                f"{RUN}/docker.service.d/10-a.conf": "[Service]\nA=run\n",
                f"{ETC}/docker.service.d/20-b.conf": "[Service]\nB=etc\n",
                f"{ETC}/service.d/15-all.conf": "[Service]\nD=all\n",
                f"{ETC}/docker.service.d/x.txt": "[Service]\nX=no\n",
            }
        )
        unit = load_unit("docker.service", files)
        assert unit.fragment == UNIT
        assert [item.value for item in unit.directives] == ["run", "all", "etc", "etc"]

    def test_a_link_to_the_null_device_masks_a_drop_in_and_a_unit(self) -> None:
        files = host(
            {
                f"{LIB}/docker.service": "[Service]\nExecStart=/usr/sbin/dockerd\n",
                f"{LIB}/docker.service.d/a.conf": "[Service]\nExecStart=/bad\n",
                f"{ETC}/docker.service.d/a.conf": "->/dev/null",
            }
        )
        assert service_start(files).arguments == ()
        assert service_start(host({UNIT: "->/dev/null"})).refusal == "Unit docker.service is masked."

    def test_a_unit_that_was_not_looked_at_is_undecided(self) -> None:
        with pytest.raises(UndecidedError, match=r"docker\.service"):
            service_start(host({}, complete=False))


class TestCommands:
    def test_arguments_come_out_as_the_process_gets_them(self) -> None:
        lines = "ExecStart=/usr/sbin/dockerd --label 'a b' %n %% \\; c\\x20d"
        assert arguments(lines) == ["--label", "a b", "docker.service", "%", ";", "c d"]

    def test_a_colon_keeps_variables_as_they_are(self) -> None:
        assert arguments("ExecStart=:/usr/sbin/dockerd $A ${B}") == ["$A", "${B}"]

    def test_an_at_sign_takes_the_next_word_for_the_program_s_name(self) -> None:
        assert arguments("ExecStart=@/usr/sbin/dockerd engine -D") == ["-D"]

    def test_an_empty_assignment_takes_back_the_ones_before(self) -> None:
        assert arguments("ExecStart=/bad\nExecStart=\nExecStart=/usr/sbin/dockerd -D") == ["-D"]

    @pytest.mark.parametrize(
        "lines",
        [
            "",
            "ExecStart=/usr/sbin/dockerd\nExecStart=/usr/sbin/dockerd",
            "ExecStart=/usr/sbin/dockerd ; /bin/true",
            "ExecStart=/usr/sbin/dockerd 'a",
            "ExecStart=/usr/sbin/dockerd %Z",
            "ExecStart=./dockerd",
            "ExecStart=/usr/sbin/dockerd %Z\nExecStart=\nExecStart=/usr/sbin/dockerd",
        ],
    )
    def test_a_command_that_cannot_be_read_makes_the_unit_a_bad_one(self, lines: str) -> None:
        start = service_start(service(lines))
        assert start.refusal == "Unit docker.service has a bad unit file setting."

    def test_in_a_drop_in_it_ends_only_the_drop_in(self) -> None:
        drop_in = "[Service]\nExecStart=\nExecStart=/usr/sbin/dockerd -D\nExecStart=/x %Z\nExecStart=/y\n"
        files = {f"{ETC}/docker.service.d/a.conf": drop_in}
        assert arguments("ExecStart=/usr/sbin/dockerd", **files) == ["-D"]

    def test_what_a_shell_runs_is_seen_through_one_plain_command(self) -> None:
        lines = "Environment=A=1\nExecStart=/bin/sh -c 'exec /usr/sbin/dockerd --label a=$$A; true'"
        assert arguments(lines) == ["--label", "a=1"]
        start = service_start(service("ExecStart=/bin/sh -c 'dockerd $$(cat /x)'"))
        assert start.program == "/bin/sh"

    def test_env_is_seen_through_too(self) -> None:
        start = service_start(service("ExecStart=/usr/bin/env A=b /usr/sbin/dockerd -D"))
        assert (start.program, start.arguments) == ("/usr/sbin/dockerd", ("-D",))


class TestEnvironment:
    def test_files_win_over_assignments_and_what_is_unset_is_gone(self) -> None:
        start = service_start(
            service(
                'Environment="A=1" B=2 "C=3 4" bad=\\q D=5\nEnvironmentFile=/etc/e\nUnsetEnvironment=B\n'
                "ExecStart=/usr/sbin/dockerd",
                **{"/etc/e": "A=9\n"},
            )
        )
        values = {name: start.environment.get(name) for name in "ABCD"}
        assert values == {"A": "9", "B": None, "C": "3 4", "D": None}

    def test_the_manager_s_defaults_come_first(self) -> None:
        files = {"/etc/systemd/system.conf.d/a.conf": '[Manager]\nDefaultEnvironment="A=1" B=2\n'}
        start = service_start(service("Environment=B=3\nExecStart=/usr/sbin/dockerd", **files))
        assert (start.environment["A"], start.environment["B"]) == ("1", "3")

    def test_a_file_that_is_missing_stops_the_start_unless_it_may_be(self) -> None:
        assert "/etc/e" in service_start(service("EnvironmentFile=/etc/e\nExecStart=/usr/sbin/dockerd")).refusal
        assert arguments("EnvironmentFile=-/etc/e\nExecStart=/usr/sbin/dockerd") == []

    def test_a_pattern_reads_all_its_files_in_order(self) -> None:
        files = {"/etc/d/1.env": "A=1\nB=1\n", "/etc/d/2.env": "A=2\n"}
        start = service_start(service("EnvironmentFile=/etc/d/*.env\nExecStart=/usr/sbin/dockerd", **files))
        assert (start.environment["A"], start.environment["B"]) == ("2", "1")


class TestProgram:
    def test_a_program_that_is_not_there_is_not_started(self) -> None:
        files = service("ExecStart=/usr/sbin/nosuch")
        assert "/usr/sbin/nosuch" in check_program(service_start(files), files)

    def test_a_failing_program_before_it_stops_the_start(self) -> None:
        files = service("ExecStartPre=-/bin/false\nExecStartPre=/bin/false\nExecStart=/usr/sbin/dockerd")
        assert check_program(service_start(files), files) == "Control process /bin/false failed."

    def test_a_folder_that_is_not_there_stops_the_start(self) -> None:
        files = service("WorkingDirectory=/nosuch\nExecStart=/usr/sbin/dockerd")
        assert "CHDIR" in check_program(service_start(files), files)

    def test_an_unmet_condition_stops_the_start(self) -> None:
        unit = "[Unit]\nConditionPathExists=!/usr/sbin/dockerd\n[Service]\nExecStart=/usr/sbin/dockerd\n"
        assert "ConditionPathExists" in service_start(host({UNIT: unit})).refusal


@pytest.mark.parametrize(
    ("socket", "reason"),
    [
        ("->/dev/null", "Unit docker.socket is masked."),
        ("[Socket]\n", "Unit docker.socket has a bad unit file setting."),
        ("[Socket]\nListenStream=/x\nSocketGroup=nosuch\n", "docker.socket: its SocketGroup does not exist."),
        ("[Socket]\nListenStream=/x\n", ""),
    ],
)
def test_a_required_unit_that_cannot_be_started_stops_the_service(socket: str, reason: str) -> None:
    unit = "[Unit]\nRequires=docker.socket\n[Service]\nExecStart=/usr/sbin/dockerd\n"
    assert service_start(host({UNIT: unit, f"{ETC}/docker.socket": socket})).refusal == reason


def test_a_socket_unit_gives_its_addresses_in_order() -> None:
    text = "[Socket]\nListenStream=/bad\nListenStream=\nListenStream=%t/docker.sock\nListenStream=2375\n"
    files = host({f"{LIB}/docker.socket": f"{text}ListenStream=/var/run/old.sock\n"})
    assert socket_addresses(files) == ("/run/docker.sock", "[::]:2375", "/run/old.sock")
