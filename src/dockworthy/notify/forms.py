"""A message as its reader wants it: JSON for programs, Slack's blocks, Teams' Adaptive Card, a mail.

What comes from hosts stands where the form takes text for text: in Slack's ``plain_text`` (and there, as Slack asks of
every text, without ``&``, ``<`` and ``>``, so that ``<!channel>`` calls nobody and ``<http…|…>`` leads nowhere), in a
card's ``TextRun``, which knows no Markdown, in a mail's body of plain text. Only our own figures stand elsewhere.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from email.message import EmailMessage

    from dockworthy.notify.message import Message

__all__ = ["as_json", "as_mail", "as_slack", "as_teams"]

_MOST: Final = 20_000  # bytes; Teams takes a card of about 28 KB, less what its own envelope takes
_SECTION: Final = 2_900  # characters of a block's text; Slack takes 3,000
_SECTIONS: Final = 45  # Slack takes 50 blocks
_LEFT_OUT: Final = "… and more: see the record of the run"
_WORDS: Final = {"new": "New", "fixed": "Fixed", "ending": "About to end"}


def _encoded(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True).encode()


def as_json(message: Message, key: str) -> bytes:
    """For programs, with the key by which one that comes twice is known."""
    return _encoded({"id": key, "headline": message.headline, **message.body})


def _fitting(message: Message, made: Callable[[Sequence[tuple[str, str]]], bytes]) -> bytes:
    """What is made of as many lines as fit, the first ones, at least of the headline."""
    lines = list(message.lines())
    low, high = 0, len(lines)
    if len(whole := made(lines)) <= _MOST:
        return whole
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if len(made([*lines[:middle], ("", _LEFT_OUT)])) <= _MOST else (low, middle - 1)
    return made([*lines[:low], ("", _LEFT_OUT)])


# --- Slack: api.slack.com/reference/block-kit/composition-objects, api.slack.com/reference/surfaces/formatting ----


def as_slack(message: Message) -> bytes:
    """For an incoming webhook of Slack, and of what takes the same (Mattermost, Rocket.Chat)."""
    return _fitting(message, lambda lines: _encoded(_slack(message.headline, lines)))


def _slack(headline: str, lines: Sequence[tuple[str, str]]) -> dict[str, Any]:
    sections = [""]
    for _, line in lines:
        told = _for_slack(line)
        if len(sections[-1]) + len(told) >= _SECTION:
            sections.append("")
        sections[-1] += f"{told}\n"
    texts = [headline, *(section.rstrip("\n") for section in sections[:_SECTIONS] if section)]
    blocks = [{"type": "section", "text": {"type": "plain_text", "text": text, "emoji": False}} for text in texts]
    return {"text": headline, "mrkdwn": False, "link_names": False, "unfurl_links": False, "blocks": blocks}


def _for_slack(text: str) -> str:
    """The text without what would be markup; an escape is never cut in two."""
    told = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return told if len(told) < _SECTION else _for_slack(text[: len(text) // 2] + "…")


# --- Teams: adaptivecards.io, and what a workflow "when a webhook request is received" takes --------------------


def as_teams(message: Message) -> bytes:
    """For a workflow of Teams."""
    return _fitting(message, lambda lines: _encoded(_teams(message.headline, lines)))


def _teams(headline: str, lines: Sequence[tuple[str, str]]) -> dict[str, Any]:
    body = [_run(headline, weight="Bolder", size="Medium")]
    before = ""
    for kind, line in lines:
        if kind and kind != before:
            body.append(_run(_WORDS[kind], weight="Bolder"))
        body.append(_run(line))
        before = kind
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "msteams": {"width": "Full"},
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _run(text: str, **style: str) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **style}]}


# --- mail ------------------------------------------------------------------------------------------------------


def as_mail(message: Message, key: str, sender: str, recipients: Sequence[str]) -> EmailMessage:
    """As a mail; whoever gets it twice sees by ``Message-ID`` that it is one."""
    from email.message import EmailMessage  # noqa: PLC0415 - only where one is sent
    from email.policy import SMTP  # noqa: PLC0415 - the same
    from email.utils import format_datetime  # noqa: PLC0415 - the same

    from dockworthy.moments import parse_moment  # noqa: PLC0415 - the same

    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = message.headline
    mail["From"] = sender
    mail["To"] = ", ".join(recipients)
    mail["Date"] = format_datetime(parse_moment(message.body["made"]))
    mail["Message-ID"] = f"<{key}@dockworthy.invalid>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no machine answers it
    told = [message.headline]
    before = ""
    for kind, line in message.lines():
        told += ["", _WORDS[kind]] if kind != before else []
        told.append(f"  {line}")
        before = kind
    mail.set_content("\n".join(told) + "\n")
    return mail
