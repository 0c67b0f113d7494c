"""How each program pulls: which places it asks, in which order, and which failure it tells.

Source: moby ``registry/service_v2.go``, ``distribution/pull.go`` (classic), ``daemon/daemon.go`` and
``daemon/containerd/resolver.go`` up to 27, ``daemon/hosts.go`` since 28, containerd
``remotes/docker/resolver.go`` (Resolve), containers/image ``docker/docker_image_src.go``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, NotDecided
from dockworthy.golang.text import quote
from dockworthy.golang.url import URLError, parse_url
from dockworthy.hosttree.faults import PathError
from dockworthy.trust.generations import Loader
from dockworthy.trust.loaders import buildkit, classic, containerd, podman
from dockworthy.trust.loaders.insecure import ConfigError, InsecureRegistries, validate_mirror
from dockworthy.trust.reference import (
    HUB,
    HUB_REGISTRY,
    BadReference,
    Reference,
    is_repository,
    parse_containerd,
    parse_engine,
    split_host_port,
)
from dockworthy.trust.wire.client import ClientTLS, Refusal, Refused
from dockworthy.trust.wire.dial import Reply, connect, token_host

if TYPE_CHECKING:
    from dockworthy.trust.case import TrustCase

__all__ = ["Outcome", "ask_mirror", "pull"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a pull.

    Attributes:
        refusal: why it failed, or None.
        reference: what was asked for, where it is one.
        reply: of the place that decided.
        insecure: the entry of the configuration that made the registry insecure, or None.
        directory: the folder of the registry, whether or not it exists.
    """

    refusal: Refusal | None
    reference: Reference | None = None
    reply: Reply | None = None
    insecure: str | None = None
    directory: str = ""


def pull(case: TrustCase) -> Outcome:
    """What becomes of a pull; raises NotDecided where something that decides was not seen."""
    loader = case.generation.loader
    try:
        reference = _parse(case)
    except BadReference as error:
        refusal = Refusal("bad-reference", str(error), "reference")
        if loader is Loader.CTR:
            refusal = refusal.within(f"failed to resolve reference {quote(case.reference)}: ")
        return Outcome(refusal)
    try:
        if loader is Loader.CLASSIC:
            return _classic(case, reference)
        if loader is Loader.PODMAN:
            return _podman(case, reference)
        return _containerd(case, reference)
    except ConfigError as error:
        return Outcome(Refusal("other", str(error), "config"), reference)


def _parse(case: TrustCase) -> Reference:
    if case.generation.loader is Loader.CTR:
        return parse_containerd(case.reference)
    # containers/image has a copy of the grammar from before addresses in brackets and capital hosts.
    is_engine = case.generation.loader is not Loader.PODMAN
    return parse_engine(
        case.reference,
        ipv6=is_engine and case.generation.domains_and_addresses,
        upper_is_domain=is_engine and case.generation.domains_and_addresses,
        names_upper_case=is_engine and case.generation.domains_and_addresses,
    )


def _insecure(case: TrustCase) -> InsecureRegistries:
    for mirror in case.settings.mirrors:
        validate_mirror(mirror, scheme_first=case.generation.mirror_scheme_first)
    return InsecureRegistries.of(case.settings.insecure, loopback_v6=case.generation.loopback_v6)


def _asked(refusal: Refusal, method: str, url: str) -> Refusal:
    return refusal.within(f"{method} {quote(url)}: ")


# -- the classic way --------------------------------------------------------------------------------------------


def _classic(case: TrustCase, reference: Reference) -> Outcome:
    insecure = _insecure(case)
    try:
        if reference.domain == HUB:
            return _classic_hub(case, reference, insecure)
        return _classic_registry(case, reference, insecure)
    except Refused as refused:
        return Outcome(refused.refusal, reference, directory=_folder(case, reference.domain))


def _folder(case: TrustCase, authority: str) -> str:
    return f"{case.certs_dir}/{authority}"


