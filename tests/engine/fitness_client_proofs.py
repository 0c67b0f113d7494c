"""Proofs for the checks about the docker command's own files and about engines without root."""

from __future__ import annotations

from tests.engine.proof import Proof

__all__ = ["CLIENT_PROOFS", "CLIENT_UNPROVEN"]

_FILE = '"$HOME/.docker/config.json"'
# A helper that nobody installed, a password (app:password) and a file that all may read, by way of its folders, too.
_CONFIG = (
    'mkdir -p "$HOME/.docker"; '
    """printf '%s' '{"credsStore": "missing", "auths": {"registry.test:5000": {"auth": "YXBwOnBhc3N3b3Jk"}}}' """
    f'>{_FILE}; chmod 0644 {_FILE}; chmod 0755 "$HOME" "$HOME/.."'
)
_USER = (
    "id fern >/dev/null 2>&1 || useradd -M fern; echo fern:100000:65536 >/etc/subuid; echo fern:100000:9 >/etc/subgid; "
    "echo other:100000:65536 >>/etc/subuid"
)
_GONE = frozenset({"pass", "skip", "0 results"})
_DECLARED = "params: {rootless_users: [fern]}"

CLIENT_PROOFS = [
    Proof("client.helper-installed", {}, group="client", before=_CONFIG, param="default", then=_GONE),
    Proof("client.no-plain-credentials", {}, group="client", before=_CONFIG, param="registry.test:5000", then=_GONE),
    Proof("client.config-private", {}, group="client-mode", before=_CONFIG, param="/config.json"),
    Proof("rootless.subordinate-ids", {}, group="ids", before=_USER, param="fern uid", profile=_DECLARED),
    Proof("rootless.subordinate-ids", {}, group="ids", before=_USER, param="fern gid", profile=_DECLARED),
]

_PACKAGES = "installs a package, which the tests do not do to the machine that they run on"
_SERVICE = "systemd carries it out for a user, and the test's host has none"
CLIENT_UNPROVEN = {
    "rootless.id-map-tools": _PACKAGES,
    "rootless.network-helper": _PACKAGES,
    "rootless.lingers": _SERVICE,
    "rootless.controllers-delegated": _SERVICE,
}
