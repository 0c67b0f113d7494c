"""Proofs for the engine's own settings: wrong in the file, on the command line, and in another file than the usual."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.engine.proof import Proof

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DAEMON_PROOFS", "DAEMON_UNPROVEN", "FILE_PROOFS", "FLAGS", "FLAG_PROOFS", "LIMITS"]

_LOGHOST = {"LOGHOST": "192.0.2.1"}
# Everything at once, in the file…
_FILE: Mapping[str, Any] = {
    "log-level": "debug",
    "insecure-registries": ["plain.test:5000", "10.0.0.0/8"],
    "cgroup-parent": "/elsewhere",
    "log-driver": "json-file",
    "log-opts": {"max-size": "1m"},
    "no-new-privileges": False,
    "userland-proxy": True,
    "seccomp-profile": "unconfined",
    "experimental": True,
    "default-ulimits": {"nofile": {"Name": "nofile", "Soft": 1024, "Hard": 1048576}},
    "labels": ["stays=here"],
}
# … and on the command line, in every spelling, beside what must stay.
FLAGS = (
    "--icc=true",
    "-D",
    "-l",
    "warn",
    "--insecure-registry",
    "plain.test:5000",
    "--insecure-registry=10.0.0.0/8",
    "--cgroup-parent=/else where",
    "--log-driver=json-file",
    "--log-opt",
    "max-size=1m",
    "--live-restore=f",
    "--userland-proxy",
    "--seccomp-profile=unconfined",
    "--experimental",
    "--default-ulimit",
    "nofile=1024:1048576",
    "--init-path",
    "/opt/it's 100% $HOME \\ one",
    "-H",
    "unix:///var/run/docker.sock",
    "--host=tcp://127.0.0.1:2375",
)
_OPEN = {"iptables": False, "hosts": ["tcp://127.0.0.1:2375", "unix:///var/run/docker.sock"]}
_CDI = {"features": {"cdi": True}}
_OTHER_FILE = "/etc/docker/other.json"
_OTHER = ("--config-file", _OTHER_FILE, "--iptables=false", "--debug")
_MAKE_OTHER = f"echo '{{}}' >{_OTHER_FILE}"
LIMITS = "params: {daemon_required_ulimits: [nofile, nproc], daemon_max_ulimits: {nofile: 65536}}"
_FEATURES = "params: {denied_features: [cdi]}"
# A plugin that allows everything.
_PLUGIN = r"""
mkdir -p /run/docker/plugins
cat >/run/dw-plugin.py <<'EOF'
import http.server, os, socketserver
class Answer(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b'{"Implements": ["authz"], "Allow": true}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def address_string(self):
        return ""
    def log_message(self, *args):
        pass
path = "/run/docker/plugins/allow.sock"
if os.path.exists(path):
    os.unlink(path)
with socketserver.ThreadingUnixStreamServer(path, Answer) as server:
    server.serve_forever()
EOF
python3 /run/dw-plugin.py >/dev/null 2>&1 </dev/null &
for n in 1 2 3 4 5 6 7 8 9 10; do [ -S /run/docker/plugins/allow.sock ] && break; sleep 0.2; done
"""

_ON_FILE = (
    "log-level-info",
    "no-insecure-registries",
    "default-cgroup-parent",
    "no-new-privileges",
    "live-restore",
    "userland-proxy-disabled",
    "seccomp-profile",
    "icc-disabled",
)
_ON_COMMAND_LINE = (*(name for name in _ON_FILE if name != "no-new-privileges"), "api-on-tcp-demands-certificates")


def _all(config: Mapping[str, Any] | None, args: tuple[str, ...], names: tuple[str, ...]) -> list[Proof]:
    return [Proof(f"daemon.{name}", config, args) for name in names]


FILE_PROOFS = [
    *_all(_FILE, (), _ON_FILE),
    Proof("daemon.default-ulimits", _FILE, profile=LIMITS),
    Proof("daemon.remote-logging", _FILE, fill=_LOGHOST),
    Proof("daemon.no-experimental", _FILE),
]
FLAG_PROOFS = [
    *_all(None, FLAGS, _ON_COMMAND_LINE),
    Proof("daemon.default-ulimits", None, FLAGS, profile=LIMITS),
    Proof("daemon.remote-logging", None, FLAGS, fill=_LOGHOST),
    Proof("daemon.no-experimental", None, FLAGS),
]
DAEMON_PROOFS = [
    *FILE_PROOFS,
    *FLAG_PROOFS,
    # The file has another name, and without the packet filter the engine refuses to be without icc.
    *(
        Proof(f"daemon.{name}", None, _OTHER, prepare=_MAKE_OTHER)
        for name in ("iptables-managed", "icc-disabled", "log-level-info", "default-ulimits")
    ),
    *_all(_OPEN, (), ("icc-disabled", "iptables-managed", "api-on-tcp-demands-certificates")),
    Proof("daemon.userns-remap", _CDI, prepare=_PLUGIN),
    Proof("daemon.no-experimental", _CDI, prepare=_PLUGIN, profile=_FEATURES),
    Proof("daemon.authorization-plugin", _CDI, prepare=_PLUGIN, fill={"NAME-OF-YOUR-PLUGIN": "allow"}),
    Proof(
        "daemon.ip6tables-managed",
        {"ipv6": True, "fixed-cidr-v6": "fd00:2::/64", "experimental": True, "ip6tables": False},
    ),
    Proof("daemon.ip6tables-managed", {"ipv6": True, "fixed-cidr-v6": "fd00:2::/64"}),
    # What is on disk is not what runs, or would not start.
    Proof("daemon.no-drift", {}, group="stale", before="echo '{\"icc\": false}' >/etc/docker/daemon.json"),
    Proof("daemon.starts-again", {}, group="strange", before="echo '{\"iccc\": 1}' >/etc/docker/daemon.json"),
    Proof(
        "daemon.starts-again",
        None,
        ("--icc=true", "--debug=false"),
        before='echo \'{"icc": false, "debug": false}\' >/etc/docker/daemon.json',
    ),
]

_NO_DRIVER = "engines of the releases that can be had have no such storage driver any more"
DAEMON_UNPROVEN = {
    "daemon.no-aufs": _NO_DRIVER,
    "daemon.no-devicemapper": _NO_DRIVER,
    "daemon.default-base-size": _NO_DRIVER,
    "daemon.upgrade-keeps-settings": "is asked only where another release is rehearsed, and none runs then",
    "daemon.rootless": "sets up an engine of a user's own, which needs that user's service manager",
}
