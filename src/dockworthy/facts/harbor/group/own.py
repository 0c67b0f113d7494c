"""A Harbor's API and the files of its hosts: which hosts of the run are this Harbor's, and what their files say of it.

Source: libtrust ``key.go`` (keyIDFromCryptoKey); goharbor/harbor ``make/photon/prepare/utils/configs.py`` (public_url).
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, NotApplicable, NotDecided, derived, known, unknown
from dockworthy.facts.facts import fact
from dockworthy.facts.harbor.installed.composed import composed_services
from dockworthy.facts.harbor.installed.release import project_containers
from dockworthy.trust.reference import split_host_port

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dockworthy.facts.facts import Facts
    from dockworthy.facts.harbor.api.harbor import HarborAPI, HarborNode
    from dockworthy.facts.harbor.installed.config import HarborInstallation

__all__ = ["OwnFiles", "comparable", "harbor_files", "has_trivy", "key_id", "public_url", "root_key_id", "token_key_id"]

_TOKENS: Final = "/service/token"
_ROOT: Final = "secret/registry/root.crt"
_GROUP = 4
_SEVERAL = 2
_OCTETS = 30
_PORTS: Final = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class OwnFiles:
    """An installation of this Harbor on a host of the run."""

    host: str
    installation: HarborInstallation
    node: HarborNode | None = None  # the node that the profile declares it to be


@fact
def harbor_files(harbor_api: HarborAPI, beside: Mapping[str, Facts]) -> tuple[OwnFiles, ...]:
    """The installations of this Harbor in this run.

    They lie on the hosts that the profile declares as its nodes. Where it declares none they are those whose harbor.yml
    has the name that the Harbor is reached by, or whose token service has its key.

    Raises:
        NotApplicable: where no host of the run is this Harbor's.
        NotDecided: where a declared host could not be looked at.
    """
    declared = {node.host: node for node in harbor_api.nodes if node.host}
    found = _of_nodes(harbor_api, beside, declared) if declared else _by_name(harbor_api, beside)
    if not found:
        raise NotApplicable("no host of this run has the files of this Harbor")
    return tuple(found)


def _of_nodes(api: HarborAPI, beside: Mapping[str, Facts], declared: Mapping[str, HarborNode]) -> list[OwnFiles]:
    found = []
    for host, node in declared.items():
        if host not in beside:
            continue
        those = beside[host].harbor.installations.value
        named = [one for one in those if _is_named(api, one)]
        found += [OwnFiles(host, one, node) for one in _living(named or those)]
    return found


def _by_name(api: HarborAPI, beside: Mapping[str, Facts]) -> list[OwnFiles]:
    kid = token_key_id(api).get("")
    found = []
    for host, facts in beside.items():
        if not facts.snapshot.is_harbor:
            those = facts.harbor.installations.get(())
            named = [one for one in those if _is_named(api, one) or (kid and root_key_id(one).get("") == kid)]
            found += [OwnFiles(host, one) for one in _living(named)]
    return found


def _living(those: Sequence[HarborInstallation]) -> Sequence[HarborInstallation]:
    """Of several installations on one host those with containers, where any has some: the others are left over."""
    if len(those) < _SEVERAL:
        return those
    return [one for one in those if project_containers(one).get(())] or those


def _is_named(api: HarborAPI, one: HarborInstallation) -> bool:
    outside = api.info(lambda info: info.text("external_url")).get("")
    names = {_host(api.url), _host(outside)} - {""}
    return any(name.lower() in names for name in one.names.get(()))


def _host(url: str) -> str:
    try:
        return split_host_port(urlsplit(url).netloc)[0].lower()
    except ValueError:
        return ""


# -- the key of the token service -----------------------------------------------------------------------------------


def key_id(public_key: bytes) -> str:
    """The identifier that the token service gives a key: of the DER of its SubjectPublicKeyInfo."""
    digest = hashlib.sha256(public_key).digest()[:_OCTETS]
    letters = base64.b32encode(digest).decode().rstrip("=")
    return ":".join(letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP))


@derived
def root_key_id(one: HarborInstallation) -> Evidence[str]:
    """The identifier of the key that the registry trusts on disk (root.crt)."""
    path = one.in_data(_ROOT)
    if one.is_absent(path):
        return unknown("it does not exist", path, Code.ABSENT)
    found = one.file(path).certificates
    return known(key_id(found[0].raw_key), path) if found else unknown("it has no certificate", path, Code.MALFORMED)


def token_key_id(api: HarborAPI, node: str = "") -> Evidence[str]:
    """The identifier of the key that an anonymous token was signed with."""
    return api.answers.document(_TOKENS, login=False, node=node).text("header", "kid")


# -- the address ----------------------------------------------------------------------------------------------------


@derived
def public_url(one: HarborInstallation) -> Evidence[str]:
    """The address that `prepare` makes of harbor.yml: its external_url, else of hostname and port."""
    source = f"{one.config}: external_url, hostname, http and https"
    if one.external_url.value:
        return known(one.external_url.value, source)
    name = one.hostname.value
    if not name:
        return unknown("no hostname is set", source, Code.ABSENT)
    scheme = "https" if one.serves_https.value else "http"
    port = one.text(scheme, "port").value
    return known(f"{scheme}://{name}:{port}" if port else f"{scheme}://{name}", source)


def comparable(url: str) -> str:
    """An address as it can be compared: without its default port, a slash at the end and capitals in its host."""
    scheme, mark, rest = url.strip().rstrip("/").partition("://")
    if not mark:
        return url.strip().rstrip("/").lower()
    host, slash, path = rest.partition("/")
    default = f":{_PORTS.get(scheme.lower(), '')}"
    return f"{scheme.lower()}://{host.lower().removesuffix(default)}{slash}{path}"


def has_trivy(api: HarborAPI, beside: Mapping[str, Facts]) -> bool:
    """Whether the files of one of this Harbor's hosts say that Trivy is installed with it."""
    try:
        files = harbor_files(api, beside)
    except (NotApplicable, NotDecided):
        return False
    return any("trivy-adapter" in composed_services(one.installation).get({}) for one in files)
