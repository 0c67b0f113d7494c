"""Proofs for the checks about Harbor's own files: several installations, each wrong in one way.

Harbor's ``prepare`` and its containers cannot be had here: what it copies from these files is not looked at.
"""

from __future__ import annotations

import shlex
from dataclasses import replace

from tests.engine.proof import Proof

__all__ = ["HARBOR_PROOFS", "HARBOR_UNPROVEN"]

_GOOD = r"""
ca() { openssl req -x509 -new -sha512 -days 3650 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" \
    -out "$1.crt" -subj /CN=ca -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
}
usual="authorityKeyIdentifier=keyid,issuer
basicConstraints=CA:FALSE
keyUsage=digitalSignature,keyEncipherment
extendedKeyUsage=serverAuth
subjectAltName=DNS:%s.test
"
issue() { # NAME EXTENSIONS OPTION…
    printf "$2" "$1" >/run/harbor.ext
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key -out server.csr \
        -subj "/CN=$1.test"
    openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -out server.crt -days 399 -extfile /run/harbor.ext \
        "${@:3}"
}
harbor() { # NAME: a good installation
    mkdir -p "/home/$1/harbor" "/home/$1/data"
    cd "/home/$1/harbor"
    ca ca
    issue "$1" "$usual"
    chmod 0600 *.key
    printf 'hostname: %s.test\nhttps:\n  port: 443\n  certificate: %s/server.crt\n  private_key: %s/server.key\n' \
        "$1" "$PWD" "$PWD" >harbor.yml
    printf 'data_volume: /home/%s/data\n' "$1" >>harbor.yml
}
settings() { # NAME LINES: one without TLS, and with these lines in its harbor.yml
    mkdir -p "/home/$1/harbor" "/home/$1/data"
    cd "/home/$1/harbor"
    printf 'hostname: %s.test\nhttp: {port: 80}\ndata_volume: /home/%s/data\n%s\n' "$1" "$1" "$2" >harbor.yml
    chmod 0600 harbor.yml
}
"""
_BROKEN = r"""
for name in open sound over names usage unread mismatch late soon chain nobody plain request; do
    harbor $name
done
cd /home/open/harbor; chmod 0644 server.key
mkdir -p common/config/core ../data/secret/keys ../data/registry
printf 'LOG_LEVEL=info\n' >common/config/core/env
printf 0123456789abcdef >../data/secret/keys/secretkey
chmod 0644 common/config/core/env ../data/secret/keys/secretkey
cd /home/sound/harbor; openssl req -x509 -new -key ca.key -out ca.crt -days 3650 -subj /CN=ca
cd /home/over/harbor
openssl req -x509 -new -key ca.key -out ca.crt -subj /CN=ca -not_before 20200101000000Z -not_after 20210101000000Z
cd /home/names/harbor; issue other "$usual"
cd /home/usage/harbor; issue usage 'subjectAltName=DNS:%s.test\nextendedKeyUsage=clientAuth\n'
cd /home/unread/harbor; echo rubbish >server.crt
cd /home/mismatch/harbor; cp ca.key server.key
cd /home/late/harbor; issue late "$usual" -not_before 20200101000000Z -not_after 20210101000000Z
cd /home/soon/harbor; issue soon "$usual" -days 20
cd /home/chain/harbor; cp ca.crt root.crt; cp ca.key root.key
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out middle.key
openssl req -new -key middle.key -out middle.csr -subj /CN=middle
printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n' >/run/harbor.ext
openssl x509 -req -in middle.csr -CA root.crt -CAkey root.key -out intermediate.crt -days 3000 -extfile /run/harbor.ext
cp intermediate.crt ca.crt; cp middle.key ca.key; issue chain "$usual"; rm ca.crt ca.key *.csr
cd /home/nobody/harbor; sed -i 's/^hostname:.*/hostname: localhost/' harbor.yml
cd /home/plain/harbor; printf 'hostname: plain.test\nhttp: {port: 80}\ndata_volume: /home/plain/data\n' >harbor.yml
cd /home/request/harbor
openssl req -new -newkey rsa:1024 -nodes -keyout weak.key -out weak.csr -subj /CN=request.test; chmod 0600 weak.key
"""

