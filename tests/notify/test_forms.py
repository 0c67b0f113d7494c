"""A message in each of its forms: bounded, and nothing of it markup that a host has written."""

from __future__ import annotations

import json
import re
from email import message_from_bytes
from email.policy import default
from typing import Any

from dockworthy.notify.forms import as_json, as_mail, as_slack, as_teams
from tests.notify.messages import message
from tests.results_factory import HOSTILE_NAMES, result
from tests.rows import each_of

HOSTILE = (
    *HOSTILE_NAMES,
    "<!channel>",
    "<!here|here>",
    "<@U012ABCDEF>",
    "<https://evil.example.com|harbor.example.com>",
    "[harbor](https://evil.example.com)",
    "<at>ops</at>",
    "{{DATE(2026-01-01T00:00:00Z)}}",
    "web1\r\nBcc: all@example.com",
    "*bold* _it_ ~no~ `code`",
    "&lt;!channel&gt;",
)


def texts(value: Any) -> list[str]:
    """Every text in a JSON value."""
    if isinstance(value, dict):
        return [text for one in value.values() for text in texts(one)]
    if isinstance(value, list):
        return [text for one in value for text in texts(one)]
    return [value] if isinstance(value, str) else []


@each_of("name", HOSTILE)
def test_a_host_s_name_is_text_in_every_form(name: str) -> None:
    told = message(result(host=name, title=f"title {name}"))
    slack = json.loads(as_slack(told))
    assert {block["text"]["type"] for block in slack["blocks"]} == {"plain_text"}
    assert not re.search(r"[<>]|&(?!(?:amp|lt|gt);)", "".join(texts(slack)))
    assert slack["text"] == told.headline
    teams = json.loads(as_teams(told))
    (attachment,) = teams["attachments"]
    assert {block["type"] for block in attachment["content"]["body"]} == {"RichTextBlock"}
    assert {one["type"] for block in attachment["content"]["body"] for one in block["inlines"]} == {"TextRun"}
    mail = message_from_bytes(
        as_mail(told, "key-1", "dockworthy@example.com", ["ops@example.com"]).as_bytes(), policy=default
    )
    assert set(mail.keys()) == {
        *("Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted", "MIME-Version"),
        *("Content-Type", "Content-Transfer-Encoding"),
    }
    assert (mail["Subject"], mail["To"]) == (told.headline, "ops@example.com")
    for text in (*texts(json.loads(as_json(told, "key-1"))), *texts(teams), *texts(slack)):
        assert all(line.isprintable() for line in text.split("\n"))


def test_a_message_says_how_many_hosts_have_what_and_names_a_few() -> None:
    told = message(
        *(result(host=f"web{n}") for n in range(7)), result(host="db1", check="daemon.other", severity="high")
    )
    body = json.loads(as_json(told, "key-1"))
    assert (body["id"], body["headline"]) == ("key-1", "dockworthy: 8 new (8 hosts looked at)")
    assert [(one["name"], one["hosts"]) for one in body["new"]] == [("daemon.other", 1), ("daemon.icc-disabled", 7)]
    assert [line for _, line in told.lines()] == [
        "new: high daemon.other on 1 host (db1): Containers cannot reach each other",
        (
            "new: medium daemon.icc-disabled on 7 hosts (web0, web1, web2, web3, web4 and 2 more): "
            "Containers cannot reach each other"
        ),
    ]


def test_the_headline_says_that_a_host_was_not_reached() -> None:
    told = message(result(), result("error", host="web2", check="host.reachable"))
    assert told.headline == "dockworthy: 2 new (1 host looked at, 1 not reached)"


def test_every_form_is_bounded_whatever_happened_and_says_that_more_was_left_out() -> None:
    long = "ü\N{GRINNING FACE}" * 300
    told = message(
        *(result(host=f"{long}{host}", check=f"c{check}.x", title=long) for check in range(99) for host in "ab")
    )
    body = json.loads(as_json(told, "key-1"))
    assert (len(body["new"]), body["left_out"]["new"], body["counts"]["new"]) == (30, 69, 198)
    assert len(as_json(told, "key-1")) < 150_000
    for form in (as_slack, as_teams):
        made = form(told)
        assert len(made) <= 20_000
        assert any("and more: see the record of the run" in text for text in texts(json.loads(made)))
    blocks = json.loads(as_slack(told))["blocks"]
    assert len(blocks) <= 50
    assert all(len(block["text"]["text"]) <= 3000 for block in blocks)


def test_a_mail_that_comes_twice_is_known_by_its_id_and_answered_by_no_machine() -> None:
    mail = as_mail(message(), "key-1", "dockworthy@example.com", ["ops@example.com", "root"])
    assert (mail["Message-ID"], mail["Auto-Submitted"]) == ("<key-1@dockworthy.invalid>", "auto-generated")
    assert mail["To"] == "ops@example.com, root"
    assert "\n  new: medium daemon.icc-disabled on 1 host (web1)" in mail.get_content()
