"""The docker command's own configuration, ``config.json``, as the command itself reads it.

Source: docker/cli, ``cli/config/config.go``, ``cli/config/configfile/file.go`` and ``cli/config/credentials``: the
first JSON value of the file counts, a value of another type than its key's makes the command pass over what it read
with a warning, and so does an ``auth`` that is no base64 of ``NAME:PASSWORD``.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, NotApplicable, derived, known, unknown
from dockworthy.facts.facts import fact
from dockworthy.golang.json import Decoder, Field, Map, Slice, String, Struct, parse_first
from dockworthy.golang.values import GoError
from dockworthy.snapshot import ABSENT, DIRECTORY, NOT_HELD
from dockworthy.tables import decode, number, rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.hosttree.looked import FileFacts
    from dockworthy.hosttree.tree import Tree
    from dockworthy.snapshot import Snapshot

__all__ = ["ClientConfig", "Helper", "Login", "client_config"]

_TEXT = String()
_TEXTS = Map(_TEXT)
_NAME_ALONE, _REFUSED = ":", "!"  # how the probe ends what it tells of an ``auth``
_LOGIN = Struct(
    "types.AuthConfig",
    tuple(
        Field(name, _TEXT)
        for name in ("username", "password", "auth", "email", "serveraddress", "identitytoken", "registrytoken")
    ),
)
_PROXY = Struct(
    "configfile.ProxyConfig",
    tuple(Field(name, _TEXT) for name in ("httpProxy", "httpsProxy", "noProxy", "ftpProxy", "allProxy")),
)
_FORMATS = (
    *("psFormat", "imagesFormat", "networksFormat", "pluginsFormat", "volumesFormat", "statsFormat", "detachKeys"),
    *("serviceInspectFormat", "servicesFormat", "tasksFormat", "secretFormat", "configFormat", "nodesFormat"),
    *("experimental", "currentContext"),
)
_FILE = Struct(
    "configfile.ConfigFile",
    (
        Field("auths", Map(_LOGIN)),
        Field("HttpHeaders", _TEXTS),
        Field("credsStore", _TEXT),
        Field("credHelpers", _TEXTS),
        Field("proxies", Map(_PROXY)),
        Field("pruneFilters", Slice(_TEXT)),
        Field("cliPluginsExtraDirs", Slice(_TEXT)),
        Field("plugins", Map(_TEXTS)),
        Field("aliases", _TEXTS),
        *(Field(name, _TEXT) for name in _FORMATS),
    ),
)
_FOLDER = "it is a directory"
_PREFIX = "docker-credential-"
_GROUP, _OTHERS = 0o070, 0o007


@dataclass(frozen=True, slots=True)
class Login:
    """An entry of ``auths``: which credentials lie in it.

    Attributes:
        registry: its name there.
        has_password: whether its password lies there, or something in its place that is none.
        has_token: whether a token does that stands for it.
    """

    registry: str
    has_password: bool
    has_token: bool


@dataclass(frozen=True, slots=True)
class Helper:
    """A program that keeps passwords in the docker command's place.

    Attributes:
        name: as the file names it; the program is ``docker-credential-NAME``.
        registry: whose it is; empty where it is that of all others.
        key: where it is named, as ``credHelpers: NAME``.
        path: where the program is; empty where it is not on the path.
    """

    name: str
    registry: str
    key: str
    path: str

    @property
    def program(self) -> str:
        """What the docker command runs."""
        return _PREFIX + self.name


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """``config.json`` of the docker command that the probing user would run.

    Attributes:
        path: where it lies, or would.
        found_by: what says so: ``HOME`` or ``DOCKER_CONFIG``.
        is_there: whether there is one; unknown where nobody could look.
        fault: why the docker command passes over it with a warning, in its words; empty where it takes it.
        content: what stands in it, by the names of its keys; unknown where it is no JSON.
        programs: those on the path that keep passwords, by their names.
        snap: where snap's docker command has its programs; empty where it is not snap's.
        by_variable: whether ``DOCKER_AUTH_CONFIG`` holds credentials in the file's place.
        place: the file itself, and the folders above the place where it really lies.
        home: the folder in which the probing user is at home, where the file lies there.
        uid: the probing user.
    """

    path: str
    found_by: str
    is_there: Evidence[bool]
    fault: Evidence[str]
    content: Evidence[Mapping[str, Any]]
    programs: Mapping[str, str]
    snap: str
    by_variable: bool
    place: tuple[FileFacts, ...]
    home: FileFacts
    uid: int | None

    def demanded(self) -> None:
        """Say that the question does not arise where there is no such file.

        Raises:
            NotApplicable: where there is none.
            NotDecided: where that is not known.
        """
        if not self.is_there.value:
            more = "; DOCKER_AUTH_CONFIG holds its credentials" if self.by_variable else ""
            raise NotApplicable(f"there is no {self.path}{more}", Code.ABSENT)

    @property
    def is_folder(self) -> bool:
        """Whether a folder lies in its place."""
        return self.fault.get("") == _FOLDER

    @property
    def logins(self) -> Evidence[Mapping[str, Login]]:
        """The entries of ``auths``, by the names of their registries."""
        return self.content.map(
            lambda content: {name: _login(name, entry) for name, entry in (content["auths"] or {}).items()}
        )

    @property
    def helpers(self) -> Evidence[Mapping[str, Helper]]:
        """The helpers that it names: by the registry, or ``default`` for all others; none where it is passed over."""
        return self.content.map(self._helpers)

    def helper_of(self, registry: str) -> Helper | None:
        """The helper that keeps the password of a registry; None where the file itself does."""
        names = self.content.get({}).get("credHelpers") or {}
        return self.helpers.get({}).get(registry if registry in names else "default")

    def _helpers(self, content: Mapping[str, Any]) -> dict[str, Helper]:
        named = {"": content["credsStore"], **(content["credHelpers"] or {})}
        return {registry or "default": self._helper(registry, name) for registry, name in named.items() if name}

    def _helper(self, registry: str, name: str) -> Helper:
        key = f"credHelpers: {registry}" if registry else "credsStore"
        return Helper(name, registry, f"{self.path}: {key}", self.programs.get(_PREFIX + name, ""))

    @property
    def secrets(self) -> Evidence[tuple[str, ...]]:
        """Where in it something lies that others should not read."""
        return self.content.map(_secrets)

    @property
    @derived
    def readers(self) -> Evidence[tuple[str, ...]]:
        """Who else may read it: the group, others, and an owner who is neither the probing user nor at home there.

        The folders above it keep out whom they do not let pass.
        """
        file, *folders = self.place
        mode, owner = file.mode.value, file.owners.value[0]
        found = [] if owner.uid in self._own() else [f"its owner {owner.user or owner.uid}"]
        if mode & _GROUP and all(_lets_group_pass(folder, owner.gid) for folder in folders):
            found.append(f"group {owner.group or owner.gid}")
        if mode & _OTHERS and all(folder.bits is None or folder.bits & 1 for folder in folders):
            found.append("others")
        return known(tuple(found), f"{self.path}: mode {mode:04o}, owner {owner}")

    def _own(self) -> set[int | None]:
        """Whose file it may be: root, who may read all, may have an ordinary user's home for its own."""
        if self.uid == 0 and self.found_by == "HOME" and self.home.target is not None:
            return {0, self.home.target.uid}
        return {self.uid}


