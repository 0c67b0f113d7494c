"""Images with files of every kind that matters in their layers, made by a real engine, and what is said of them."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING, Any

from tests.hosts import checks_in, outcomes
from tests.trust.pki import issue

if TYPE_CHECKING:
    from dockworthy.facts.facts import Facts
    from tests.engine.harness import Engine

__all__ = ["CANARY", "make_images", "said", "what_must_be_found"]

CHECKS = checks_in("images", "images.py")
CANARY = "cAnArYcAnArYcAnArY"
FULL = """FROM busybox:test
COPY root/ /
RUN chmod 2755 /bin/other && chmod 4755 /bin/tool /bin/gone /bin/plain /opt/old/tool && ln /bin/tool /bin/hard
RUN rm /bin/gone /app/deleted.pem && chmod 755 /bin/plain && rm -rf /opt/old && mkdir /opt/old && chmod 1777 /app
USER app
"""
DPKG = "".join(
    f"Package: {name}\nStatus: {status}\nVersion: 1\n\n"
    for name, status in (("bash", "install ok installed"), ("telnetd", "deinstall ok config-files"))
)


def _files() -> dict[str, str]:
    """By path, what lies there: what is a secret, and beside each what only looks like one."""
    key = issue("app").key_pem()
    return {
        **dict.fromkeys(("bin/tool", "bin/other", "bin/gone", "bin/plain", "opt/old/tool"), "x"),
        "etc/passwd": "root:x:0:0::/:/bin/sh\napp:x:1000:1000::/:/bin/sh\n",
        "var/lib/dpkg/status": DPKG,
        "app/server.pem": issue("app").pem + key,
        "app/deleted.pem": key,
        "root/.docker/config.json": f'{{"auths": {{"r.example.com": {{"auth": "{CANARY}"}}}}}}',
        "srv/.env": f"DEBUG=1\nDB_PASSWORD={CANARY}\n",
        "home/a b/.netrc": f"machine example.com login me password {CANARY}\n",
        "app/cert.pem": issue("app").pem,
        "app/empty.key": "",
        "usr/share/doc/x/test.key": key,
        "usr/lib/python3.13/test/certdata/keycert.pem": key,
        "etc/ssl/private/ssl-cert-snakeoil.key": key,
        "opt/x/.docker/config.json": '{"auths": {"r.example.com": {}}, "credsStore": "pass"}',
        "opt/x/.env.example": f"DB_PASSWORD={CANARY}\n",
        "opt/x/.env": "DB_PASSWORD=${DB_PASSWORD}\nDB_PASSWORD_FILE=/run/secrets/db\n",
        "opt/x/notes.txt": "-----BEGIN PRIVATE KEY-----\n(the key)\n-----END PRIVATE KEY-----\n",
    }


def _imported() -> bytes:
    """A root file system as one archive, without any history."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, mode, text in (
            ("bin/su", 0o4755, "x"),
            ("bin/" + "long" * 60, 0o2755, "x"),
            ("odd\nname", 0o6755, "x"),
            ("id_rsa", 0o600, issue("app").key_pem()),
        ):
            entry = tarfile.TarInfo(name)
            entry.mode, entry.size = mode, len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
        for name, kind in (("dev/null", tarfile.CHRTYPE), ("pipe", tarfile.FIFOTYPE), ("link", tarfile.SYMTYPE)):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode, entry.linkname = kind, 0o6777, "bin/su" * (kind == tarfile.SYMTYPE)
            archive.addfile(entry)
    return made.getvalue()


def make_images(engine: Engine) -> None:
    """Three: one that was built, one without any history, and one in which nothing is."""
    engine.build("full:1", FULL, files={f"root/{path}": text.encode() for path, text in _files().items()})
    engine.docker("import", "-", "imported:1", stdin=_imported())


def said(facts: Facts, check: str, image: str, **params: Any) -> Any:
    """What a check says of an image whose layers are looked into."""
    return outcomes(CHECKS[f"image.{check}"], facts, image_depth="layers", **params)[image]


def what_must_be_found(facts: Facts) -> None:
    """What lies in the images, and nothing else."""
    setuid = said(facts, "no-setuid-files", "full:1")
    assert {item["path"]: item["mode"] for item in setuid.observed} == {
        "/bin/tool": "4755",
        "/bin/hard": "4755",
        "/bin/other": "2755",
    }
    secrets = {item["where"]: item["kind"] for item in said(facts, "no-secrets", "full:1").observed}
    assert secrets == {
        "layer 2 of 4: /app/server.pem": "private-key",
        "layer 2 of 4: /app/deleted.pem, which a later layer deletes or replaces": "private-key",
        "layer 2 of 4: /root/.docker/config.json": "registry-credentials",
        "layer 2 of 4: /srv/.env": "env-file",
        "layer 2 of 4: /home/a b/.netrc": "netrc",
    }
    assert said(facts, "non-root-user", "full:1").observed == {"user": "app", "uid": 1000}
    imported = said(facts, "no-setuid-files", "imported:1").observed
    assert {item["path"] for item in imported} == {"/bin/su", "/bin/" + "long" * 60, "/odd\nname"}
    assert [item["kind"] for item in said(facts, "no-secrets", "imported:1").observed] == ["private-key"]
    for check in ("no-setuid-files", "no-secrets"):
        judgement = said(facts, check, "busybox:test")
        assert judgement.outcome == "pass", judgement
