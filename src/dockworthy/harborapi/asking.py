"""Which paths one Harbor is asked for, in which order, and how often.

Source: goharbor/harbor ``api/v2.0/swagger.yaml`` and ``src/common/rbac/const.go``; `repository:none/none:pull` names a
repository that there is none of, so that the anonymous token permits nothing.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, quote, urlsplit

from dockworthy.dataclass import dataclass
from dockworthy.harborapi.answer import Answer, Failure, Kind
from dockworthy.harborapi.told import told
from dockworthy.harborapi.wire import Connection, moment
from dockworthy.verifying import verifying_context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from dockworthy.harborapi.declared import DeclaredHarbor, DeclaredNode, Login
    from dockworthy.harborapi.wire import Reply

__all__ = ["ask_harbor"]

_BASE: Final = "/api/v2.0"
_TOKEN: Final = "/service/token?service=harbor-registry&scope=repository:none/none:pull"  # noqa: S105 - a path
_IN_ALL: Final = 60.0  # seconds, for a Harbor with all its nodes
_LONGEST_WAIT: Final = 10.0
_UNSAID = 1.0  # seconds, where a busy server does not say for how long
_OFTEN: Final = 2  # how often one path is asked that is busy
_BUSY: Final = frozenset({429, 503})
_UNAUTHORIZED: Final = 401
_OK: Final = 200
_PAGE: Final = 100  # the most that the API gives
_ANONYMOUS: Final = ("/ping", "/systeminfo", "/health")
_ONE: Final = (  # with the credential, each one answer
    *("/systeminfo", "/configurations", "/statistics", "/systeminfo/volumes"),
    *("/system/gc/schedule", "/system/scanAll/schedule", "/system/purgeaudit/schedule"),
    *("/jobservice/pools", "/jobservice/queues", "/schedules/all/paused"),
)
_LISTS: Final = ("/scanners", "/registries", "/replication/policies", "/robots", "/quotas", "/projects")
_NEWEST: Final = {"/system/gc": 5}  # of which the newest rows are enough
_EXECUTIONS: Final = 3
_OF_NODE: Final = ("/ping", "/systeminfo")
_OF_NODE_LOGIN: Final = ("/systeminfo", "/statistics", "/jobservice/pools")
_CLAIMS: Final = ("iat", "nbf", "exp")
_KID: Final = re.compile(r"[A-Z2-7:]{1,80}")


@dataclass(slots=True)
class _Budget:
    """What is left of the requests to one Harbor, and whether its credential is still good; threads share it."""

    requests: int
    lock: threading.Lock
    refused: bool = False

    def take(self) -> bool:
        """One request more, if there is one left."""
        with self.lock:
            self.requests -= 1
            return self.requests >= 0


class _Asker:
    """One place that is asked: the Harbor's url, or a node of it."""

    def __init__(self, harbor: DeclaredHarbor, node: str, connection: Connection, budget: _Budget) -> None:
        self.harbor = harbor
        self.node = node
        self.answers: dict[str, Answer] = {}
        self._connection = connection
        self._budget = budget
        self._lost: Failure | None = None  # why nothing comes from there at all

    def one(self, path: str, *, login: bool = False, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask for one answer, once."""
        answer, _ = self._asked(f"{_BASE}{path}", login=login, headers=headers)
        return self._kept(path, answer, login=login)

    def newest(self, path: str, rows: int) -> Answer:
        """Ask for the first page of a list whose newest rows are enough."""
        answer, _ = self._asked(_paged(path, 1, rows), login=True)
        return self._kept(path, answer, login=True)

    def every(self, path: str, *, login: bool = True, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask for all pages of a list, one after the other."""
        rows: list[Any] = []
        first, page = None, 1
        while True:
            answer, follows = self._asked(_paged(path, page, _PAGE), login=login, headers=headers)
            first = first or answer
            if answer.status != _OK or not isinstance(answer.body, list):
                break
            rows += answer.body
            more = follows if first.total is None else len(rows) < first.total
            if not more or not answer.body:
                break
            page += 1
        if not isinstance(first.body, list):
            return self._kept(path, first, login=login)
        whole = answer.status == _OK and isinstance(answer.body, list) and first.total in {None, len(rows)}
        found = replace(first, body=rows, complete=whole, failure=None if whole else answer.failure)
        return self._kept(path, found, login=login)

    def token(self) -> None:
        """Ask for a token that permits nothing, for what its head and its claims say."""
        answer, _ = self._asked(_TOKEN)
        self.answers[f"anonymous:{self.node}:/service/token"] = replace(answer, body=_claims(answer.body))

    def _kept(self, path: str, answer: Answer, *, login: bool) -> Answer:
        name = f"{'login' if login else 'anonymous'}:{self.node}:{path}"
        kept = replace(answer, body=told(answer.body))
        self.answers[name if name not in self.answers else f"{name}#2"] = kept
        return answer

    def close(self) -> None:
        """End its connection, and keep the certificate that it was served."""
        self._connection.close()
        if self._connection.certificate:
            self.answers[f"certificate:{self.node}"] = Answer(body=self._connection.certificate)

    def _asked(
        self, path: str, *, login: bool = False, headers: Mapping[str, str] | None = None
    ) -> tuple[Answer, bool]:
        """The answer, and whether another page follows it."""
        began = time.time()
        who: Login | None = None
        failure = self._lost
        if login:
            who = self.harbor.login
            failure = failure or self._no_login(who)
        if failure is None and not self._budget.take():
            failure = Failure(Kind.BUDGET, f"{self.harbor.most_requests} requests")
        if failure is not None:
            return Answer(asked=began, answered=began, complete=False, failure=failure), False
        reply = self._patiently(path, who, headers)
        if login and reply.status == _UNAUTHORIZED:
            self._budget.refused = True
        if reply.failure is not None and reply.failure.kind.is_of_the_way:
            self._lost = reply.failure
        return _answer(reply, began), _follows(reply, path)

    def _no_login(self, who: Login | None) -> Failure | None:
        if who is None:
            return Failure(Kind.NO_LOGIN, "")
        if self._budget.refused:
            return Failure(Kind.LOGIN_REFUSED, "")
        return None

    def _patiently(self, path: str, who: Login | None, headers: Mapping[str, str] | None) -> Reply:
        for again in range(1, _OFTEN + 1):
            reply = self._connection.get(path, who, headers)
            if reply.status not in _BUSY:
                return reply
            wait = _wait(reply.headers.get("retry-after", ""))
            if again == _OFTEN or wait > _LONGEST_WAIT or not self._budget.take():
                break
            time.sleep(wait)
        words = (
            f"it is busy (HTTP {reply.status}), and was after a second try"
            if again > 1
            else f"it is busy for long (HTTP {reply.status})"
        )
        return replace(reply, failure=Failure(Kind.RETRIES, words))


def _paged(path: str, page: int, rows: int) -> str:
    number = f"page={page}&" if page > 1 else ""
    return f"{_BASE}{path}{'&' if '?' in path else '?'}{number}page_size={rows}"


def _wait(text: str) -> float:
    """What ``Retry-After`` says, in seconds, or a guess where it says nothing."""
    if text.strip().isdecimal():
        return float(text.strip()[:9])
    date = moment(text)
    return max(0.0, date - time.time()) if date is not None else _UNSAID


def _answer(reply: Reply, began: float) -> Answer:
    total = reply.headers.get("x-total-count", "")
    return Answer(
        status=reply.status,
        body=reply.body,
        total=int(total) if total.isdecimal() and len(total) < 10 else None,  # noqa: PLR2004 - no list is that long
        complete=reply.failure is None,
        date=reply.date,
        asked=began,
        answered=time.time(),
        empty=reply.empty,
        failure=reply.failure,
    )


def _follows(reply: Reply, path: str) -> bool:
    """Whether ``Link`` names a next page of the same list."""
    for link in reply.headers.get("link", "").split(","):
        target, _, rest = link.partition(";")
        if 'rel="next"' in rest or "rel=next" in rest:
            parts = urlsplit(target.strip().strip("<>"))
            return parts.path == urlsplit(path).path and "page" in parse_qs(parts.query)
    return False


def _claims(body: Any) -> dict[str, Any] | None:
    """What of a token is told: who signed it and when; None where there is no token."""
    text = body.get("token") or body.get("access_token") if isinstance(body, dict) else None
    parts = text.split(".") if isinstance(text, str) else []
    if len(parts) != 3:  # noqa: PLR2004 - head, claims, signature
        return None
    head, claims = _part(parts[0]), _part(parts[1])
    kid, alg = head.get("kid"), head.get("alg")
    return {
        "header": {
            "kid": kid if isinstance(kid, str) and _KID.fullmatch(kid) else None,
            "alg": alg if isinstance(alg, str) and alg.isalnum() and len(alg) <= 16 else None,  # noqa: PLR2004
        },
        "claims": {name: value for name in _CLAIMS if isinstance(value := claims.get(name), (int, float))},
    }


def _part(text: str) -> dict[str, Any]:
    try:
        value = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def ask_harbor(harbor: DeclaredHarbor) -> dict[str, Answer]:
    """All answers of a Harbor and its nodes, by the names of the snapshot's sections; all places are asked at once."""
    context = verifying_context(cadata=harbor.authorities.decode() if harbor.authorities else None)
    deadline = time.monotonic() + _IN_ALL
    budget = _Budget(harbor.most_requests, threading.Lock())

    def asker(node: str, address: tuple[str, int]) -> _Asker:
        connection = Connection(address, harbor.host, harbor.netloc, context, harbor.seconds, deadline)
        return _Asker(harbor, node, connection, budget)

    main = asker("", (harbor.host, harbor.port))
    work: list[tuple[_Asker, Callable[[_Asker], None]]] = [(main, _ask_main)]
    work += [(asker(node.name, _address(node)), _ask_node) for node in harbor.nodes if node.address]
    threads = [threading.Thread(target=job, args=(one,), daemon=True) for one, job in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline + harbor.seconds - time.monotonic()))
    _ask_again([one for one, _ in work[1:]])
    for one, _ in work:
        one.close()
    return {name: answer for one, _ in work for name, answer in list(one.answers.items())}


