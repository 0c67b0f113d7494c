"""The registries that this host uses: for each the question to the trust library, made of what was seen here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, NotApplicable, NotDecided
from dockworthy.facts.engine.paths import home, is_rootless
from dockworthy.facts.engine.proxies import proxy_of
from dockworthy.facts.facts import fact
from dockworthy.facts.registry.certsd import CONTAINERD, config_paths
from dockworthy.facts.registry.pulling import generation_as_of, generation_of
from dockworthy.facts.registry.roots import SystemRoots, system_roots
from dockworthy.facts.registry.served import REALM, has_no_name, server_answer
from dockworthy.tables import rows
from dockworthy.trust.case import TrustCase
from dockworthy.trust.generations import Generation, Loader
from dockworthy.trust.loaders.insecure import LOOPBACK_V4, LOOPBACK_V6, InsecureRegistries, RegistrySettings
from dockworthy.trust.loaders.podman import read_registries
from dockworthy.trust.reference import BadReference, parse_engine, split_host_port
from dockworthy.trust.verdict import Verdict, judge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dockworthy.facts.facts import Facts
    from dockworthy.facts.registry.certsd import Certsd, Folder
    from dockworthy.snapshot import Snapshot
    from dockworthy.trust.loaders.podman import Registry
    from dockworthy.trust.wire.server import ServerAnswer

__all__ = ["InsecureUse", "Registries", "RegistryUse", "named_registries", "registries", "registry_of_folder"]

_IMAGE: Final = (
    "image:latest"  # asked of a registry where no image is named: which one it is decides nothing about trust
)
_BEFORE_ROOTS: Final = frozenset({"reference", "config", "directory", "ca", "pair"})
_WITHOUT_ROOTS: Final = _BEFORE_ROOTS | {"connect", "handshake", "http"}
_WITH_DEFAULT: Final = (2, 2)  # CRI's config_path is empty by default before
_CONTAINERD_DEFAULT: Final = ("/etc/containerd/certs.d", "/etc/docker/certs.d")
_ELSEWHERE: Final = "192.0.2.1"  # RFC 5737: in no network that anybody has


@dataclass(frozen=True, slots=True)
class RegistryUse:
    """A registry that is judged."""

    name: str  # ``host[:port]``, as references spell it
    is_named: bool  # whether somebody asked for it: the profile, or the command line
    folder: str = ""  # where its certificates lie, where there is such a folder


@dataclass(frozen=True, slots=True)
class InsecureUse:
    """A registry that is not verified, and the entry of the configuration that says so."""

    name: str
    entry: str


class _Answers(Mapping[str, "ServerAnswer"]):
    """What answers, each looked up when it is asked for: one that was not seen raises then, and not before."""

    def __init__(self, names: tuple[str, ...], find: Callable[[str], ServerAnswer]) -> None:
        self._names, self._find = names, find

    def __getitem__(self, authority: str) -> ServerAnswer:
        return self._find(authority)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


@dataclass(frozen=True, slots=True)
class Registries:
    """The registries of a host.

    Whatever is asked of them raises NotDecided where something that decides was not seen, and NotApplicable where
    nothing is installed that pulls images.
    """

    facts: Facts  # the host
    seen: tuple[str, ...]  # the registries that the probe looked at
    roots: SystemRoots  # the system's root certificates

    @property
    def generation(self) -> Generation:
        """Whose rules apply here."""
        return generation_of(self.facts)

    def as_of(self, version: str) -> Generation:
        """The rules of another engine on this same host; raises ValueError for a text that is no version."""
        return generation_as_of(self.facts, version)

    # -- what is asked ------------------------------------------------------------------------------------------

    def case(self, reference: str, rules: Generation | None = None) -> TrustCase:
        """The question whether the engine would pull this image."""
        facts = self.facts
        own = rules or self.generation
        folders: Certsd = facts.certsd
        return TrustCase(
            reference=reference,
            generation=own,
            now=facts.now,
            tree=folders.tree,
            system_roots=self.roots.certain,
            answers=_Answers(self.seen, partial(self._answer, own)),
            addresses=self.addresses(),
            settings=self._settings(own),
            certs_dir=self._certs_dir(own, reference),
            bundle_now=self.roots.on_disk,
            home=home(self.facts) if own.loader is Loader.PODMAN else "",
            registries=self._podman_registries() if own.loader is Loader.PODMAN else (),
            rootless=is_rootless(facts),
            proxy=self._proxy(reference, own),
        )

    def _answer(self, own: Generation, authority: str) -> ServerAnswer:
        snapshot = self.facts.snapshot
        for name in (authority, authority.removesuffix(":443"), f"{authority}:443"):
            if name in self.seen:
                return server_answer(snapshot, name, own)
            if f"{REALM}{name}/tls" in snapshot:
                return server_answer(snapshot, f"{REALM}{name}", own)
        raise KeyError(authority)

    def verdict(self, reference: str, rules: Generation | None = None) -> Verdict:
        """What the engine would say of this image's registry."""
        return self.decide(self.case(reference, rules))

    def decide(self, case: TrustCase) -> Verdict:
        """The verdict, where it is the same for all roots that may be in force, and on the engine's own way."""
        verdict = self._by_roots(case)
        refusal = verdict.outcome.refusal
        if case.proxy and (refusal is None or refusal.stage not in _BEFORE_ROOTS):
            why = f"the engine goes through the proxy {case.proxy}, and the probe went without"
            raise NotDecided(why, "the engine's HTTPS_PROXY")
        return verdict

    def _by_roots(self, case: TrustCase) -> Verdict:
        first = judge(case)
        if first.outcome.refusal is None or first.outcome.refusal.stage in _WITHOUT_ROOTS:
            return first
        possible = self.roots.possible
        if possible.is_known and possible.value == case.system_roots:
            return first
        second = judge(replace(case, system_roots=possible.value))
        if first.verdict == second.verdict:
            return second
        raise NotDecided(
            "the system's root certificates changed after the engine started, or when it started was not seen: "
            "whether it has read them shows after a restart",
            possible.source,
            Code.NOT_PROBED,
        )

    def of_registry(self, name: str, rules: Generation | None = None) -> Verdict:
        """What the engine would say of a registry, whatever the image."""
        return self.verdict(f"{name}/{_IMAGE}", rules)

    def of_use(self, use: RegistryUse) -> Verdict:
        """The same; of a registry that nobody named only what its folder alone decides, else it is not applicable."""
        if use.is_named:
            return self.of_registry(use.name)
        case = self.case(f"{use.name}/{_IMAGE}")
        host = split_host_port(use.name)[0]
        addresses = dict(case.addresses)
        if host.lower() not in addresses:
            if any("/" in entry for entry in case.settings.insecure):
                raise NotApplicable(
                    f"nobody looked at {use.name}, and insecure-registries has networks that it may be in"
                )
            addresses[host] = (_ELSEWHERE,)
        return judge(replace(case, answers=_Answers((), partial(_unasked, use.name)), addresses=addresses, proxy=""))

    def insecure(self) -> dict[str, InsecureUse]:
        """The registries that were looked at and that the configuration makes insecure; loopback is so by itself."""
        own = self.generation
        if own.loader in {Loader.CTR, Loader.PODMAN}:
            raise NotApplicable("no Docker Engine is installed on this host")
        entries = InsecureRegistries.of(self._settings(own).insecure, loopback_v6=own.loopback_v6)
        addresses = self.addresses()
        found = {name: entries.match(name, addresses) for name in self.seen}
        return {
            name: InsecureUse(name, entry)
            for name, entry in found.items()
            if entry is not None and entry not in {LOOPBACK_V4, LOOPBACK_V6}
        }

    def if_secure(self, name: str) -> Verdict:
        """What the engine would say of a registry if no entry made it insecure."""
        case = self.case(f"{name}/{_IMAGE}")
        return self.decide(replace(case, settings=replace(case.settings, insecure=())))

    # -- what was seen ------------------------------------------------------------------------------------------

    def addresses(self) -> dict[str, tuple[str, ...]]:
        """What the names resolve to, as the host's resolver said."""
        found: dict[str, tuple[str, ...]] = {}
        text = self.facts.snapshot.text("cmd:resolve")
        for words in rows(text.get(""), 1):
            found[words[0].strip("[]")] = tuple(words[1:])
        for name in self.seen:
            host = split_host_port(name)[0]
            if host not in found and has_no_name(self.facts.snapshot, name):
                found[host] = ()
        return {**hosts_file(self.facts.snapshot), **found}

    def _settings(self, own: Generation) -> RegistrySettings:
        """Insecure registries and mirrors in force; only an engine has them."""
        if own.loader in {Loader.CTR, Loader.PODMAN}:
            return RegistrySettings()
        try:
            daemon = self.facts.daemon
        except NotApplicable:
            return RegistrySettings()  # asked about an engine that is not installed yet
        always = {LOOPBACK_V4, LOOPBACK_V6}
        insecure = tuple(entry for entry in daemon.insecure_registries.value if entry not in always)
        return RegistrySettings(insecure, tuple(daemon.registry_mirrors.value))

    @property
    def settings(self) -> RegistrySettings:
        """Insecure registries and mirrors in force."""
        return self._settings(self.generation)

    def _certs_dir(self, own: Generation, reference: str) -> str:
        """The folder of registries: the engine's; of those that containerd is told of, the first that has this one."""
        folders: Certsd = self.facts.certsd
        if own.loader is not Loader.CTR:
            return folders.engine.path
        named = config_paths(self.facts) or (_CONTAINERD_DEFAULT if own.version >= _WITH_DEFAULT else ())
        authority = reference.partition("/")[0]
        host, colon, port = authority.rpartition(":")
        wanted = {authority, "_default", f"{host}_{port}_" if colon else authority}
        having = [path for path in named if wanted & set(folders.tree.names(path))]
        return next(iter((*having, *named)), "")

    def _proxy(self, reference: str, own: Generation) -> str:
        if own.loader in {Loader.CTR, Loader.PODMAN}:
            return ""
        try:
            domain = parse_engine(reference).domain
        except BadReference:
            return ""
        return proxy_of(self.facts, domain).value

    def _podman_registries(self) -> tuple[Registry, ...]:
        """What registries.conf and its drop-ins say; raises NotDecided where one of them could not be read."""
        snapshot = self.facts.snapshot
        main = f"{home(self.facts)}/.config/containers/registries.conf"
        if f"file:{main}" not in snapshot or snapshot.is_absent(f"file:{main}"):
            main = "/etc/containers/registries.conf"
        drop_ins = sorted(
            name.removeprefix("file:") for name in snapshot.names("file:/etc/containers/registries.conf.d/", ".conf")
        )
        files = [
            (path, snapshot.data(f"file:{path}").value)
            for path in (main, *drop_ins)
            if not snapshot.is_absent(f"file:{path}")
        ]
        try:
            return read_registries(files)
        except ValueError as error:
            raise NotDecided(str(error), main) from None

    # -- which are judged ---------------------------------------------------------------------------------------

    def judged(self, wanted: tuple[str, ...]) -> dict[str, RegistryUse]:
        """The registries of the profile, those that the probe looked at, and those that have a folder in certs.d.

        Raises:
            NotDecided: where none is named, and a folder of certs.d could not be listed.
        """
        found = {name: RegistryUse(name, is_named=True) for name in (*wanted, *self.seen)}
        folders: Certsd = self.facts.certsd
        by_hosts = self._hosts_loader()
        try:
            there = folders.all()
        except NotDecided:
            if not found:
                raise
            there = ()  # those that are named are judged; the checks of the layout say what could not be listed
        for folder in there:
            name = registry_of_folder(folder, by_hosts=by_hosts)
            if name is None:
                continue
            known = found.get(name)
            found[name] = RegistryUse(name, known is not None and known.is_named, folder.path)
        return found

    def _hosts_loader(self) -> bool:
        """Whether the engine itself reads its folder as containerd does, with containerd's names."""
        try:
            return self.generation.loader is Loader.CONTAINERD
        except (NotDecided, NotApplicable):
            return False

    def looked_at(self, name: str) -> bool:
        """Whether the probe was told to look at it."""
        return name in self.seen