def _classic_client(case: TrustCase, authority: str, insecure: InsecureRegistries) -> tuple[ClientTLS, str | None]:
    """The client for a place, and the entry that makes it insecure; an insecure one's folder is not read."""
    entry = insecure.match(authority, case.addresses)
    if entry is None:
        return classic.load(case.tree, _folder(case, authority), case.pool(), case.generation), None
    generation = case.generation
    return ClientTLS(case.pool(), generation.rules, generation.suites, skip_verify=True), entry


def _classic_registry(case: TrustCase, reference: Reference, insecure: InsecureRegistries) -> Outcome:
    authority = reference.domain
    client, entry = _classic_client(case, authority, insecure)
    reply = _ping(case, "https", authority, "", client)
    if reply.refusal is not None and entry is not None and not _spoke_tls(reply):
        plain = _ping(case, "http", authority, "", client)
        # The last failure is the one that is told, so a fault of TLS never shows.
        reply = replace(plain, chain=reply.chain)
    if reply.refusal is None:
        reply = _classic_token(case, reference, reply)
    return Outcome(reply.refusal, reference, reply, entry, _folder(case, authority))


def _spoke_tls(reply: Reply) -> bool:
    """Whether HTTP was spoken within TLS: then plain HTTP is not tried."""
    return reply.refusal is not None and reply.refusal.message.startswith("400 ")


def _ping(case: TrustCase, scheme: str, authority: str, path: str, client: ClientTLS) -> Reply:
    """``PingV2Registry``."""
    reply = connect(case.network, scheme, authority, client)
    if reply.refusal is None or reply.refusal.stage == "http" or _spoke_tls(reply):
        return reply
    return replace(reply, refusal=_asked(reply.refusal, "Get", f"{scheme}://{authority}{path}/v2/"))


def _classic_token(case: TrustCase, reference: Reference, reply: Reply) -> Reply:
    """Ask the token service, with the registry's certificates wherever it is."""
    token = token_host(case.network, reply.authority, reference.path)
    if token is None:
        return reply
    scheme, authority, url, query = token
    asked = connect(case.network, scheme, authority, reply.client)
    if asked.refusal is None:
        return reply
    manifest = f"https://{reply.authority}/v2/{reference.path}/manifests/{reference.object}"
    refusal = replace(_asked(_asked(asked.refusal, "Get", url + query), "Head", manifest), stage="token")
    return replace(asked, refusal=refusal)


def _classic_hub(case: TrustCase, reference: Reference, insecure: InsecureRegistries) -> Outcome:
    """Mirrors first, and Docker Hub's failure at the end: a mirror's is only logged."""
    places = [(mirror, *_classic_mirror(case, mirror, insecure)) for mirror in _mirrors(case)]
    generation = case.generation
    hub = ClientTLS(case.pool(), generation.rules, generation.suites)
    for mirror, client, entry in places:
        scheme, authority, path = _taken_apart(mirror)
        reply = _ping(case, scheme, authority, path, client)
        if reply.refusal is None and _is_served(case, reference, authority, path):
            return Outcome(None, reference, reply, entry, _folder(case, authority))
    reply = _ping(case, "https", HUB_REGISTRY, "", hub)
    return Outcome(reply.refusal, reference, reply)


def _mirrors(case: TrustCase) -> tuple[str, ...]:
    return tuple(dict.fromkeys(mirror.removesuffix("/") for mirror in case.settings.mirrors))


def _classic_mirror(case: TrustCase, mirror: str, insecure: InsecureRegistries) -> tuple[ClientTLS, str | None]:
    return _classic_client(case, _taken_apart(mirror)[1], insecure)


def _taken_apart(mirror: str) -> tuple[str, str, str]:
    """Scheme, authority and path; the scheme is looked for in lower case, and put before what begins otherwise."""
    address = mirror if mirror.startswith(("http://", "https://")) else f"https://{mirror}"
    return address.partition("://")[0], *_authority_and_path(address)


def _authority_and_path(url: str) -> tuple[str, str]:
    """``extractMirrorHostAndPath``."""
    try:
        authority = parse_url(url).host
    except URLError:
        authority = ""
    rest = url.partition("://")[2] if authority else url
    return authority or rest.partition("/")[0], "/".join(["", *rest.split("/")[1:]]).rstrip("/")


