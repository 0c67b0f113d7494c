"""A token issuer as Harbor's core is one, and no more than that: ``python -m tests.engine.issuer FILE``.

It answers ``GET /service/token`` with a JWT that is signed with RS256 and whose header names the key as Harbor does
(``kid``, libtrust's form), for users and projects of its configuration, a JSON file:

    {"port": 5002, "key": "PATH of the PEM", "users": {"NAME": "PASSWORD"}, "minutes": 30, "clock": 0,
     "projects": {"NAME": {"public": true, "writers": ["NAME"]}}}

``clock`` are seconds that its clock is ahead of the machine's. As Harbor's does, it refuses who is not logged in and
asks for no scope, and grants nothing, with status 200, of a project that does not exist.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import sys
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

__all__ = ["ISSUER", "SERVICE", "Issuer", "key_id"]

ISSUER, SERVICE = "harbor-token-issuer", "harbor-registry"
_ALL = ("pull", "push", "delete")
_SCOPE = re.compile(r"repository:(?P<name>[^:]+):(?P<actions>[a-z,*]*)")


def key_id(key: rsa.RSAPrivateKey) -> str:
    """The key's name in a token's header: 30 bytes of its public key's SHA-256 in base32, in groups of four."""
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    text = base64.b32encode(hashlib.sha256(public).digest()[:30]).decode()
    return ":".join(text[at : at + 4] for at in range(0, len(text), 4))


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Issuer:
    """Who may do what, and the key that says so."""

    def __init__(self, config: dict[str, Any]) -> None:
        key = serialization.load_pem_private_key(Path(config["key"]).read_bytes(), None)
        assert isinstance(key, rsa.RSAPrivateKey)
        self._key = key
        self._users: dict[str, str] = config["users"]
        self._projects: dict[str, dict[str, Any]] = config["projects"]
        self._minutes = int(config.get("minutes", 30))
        self._clock = int(config.get("clock", 0))

    def user(self, header: str) -> str | None:
        """Who an ``Authorization`` header says asks: a name, nothing where it says none, None where it is wrong."""
        if not header:
            return ""
        try:
            name, _, password = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
        except (ValueError, binascii.Error):
            return None
        return name if self._users.get(name) == password else None

    def granted(self, user: str, scope: str) -> dict[str, Any] | None:
        """An entry of the token's ``access``, or None for what is no scope of a repository."""
        asked = _SCOPE.fullmatch(scope)
        if asked is None:
            return None
        project = self._projects.get(asked["name"].partition("/")[0], {})
        allowed = _ALL if user and user in project.get("writers", ()) else ("pull",) if project.get("public") else ()
        wanted = _ALL if asked["actions"] == "*" else asked["actions"].split(",")
        actions = [action for action in wanted if action in allowed]
        return {"type": "repository", "name": asked["name"], "actions": actions}

    def token(self, user: str, service: str, scopes: list[str]) -> dict[str, Any]:
        """What ``/service/token`` answers."""
        now = int(time.time()) + self._clock
        header = {"alg": "RS256", "typ": "JWT", "kid": key_id(self._key)}
        claims = {
            "iss": ISSUER,
            "sub": user,
            "aud": service,
            "iat": now,
            "nbf": now,
            "exp": now + 60 * self._minutes,
            "jti": uuid.uuid4().hex,
            "access": [entry for scope in scopes if (entry := self.granted(user, scope)) is not None],
        }
        signed = ".".join(_encoded(json.dumps(part).encode()) for part in (header, claims))
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        issued = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
        return {
            "token": f"{signed}.{_encoded(signature)}",
            "access_token": "",
            "expires_in": 60 * self._minutes,
            "issued_at": issued,
        }


def _handler(issuer: Issuer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            query = parse_qs(asked.query)
            scopes = [scope for text in query.get("scope", ()) for scope in text.split(" ")]
            user = issuer.user(self.headers.get("Authorization", ""))
            if asked.path != "/service/token":
                self._answer(404, {"errors": [{"code": "NOT_FOUND", "message": "not found"}]})
            elif user is None or not (user or scopes):
                self._answer(401, {"errors": [{"code": "UNAUTHORIZED", "message": "unauthorized"}]})
            else:
                self._answer(200, issuer.token(user, query.get("service", [""])[0], scopes))

        def do_POST(self) -> None:
            self._answer(405, {"errors": [{"code": "METHOD_NOT_ALLOWED", "message": "method not allowed"}]})

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
            pass

    return Handler


def main() -> None:
    """Serve until it is ended."""
    config = json.loads(Path(sys.argv[1]).read_text())
    server = ThreadingHTTPServer(("127.0.0.1", config["port"]), _handler(Issuer(config)))
    server.serve_forever()


if __name__ == "__main__":
    main()