def _lets_group_pass(folder: FileFacts, gid: int) -> bool:
    """Whether members of the group may pass; of other groups they may be members, too."""
    if folder.bits is None or folder.target is None:
        return True
    return bool(folder.bits & (0o010 if folder.target.gid == gid else 0o011))


def _login(registry: str, entry: Mapping[str, str]) -> Login:
    auth = entry["auth"]
    return Login(
        registry=registry,
        has_password=bool(entry["password"]) or bool(auth and not auth.endswith(_NAME_ALONE)),
        has_token=bool(entry["identitytoken"] or entry["registrytoken"]),
    )


def _secrets(content: Mapping[str, Any]) -> tuple[str, ...]:
    logins = {name: _login(name, entry) for name, entry in (content["auths"] or {}).items()}
    found = [f"auths: {name}" for name, one in logins.items() if one.has_password or one.has_token]
    proxies = content["proxies"] or {}
    found += [
        f"proxies: {name}" for name, proxy in proxies.items() if any("@" in (url or "") for url in proxy.values())
    ]
    headers = content["HttpHeaders"] or {}
    return (
        *found,
        *(f"HttpHeaders: {name}" for name, value in headers.items() if value and name.lower() != "user-agent"),
    )


@fact
def client_config(snapshot: Snapshot, files: Tree) -> ClientConfig:
    """``$DOCKER_CONFIG/config.json``, or ``~/.docker/config.json`` of the probing user."""
    told = snapshot.text("cmd:client-config")
    lines = [(words[0], decode(words[1])) for words in rows(told.value, 2)]
    said = dict(lines)
    path = said.get("path", "")
    # Who reads the file goes by way of the folders where it really lies, whatever link leads there.
    above = [files[path].resolved or path]
    while above[-1] not in {"/", ""}:
        above.append(posixpath.dirname(above[-1]))
    programs: dict[str, str] = {}
    for kind, program in lines:
        if kind == "helper":
            programs.setdefault(posixpath.basename(program), program)
    fault, content = _read(snapshot, path)
    return ClientConfig(
        path=path,
        found_by=said.get("by", ""),
        is_there=_is_there(snapshot, path),
        fault=fault,
        content=content,
        programs=programs,
        snap=said.get("snap", ""),
        by_variable="auth-config" in said,
        place=tuple(files[one] for one in (path, *above[1:])),
        home=files[posixpath.dirname(posixpath.dirname(path))],
        uid=_uid(snapshot),
    )


