"""Proofs for the checks about swarms, on one manager whose addresses are its loopback's."""

from __future__ import annotations

from tests.engine.proof import Proof

__all__ = ["SWARM_PROOFS", "SWARM_UNPROVEN"]

_ADDRESSES = "ip address replace 192.0.2.10/32 dev lo; ip address replace 198.51.100.10/32 dev lo"
_INIT = "docker swarm init --advertise-addr 192.0.2.10 --listen-addr 192.0.2.10:2377 --cert-expiry 4000h"
_EVERYWHERE = "docker swarm init --advertise-addr 192.0.2.10"
_EXPECTED = "params: {swarm_expected: true}"
_AGE = "params: {swarm_expected: true, swarm_max_ca_age_days: 365}"
_BOUND = "docker swarm init --listen-addr 192.0.2.10:2377 --advertise-addr 192.0.2.10"
_APART = "docker swarm init --advertise-addr 192.0.2.10 --data-path-addr 198.51.100.10"
_JOINED = f"docker swarm leave --force; {_BOUND} --data-path-addr 198.51.100.10"
_SERVICE = "-d --no-resolve-image"

SWARM_PROOFS = [
    Proof("swarm.off-unless-declared", {}, group="swarm-off", prepare=_ADDRESSES, before=_INIT, once="in no swarm"),
    Proof("swarm.autolock", {}, group="swarm", prepare=_ADDRESSES, before=_INIT),
    Proof("swarm.certificate-validity", {}, group="swarm", prepare=_ADDRESSES, before=_INIT, profile=_EXPECTED),
    Proof(
        "swarm.root-rotated",
        {},
        group="swarm",
        prepare=_ADDRESSES,
        before="cd /run; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout old.key "
        "-out old.pem -subj /CN=swarm-ca -not_before 20240101000000Z -not_after 20440101000000Z -addext "
        "keyUsage=critical,keyCertSign,cRLSign; docker swarm ca --rotate --quiet --ca-cert old.pem --ca-key old.key",
        profile=_AGE,
        named=("docker swarm ca --rotate --quiet",),
        person="docker swarm ca --rotate --quiet",
    ),
    *(
        Proof(
            check,
            {},
            group="swarm",
            prepare=_ADDRESSES,
            before=f"docker service create {_SERVICE} --replicas 0 --name {name} -p {port}:443 busybox:test true",
            param=name,
            named=(f"docker service update {change} {name}",),
            person=f"docker service update {_SERVICE} {change} {name}",
        )
        for check, name, port, change in (
            ("swarm.no-privileged-ports", "low", 444, "--publish-rm 443 --publish-add published=8443,target=443"),
            ("swarm.ports-behind-one-interface", "open", 8444, "--publish-rm 443"),
        )
    ),
    Proof(
        "swarm.secrets-used",
        {},
        group="swarm",
        prepare=_ADDRESSES,
        before=f"docker service create {_SERVICE} --name web --env DB_PASSWORD=x busybox:test sleep 3600",
        param="web",
        named=("docker secret create NAME FILE", "docker service update --env-rm NAME --secret-add NAME web"),
        person="echo x >/run/secret; docker secret create DB_PASSWORD /run/secret; "
        f"docker service update {_SERVICE} --env-rm DB_PASSWORD --secret-add DB_PASSWORD web",
    ),
    Proof(
        "swarm.overlay-encrypted",
        {},
        group="swarm",
        prepare=_ADDRESSES,
        before="docker network create --driver overlay plain; "
        f"docker service create {_SERVICE} --replicas 0 --name on-plain --network plain busybox:test sleep 3600",
        param="plain",
        named=(
            "docker network create --driver overlay --opt encrypted NAME",
            "docker service update --network-rm OLD --network-add NAME SERVICE",
        ),
        person="docker network create --driver overlay --opt encrypted locked; "
        f"docker service update {_SERVICE} --network-rm plain --network-add locked on-plain; "
        "docker network rm plain",
        then=frozenset({"0 results"}),
    ),
    Proof(
        "swarm.ports-on-one-interface",
        {},
        group="swarm-addresses",
        prepare=_ADDRESSES,
        before=_EVERYWHERE,
        named=(_BOUND,),
        person=_JOINED,
    ),
    Proof(
        "swarm.data-on-own-interface",
        {},
        group="swarm-addresses",
        prepare=_ADDRESSES,
        before=_EVERYWHERE,
        named=(_APART,),
        person=_JOINED,
    ),
]

SWARM_UNPROVEN = {
    "swarm.manager-count": "needs three hosts",
    "swarm.autolock-key-rotated": "the engine keeps no date of it: only a person can say it",
}
