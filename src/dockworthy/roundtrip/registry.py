"""The registry, asked from here as an engine would ask it: an upload in pieces, what is stored, and its removal.

TLS is verified before anything is sent, by this system's roots, the CA given for the run and those that this host's
``certs.d`` has for the registry; there is no way around it but for a registry on the loopback. Nothing is followed to
where a redirect points, and a credential that was refused is not sent again.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import ssl
from contextlib import suppress
from dataclasses import field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode, urljoin, urlsplit

from dockworthy.dataclass import dataclass
from dockworthy.errors import UsageError
from dockworthy.golang.ip import is_address
from dockworthy.trust.reference import HUB, HUB_REGISTRY, split_host_port
from dockworthy.typed import shown_path
from dockworthy.verifying import verifying_context

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.credentials import Credentials

__all__ = ["Answer", "NotAsked", "Refused", "Registry", "roots_for"]

CERTS_D: Final = "/etc/docker/certs.d"
_MOST: Final = 4 * 1024 * 1024  # bytes of an answer
_MANIFESTS: Final = (
    "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json"
)
_LAST: Final = 65_536  # bytes of an upload's last piece
_PARAMETER: Final = re.compile(r'([A-Za-z_]+)="([^"]*)"')
_OK, _ACCEPTED, _NO_CONTENT, _BAD_REQUEST, _UNAUTHORISED, _NOT_FOUND = 200, 202, 204, 400, 401, 404


class NotAsked(Exception):  # noqa: N818 - an outcome: undecided
    """The registry could not be asked from here; the text says why.

    Attributes:
        fix: what to do about it, where that is known.
    """

    def __init__(self, words: str, fix: str = "") -> None:
        super().__init__(words)
        self.fix = fix


class Refused(Exception):  # noqa: N818 - an outcome: a finding
    """The registry, or what stands before it, refused, or answered what no registry may.

    Attributes:
        words: what it answered: the status, and what its error says.
        code: which of the causes it is, where that is certain.
        facts: what the cause's words need.
    """

    def __init__(self, words: str, code: str = "", **facts: str) -> None:
        super().__init__(words)
        self.words, self.code, self.facts = words, code, facts


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer."""

    status: int
    reason: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes = field(repr=False)

    @property
    def words(self) -> str:
        """The status, and what an error of the registry's form says; of another body, nothing."""
        told = ""
        try:
            errors = json.loads(self.body).get("errors") or []
            told = "; ".join(f"{one.get('code')}: {one.get('message')}" for one in errors)
        except (ValueError, AttributeError, TypeError):
            pass
        return f"{self.status} {self.reason}".strip() + (f" ({told})" if told else "")


def roots_for(authority: str, ca_file: Path | None) -> ssl.SSLContext:
    """Whom to trust; `UsageError` for a file that holds no certificate."""
    context = verifying_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ValueError):
            where = shown_path(str(ca_file))
            raise UsageError(
                f"--ca-file {where}: holds no certificate in PEM that can be read; name the CA's."
            ) from None
    folder = Path(CERTS_D, authority)
    try:
        files = sorted(entry for entry in folder.iterdir() if entry.name.endswith(".crt"))
    except OSError:
        files = []
    for file in files:
        with suppress(OSError, ValueError):
            context.load_verify_locations(file)
    return context