def _uid(snapshot: Snapshot) -> int | None:
    return next((number(words[0]) for words in rows(snapshot.text("cmd:id").get(""), 1)), None)


def _is_there(snapshot: Snapshot, path: str) -> Evidence[bool]:
    section = snapshot.get(f"file:{path}")
    if section is None:
        return unknown(NOT_HELD, path)
    if section.status in {0, ABSENT, DIRECTORY}:
        return known(section.status != ABSENT, path)
    return unknown(section.failure or NOT_HELD, path)


def _read(snapshot: Snapshot, path: str) -> tuple[Evidence[str], Evidence[Mapping[str, Any]]]:
    """The docker command's objection, and what it made of the file."""
    section = snapshot.get(f"file:{path}")
    if section is not None and section.status == DIRECTORY:
        return known(_FOLDER, path), unknown(_FOLDER, path, Code.MALFORMED)
    data = snapshot.data(f"file:{path}")
    if not data.is_known:
        return data.map(lambda _data: ""), unknown(data.unknown or NOT_HELD, path)
    decoder, values = Decoder(), _FILE.zero()
    try:
        values = _FILE.decode(parse_first(data.value), values, decoder)
    except GoError as error:
        # An empty file is one without a setting; of what is no JSON nothing is read at all.
        said = "" if str(error) == "EOF" else str(error)
        return known(said, path), unknown(said, path, Code.MALFORMED) if said else known(values, path)
    if decoder.saved is not None:
        return known(str(decoder.saved), path), known(values, path)
    broken = sorted(name for name, entry in (values["auths"] or {}).items() if entry["auth"].endswith(_REFUSED))
    return known(f"the auth of {broken[0]} is no base64 of NAME:PASSWORD" if broken else "", path), known(values, path)