def _unasked(registry: str, _authority: str) -> ServerAnswer:
    """In place of an answer where nobody wanted to know: what depends on one is not judged."""
    raise NotApplicable(f"nobody looked at {registry}: name it by --registry, or in the profile's registries")


def registry_of_folder(folder: Folder, *, by_hosts: bool = False) -> str | None:
    """The registry that a folder is for, or None where no reference can name it.

    Args:
        folder: in any of the folders of registries.
        by_hosts: whether the engine reads its own as containerd does: then ``host_port_`` stands for ``host:port``.
    """
    name = folder.name
    if (by_hosts or folder.root.program == CONTAINERD) and name.endswith("_"):
        host, _, port = name[:-1].rpartition("_")
        name = f"{host}:{port}" if host and port.isdecimal() else name
    try:
        parsed = parse_engine(f"{name}/{_IMAGE}")
    except BadReference:
        return None
    return name if parsed.domain == name else None


def hosts_file(snapshot: Snapshot) -> dict[str, tuple[str, ...]]:
    """The names in /etc/hosts with all their addresses (hosts(5))."""
    found: dict[str, tuple[str, ...]] = {}
    for line in snapshot.text("file:/etc/hosts").get("").splitlines():
        words = line.partition("#")[0].split()
        for name in words[1:]:
            found[name.lower()] = (*found.get(name.lower(), ()), words[0])
    return found


@fact
def registries(facts: Facts) -> Registries:
    """The registries of this host."""
    seen = []
    for section in facts.snapshot.names("registry:"):
        name = section.removeprefix("registry:").partition("/")[0]
        if name and name not in seen:
            seen.append(name)
    return Registries(facts, tuple(seen), system_roots(facts))


def named_registries(registries: Registries, params: Any) -> Mapping[str, str]:
    """The instances of checks about the registries that somebody named: the profile, or the command line."""
    return {name: name for name in (*params.registries, *registries.seen)}
