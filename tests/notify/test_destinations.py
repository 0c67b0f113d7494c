"""What ``--notify`` takes, what it refuses in a sentence, and what is shown of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dockworthy.errors import UsageError
from dockworthy.notify.destinations import destination
from dockworthy.typed import shown_argv, shown_destination
from tests.rows import each_of

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "s3cr3t-canary"
ENVIRONMENT = {"HOOK_URL": f"https://hooks.slack.com/services/T0/B0/{SECRET}", "HOOK_KEY": SECRET, "EMPTY": ""}


@each_of(
    "text, kind, shown",
    [
        (f"https://hooks.example.com/{SECRET}", "webhook", "https://hooks.example.com"),
        (
            f"https://hooks.example.com:8443/?token={SECRET}#key-env=HOOK_KEY",
            "webhook",
            "https://hooks.example.com:8443",
        ),
        ("http://127.0.0.1:8080/x", "webhook", "http://127.0.0.1:8080"),
        ("http://[::1]:8080/x", "webhook", "http://[::1]:8080"),
        (f"https://hooks.slack.com/services/T0/B0/{SECRET}", "slack", "https://hooks.slack.com"),
        (f"slack+https://chat.example.com/hooks/{SECRET}", "slack", "slack+https://chat.example.com"),
        (
            f"https://prod-1.westeurope.logic.azure.com/workflows/{SECRET}",
            "teams",
            "https://prod-1.westeurope.logic.azure.com",
        ),
        (f"teams+https://relay.example.com/{SECRET}", "teams", "teams+https://relay.example.com"),
        ("smtp://mail.example.com/?to=ops@example.com", "mail", "smtp://mail.example.com"),
        ("smtps://u@mail.example.com?to=a@b,root#password-env=HOOK_KEY", "mail", "smtps://mail.example.com"),
        (f"exec:/bin/cat --token {SECRET}", "exec", "exec:cat"),
        ("env:HOOK_URL", "slack", "https://hooks.slack.com"),
    ],
)
def test_it_is_taken_and_only_scheme_and_host_are_shown(text: str, kind: str, shown: str) -> None:
    made = destination(text, ENVIRONMENT)
    assert (made.kind, made.shown) == (kind, shown)
    assert SECRET not in repr(made)
    told = " ".join(shown_argv(["dockworthy", "check", "--notify", text, f"--dw-notify={text}"]))
    assert SECRET not in told
    assert told.count(shown_destination(text)) == 2


@each_of(
    "text, told",
    [
        ("hooks.example.com", "names no host"),
        ("https:///x", "names no host"),
        ("https://[::1/x", "is no address"),
        ("https://hooks.example.com:99999/x", "is no address"),
        (f"https://u:{SECRET}@hooks.example.com/", "has a password in it"),
        (f"https://{SECRET}@hooks.example.com/", "has a user in it"),
        ("http://hooks.example.com/x", "goes over the network without TLS"),
        ("ftp://hooks.example.com/x", "is no scheme that is known"),
        (f"https://hooks.example.com/#{SECRET}", "what follows the # is not known"),
        ("https://hooks.example.com/#key-env=NOT_THERE", "the environment variable NOT_THERE is not set"),
        ("https://hooks.example.com/#key-env=EMPTY", "the environment variable EMPTY is not set"),
        ("env:NOT_THERE", "the environment variable NOT_THERE is not set"),
        ("smtp://mail.example.com/", "has no recipient"),
        ("smtp://mail.example.com/?to=a@b&from=c@d&from=e@f", "two senders"),
        ("smtp://mail.example.com/?to=a@b&cc=c@d", "more than to= and from="),
        ("smtp://mail.example.com/?to=a@b%0d%0aBcc:x@y", "names what is no mailbox"),
        ("smtp://mail.example.com/?to=a@b#password-env=HOOK_KEY", "has a password and no user"),
        (f"smtp://u:{SECRET}@mail.example.com/?to=a@b", "has a password in it"),
        ("exec:", "the command is not there"),
        ("exec:/no/such/program", "the command is not there"),
        (f"exec:cat '{SECRET}", "a quote in the command is not closed"),
        ("https://hooks.example.com/\nx", "is no destination"),
        ("https://hooks.example.com/" + "x" * 5000, "is no destination"),
        (f"https://u:12/{SECRET}@hooks.example.com/", "has an @ behind its host"),
    ],
)
def test_it_is_refused_in_one_sentence_that_tells_no_secret(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told) as refused:
        destination(text, ENVIRONMENT)
    sentence = str(refused.value)
    assert sentence.startswith("--notify ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert SECRET not in sentence
    assert SECRET not in " ".join(shown_argv(["dockworthy", "check", "--notify", text]))


def test_a_key_is_taken_from_the_variable_that_is_named_or_from_the_default_one() -> None:
    named = destination("https://h.example.com/#key-env=HOOK_KEY", {**ENVIRONMENT, "DOCKWORTHY_NOTIFY_KEY": "other"})
    assert (named.secret, named.url) == (SECRET, "https://h.example.com/")
    assert destination("https://h.example.com/", {"DOCKWORTHY_NOTIFY_KEY": "other"}).secret == "other"
    assert destination("https://h.example.com/", {}).secret == ""


def test_a_mail_server_s_password_comes_from_netrc_where_no_variable_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(UsageError, match="there is no password"):
        destination("smtp://u@mail.example.com/?to=a@b", {})
    place = tmp_path / ".netrc"
    place.write_text(f"machine mail.example.com login u password {SECRET}\n")
    place.chmod(0o600)
    assert destination("smtp://u@mail.example.com/?to=a@b", {}).secret == SECRET
    with pytest.raises(UsageError, match="there is no password"):
        destination("smtp://other@mail.example.com/?to=a@b", {})