# Settings that are wrong, and as a person puts them right: by name.
_SETTINGS = {
    "url": ("external_url: http://url.test", "external_url: https://url.test"),
    "admin": ("harbor_admin_password: Harbor12345", "harbor_admin_password: another word"),
    "dbword": ("database: {password: root123}", "database: {password: another word}"),
    "store": ("storage_service: {s4: {bucket: b}}", "storage_service: {s3: {bucket: b}}"),
    "blocks": (
        "redis: {harbor_db_index: 6}\nexternal_redis: {host: 'r.test:6379'}",
        "external_redis: {host: 'r.test:6379'}",
    ),
    "index": ("redis: {registry_db_index: 2}", "redis: {registry_db_index: 6}"),
    "sentinel": (
        "external_redis: {host: 'a.test:26379,b.test:26379'}",
        "external_redis: {host: 'a.test:26379,b.test:26379', sentinel_master_set: m}",
    ),
    "dbtls": (
        "external_database: {harbor: {host: db.test, ssl_mode: disable}}",
        "external_database: {harbor: {host: db.test, ssl_mode: verify-full}}",
    ),
    "proxy": (
        "proxy: {http_proxy: 'http://p.test:3128', components: [core]}",
        "proxy: {http_proxy: 'http://p.test:3128', no_proxy: proxy.test, components: [core]}",
    ),
    "family": (
        "https: {port: 443}\nip_family: {ipv4: {enabled: false}, ipv6: {enabled: false}}",
        "https: {port: 443}\nip_family: {ipv4: {enabled: true}, ipv6: {enabled: false}}",
    ),
    "logs": (
        "log: {local: {rotate_count: 50000, rotate_size: 200G}}",
        "log: {local: {rotate_count: 1, rotate_size: 1k}}",
    ),
    "scanner": ("trivy: {skip_update: true}", "trivy: {skip_update: false}"),
}
_BROKEN += "".join(f"settings {name} {shlex.quote(wrong)}\n" for name, (wrong, _) in _SETTINGS.items())
_BROKEN += r"""
settings mode ''; chmod 0644 harbor.yml
settings place ''; sed -i 's/^data_volume.*/& # here/' harbor.yml
settings twice ''; printf 'services: {core: {image: "goharbor/harbor-core:v2.12.2"}}\n' >docker-compose.yml
for version in 14 15; do
    mkdir -p ../data/database/pg$version; echo $version >../data/database/pg$version/PG_VERSION
done
for name in logs scanner; do
    printf 'services: {trivy-adapter: {image: "goharbor/trivy-adapter-photon:v2.12.2"}}\n' >\
        /home/$name/harbor/docker-compose.yml
done
"""


def _script(text: str) -> str:
    return f"bash -e <<'SCRIPT' >/dev/null\n{_GOOD}\n{text}\nSCRIPT\n"


def _proof(check: str, param: str, named: str = "", person: str = "", **fill: str) -> Proof:
    return Proof(
        f"harbor.{check}",
        {},
        group="harbor",
        prepare=_script(_BROKEN),
        param=param,
        named=(named,) if named else (),
        person=_script(person) if person else "",
        fill=fill,
    )


def _again(check: str, name: str, named: str) -> Proof:
    """The CA issues the certificate anew, or the installation's files are put right."""
    return _proof(check, f"/home/{name}/harbor", named, f"harbor {name}")


def _set(check: str, name: str, named: str) -> Proof:
    """harbor.yml is edited."""
    return _proof(check, f"/home/{name}/harbor", named, f"settings {name} {shlex.quote(_SETTINGS[name][1])}")


# A service as compose makes it, which would not come back after a reboot.
_SERVICE = (
    "docker tag busybox:test goharbor/harbor-core:v2.12.2\n"
    "docker run -d --name harbor-core --label com.docker.compose.project=harbor --label com.docker.compose.service=core"
    " goharbor/harbor-core:v2.12.2 sleep 3600"
)