class Registry:
    """One repository of a registry.

    Args:
        authority: ``host[:port]`` as images have it.
        repository: within it.
        credentials: to ask with.
        context: whom to trust.
        seconds: for an answer.
    """

    def __init__(
        self, authority: str, repository: str, credentials: Credentials, context: ssl.SSLContext, seconds: float
    ) -> None:
        self.authority = HUB_REGISTRY if authority == HUB else authority
        self.repository = repository
        self._credentials, self._context, self._seconds = credentials, context, seconds
        self._authorization = ""
        self._refused = False
        self.service = ""  # of its tokens, once it asked for one
        host = split_host_port(authority)[0]
        near = host == "localhost" or (is_address(host) and (host.startswith("127.") or host == "::1"))
        self._scheme = "https"
        self._unsure = near  # whether it speaks TLS: on the loopback it need not

    def may_be_plain(self) -> None:
        """Take it that it may speak no TLS, as an engine is told of it; not where a password would go with it."""
        self._unsure = self._unsure or not self._credentials.given

    # --- asking ------------------------------------------------------------------------------------------------

    def ask(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """One request, and the token that it takes; NotAsked where nothing is answered."""
        self._settle()
        given = dict(headers or {})
        url = urljoin(f"{self._scheme}://{self.authority}/", path)
        answer = self._send(method, url, body, {**given, **self._authorized()})
        if answer.status == _UNAUTHORISED and not self._refused and self._authorize(answer):
            answer = self._send(method, url, body, {**given, **self._authorized()})
            self._refused = answer.status == _UNAUTHORISED
        return answer

    def _settle(self) -> None:
        """Where it need not speak TLS, whether it does: a server that does refuses a plain request (400)."""
        if self._unsure:
            self._unsure = False
            with suppress(NotAsked):
                plain = self._send("GET", f"http://{self.authority}/v2/", b"", {})
                self._scheme = "https" if plain.status == _BAD_REQUEST else "http"

    def _authorized(self) -> dict[str, str]:
        return {"Authorization": self._authorization} if self._authorization else {}

    def _authorize(self, answer: Answer) -> bool:
        """Get what its challenge asks for; whether there is something new to ask with."""
        challenge = answer.headers.get("www-authenticate", "")
        kind = challenge.partition(" ")[0].lower()
        before = self._authorization
        if kind == "basic":
            self._authorization = self._credentials.basic
        elif kind == "bearer":
            self._authorization = f"Bearer {self._token(dict(_PARAMETER.findall(challenge)))}"
        return bool(self._authorization) and self._authorization != before

    def _token(self, challenge: Mapping[str, str]) -> str:
        realm = challenge.get("realm", "")
        if urlsplit(realm).scheme != "https" and self._scheme == "https":
            raise Refused(f"it asks for a token of {_place(realm)}", "realm", realm=_place(realm))
        self.service = challenge.get("service", "")
        scope = f"repository:{self.repository}:pull,push,delete"
        query = urlencode({"service": self.service, "scope": scope})
        basic = {"Authorization": self._credentials.basic} if self._credentials.user else {}
        answer = self._send("GET", f"{realm}{'&' if '?' in realm else '?'}{query}", b"", basic)
        try:
            told = json.loads(answer.body)
            token = told.get("token") or told.get("access_token")
        except (ValueError, AttributeError):
            token = None
        if answer.status != _OK or not isinstance(token, str) or not token.isascii() or not token.isprintable():
            self._refused = True
            code = "credentials" if answer.status == _UNAUTHORISED and basic else "token"
            raise Refused(f"its token service answers {answer.words}", code)
        return token

    def _send(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        parts = urlsplit(url)
        connection: HTTPConnection
        try:
            if parts.scheme == "https":
                connection = HTTPSConnection(parts.netloc, timeout=self._seconds, context=self._context)
            else:
                connection = HTTPConnection(parts.netloc, timeout=self._seconds)
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            try:
                connection.request(method, path, body or None, {"User-Agent": "dockworthy", **headers})
                answer = connection.getresponse()
                names = {name.lower(): value for name, value in answer.getheaders()}
                return Answer(answer.status, answer.reason, names, answer.read(_MOST))
            finally:
                connection.close()
        except ssl.SSLCertVerificationError as error:
            why = f"its certificate is not verified from here ({error.verify_message})"
            raise NotAsked(why, "# Name the CA for what is asked from here: --ca-file FILE") from None
        except TimeoutError:
            raise NotAsked(f"{parts.hostname} does not answer here within {self._seconds:g} seconds") from None
        except ssl.SSLError as error:
            words = (error.reason or type(error).__name__).lower().replace("_", " ")
            raise NotAsked(f"{parts.hostname} does not speak TLS with us ({words})") from None
        except (OSError, HTTPException, ValueError) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            raise NotAsked(f"{parts.hostname} cannot be asked from here ({why})") from None

    def asks_for_tokens(self) -> bool:
        """Whether it wants a token, and no password, of those who ask; asked without any."""
        try:
            self._settle()
            answer = self._send("GET", f"{self._scheme}://{self.authority}/v2/", b"", {})
        except NotAsked:
            return False
        return answer.headers.get("www-authenticate", "").lower().startswith("bearer ")

    # --- uploading ---------------------------------------------------------------------------------------------

    def upload(self, size: int) -> str:
        """Upload this many bytes in two pieces, and give the upload up: nothing of it is stored.

        The first is nearly all of it, as large as what an engine sends at once; a storage may want the last one small.

        Returns their digest. Refused where the registry, or what stands before it, does not take them.
        """
        begun = self._expect(self.ask("POST", f"/v2/{self.repository}/blobs/uploads/"), _ACCEPTED)
        place = self._place_of(begun)
        first = size - min(_LAST, size // 2)
        whole = hashlib.sha256()
        try:
            for start, length in ((0, first), (first, size - first)):
                piece = os.urandom(length)
                whole.update(piece)
                headers = {
                    "Content-Type": "application/octet-stream",
                    "Content-Range": f"{start}-{start + length - 1}",
                }
                place = self._place_of(self._expect(self.ask("PATCH", place, piece, headers), _ACCEPTED, _NO_CONTENT))
            state = self._expect(self.ask("GET", place), _NO_CONTENT, _OK)
            got = state.headers.get("range", "").rpartition("-")[2]
            if got != str(size - 1):
                raise Refused(f"of {size} bytes it says that it got those up to {got or 'none'}", "pieces")
        finally:
            self.ask("DELETE", place)
        return f"sha256:{whole.hexdigest()}"

    def _expect(self, answer: Answer, *statuses: int) -> Answer:
        if answer.status in statuses:
            return answer
        code = _CODES.get(answer.status, "")
        if answer.status == _UNAUTHORISED and 'error="invalid_token"' in answer.headers.get("www-authenticate", ""):
            code = "token"
        raise Refused(answer.words, code)

    def _place_of(self, answer: Answer) -> str:
        """Where the upload goes on; Refused where that is not the registry as clients know it."""
        told = answer.headers.get("location", "")
        parts = urlsplit(urljoin(f"{self._scheme}://{self.authority}/", told))
        if not told:
            raise Refused("it does not say where an upload goes on", "location-none")
        if parts.scheme != self._scheme:
            raise Refused(f"an upload is to go on at {_place(told)}", "location-scheme", place=_place(told))
        if _authority(parts.netloc) != _authority(self.authority):
            raise Refused(f"an upload is to go on at {_place(told)}", "location-host", place=_place(told))
        if not parts.path.startswith(f"/v2/{self.repository}/blobs/uploads/"):
            raise Refused(f"an upload is to go on at {parts.path[:100]}", "location-path", place=parts.path[:100])
        return parts.path + (f"?{parts.query}" if parts.query else "")

    # --- what it has -------------------------------------------------------------------------------------------

    def manifest(self, digest: str) -> tuple[str, str, Mapping[str, Any]]:
        """Of a manifest: the digest that the registry tells, that of its bytes, and what it says."""
        answer = self._expect(
            self.ask("GET", f"/v2/{self.repository}/manifests/{digest}", headers={"Accept": _MANIFESTS}), _OK
        )
        try:
            told = json.loads(answer.body)
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise Refused("what it has under the digest is no manifest", "manifest")
        said = answer.headers.get("docker-content-digest", "")
        return said, f"sha256:{hashlib.sha256(answer.body).hexdigest()}", told

    def tags(self) -> list[str]:
        """The repository's tags; none where there is no such repository."""
        answer = self.ask("GET", f"/v2/{self.repository}/tags/list?n=1000")
        if answer.status == _NOT_FOUND:
            return []
        try:
            told = json.loads(self._expect(answer, _OK).body).get("tags") or []
        except (ValueError, AttributeError):
            raise Refused("its list of tags cannot be read") from None
        return [str(tag) for tag in told]

    def digest_of(self, tag: str) -> str:
        """What a tag stands for; empty where there is none."""
        answer = self.ask("HEAD", f"/v2/{self.repository}/manifests/{tag}", headers={"Accept": _MANIFESTS})
        if answer.status == _NOT_FOUND:
            return ""
        return self._expect(answer, _OK).headers.get("docker-content-digest", "")

    def delete(self, digest: str) -> None:
        """Delete a manifest and, of a list, those that it names; Refused where that is not allowed."""
        parts: list[str] = []
        try:
            parts = [str(one["digest"]) for one in self.manifest(digest)[2].get("manifests") or ()]
        except (Refused, KeyError, TypeError):
            parts = []
        for one in (digest, *parts):
            answer = self.ask("DELETE", f"/v2/{self.repository}/manifests/{one}")
            self._expect(answer, _ACCEPTED, _OK, _NO_CONTENT, _NOT_FOUND)

    def delete_repository(self) -> bool:
        """Delete the repository where it is a Harbor's, which keeps an empty one; whether there is none left."""
        if self.service != "harbor-registry" or not self._credentials.basic or self._refused:
            return True
        self._settle()
        project, _, name = self.repository.partition("/")
        path = f"/api/v2.0/projects/{quote(project)}/repositories/{quote(quote(name, safe=''), safe='')}"
        answer = self._send(
            "DELETE", f"{self._scheme}://{self.authority}{path}", b"", {"Authorization": self._credentials.basic}
        )
        is_api = "json" in answer.headers.get("content-type", "")  # what is no Harbor has no such path
        return not is_api or answer.status in {_OK, _NOT_FOUND}


_CODES: Final = {401: "denied", 403: "denied", 404: "not-found", 405: "not-allowed", 413: "too-large", 429: "too-many"}


def _authority(netloc: str) -> str:
    """Without the port that https has anyway."""
    return netloc.rpartition("@")[2].lower().removesuffix(":443")


def _place(url: str) -> str:
    """Scheme and host of a URL: its query may hold a state that nobody else should have."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"[:200] if parts.netloc else url.partition("?")[0][:200]
