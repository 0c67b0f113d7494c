"""Proofs for the checks about registries' certificates: folders of certs.d, and a registry that really answers."""

from __future__ import annotations

from tests.engine.proof import Proof

__all__ = ["TRUST_PROOFS", "TRUST_UNPROVEN"]

_GONE = frozenset({"pass", "skip", "0 results"})
_ROOT = "/etc/docker/certs.d"
# A CA, what it issued, and how each folder is wrong.
_PKI = r"""
rm -rf /run/pki; mkdir -p /run/pki; cd /run/pki
root() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.pem" \
    -subj "/CN=$1" -days 400 "${@:2}"; }
issue() { openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" \
    -subj "/CN=$1"; printf "$2" >"$1.ext"; openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -out "$1.pem" \
    -days 399 -extfile "$1.ext" "${@:3}"; }
root ca; root other
issue server 'extendedKeyUsage=serverAuth\nsubjectAltName=DNS:reg.test,DNS:good.test\n'
issue client 'extendedKeyUsage=clientAuth\n'
issue copied 'extendedKeyUsage=serverAuth\nsubjectAltName=DNS:copied.test\n'
issue sha1 'basicConstraints=critical,CA:TRUE\n' -sha1
root over -not_before 20200101000000Z -not_after 20210101000000Z
root soon -days 20
openssl req -x509 -newkey rsa:1024 -nodes -keyout weak.key -out weak.pem -subj /CN=weak -days 400
chmod 0600 *.key
"""
_FOLDERS = f"""
put() {{ mkdir -p "{_ROOT}/$2"; cp -p "/run/pki/$1" "{_ROOT}/$2/$3"; }}
put ca.pem named.test. ca.crt
put ca.pem ignored.test ca.pem
put ca.pem called.test ca.cert
put ca.pem lone.test ca.crt; put ca.key lone.test ca.key
put client.pem mismatch.test client.cert; put other.key mismatch.test client.key
mkdir -p {_ROOT}/der.test; openssl x509 -in ca.pem -outform DER -out {_ROOT}/der.test/ca.crt
put client.pem open.test client.cert; put client.key open.test client.key; chmod 0644 {_ROOT}/open.test/client.key
put server.pem keyed.test server.cert; put server.key keyed.test server.key
put copied.pem usage.test client.cert; put copied.key usage.test client.key
put over.pem over.test ca.crt
put soon.pem soon.test ca.crt
put weak.pem weak.test ca.crt
put sha1.pem sha1.test ca.crt
put ca.pem hidden.test ca.crt
"""
_REGISTRY = f"""
put ca.pem good.test:5443 ca.crt
printf '192.0.2.10 reg.test good.test\\n' >>/etc/hosts
ip address replace 192.0.2.10/32 dev lo
cat server.pem ca.pem >chain.pem
cat >registry.yml <<'EOF'
version: 0.1
storage: {{filesystem: {{rootdirectory: /run/pki/images}}}}
http:
  addr: 192.0.2.10:5443
  tls: {{certificate: /run/pki/chain.pem, key: /run/pki/server.key}}
EOF
docker-registry serve registry.yml >/dev/null 2>&1 </dev/null &
for n in 1 2 3 4 5 6 7 8 9 10; do curl -sk https://reg.test:5443/v2/ && break; sleep 0.3; done
rm -rf {_ROOT}/reg.test:5443
"""


def _script(*parts: str) -> str:
    """The functions of the script have arguments, which sh knows less of."""
    return "bash -e <<'SCRIPT' >/dev/null\n" + "".join(parts) + "\nSCRIPT\n"


_LAYOUT = {"insecure-registries": ["hidden.test"]}
_SERVED = {"insecure-registries": ["good.test:5443"]}
_NEW_CA = "openssl x509 -in /run/pki/ca.pem -out {}/{}/ca.crt"


def _folder(
    check: str,
    param: str,
    then: frozenset[str] = frozenset({"pass"}),
    *,
    once: str = "",
    named: str = "",
    person: str = "",
) -> Proof:
    return Proof(
        f"trust.{check}",
        _LAYOUT,
        group="certs.d",
        prepare=_script(_PKI, _FOLDERS),
        param=param,
        then=then,
        once=once,
        named=(named,) if named else (),
        person=person,
    )


def _renewed(check: str, folder: str, named: str) -> Proof:
    """The CA's owner issues a certificate anew, and it is put into the folder."""
    return _folder(check, f"/{folder}/ca.crt", named=named, person=_NEW_CA.format(_ROOT, folder))


_MOVED, _REMOVED = "the file has its new name already", "the file is gone already"

TRUST_PROOFS = [
    _folder("directory-name-usable", "/named.test.", _GONE, once=_MOVED),
    _folder("no-ignored-files", "/ignored.test", once=_MOVED),
    _folder("ca-not-named-cert", "/called.test/ca.cert", _GONE, once=_MOVED),
    _folder("pairs-complete", "/lone.test", once=_REMOVED),
    _folder("pairs-match", "/mismatch.test/client.cert", _GONE, once=_REMOVED),
    _folder("ca-readable", "/der.test/ca.crt", once="it is PEM already"),
    _folder("keys-private", "/open.test/client.key"),
    _folder("no-server-key", "/keyed.test/server.key", _GONE, once=_REMOVED),
    _folder("client-certificate-usage", "/usage.test/client.cert", _GONE, once=_REMOVED),
    _folder("folder-in-force", "/hidden.test"),
    _renewed("certificate-in-date", "over.test", "put the CA's new one in"),
    _renewed("certificate-renewal", "soon.test", "put the CA's new one in"),
    _renewed("keys-strong", "weak.test", "P-256"),
    _renewed("signatures-strong", "sha1.test", "-sha256"),
    *(
        Proof(
            f"trust.{check}",
            _SERVED,
            group="registry",
            prepare=_script(_PKI, _FOLDERS.partition("put ca.pem named.test.")[0], _REGISTRY),
            param=param,
            registries=("reg.test:5443", "good.test:5443"),
            then=_GONE,
        )
        for check, param in (("registry-verifies", "reg.test:5443"), ("insecure-registry-needed", "good.test:5443"))
    ),
    Proof(
        "trust.system-roots-in-force",
        {},
        group="stale",
        before="sleep 3; cat /etc/ssl/certs/*.pem | head -30 >>/etc/ssl/certs/ca-certificates.crt",
    ),
]

TRUST_UNPROVEN = {"trust.clock-right": "sets the clock of the machine that the tests run on"}