HARBOR_PROOFS = [
    replace(_proof("restart-policy", "core"), before=_SERVICE),
    _proof("data-volume-place", "/home/place/harbor", "data_volume: /data", "settings place ''"),
    _proof("database-single", "/home/twice/harbor", "move the old one away", "rm -r /home/twice/data/database/pg14"),
    _proof("config-private", "/home/mode/harbor"),
    _set("external-url-consistent", "url", "external_url: https://NAME"),
    _set("admin-password-set", "admin", "harbor_admin_password"),
    _set("database-password-set", "dbword", "before the first start, in /home/dbword/harbor/harbor.yml"),
    _set("storage-driver-effective", "store", "storage_service with one driver"),
    _set("redis-block-effective", "blocks", "take `redis:` away where external_redis is meant"),
    _set("redis-indexes-distinct", "index", "an index of its own for each"),
    _set("redis-sentinel-set", "sentinel", "sentinel_master_set: NAME"),
    _set("database-tls", "dbtls", "ssl_mode: verify-full"),
    _set("proxy-exempts-inside", "proxy", "add proxy.test to proxy.no_proxy"),
    _set("ip-family-fits", "family", "ip_family: {ipv4: {enabled: true}, ipv6: {enabled: false}}"),
    _set("logs-fit-disk", "logs", "log: {local: {rotate_count: 10, rotate_size: 100M}}"),
    _set("trivy-updates", "scanner", "trivy: {skip_update: false}"),
    _proof("keys-private", "/home/open/harbor/server.key"),
    _proof("rendered-modes", "/home/open/harbor/common/config/core/env"),
    _proof("secret-modes", "/home/open/data/secret/keys/secretkey"),
    _proof("data-modes", "/home/open/data/registry"),
    _proof(
        "authority-sound",
        "/home/sound/harbor/ca.crt",
        **{"openssl req": "cd /home/sound/harbor; openssl req", "NAME": "ca"},
    ),
    _proof("authority-in-date", "/home/over/harbor/ca.crt", "then make a new one", "cd /home/over/harbor; ca ca"),
    _again("certificate-covers-names", "names", "issue the certificate anew, with every name in subjectAltName"),
    _again("certificate-usage", "usage", "# extendedKeyUsage=serverAuth\n# subjectAltName=DNS:HOST"),
    _again("certificate-readable", "unread", "put the certificate and its key, unencrypted and in PEM, where"),
    _again("certificate-matches-key", "mismatch", "put the key that belongs to the certificate where"),
    _again("certificate-in-date", "late", "renew /home/late/harbor/server.crt"),
    _again("certificate-renewal", "soon", "renew /home/soon/harbor/server.crt"),
    _proof(
        "chain-complete",
        "/home/chain/harbor",
        "cat server.crt intermediate.crt >chain.crt  # and name it in",
        "cd /home/chain/harbor; cat server.crt intermediate.crt >chain.crt; sed -i s/server.crt/chain.crt/ harbor.yml",
    ),
    _again("hostname-set", "nobody", "in /home/nobody/harbor/harbor.yml: hostname: the name that clients use"),
    _again("serves-https", "plain", "https: {port: 443, certificate: …, private_key: …}"),
    _proof(
        "request-sound",
        "/home/request/harbor/weak.csr",
        **{"openssl req": "cd /home/request/harbor; openssl req", "HOST": "weak"},
    ),
]

