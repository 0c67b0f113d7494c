"""Record a host with registries and a Harbor that meet every demand: ``python -m tests.record_registries``.

Not from a real engine: the sections are put together as the probe writes them, with certificates made anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.harborhost import YML, harbor_host
from tests.registryhost import REFUSES_WEAK, certs, encoded, seen
from tests.trust.host import NOW
from tests.trust.pki import CLIENT, issue

if TYPE_CHECKING:
    from dockworthy.snapshot import Snapshot

PATH = Path(__file__).parent / "data" / "snapshots" / "registries.snapshot"
NAME = "harbor.example.com"


def written(snapshot: Snapshot) -> bytes:
    """The snapshot's bytes, as the probe would print them."""
    parts = [f"dockworthy-snapshot 1 {snapshot.tool_version}\n".encode()]
    for section in snapshot.sections.values():
        parts.append(f"@ {encoded(section.name)} {section.status} raw {len(section.data)}\n".encode())
        parts.append(section.data + b"\n")
    return b"".join([*parts, f"@end {len(snapshot.sections)}\n".encode()])


def recorded() -> bytes:
    """The host."""
    root = issue("Example Root", ca=True, now=NOW)
    leaf = issue(NAME, root, dns=[NAME], now=NOW)
    client = issue("client", root, usages=[CLIENT], now=NOW)
    core = issue("core", root, dns=["core"], now=NOW)
    layout = {
        f"{NAME}/ca.crt": root.pem,
        f"{NAME}/client.cert": client.pem,
        f"{NAME}/client.key": client.key_pem(),
    }
    challenge = f'Bearer realm="https://{NAME}/service/token",service="harbor-registry"'
    head = f"HTTP/1.1 401 Unauthorized\nWWW-Authenticate: {challenge}\nStrict-Transport-Security: max-age=31536000\n"
    redirect = f"HTTP/1.1 308 Permanent Redirect\nLocation: https://{NAME}:443/v2/\n"
    files = {
        "/data/cert/harbor.test.crt": leaf.pem,
        "/data/cert/harbor.test.key": leaf.key_pem(),
        "/data/secret/cert/server.crt": leaf.pem,
        "/data/secret/cert/server.key": leaf.key_pem(),
        "/data/secret/tls/core.crt": core.pem,
        "/data/secret/tls/core.key": core.key_pem(),
        "/opt/harbor/ca.crt": root.pem,
    }
    facts = harbor_host(
        files,
        certs(layout, modes={f"{NAME}/client.key": "0600"}),
        seen(leaf.pem, NAME, head=head, redirect=redirect, getcert=root.pem, **REFUSES_WEAK),
        yml=YML.replace("hostname: harbor.test", f"hostname: {NAME}"),
        roots=root.pem,
    )
    return written(facts.snapshot)


if __name__ == "__main__":
    PATH.write_bytes(recorded())
