"""How a Harbor reaches the directory or identity provider that its users are in.

Source: goharbor/harbor ``src/pkg/ldap/ldap.go`` (formatURL: no scheme is ldap, port 636 is ldaps; no StartTLS).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dockworthy.evidence import Code, Evidence, derived, known, unknown
from dockworthy.facts.api.document import Document
from dockworthy.facts.harbor.api.harbor import text

if TYPE_CHECKING:
    from dockworthy.facts.harbor.api.harbor import HarborAPI

__all__ = ["directory_faults"]

_LDAPS_PORT: Final = "636"
# By auth_mode: the keys of the addresses, and that of whether the certificate is verified.
_KEYS: Final = {
    "ldap_auth": (("ldap_url",), "ldap_verify_cert"),
    "oidc_auth": (("oidc_endpoint",), "oidc_verify_cert"),
    "http_auth": (("http_authproxy_endpoint", "http_authproxy_tokenreview_endpoint"), "http_authproxy_verify_cert"),
    "uaa_auth": (("uaa_endpoint",), "uaa_verify_cert"),
}


@derived
def directory_faults(api: HarborAPI, mode: str) -> Evidence[tuple[str, ...]]:
    """What is not verified on the way to where the users are.

    Args:
        api: the Harbor.
        mode: ``auth_mode``, the way to log in that is in force.
    """
    if mode not in _KEYS:
        return unknown(f"what auth_mode {mode!r} needs is not known", "auth_mode", Code.NOT_TOLD)
    addresses, verify = _KEYS[mode]
    faults = [fault for key in addresses if (fault := _address_fault(api, key, mode))]
    if not api.setting(verify, Document.flag).value:
        faults.append(f"{verify} is false: any certificate is accepted")
    return known(tuple(faults), f"GET /configurations: {', '.join((*addresses, verify))}")


def _address_fault(api: HarborAPI, key: str, mode: str) -> str:
    """What is wrong with an address; empty where it is reached by TLS."""
    told = api.setting(key, text)
    if mode == "http_auth" and told.unknown is not None and told.unknown.code is Code.NOT_TOLD:
        return ""
    url = told.value.strip()
    scheme, mark, rest = url.partition("://")
    if not url:
        return "" if key == "http_authproxy_tokenreview_endpoint" else f"{key} is empty"
    if mode == "ldap_auth":
        host = rest if mark else url
        is_tls = scheme == "ldaps" or host.rpartition(":")[2].partition("/")[0] == _LDAPS_PORT
        return "" if is_tls else f"{key} is ldap://, which is not encrypted"
    return "" if mark and scheme.lower() == "https" else f"{key} is no https address"