_MEANT = "is written into harbor.yml as its owner means it, which only they know"
_PREPARE = "runs Harbor's own prepare and its containers, which the tests cannot download"
_ITSELF = "is set in Harbor itself, whose containers the tests cannot download"
_NODES = "makes files of several hosts alike; groups of real nodes show what it does (test_harbor_group.py)"
HARBOR_UNPROVEN = {
    "harbor.api-answers": _PREPARE,
    "harbor.audit-forwarded": _ITSELF,
    "harbor.audit-purged": _ITSELF,
    "harbor.auth-mode": _ITSELF,
    "harbor.component-healthy": _PREPARE,
    "harbor.directory-verified": _ITSELF,
    "harbor.external-url-effective": _PREPARE,
    "harbor.gc-scheduled": _ITSELF,
    "harbor.gc-succeeds": _ITSELF,
    "harbor.jobservice-alive": _PREPARE,
    "harbor.not-read-only": _ITSELF,
    "harbor.project-blocks-vulnerable": _ITSELF,
    "harbor.project-creation-restricted": _ITSELF,
    "harbor.project-private": _ITSELF,
    "harbor.project-retention": _ITSELF,
    "harbor.project-scan-on-push": _ITSELF,
    "harbor.project-tags-immutable": _ITSELF,
    "harbor.queues-move": _ITSELF,
    "harbor.quota-headroom": _ITSELF,
    "harbor.registry-verified": _ITSELF,
    "harbor.replication-runs": _ITSELF,
    "harbor.robot-expires": _ITSELF,
    "harbor.robot-not-expired": _ITSELF,
    "harbor.scan-scheduled": _ITSELF,
    "harbor.scanner-present": _ITSELF,
    "harbor.schedules-run": _ITSELF,
    "harbor.self-registration-off": _ITSELF,
    "harbor.token-lifetime": _ITSELF,
    "harbor.token-pair-in-use": _PREPARE,
    "harbor.volume-space": _PREPARE,
    "harbor.authority-download": _PREPARE,
    "harbor.certificate-in-use": _PREPARE,
    "harbor.config-keys-known": _MEANT,
    "harbor.config-unambiguous": _MEANT,
    "harbor.config-version": _PREPARE,
    "harbor.ports-free": "moves another service away, which only its owner can",
    "harbor.prepare-accepts": _MEANT,
    "harbor.challenge-realm": _PREPARE,
    "harbor.http-redirects": _PREPARE,
    "harbor.internal-certificates": _PREPARE,
    "harbor.prepare-current": _PREPARE,
    "harbor.compose-current": _PREPARE,
    "harbor.token-pair-matches": _PREPARE,
    "harbor.secretkey-valid": "restores a key from the reader's own backup",
    "harbor.tls-modern": _PREPARE,
    "harbor.containers-current": _PREPARE,
    "harbor.data-space": "needs a larger disk",
    "harbor.database-directory": "restores a database or upgrades it in steps, by images that tests cannot download",
    "harbor.upgrade-database": "upgrades a database in steps, by images that tests cannot download",
    "harbor.upgrade-space": "needs a larger disk",
    "harbor.upgrade-step": "upgrades in steps, by images that tests cannot download",
    "harbor.log-container-first": _PREPARE,
    "harbor.log-driver": _PREPARE,
    "harbor.one-version": _PREPARE,
    "harbor.running-is-installed": _PREPARE,
    "harbor.service-healthy": "is in the reader's own log",
    "harbor.service-orphaned": _PREPARE,
    "harbor.service-present": _PREPARE,
    "harbor.service-running": _PREPARE,
    "harbor.service-stable": "is in the reader's own log",
    "harbor.hsts": "is set at the reader's own proxy before Harbor",
    "harbor.group-complete": "is in the profile",
    "harbor.group-clocks-agree": "sets the machine's clock, which all tests share",
    "harbor.group-connection-budget": _NODES,
    "harbor.group-job-logs": _NODES,
    "harbor.group-jobservices": "is in the reader's own log",
    "harbor.group-replicates-both-ways": _ITSELF,
    "harbor.group-same-address": _NODES,
    "harbor.group-same-answers": _NODES,
    "harbor.group-same-cache": _NODES,
    "harbor.group-same-certificate": _NODES,
    "harbor.group-same-csrf": _NODES,
    "harbor.group-same-secretkey": _NODES,
    "harbor.group-same-token-key": _NODES,
    "harbor.group-same-version": "upgrades in steps, by images that tests cannot download",
    "harbor.group-shared-database": _NODES,
    "harbor.group-shared-redis": _NODES,
    "harbor.group-shared-storage": _NODES,
}