def _address(node: DeclaredNode) -> tuple[str, int]:
    parts = urlsplit(f"//{node.address}")
    return parts.hostname or "", parts.port or 443


def _ask_node(node: _Asker) -> None:
    for path in _OF_NODE:
        node.one(path)
    node.token()
    for path in _OF_NODE_LOGIN:
        node.one(path, login=True)


def _ask_again(nodes: Sequence[_Asker]) -> None:
    """Ask all nodes for their counts once more where these differ: an image may have been pushed in between."""
    counts = [node.answers.get(f"login:{node.node}:/statistics") for node in nodes]
    bodies = [answer.body for answer in counts if answer is not None and answer.status == _OK]
    if any(body != bodies[0] for body in bodies[1:]):
        for node in nodes:
            node.one("/statistics", login=True)


def _ask_main(main: _Asker) -> None:
    for path in _ANONYMOUS:
        main.one(path)
    main.token()
    for path in _ONE:
        main.one(path, login=True)
    for path, rows in _NEWEST.items():
        main.newest(path, rows)
    found = {path: main.every(path) for path in _LISTS}
    if main.harbor.login is None:
        main.every("/projects?public=true", login=False)
    for policy in _rows(found["/replication/policies"]):
        if policy.get("enabled") is not False and isinstance(policy.get("id"), int):
            main.newest(f"/replication/executions?policy_id={policy['id']}", _EXECUTIONS)
    _ask_projects(main, _rows(found["/projects"]))


def _ask_projects(main: _Asker, projects: Iterable[Mapping[str, Any]]) -> None:
    """What is asked of those projects alone that the profile names."""
    for project in projects:
        name, metadata = project.get("name"), project.get("metadata")
        if not isinstance(name, str):
            continue
        if name in main.harbor.immutable_projects:
            main.every(f"/projects/{quote(name, safe='')}/immutabletagrules", headers={"X-Is-Resource-Name": "true"})
        retention = metadata.get("retention_id") if isinstance(metadata, dict) else None
        if name in main.harbor.retention_projects and str(retention or "").isdecimal():
            main.one(f"/retentions/{retention}", login=True)


def _rows(answer: Answer) -> list[Mapping[str, Any]]:
    return [row for row in answer.body if isinstance(row, dict)] if isinstance(answer.body, list) else []
