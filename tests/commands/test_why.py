"""``dockworthy why``: an error that was printed leads to the check that is its cause, or to an honest nothing."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.cli import main
from dockworthy.report.formats.json import Json
from tests.results_factory import record, result

if TYPE_CHECKING:
    from pathlib import Path

Out = pytest.CaptureFixture[str]

HOST = "snapshot:tests/data/snapshots/registries.snapshot"
EXPIRED = (
    'Error response from daemon: Get "https://harbor.example.com/v2/": tls: failed to verify certificate: x509: '
    "certificate has expired or is not yet valid: current time 2040-01-01T00:00:00Z is after 2036-11-11T00:00:00Z"
)
UNTRUSTED = 'Get "https://harbor.example.com/v2/": x509: certificate signed by unknown authority'
SWAP = "WARNING: No swap limit support"


def ask(capsys: Out, *arguments: str) -> tuple[int, dict[str, Any]]:
    status = main(["why", "--format", "json", *arguments])
    return status, json.loads(capsys.readouterr().out)


def saved(folder: Path, *results: Any) -> str:
    path = folder / "results.json"
    with path.open("wb") as out:
        Json().write(record(*results), out)
    return str(path)


def test_a_message_is_named_with_its_checks_and_nothing_is_looked_at(capsys: Out) -> None:
    status, answer = ask(capsys, "--", EXPIRED)
    assert status == 1
    assert set(answer) == {"matched", "message", "verdict", "checks", "causes", "undecided", "sources"}
    assert (answer["matched"], answer["message"], answer["verdict"]) == (True, EXPIRED, "expired")
    assert answer["checks"][:2] == ["trust.registry-verifies", "trust.certificate-in-date"]
    assert (answer["causes"], answer["sources"]) == ([], ["Go crypto/x509 verify.go, crypto/tls"])


def test_a_check_that_had_another_id_has_that_one_after_it(capsys: Out) -> None:
    _, answer = ask(capsys, "Status: unknown flag: --labels")
    assert answer["checks"] == ["daemon.starts-again", "engine.starts-again"]


@pytest.mark.parametrize(
    "said",
    [
        "Authorization: Bearer {}",
        "Authorization:[Basic {}]",
        "X-Registry-Auth: {}",
        "Cookie: {}",
        '{{"token":"{}","expires_in":300}}',
        '{{"identity_token": "{}"}}',
        "bearer {}",
        "splunk-token={}",
        "http://u:{}@proxy.example:3128",
        "https://h.example/v2/?x={}",
    ],
)
@pytest.mark.parametrize("secret", ["Tops3cretTops3cret", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJib2IifQ.c2ln"])
def test_no_secret_of_the_text_is_told(said: str, secret: str, capsys: Out) -> None:
    _, answer = ask(capsys, "--", f"failed to start daemon: {said.format(secret)}")
    assert answer["matched"]
    assert secret not in json.dumps(answer)


def test_standard_input_that_does_not_end_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    class Endless:
        def read(self, size: int) -> bytes:
            return bytes(size)

    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=Endless()))
    assert main(["why", "-"]) == 4
    assert "does not end" in capsys.readouterr().err


def test_what_is_no_message_is_said_to_be_none(capsys: Out) -> None:
    status, answer = ask(capsys, "the sky is blue")
    assert (status, answer["matched"], answer["checks"], answer["message"]) == (6, False, [], "")
    assert main(["why", "the sky is blue"]) == 6
    assert "no message of docker" in capsys.readouterr().out


def test_on_a_host_the_cause_is_named_with_what_was_seen_and_the_fix(capsys: Out) -> None:
    status, answer = ask(capsys, EXPIRED, HOST, "--at", "2040-01-01T00:00:00Z")
    assert status == 0
    cause = answer["causes"][0]
    assert (cause["check"], cause["param"]) == ("trust.registry-verifies", "harbor.example.com")
    assert cause["observed"]["verdict"] == "expired"
    assert cause["source"]
    assert "openssl x509 -req" in cause["fix"]


def test_on_a_host_where_all_is_well_nothing_explains_it(capsys: Out) -> None:
    status, answer = ask(capsys, EXPIRED, HOST, "--at", "snapshot")
    assert (status, answer["causes"], answer["undecided"]) == (1, [], [])
    assert main(["why", EXPIRED, HOST, "--at", "snapshot"]) == 1
    assert "Nothing here explains it" in capsys.readouterr().out


def test_a_check_that_does_not_apply_is_not_said_to_pass(tmp_path: Path, capsys: Out) -> None:
    skipped = result("skip", check="kernel.swap-accounting", param=None, observed=None, reason="it has no swap")
    passed = result("pass", check="kernel.option", param="CONFIG_MEMCG_SWAP")
    assert main(["why", SWAP, saved(tmp_path, skipped, passed)]) == 1
    told = capsys.readouterr().out
    assert "kernel.swap-accounting  does not apply: it has no swap\n" in told
    assert "kernel.option           found nothing wrong\n" in told


def test_a_registry_that_is_refused_for_another_reason_is_not_the_cause(capsys: Out) -> None:
    status, answer = ask(capsys, UNTRUSTED, HOST, "--at", "2040-01-01T00:00:00Z")
    assert (status, answer["causes"]) == (1, [])
    assert main(["why", UNTRUSTED, HOST, "--at", "2040-01-01T00:00:00Z"]) == 1
    assert "It fails here now for another reason than the message's" in capsys.readouterr().out


def test_a_registry_that_was_not_looked_at_is_undecided(capsys: Out) -> None:
    other = UNTRUSTED.replace("harbor.example.com", "other.example.com")
    status, answer = ask(capsys, other, HOST, "--at", "snapshot")
    assert (status, answer["causes"]) == (6, [])
    assert [one["param"] for one in answer["undecided"]] == ["other.example.com"]


def test_a_host_that_is_not_reached_is_told(capsys: Out) -> None:
    assert main(["why", SWAP, "docker://no-such-container-here"]) == 6
    assert capsys.readouterr().err.startswith("dockworthy: docker://no-such-container-here: ")


def verifying(outcome: str, verdict: str, **more: Any) -> Any:
    observed = {"verdict": verdict, "message": "", "cause": "x"}
    fields = {"check": "trust.registry-verifies", "param": "harbor.example.com", "observed": observed, **more}
    return result(outcome, **fields)


def test_of_results_those_of_the_checks_that_answer_are_read(tmp_path: Path, capsys: Out) -> None:
    file = saved(tmp_path, verifying("fail", "unknown-authority"), result("fail", check="daemon.icc-disabled"))
    status, answer = ask(capsys, UNTRUSTED, file)
    assert (status, [one["check"] for one in answer["causes"]]) == (0, ["trust.registry-verifies"])
    assert ask(capsys, UNTRUSTED, str(tmp_path)) == (status, answer)


def test_of_what_has_no_class_of_its_own_the_words_decide(tmp_path: Path, capsys: Out) -> None:
    parsing = (
        'Get "https://harbor.example.com/v2/": tls: failed to parse certificate from server: x509: negative serial'
    )
    late = 'Get "https://harbor.example.com/v2/": net/http: TLS handshake timeout'
    seen = {"verdict": "other", "message": parsing, "cause": "x"}
    file = saved(tmp_path, verifying("fail", "other", observed=seen))
    assert ask(capsys, parsing, file)[0] == 0
    assert ask(capsys, late, file)[0] == 1


def test_a_waived_failure_is_a_cause_all_the_same(tmp_path: Path, capsys: Out) -> None:
    waiver = {"reason": "r", "owner": "o", "expires": "2027-01-01T00:00:00Z"}
    file = saved(tmp_path, verifying("waived", "unknown-authority", waiver=waiver))
    assert ask(capsys, UNTRUSTED, file)[0] == 0


def test_another_registrys_failure_is_not_the_cause(tmp_path: Path, capsys: Out) -> None:
    file = saved(tmp_path, verifying("fail", "unknown-authority", param="other.example.com"), verifying("pass", "ok"))
    status, answer = ask(capsys, UNTRUSTED, file)
    assert (status, answer["causes"]) == (1, [])


def test_a_certificate_that_ends_soon_explains_no_refusal_that_is_over(tmp_path: Path, capsys: Out) -> None:
    ends = result("fail", check="trust.certificate-in-date", param="harbor.example.com")
    clock = result("fail", check="trust.clock-right", param=None)
    assert ask(capsys, EXPIRED, saved(tmp_path, verifying("pass", "ok"), ends))[1]["causes"] == []
    _, answer = ask(capsys, EXPIRED, saved(tmp_path, verifying("pass", "ok"), ends, clock))
    assert [one["check"] for one in answer["causes"]] == ["trust.clock-right"]


def test_only_the_instance_that_the_message_names_counts(tmp_path: Path, capsys: Out) -> None:
    missing = [result("fail", check="kernel.option", param=name) for name in ("CONFIG_A", "CONFIG_OVERLAY_FS")]
    _, answer = ask(capsys, "- CONFIG_OVERLAY_FS: missing", saved(tmp_path, *missing))
    assert [one["param"] for one in answer["causes"]] == ["CONFIG_OVERLAY_FS"]


def test_results_that_hold_nothing_of_the_check_leave_it_undecided(tmp_path: Path, capsys: Out) -> None:
    file = saved(tmp_path, result("pass", check="daemon.icc-disabled"))
    assert ask(capsys, SWAP, file)[0] == 6
    assert main(["why", SWAP, file]) == 6
    assert "the results have nothing of kernel.swap-accounting" in capsys.readouterr().out


def test_an_undecided_result_is_undecided_and_no_cause(tmp_path: Path, capsys: Out) -> None:
    unknown = result("error", check="kernel.swap-accounting", param=None, observed=None, reason="not told")
    status, answer = ask(capsys, SWAP, saved(tmp_path, unknown))
    assert (status, answer["causes"], answer["undecided"][0]["reason"]) == (6, [], "not told")


def test_an_older_result_is_found_by_the_id_that_the_check_had(tmp_path: Path, capsys: Out) -> None:
    file = saved(tmp_path, result("fail", check="engine.starts-again", param=None))
    assert ask(capsys, "Status: unknown flag: --labels", file)[0] == 0


def test_a_dash_reads_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe\n" + EXPIRED.encode() + b"\n")))
    assert ask(capsys, "-")[1]["verdict"] == "expired"


def test_of_a_long_text_the_end_is_read(capsys: Out) -> None:
    assert ask(capsys, f"{EXPIRED}\n" + "pulling\n" * 20_000)[1]["matched"] is False
    assert ask(capsys, "pulling\n" * 20_000 + EXPIRED)[1]["verdict"] == "expired"


def test_explain_shows_the_messages_that_a_check_answers_for(capsys: Out) -> None:
    assert main(["explain", "kernel.swap-accounting", "--format", "json"]) == 0
    assert SWAP in json.loads(capsys.readouterr().out)["messages"]
    assert main(["explain", "daemon.starts-again"]) == 0
    told = capsys.readouterr().out
    assert "Answers for these messages" in told
    assert "unable to configure the Docker daemon with file …: …" in " ".join(told.split())
    assert "more; --format json has all" in told
    assert main(["explain", "daemon.icc-disabled", "--format", "json"]) == 0


SECRET = "kq7wtr9zmb"


@pytest.mark.parametrize(
    "text",
    [
        f'Get "https://u:{SECRET}@harbor.example.com/v2/": x509: certificate signed by unknown authority',
        f'Get "https://harbor.example.com/v2/?t={SECRET}": x509: certificate signed by unknown authority',
        f'failed to start daemon: invalid mirror: username/password not allowed in URI "https://u:{SECRET}@m/"',
        f"https://u:{SECRET}@h is none of these",
        (
            "the following directives are specified both as a flag and in the configuration file: log-opts: "
            f"(from flag: map[splunk-token:{SECRET}], from file: map[splunk-token:{SECRET}])"
        ),
        f"failed to start daemon: failed to set log opts: splunk-token={SECRET} is wrong",
    ],
)
@pytest.mark.parametrize("form", ["json", "text"])
def test_no_password_of_the_text_is_told(text: str, form: str, capsys: Out) -> None:
    main(["why", "--format", form, text])
    told = capsys.readouterr()
    assert SECRET not in told.out + told.err


@pytest.mark.parametrize("form", ["json", "text"])
def test_what_drives_a_terminal_is_not_told(form: str, capsys: Out) -> None:
    main(["why", "--format", form, f"failed to start daemon: \x1b]0;title\x07\x1b[31mred\u202e {'x' * 9000}"])
    told = capsys.readouterr().out
    assert not {"\x1b", "\x07", "\u202e"} & set(told)
    assert "x" * 3000 not in told


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("",), "TEXT is empty"),
        (("  \n",), "TEXT is empty"),
        ((SWAP, "no/such.json"), "no/such.json: cannot be read (No such file or directory); name a results file."),
        ((SWAP, "web1"), "web1: no scheme"),
        ((SWAP, "snapshot:no/such"), "no/such"),
        ((SWAP, "--registry", "a.example"), "--registry: says how a host is looked at"),
        ((SWAP, HOST, "--at", "noon"), "--at noon"),
        ((SWAP, HOST, "--profile", "nosuch"), "nosuch"),
    ],
)
def test_bad_input_is_one_sentence(arguments: tuple[str, ...], what: str, capsys: Out) -> None:
    assert main(["why", *arguments]) == 4
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert what in told.err


def test_standard_input_that_is_closed_is_told(monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    monkeypatch.setattr("sys.stdin", None)
    assert main(["why", "-"]) == 4
    assert "standard input is closed" in capsys.readouterr().err
