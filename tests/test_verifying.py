"""Who asks by themselves trust what the engine trusts, on every Python."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest

from dockworthy.verifying import verifying_context
from tests.trust.pki import Issued, issue

if TYPE_CHECKING:
    from pathlib import Path

ROOT = issue("root", ca=True)  # without keyUsage and key identifiers, as many recipes make one
MIDDLE = issue("middle", ROOT, ca=True)
OTHER = issue("other", ca=True)
LEAF = issue("harbor.test", MIDDLE, dns=["harbor.test"])


def shake(folder: Path, anchor: Issued, name: str = "harbor.test") -> None:
    """A handshake in memory with a server that has LEAF and MIDDLE, by this one anchor."""
    pem = folder / "server.pem"
    pem.write_text(LEAF.pem + MIDDLE.pem + LEAF.key_pem())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    here, there = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = verifying_context(cadata=anchor.pem).wrap_bio(here, there, server_hostname=name)
    server = context.wrap_bio(there, here, server_side=True)
    assert [_step(end) for _ in range(4) for end in (client, server)][-2:] == [True, True]


def _step(end: ssl.SSLObject) -> bool:
    """Whether a side has ended its handshake."""
    try:
        end.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


@pytest.mark.parametrize("anchor", [ROOT, MIDDLE], ids=["a root without keyUsage", "an intermediate alone"])
def test_what_the_engine_takes_for_an_anchor_is_one(tmp_path: Path, anchor: Issued) -> None:
    shake(tmp_path, anchor)


def test_another_authority_or_another_name_is_refused(tmp_path: Path) -> None:
    for anchor, name in ((OTHER, "harbor.test"), (ROOT, "other.test")):
        with pytest.raises(ssl.SSLCertVerificationError):
            shake(tmp_path, anchor, name)