# -- containerd's way -------------------------------------------------------------------------------------------


def _containerd(case: TrustCase, reference: Reference) -> Outcome:
    is_ctr = case.generation.loader is Loader.CTR
    insecure = None if is_ctr else _insecure(case)
    entry = None if insecure is None else insecure.match(reference.domain, case.addresses)
    try:
        if insecure is None:
            places = _from_hosts_loader(case, reference.domain)
        elif case.generation.loader is Loader.BUILDKIT:
            places = _from_registry_hosts(case, reference.domain, insecure)
        else:
            places = _with_legacy(case, reference.domain, insecure)
    except Refused as refused:
        return _told(
            case, Outcome(refused.refusal, reference, insecure=entry, directory=_folder(case, reference.domain))
        )
    return _told(case, replace(_resolve(case, reference, places), insecure=entry))


def _told(case: TrustCase, outcome: Outcome) -> Outcome:
    if outcome.refusal is None or outcome.reference is None:
        return outcome
    name = case.reference if case.generation.loader is Loader.CTR else str(outcome.reference)
    return replace(outcome, refusal=outcome.refusal.within(f"failed to resolve reference {quote(name)}: "))


def _resolve(case: TrustCase, reference: Reference, places: list[containerd.Endpoint]) -> Outcome:
    """``dockerResolver.Resolve``: the first failure is the one that is told."""
    wanted = {"pull"} if reference.digest else {"pull", "resolve"}
    directory = _folder(case, reference.domain)
    first: Reply | None = None
    for place in places:
        if not wanted <= place.capabilities:
            continue
        reply = _head(case, reference, place)
        directory = place.client.directory or directory
        if reply.refusal is None:
            return Outcome(None, reference, reply, directory=directory)
        first = first if first is not None and not _counts_more(case, reply, first) else reply
    if first is None:
        return Outcome(Refusal("other", "no resolve hosts: not found", "config"), reference, directory=directory)
    return Outcome(first.refusal, reference, first, directory=directory)


def _counts_more(case: TrustCase, reply: Reply, first: Reply) -> bool:
    """Whether a later failure is told in place of an earlier one: "not found" counts least in containerd 1.7.

    Since 2.0 it counts more than a connection that failed.
    """
    ranks = [
        1 if each.refusal is not None and each.refusal.message.endswith(": not found") else 0 for each in (reply, first)
    ]
    return ranks[0] < ranks[1] if case.generation.loader_version < (2,) else ranks[0] > ranks[1]


def _head(case: TrustCase, reference: Reference, place: containerd.Endpoint) -> Reply:
    scheme = place.scheme
    reply = connect(case.network, scheme, place.authority, place.client)
    if reply.refusal is not None and place.falls_back and _falls_back(case, reply.refusal, place.authority):
        scheme = "http"
        reply = connect(case.network, scheme, place.authority, place.client)
    refusal = reply.refusal
    if refusal is None and not _is_served(case, reference, place.authority, place.path.removesuffix("/v2")):
        message = f"{case.reference if case.generation.loader is Loader.CTR else reference}: not found"
        return replace(reply, refusal=Refusal("other", message, "http"))
    if refusal is None:
        return _containerd_token(case, reference, reply, place)
    url = f"{scheme}://{place.authority}{place.path}/{reference.path}/manifests/{reference.object}"
    if place.authority != reference.domain and (reference.domain, place.authority) != (HUB, HUB_REGISTRY):
        url += f"?ns={reference.domain.replace(':', '%3A')}"
    if refusal.message.startswith("400 "):
        message = f"unexpected status from HEAD request to {url}: 400 Bad Request"
        return replace(reply, refusal=replace(refusal, message=message))
    return replace(reply, refusal=_asked(refusal, "Head", url).within("failed to do request: "))


def _falls_back(case: TrustCase, refusal: Refusal, authority: str) -> bool:
    """``httpFallback``: the server spoke HTTP; containerd's own also where nothing listens and no port was named."""
    if refusal.cls == "http-not-https":
        return True
    is_own = case.generation.loader is not Loader.BUILDKIT
    return is_own and refusal.cls == "refused" and not split_host_port(authority)[1]


