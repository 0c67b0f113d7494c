"""A host and its question, in a line: what tests of single rules need."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from dockworthy.hosttree.entry import Entry, User
from dockworthy.hosttree.tree import Tree
from dockworthy.trust.case import TrustCase
from dockworthy.trust.generations import Generation, Loader, Store, generation, tool
from dockworthy.trust.loaders.insecure import RegistrySettings
from dockworthy.trust.verdict import Verdict, judge
from tests.trust.fronts import from_front
from tests.trust.pki import CLIENT, SERVER, Issued, issue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dockworthy.trust.wire.server import ServerAnswer

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
CERTS_D = "/etc/docker/certs.d"
HOST = "harbor.test"
FOLDER = f"{CERTS_D}/{HOST}"
ENGINE_26 = generation("26.1.5+dfsg1")
STORE_26 = generation("26.1.5+dfsg1", Store.CONTAINERD)
STORE_29 = generation("29.7.2", Store.CONTAINERD)
CTR = tool(Loader.CTR, "1.7.24", (1, 24, 4))
PODMAN = tool(Loader.PODMAN, "5.4.0", (1, 24, 4))


@lru_cache(maxsize=1)
def made() -> dict[str, Issued]:
    """A small PKI, valid at NOW."""
    root = issue("Root", ca=True, now=NOW)
    intermediate = issue("Intermediate", root, ca=True, now=NOW)
    return {
        "root": root,
        "other": issue("Other Root", ca=True, now=NOW),
        "intermediate": intermediate,
        "leaf": issue(HOST, root, dns=[HOST], now=NOW),
        "below": issue(HOST, intermediate, dns=[HOST], now=NOW),
        "alone": issue(HOST, dns=[HOST], now=NOW),
        "client": issue("client", root, usages=[CLIENT], now=NOW),
        "server": issue("elsewhere", root, dns=["elsewhere"], usages=[SERVER], now=NOW),
    }


def serving(
    leaf: str | Issued = "leaf", *more: str, front: str = "registry", client_ca: str = "", nginx: str = ""
) -> ServerAnswer:
    """A registry with a certificate of the small PKI."""
    first = made()[leaf] if isinstance(leaf, str) else leaf
    chain = first.pem + "".join(made()[name].pem for name in more)
    return from_front(front, chain.encode(), nginx, client_ca.encode(), None)


def files(contents: Mapping[str, str | bytes | Entry], user: User | None = None, root: str = FOLDER) -> Tree:
    """Files by their path below the registry's folder, or by their whole path."""
    entries = {}
    for path, content in contents.items():
        whole = path if path.startswith("/") else f"{root}/{path}"
        if isinstance(content, Entry):
            entries[whole] = content
        else:
            entries[whole] = Entry("file", content.encode() if isinstance(content, str) else content, mode=0o644)
    return Tree(entries, user or User())


def ask(
    contents: Mapping[str, str | bytes | Entry] | None = None,
    answer: ServerAnswer | None = None,
    *,
    ref: str = f"{HOST}/tiny:1",
    who: Generation = ENGINE_26,
    insecure: Sequence[str] = (),
    mirrors: Sequence[str] = (),
    names: Mapping[str, Sequence[str]] | None = None,
    **more: Any,
) -> Verdict:
    """Judge; the right CA lies in the right folder unless said otherwise."""
    tree = files({"ca.crt": made()["root"].pem} if contents is None else contents)
    case = TrustCase(
        reference=ref,
        generation=who,
        now=NOW,
        tree=tree,
        answers={"*": answer or serving()},
        addresses={HOST: ["192.0.2.10"], **(names or {})},
        settings=RegistrySettings(tuple(insecure), tuple(mirrors)),
        **more,
    )
    return judge(case)
