"""What docker, containerd, Compose, dockerd and Harbor print: the sentences, and which checks answer for each.

``recognise(text) -> list[Recognised]``: the messages that a pasted text holds, the telling ones first. Each is parsed
by a phrase of the table, from its first character to its last; nothing is searched for as a word.
"""

from __future__ import annotations

from dockworthy.messages.reading import Recognised, cause_code, classify, recognise
from dockworthy.messages.table import Message, messages

__all__ = ["Message", "Recognised", "cause_code", "classify", "messages", "recognise"]