def _is_served(case: TrustCase, reference: Reference, authority: str, path: str) -> bool:
    """Whether the server can have such a repository at all: distribution has its own grammar, and one root."""
    return not (path.strip("/") and case.network.answer(authority).one_root) and is_repository(
        reference.path, reference.tag
    )


def _containerd_token(case: TrustCase, reference: Reference, reply: Reply, place: containerd.Endpoint) -> Reply:
    token = token_host(case.network, place.authority, reference.path)
    if token is None:
        return reply
    scheme, authority, url, query = token
    client = place.client
    if not case.generation.token_follows_registry:
        client = buildkit.default_client(case.pool(), case.generation)
    asked = connect(case.network, scheme, authority, client)
    if asked.refusal is None:
        return reply
    kind, method, whole = ("oauth", "Post", url) if case.credentials else ("anonymous", "Get", url + query)
    refusal = _asked(asked.refusal, method, whole).within(f"failed to authorize: failed to fetch {kind} token: ")
    return replace(asked, refusal=replace(refusal, stage="token"))


def _from_hosts_loader(case: TrustCase, authority: str) -> list[containerd.Endpoint]:
    return containerd.endpoints(case.tree, case.certs_dir, authority, case.pool(), case.generation)


def _with_legacy(case: TrustCase, authority: str, insecure: InsecureRegistries) -> list[containerd.Endpoint]:
    """``RegistryHosts`` and ``mergeLegacyConfig`` since Engine 28."""
    places = _from_hosts_loader(case, authority)
    settings = case.settings
    if not (settings.mirrors or settings.insecure) or len(places) != 1:
        return places
    own = places[0]
    if authority == HUB and settings.mirrors:
        places = [_legacy_mirror(mirror, own) for mirror in settings.mirrors]
        places.append(own)
    # All of them share one client: what is done to it for one holds for those after it, too.
    shared = own.client
    wrapped = own.falls_back
    for place in places:
        if not wrapped and insecure.match(place.authority, case.addresses) is not None:
            shared, wrapped = replace(shared, skip_verify=True), True
    return [replace(place, client=shared, falls_back=wrapped) for place in places]


def _legacy_mirror(mirror: str, own: containerd.Endpoint) -> containerd.Endpoint:
    authority, path = _authority_and_path(mirror)
    if not path.endswith("/v2"):
        path += "/v2"
    scheme = mirror.partition("://")[0].lower()
    return replace(own, scheme=scheme, authority=authority, path=path, capabilities=frozenset({"pull", "resolve"}))


@dataclass(frozen=True, slots=True)
class _RegistryConfig:
    """buildkit's ``config.RegistryConfig``."""

    directory: str = ""
    insecure: bool = False


def _from_registry_hosts(case: TrustCase, authority: str, insecure: InsecureRegistries) -> list[containerd.Endpoint]:
    """``RegistryHosts`` up to Engine 27, and buildkit's ``NewRegistryConfig`` below it."""
    configs = {HUB: _RegistryConfig(_folder(case, HUB))}
    for name in insecure.names:
        configs[name] = _RegistryConfig(_folder(case, name), insecure=name != HUB)
    if authority not in configs and insecure.match(authority, case.addresses) is not None:
        configs[authority] = _RegistryConfig(_folder(case, authority), insecure=True)
    for name in _names(case):
        configs.setdefault(name, _RegistryConfig(_folder(case, name)))
    config = configs.get(authority)
    if config is None:
        scheme = "http" if buildkit.is_local(authority) else "https"
        client = buildkit.default_client(case.pool(), case.generation)
        return [containerd.Endpoint(scheme, authority, "/v2", client)]
    places = []
    for mirror in case.settings.mirrors if authority == HUB else ():
        host, path = _authority_and_path(mirror)
        place = containerd.Endpoint("https", host, f"/v2{path}", buildkit.default_client(case.pool(), case.generation))
        is_insecure = insecure.match(host, case.addresses) is not None
        filled = _fill(case, place, configs.get(host, _RegistryConfig()))
        places.append(replace(filled, falls_back=filled.falls_back or is_insecure))
    own = HUB_REGISTRY if authority == HUB else authority
    place = containerd.Endpoint("https", own, "/v2", buildkit.default_client(case.pool(), case.generation))
    places.append(_fill(case, place, config))
    return places


