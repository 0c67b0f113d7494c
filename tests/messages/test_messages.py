"""What the programs print is recognised, whatever wraps it; what they do not print is not."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from textwrap import fill

import pytest

from dockworthy.messages import Recognised, classify, messages, recognise
from dockworthy.messages.phrase import Phrase, PhraseError
from dockworthy.messages.table import wrappers
from dockworthy.run.loading import load_checks
from tests.hosts import CHECKS
from tests.rows import each_of

DATA = Path(__file__).parent.parent / "data" / "messages"
STARTS = "daemon.starts-again"

# Of the recorded lines those that no check of a host answers for: what dockerd prints beside a refusal, what it logs of
# its own running, and errors of Python's that name nothing of Harbor's. They are said to be unknown.
UNKNOWN = {"log": 23, "start": 12, "prepare": 3}
PYTHON_ALONE = (
    "KeyError: 'dir'",
    "KeyError: 'level'",
    "jinja2.exceptions.UndefinedError: 'dict object' has no attribute 'ipv4'",
)


def recorded() -> list[dict[str, str]]:
    """Every different message of the recorded engines, of containerd's client and of Harbor's prepare."""
    with gzip.open(DATA / "corpora.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def lines(name: str) -> list[str]:
    text = (DATA / name).read_text("utf-8")
    return [
        line.replace("\\n", "\n").replace("\\x1b", "\x1b")
        for line in text.splitlines()
        if line and not line.startswith("#")
    ]


def ids(found: list[Recognised]) -> list[str]:
    return list(dict.fromkeys(check for one in found for check, _ in one.checks))


def test_every_recorded_refusal_of_a_registry_has_its_verdict() -> None:
    wrong = []
    for row in recorded():
        if row["of"] != "trust":
            continue
        found = recognise(row["text"])
        verdict = found[0].message.verdict if found else None
        # Recordings of the engine have one class less than those of containerd's client.
        same = verdict == row["class"] or (verdict, row["class"]) == ("ca-unloadable", "other")
        if not (same and ids(found)[0] == "trust.registry-verifies"):
            wrong.append((row["class"], verdict, row["text"]))
    assert wrong == []


@each_of(("of", "check"), [("start", STARTS), ("prepare", "harbor.prepare-accepts")])
def test_every_recorded_refusal_to_start_is_named(of: str, check: str) -> None:
    unknown = []
    for row in recorded():
        if row["of"] != of:
            continue
        found = recognise(row["text"])
        if found:
            assert check in ids(found)[:3], row["text"]
        else:
            unknown.append(row["text"])
    assert len(unknown) == UNKNOWN[of]
    usage = ("See 'dockerd", "Usage:", "A self-sufficient", "Options:", " ")
    assert all(text.startswith(usage) or text in PYTHON_ALONE for text in unknown)


def test_what_a_running_engine_logs_is_named_or_honestly_not() -> None:
    counts = Counter(bool(recognise(row["text"])) for row in recorded() if row["of"] == "log")
    assert counts[False] == UNKNOWN["log"]


def test_the_page_says_how_well_they_are_known() -> None:
    page = (DATA.parents[2] / "docs" / "why.md").read_text("utf-8")
    counts = Counter(row["of"] for row in recorded())
    for of, count in counts.items():
        assert f"| {count - UNKNOWN.get(of, 0)} | {count} |" in page


def test_what_programs_print_leads_to_the_check_and_the_verdict() -> None:
    wrong = []
    for line in lines("printed.txt"):
        check, verdict, text = line.split(" | ", 2)
        found = recognise(text)
        said = found[0].message.verdict if found else None
        if check not in ids(found)[:3] or (said or "-") != verdict:
            wrong.append((check, verdict, text, ids(found)[:3], said))
    assert wrong == []


@each_of("text", lines("foreign.txt"))
def test_what_none_of_the_programs_prints_is_not_known(text: str) -> None:
    assert [one.message.phrases[0].text for one in recognise(text)] == []


SENTENCE = 'Get "https://harbor.example.com:8443/v2/": x509: certificate signed by unknown authority'


@each_of(
    "form",
    [
        "{}",
        "  {}  ",
        "{}\r\n",
        "pulling\n{}\ndone",
        "Error response from daemon: {}",
        "Error: {}",
        "\x1b[1;31mError response from daemon:\x1b[0m {}",
        "Nov 24 05:47:26 web1 dockerd[812]: {}",
        "2026-11-24T05:47:26+0000 web1 dockerd[812]: {}",
        "2026-11-24T05:47:26.123Z {}",
        "web-1  | {}",
        "> {}",
        "ERROR: for web  {}",
        " ✘ web Error {} 1.2s",
        "#12 ERROR: {}",
        "#12 0.345 ERROR: {}",
        "When I pull it I get `{}`. What is wrong?",
        'Failed to pull image "harbor.example.com:8443/x:1": rpc error: code = Unknown desc = {}',
        '500 Server Error for http+docker://localhost/v1.41/images/create?tag=REDACTED Internal Server Error ("{}")',
        "[   12.345678] web1 dockerd[812]: {}",
        "Nov 24 05:47:26 web1 docker.dockerd[812]: {}",
        "2026-11-24T05:47:26.123Z web1 dockerd 812 - - {}",
        "2026-11-24T05:47:26.123456Z 01O {}",
        "2026-11-24T05:47:26.123456Z 00E+{}",
        "05:47:26  {}",
        "[web1] Error response from daemon: {}",
        "stderr: {}",
        "    SYSLOG_IDENTIFIER=dockerd\n    MESSAGE={}",
    ],
)
def test_wrappings_are_taken_off(form: str) -> None:
    (found,) = recognise(form.format(SENTENCE))
    assert (found.message.verdict, found.registry) == ("unknown-authority", "harbor.example.com:8443")


FORMS = {
    "journal": 'Nov 26 03:12:44 web1 dockerd[812]: time="2026-11-26T03:12:44Z" level=error msg={quoted}',
    "field": 'level=error msg="Handler for POST /v1.45/images/create returned error" error={quoted}',
    "json": '{{"level":"error","msg":{quoted},"time":"2026-11-26T03:12:44Z"}}',
    "compose": " ✘ web Error {text}   0.3s\nError response from daemon: {text}",
    "run": "docker: Error response from daemon: {text}.\nSee 'docker run --help'.",
    "api": '{{"message":{quoted}}}',
    "mail": "{folded}",
    "terminal": "{cut}",
}


@each_of("form", FORMS)
def test_one_refusal_of_each_kind_is_known_in_each_form(form: str) -> None:
    refusals = [row for row in recorded() if row["of"] == "trust" and "unable to load CA cert" not in row["text"]]
    each = {row["class"]: row["text"] for row in refusals}
    wrong = []
    for verdict, text in each.items():
        given = {
            "text": text.removeprefix("Error response from daemon: "),
            "quoted": json.dumps(text.removeprefix("Error response from daemon: ")),
            "folded": fill(text, 72, subsequent_indent="  "),
            "cut": "\n".join(text[at : at + 80] for at in range(0, len(text), 80)),
        }
        found = recognise(FORMS[form].format(**given))
        if not found or found[0].message.verdict != verdict:
            wrong.append((verdict, text, found and found[0].message.verdict))
    assert wrong == []


@each_of("width", [20, 33, 48, 60, 79])
def test_lines_that_a_terminal_cut_are_put_together(width: int) -> None:
    whole = f"Error response from daemon: {SENTENCE}"
    cut = "\n".join(whole[at : at + width] for at in range(0, len(whole), width))
    assert recognise(cut)[0].message.verdict == "unknown-authority"


def test_lines_that_were_broken_between_words_are_put_together() -> None:
    words = f"Error response from daemon: {SENTENCE}".replace(": ", ":\n  ")
    assert recognise(words)[0].message.verdict == "unknown-authority"


@each_of("fields", ["msg", "error"])
def test_a_log_lines_quotes_are_gos(fields: str) -> None:
    quoted = json.dumps(SENTENCE)
    line = {
        "msg": f'time="2026-11-24T05:47:26Z" level=error msg={quoted} spanID=1',
        "error": f'time="2026-11-24T05:47:26Z" level=error msg="pull failed" error={quoted}',
    }[fields]
    assert recognise(line)[0].registry == "harbor.example.com:8443"


def test_the_telling_message_comes_before_the_vague_one() -> None:
    text = "failed to start daemon: something new\nWARNING: No swap limit support"
    assert [one.checks[0][0] for one in recognise(text)] == ["kernel.swap-accounting", STARTS]


def test_an_error_comes_before_a_warning() -> None:
    text = (
        'level=error msg="IPv4 forwarding is disabled. Networking will not work."\n'
        'level=warning msg="WARNING: No swap limit support"'
    )
    assert [one.checks[0][0] for one in recognise(text)] == ["kernel.sysctl", "kernel.swap-accounting"]


def test_the_bytes_of_a_journal_are_read() -> None:
    line = {"MESSAGE": list(f"\x1b[31m{SENTENCE}\x1b[0m".encode()), "SYSLOG_IDENTIFIER": "dockerd"}
    assert recognise(json.dumps(line))[0].message.verdict == "unknown-authority"
    assert recognise('{"MESSAGE":[300,"x",null]}') == []


@each_of("said", ["invalid default MTU: -1", "failed to start daemon: something new"])
def test_what_systemd_says_of_the_service_comes_after_what_the_service_said(said: str) -> None:
    front = "Nov 24 05:47:26 web1"
    text = f"{front} dockerd[812]: {said}\n{front} systemd[1]: docker.service: Failed with result 'exit-code'."
    assert recognise(text)[0].text == said


def test_two_words_before_a_colon_are_no_host_and_program() -> None:
    (found,) = recognise("2026-11-24T05:47:26Z invalid userland-proxy-path: it is not set")
    assert found.checks == [(STARTS, None)]


def test_another_programs_line_in_a_journal_is_its_own_unless_it_hands_on_the_engines() -> None:
    front = "Nov 24 05:47:26 web1 telegraf[812]: "
    assert recognise(f"{front}{SENTENCE}") == []
    assert recognise(f"{front}Error response from daemon: {SENTENCE}")[0].message.verdict == "unknown-authority"


def test_the_instance_that_a_message_names_is_told() -> None:
    assert recognise("- CONFIG_OVERLAY_FS: missing")[0].checks == [("kernel.option", "CONFIG_OVERLAY_FS")]
    assert recognise("WARNING: IPv4 forwarding is disabled")[0].checks[0] == ("kernel.sysctl", "net.ipv4.ip_forward")


@each_of(
    ("text", "registry"),
    [
        ('Get "https://u:p@harbor.example.com/v2/": EOF', "harbor.example.com"),
        ('Head "https://[2001:db8::7]:5443/v2/a/manifests/1": EOF', "[2001:db8::7]:5443"),
        ('ctr: failed to resolve reference "harbor.example.com/a:1": not found', None),
        (
            "Error response from daemon: open /etc/docker/certs.d/h.example:5443/a.crt: permission denied",
            "h.example:5443",
        ),
        ("WARNING: No swap limit support", None),
    ],
)
def test_the_registry_of_a_message(text: str, registry: str | None) -> None:
    assert next((one.registry for one in recognise(text)), None) == registry


def test_every_check_of_the_table_is_there_and_every_row_has_a_source() -> None:
    known = load_checks(CHECKS)
    told = {check.partition(":")[0] for one in messages() for check in one.checks}
    assert told <= set(known)
    assert all(one.source and one.phrases for one in messages())


def test_no_phrase_stands_twice_in_one_place() -> None:
    seen = Counter((phrase.text, one.within) for one in messages() for phrase in one.phrases)
    assert [text for text, count in seen.items() if count > 1] == []


def test_every_tag_that_is_asked_for_is_given() -> None:
    given = {tag for one in wrappers() for tag in one.tags} | {"harbor", "prepare", "docker-command"}
    asked = {tag for one in wrappers() for tag in one.within} | {tag for one in messages() for tag in one.within}
    assert asked <= given
    assert all("{inner}" in phrase.text for one in wrappers() for phrase in one.phrases)


def test_a_phrase_is_a_whole_text() -> None:
    phrase = Phrase("invalid default MTU: {mtu:number}")
    assert phrase.match("invalid default MTU: -1") == {"mtu": "-1"}
    assert phrase.match("an invalid default MTU: -1") is None
    assert phrase.match("invalid default MTU: -1 is what it says") is None
    assert Phrase("{a:word} and {a:word}").match("x and y") is None


def test_a_phrase_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(PhraseError, match="there is no kind 'nosuch'"):
        Phrase("x {y:nosuch}")


@pytest.mark.parametrize(
    "text",
    [
        "Error: " * 9000,
        "a: " * 21000,
        'docker: Error response from daemon: Get "https://' + "a." * 30000,
        "x509: certificate is valid for " + ", not " * 10000,
        "failed to start daemon: " * 2700,
        "\n" * 65536,
        "".join(f"Status: {number}\n" for number in range(4500)),
        'level=error msg="' + "\\" * 60000,
        "{" * 65000,
        "\x1b[" * 32000,
        "ApplyLayer stdout: stderr: " * 2400,
        "failed to do request: failed to copy: a: " * 1600,
    ],
    ids=range(12),
)
def test_a_hostile_text_is_held_against_the_table_a_bounded_number_of_times(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, match = 0, Phrase.match

    def counted(self: Phrase, part: str) -> dict[str, str] | None:
        nonlocal asked
        asked += 1
        return match(self, part)

    monkeypatch.setattr(Phrase, "match", counted)
    recognise(text, ("registry", "engine", "build"))
    assert asked < 4_000_000


def test_an_engines_words_are_put_into_a_verdict() -> None:
    assert classify("dial tcp 192.0.2.1:80: connect: connection refused") == "refused"
    assert classify("a sentence of the engine's own") == "other"
