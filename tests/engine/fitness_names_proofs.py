"""Proofs for the checks about names, registries and mirrors: what the host's files and networks make of them."""

from __future__ import annotations

from tests.engine.proof import Proof

__all__ = ["NAMES_PROOFS", "NAMES_UNPROVEN"]

_OWN_HOSTS = "printf '127.0.0.1 localhost\\n127.0.1.1 %s\\n' \"$(uname -n)\" >/etc/hosts; "
_FILES_ALONE = "sed -i 's/^hosts:.*/hosts: files/' /etc/nsswitch.conf; "
_NOTHING_KNOWN = f"{_FILES_ALONE}: >/etc/hosts; echo 'nameserver 127.0.0.1' >/etc/resolv.conf"
_REGISTRY = "near.test"
_SHADOW = "docker network rm over >/dev/null 2>&1 || :; docker network create --subnet 10.210.0.0/24 over; "

NAMES_PROOFS = [
    Proof(
        "dns.servers-for-containers",
        group="names",
        param="default bridge",
        prepare=_NOTHING_KNOWN,
    ),
    Proof(
        "dns.localhost-known",
        group="names",
        prepare=_NOTHING_KNOWN,
    ),
    Proof(
        "dns.host-name-known",
        group="names",
        prepare=_NOTHING_KNOWN,
    ),
    Proof(
        "dns.registry-resolves",
        group="unknown registry",
        param="far.test",
        registries=("far.test",),
        prepare=f"{_OWN_HOSTS}{_FILES_ALONE}echo 'nameserver 192.0.2.53' >/etc/resolv.conf",
    ),
    Proof(
        "dns.server-not-shadowed",
        group="shadows",
        param="10.210.0.9",
        registries=(_REGISTRY,),
        prepare=f"{_OWN_HOSTS}{_FILES_ALONE}echo 'nameserver 192.0.2.53' >/etc/resolv.conf",
        before=f"{_SHADOW}echo 'nameserver 10.210.0.9' >/etc/resolv.conf; echo '10.210.0.80 {_REGISTRY}' >>/etc/hosts",
    ),
    Proof(
        "network.registry-past-proxy",
        group="past a proxy",
        param=_REGISTRY,
        config={"proxies": {"https-proxy": "http://192.0.2.3:3128", "no-proxy": ".example.com"}},
        registries=(_REGISTRY,),
        prepare=f"{_OWN_HOSTS}{_FILES_ALONE}echo '127.0.0.80 {_REGISTRY}' >>/etc/hosts; "
        "echo 'nameserver 192.0.2.53' >/etc/resolv.conf",
    ),
    Proof(
        "network.registry-not-shadowed",
        group="a registry behind a network",
        param=_REGISTRY,
        registries=(_REGISTRY,),
        prepare=f"{_OWN_HOSTS}{_FILES_ALONE}echo 'nameserver 192.0.2.53' >/etc/resolv.conf",
        before=f"{_SHADOW}echo '10.210.0.80 {_REGISTRY}' >>/etc/hosts",
    ),
]

NAMES_UNPROVEN = {
    "dns.registry-known-to-engine": "needs an engine that is linked statically, and a module that answers for names",
    "dns.search-does-not-capture": "the record that answers for every name is on somebody's name server",
    "network.mirror-answers": "what a mirror needs is on the mirror's own host; the fix shows what it says",
}