def _names(case: TrustCase) -> list[str]:
    """The names below certs.d; a folder that cannot be listed has none."""
    try:
        return [name for name, _ in case.tree.read_dir(case.certs_dir)]
    except PathError:
        return []


def _fill(case: TrustCase, place: containerd.Endpoint, config: _RegistryConfig) -> containerd.Endpoint:
    """``fillInsecureOpts``."""
    client = place.client
    if config.directory:
        client = buildkit.load(case.tree, config.directory, case.pool(), case.generation)
    if config.insecure:
        return replace(place, client=replace(client, skip_verify=True), falls_back=True)
    if buildkit.is_local(place.authority):
        return replace(place, scheme="http")
    return replace(place, client=client)


# -- mirrors by themselves -----------------------------------------------------------------------------------------


def ask_mirror(case: TrustCase, mirror: str) -> Refusal | None:
    """Why a mirror of Docker Hub is not reached, or not verified, or None; what it has is not asked.

    Raises:
        NotDecided: where something that decides was not seen.
    """
    insecure = _insecure(case)
    scheme, authority, path = _taken_apart(mirror.removesuffix("/"))
    try:
        if case.generation.loader is Loader.CLASSIC:
            client, _ = _classic_client(case, authority, insecure)
            return _ping(case, scheme, authority, path, client).refusal
        if case.generation.loader is Loader.BUILDKIT:
            places = _from_registry_hosts(case, HUB, insecure)
        else:
            places = _with_legacy(case, HUB, insecure)
    except Refused as refused:
        return refused.refusal
    place = next((one for one in places if one.authority == authority), None)
    if place is None:
        raise NotDecided("the folder of docker.io in certs.d names other places", case.certs_dir, Code.AMBIGUOUS)
    reply = connect(case.network, place.scheme, authority, place.client)
    if reply.refusal is not None and place.falls_back and _falls_back(case, reply.refusal, authority):
        return connect(case.network, "http", authority, place.client).refusal
    return reply.refusal


# -- podman's way -----------------------------------------------------------------------------------------------


def _podman(case: TrustCase, reference: Reference) -> Outcome:
    name = f"{reference.domain}/{reference.path}"
    registry = podman.registry_of(name, case.registries)
    if registry is not None and registry.blocked:
        where = "/etc/containers/registries.conf or /etc/containers/registries.conf.d"
        message = f"registry {registry.prefix} is blocked in {where}"
        return Outcome(Refusal("other", message, "config", registry.source), reference)
    outcome = Outcome(None, reference)
    for source in podman.sources(reference, case.registries):
        outcome = _podman_source(case, reference, source)
        if outcome.refusal is None:
            return outcome
    refusal = outcome.refusal
    if refusal is None:
        return outcome
    return replace(outcome, refusal=refusal.within(f"initializing source docker://{reference}: "))


def _podman_source(case: TrustCase, reference: Reference, source: podman.Source) -> Outcome:
    directory = ""
    try:
        directory = podman.find_directory(case.tree, case.home, source.authority)
        client = classic.load(case.tree, directory, case.pool(), case.generation)
    except Refused as refused:
        return Outcome(refused.refusal, reference, directory=directory)
    client = replace(client, skip_verify=source.insecure)
    authority = HUB_REGISTRY if source.authority == HUB else source.authority
    reply = _ping(case, "https", authority, "", client)
    if reply.refusal is not None and source.insecure:
        reply = _ping(case, "http", authority, "", client)
    if reply.refusal is None:
        reply = _classic_token(case, reference, reply)
    refusal = reply.refusal
    if refusal is not None and refusal.stage != "token":
        reply = replace(reply, refusal=refusal.within(f"pinging container registry {authority}: "))
    entry = "registries.conf: insecure" if source.insecure else None
    return Outcome(reply.refusal, reference, reply, entry, directory)
