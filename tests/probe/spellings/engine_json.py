"""daemon.json: everything that may be secret in it, in every spelling that Go's encoding/json takes."""

from __future__ import annotations

from tests.probe.spellings.table import Spelling

__all__ = ["SPELLINGS"]

PATH = "/etc/docker/daemon.json"
_KEEPS = '"mtu": 1412, "log-driver": "json-file"'


def _escaped(text: str) -> str:
    r"""Every letter of a key as ``\\u`` and four digits."""
    return "".join(f"\\u{ord(char):04x}" for char in text)


def _member(name: str, member: str, *keeps: str) -> Spelling:
    return Spelling(f"daemon.json/{name}", PATH, f"{{{member}, {_KEEPS}}}\n", ("1412", "json-file", *keeps))


def _whole(name: str, text: str, *keeps: str) -> Spelling:
    return Spelling(f"daemon.json/file/{name}", PATH, text, keeps)


# Keys whose value is one URL or host, with a user and a password before it.
_URLS = (
    ("proxies/http-proxy", '"proxies": {"http-proxy": "%s"}'),
    ("proxies/https-proxy", '"proxies": {"https-proxy": "%s"}'),
    ("proxies/no-proxy", '"proxies": {"no-proxy": "%s"}'),
    ("http-proxy", '"http-proxy": "%s"'),
    ("registry-mirrors", '"registry-mirrors": ["%s"]'),
    ("insecure-registries", '"insecure-registries": ["%s"]'),
    ("allow-nondistributable-artifacts", '"allow-nondistributable-artifacts": ["%s"]'),
    ("hosts", '"hosts": ["%s"]'),
    ("metrics-addr", '"metrics-addr": "%s"'),
    ("swarm-default-advertise-addr", '"swarm-default-advertise-addr": "%s"'),
    ("syslog-address", '"log-opts": {"syslog-address": "%s"}'),
    ("fluentd-address", '"log-opts": {"fluentd-address": "%s"}'),
    ("gelf-address", '"log-opts": {"gelf-address": "%s"}'),
    ("splunk-url", '"log-opts": {"splunk-url": "%s"}'),
    ("data-root", '"data-root": "%s"'),
    ("bip", '"bip": "%s"'),
    ("dns", '"dns": ["%s"]'),
    ("log-driver", '"log-driver ": "%s"'),
)
_SPELLED = (
    ("scheme", "https://u:«1»@h.example:8443/p"),
    ("no-scheme", "u:«1»@h.example:8443"),
    ("user-alone", "https://«1»@h.example"),
    ("user-alone-without-scheme", "«1»@h.example"),
    ("slash", "http://u:a/«1»@h.example"),
    ("at", "http://u:a@«1»@h.example"),
    ("hash", "http://u:a#«1»@h.example"),
    ("question", "http://u:a?«1»@h.example"),
    ("quote", 'http://u:a\\"«1»@h.example'),
    ("space", "http://u:a «1»@h.example"),
    ("comma", "http://u:a,«1»@h.example"),
    ("percent", "http://u%%3A«1»%%40h.example"),
    ("escaped-slashes", "https:\\/\\/u:«1»@h.example"),
    ("escaped-letters", "\\u0068ttps\\u003a//u\\u003a«1»\\u0040h.example"),
    ("query", "https://h.example/p?token=«1»"),
    ("query-with-at", "https://h.example/p?m=a@«1»"),
    ("fragment", "https://h.example/#«1»"),
    ("params", "https://h.example/p;token=«1»"),
    ("backslash", "https://u:«1»\\\\@h.example"),
)
_ADDRESSES = [
    _member(f"{key}/{how}", member % text.replace("%%", "%")) for key, member in _URLS for how, text in _SPELLED
]

_VALUES = [
    _member("labels", '"labels": ["«1»=«2»", "team=«3»"]', "team="),
    _member("labels/no-sign", '"labels": ["«1»"]'),
    _member("log-opts/tag", '"log-opts": {"tag": "«1»", "max-size": "7m"}', "7m"),
    _member(
        "log-opts/labels", '"log-opts": {"labels": "«1»", "env": "«2»", "env-regex": "«3»", "labels-regex": "«4»"}'
    ),
    _member("log-opts/splunk", '"log-opts": {"splunk-token": "«1»", "splunk-index": "«2»", "splunk-source": "«3»"}'),
    _member("log-opts/tls-key", '"log-opts": {"syslog-tls-key": "«1»", "syslog-tls-cert": "«2»"}'),
    _member(
        "log-opts/aws", '"log-opts": {"awslogs-credentials-endpoint": "/creds/«1»", "awslogs-region": "r-x"}', "r-x"
    ),
    _member("log-opts/unknown", '"log-opts": {"x-site": "«1»", "password": 23456789, "deep": {"a": ["«2»"]}}'),
    _member("log-opts/escaped-key", f'"log-opts": {{"{_escaped("splunk-token")}": "«1»"}}'),
    _member("log-opts/list", '"log-opts": ["tag=«1»", "max-size=8m"]', "max-size=8m"),
    _member("exec-opts", '"exec-opts": ["native.cgroupdriver=systemd", "token=«1»", "«2»"]', "cgroupdriver=systemd"),
    _member("storage-opts", '"storage-opts": ["overlay2.size=3G", "dm.secret=«1»", "«2»"]', "overlay2.size=3G"),
    _member(
        "runtimes/args",
        '"runtimes": {"r": {"path": "/usr/bin/r", "runtimeArgs": ["-p«1»", "--x", "«2»"]}}',
        "/usr/bin/r",
    ),
    _member(
        "runtimes/options",
        '"runtimes": {"r": {"runtimeType": "io.x.v2", "options": {"Token": "«1»", "Deep": {"a": "«2»"}}}}',
        "io.x.v2",
    ),
    _member(
        "default-network-opts",
        '"default-network-opts": {"bridge": {"x": "«1»", "com.docker.network.driver.mtu": "1409"}}',
        "1409",
    ),
    _member("node-generic-resources", '"node-generic-resources": ["gpu=«1»", "fpga=2"]', "fpga=2"),
    _member("cluster-store", '"cluster-store": "etcd://u:«1»@h", "cluster-store-opts": {"kv.key": "«2»"}'),
    _member("api-cors-header", '"api-cors-header": "https://u:«1»@h.example"'),
    _member("tlskey", '"tlskey": "«1»", "tlscert": "/etc/docker/c.pem"', "/etc/docker/c.pem"),
    _member("unknown", '"x-site": "«1»"', "x-site"),
    _member("unknown/name", '"«1»": "«2»"'),
    _member("unknown/number", '"pin": 23456789234567892345'),
    _member("unknown/nested", '"site": {"a": [{"b": "«1»"}, ["«2»"]], "debug": true}', '"debug": true'),
    _member("unknown/escaped", f'"{_escaped("x-site")}": "«1»"'),
    _member("duplicates", '"labels": ["a=«1»"], "labels": ["b=«2»"]'),
    _member("known-with-another-type", '"log-level": {"token": "«1»"}, "group": ["u:«2»@h"]'),
    _member("case", '"LABELS": ["a=«1»"], "Log-Opts": {"TAG": "«2»"}'),
    _member("fold", '"label\u017f": ["a=«1»"], "\\u212aey": "«2»"'),
    _member("value-is-a-key", '"group": "-----BEGIN PRIVATE KEY-----\\n«1»"'),
    _member("group-with-lines", '"group": "a\\n«1»"'),
    _member("seccomp-profile", '"seccomp-profile": "/p?token=«1»"'),
    _member("host-gateway", '"host-gateway-ip": "u:«1»@10.0.0.1"'),
    _member("builder/filter", '"builder": {"gc": {"policy": [{"filter": ["label=team=«1»", "label!=«2»"]}]}}'),
    _member("features/name", '"features": {"«1»": true, "cdi": false}', '"cdi": false'),
    _member("resources/name", '"node-generic-resources": ["«1»=1", "NVIDIA-GPU=gpu-«2»"]'),
    _member("runtimes/name", '"runtimes": {"u:«1»@h": {"path": "/x"}, "«2»": {"path": "r «3»"}}', '"/x"'),
    _member("runtimes/blank-in-path", '"runtimes": {"r": {"path": "/b «1»"}}'),
    _member("network-name", '"default-network-opts": {"bridge": {"com.docker.network.bridge.name": "«1»"}}'),
    _member("seccomp-profile/inline", '"seccomp-profile": "{\\"a\\":\\"«1»\\"}"'),
    _member("path-of-a-url", '"registry-mirrors": ["https://h.example/«1»/v2"]', "https://h.example/"),
    _member("path-without-scheme", '"data-root": "//h.example/«1»", "cdi-spec-dirs": ["data:text/plain,«2»"]'),
    _member("host-alone", '"metrics-addr": "«1»", "http-proxy": "«2»:3128"'),
    *(
        _member(f"harmless-key/{key}", f'"{key}": "«1»", "{key}": ["«2»"], "{key}": {{"a": "«3»"}}')
        for key in (
            *("authorization-plugins", "bip", "bridge", "cgroup-parent", "debug", "default-gateway"),
            *("default-runtime", "default-shm-size", "dns", "dns-opts", "dns-search", "group", "icc", "log-driver"),
            *("log-format", "log-level", "min-api-version", "oom-score-adjust", "storage-driver", "userns-remap"),
        )
    ),
    *(
        _member(f"harmless-option/{key}", f'"{where}": {{"{key}": "«1»"}}, "{where}": ["{key}=«2»"]')
        for where, key in (
            *(("log-opts", "awslogs-group"), ("log-opts", "max-file"), ("log-opts", "mode")),
            *(("log-opts", "syslog-facility"), ("log-opts", "gcp-meta-id"), ("log-opts", "fluentd-buffer-limit")),
            *(("storage-opts", "dm.mountopt"), ("storage-opts", "zfs.fsname"), ("storage-opts", "overlay2.size")),
        )
    ),
]
_LABELS = '"labels": ["a=«1»"]'
_FILES = [
    _whole("bom", "\ufeff{" + _LABELS + ', "mtu": 1412}', "1412"),
    _whole("crlf", '{\r\n "labels": ["a=«1»"],\r\n"mtu":\t1412}\r\n', "1412"),
    _whole("one-line-each", '{\n"labels"\n:\n[\n"a=«1»"\n]\n,\n"mtu"\n:\n1412\n}', "1412"),
    _whole("no-comma", '{"mtu": 1412 "x": "«1»"}', "1412"),
    _whole("no-brace", '{"mtu": 1412, ' + _LABELS + ', "log-opts": {"tag": "«2»"', "1412"),
    _whole("no-quote", '{"mtu": 1412, "labels": ["a=«1»]}\n«2»', "1412"),
    _whole("no-quotes", '{"mtu": 1412, labels: [a=«1»]}', "1412"),
    _whole("single-quotes", "{\"mtu\": 1412, 'labels': ['a=«1»']}", "1412"),
    _whole("trailing-comma", '{"mtu": 1412, ' + _LABELS + ",}", "1412"),
    _whole("after-the-end", '{"mtu": 1412}\n«1»', "1412"),
    _whole("two-documents", '{"mtu": 1412}{"log-driver": "«1»"}', "1412"),
    _whole("line-comment", '{"mtu": 1412, // «1»\n"icc": false}', "1412"),
    _whole("block-comment", '/* «1» */ {"mtu": 1412}'),
    _whole("hash-comment", "# «1»\n{}"),
    _whole("bad-escape", '{"mtu": 1412, "x": "a\\q«1»"}', "1412"),
    _whole("bad-unicode", '{"mtu": 1412, "x": "a\\u12«1»"}', "1412"),
    _whole("raw-newline", '{"mtu": 1412, "x": "a\n«1»"}', "1412"),
    _whole("bad-word", '{"mtu": 1412, "x": tru«1»}', "1412"),
    _whole("bad-number", '{"mtu": 1412, "x": 1e«1»}', "1412"),
    _whole("no-json", "password=«1»\n"),
    _whole("yaml", "labels:\n  - a=«1»\n"),
    _whole("text", '"«1»"'),
    _whole("list", '["«1»", {"labels": ["«2»"]}]'),
    _whole("nul", '{"mtu": 1412, "x": "a\0«1»"}', "1412"),
    _whole("nul-outside", '{"mtu": 1412, \0"x": "«1»"}', "1412"),
    _whole("invalid-utf-8", '{"mtu": 1412, "x": "\udcff«1»"}'),
    _whole("control", '{"mtu": 1412, "x": "\x02\x01«1»"}', "1412"),
    _whole("cut", '{"mtu": 1412, "proxies": {"http-proxy": "http://u:«1»', "1412"),
    _whole("cut-in-an-escape", '{"mtu": 1412, "x": "«1»\\', "1412"),
    _whole("deep", '{"mtu": 1412, "x": ' + "[" * 300 + '"«1»"' + "]" * 300 + "}", "1412"),
    _whole("many", '{"labels": [' + ", ".join(f'"a{n}=«1»"' for n in range(500)) + '], "mtu": 1412}', "1412"),
]

_PLAIN = (
    (
        "mirrors",
        '"registry-mirrors": ["https://mirror.example", "http://10.0.0.1:5000/p/"]',
        "https://mirror.example",
        "http://10.0.0.1:5000/p/",
    ),
    ("mirrors/escaped", '"registry-mirrors": ["https:\\/\\/mirror.example"]', "mirror.example"),
    (
        "insecure",
        '"insecure-registries": ["10.0.0.0/8", "reg.example:5000", "::1/128", "[fd00::1]:5000"]',
        "10.0.0.0/8",
        "reg.example:5000",
        "[fd00::1]:5000",
    ),
    (
        "hosts",
        '"hosts": ["unix:///var/run/docker.sock", "tcp://0.0.0.0:2376", "fd://", "unix://@abstract", "tcp://[::]:2375"]',
        "unix:///var/run/docker.sock",
        "tcp://0.0.0.0:2376",
        "fd://",
        "unix://@abstract",
        "tcp://[::]:2375",
    ),
    (
        "proxies",
        '"proxies": {"http-proxy": "http://p.example:3128", "no-proxy": "localhost,.x.example,10.0.0.0/8"}',
        "http://p.example:3128",
        "localhost,.x.example,10.0.0.0/8",
    ),
    (
        "log",
        '"log-opts": {"max-size": "27m", "max-file": "3", "compress": "true", "mode": "non-blocking", "max-buffer-size": "4m"}',
        "27m",
        '"3"',
        "non-blocking",
        "4m",
    ),
    (
        "syslog",
        '"log-opts": {"syslog-address": "udp://log.example:514", "syslog-facility": "daemon", "syslog-tls-key": "/k.pem"}',
        "udp://log.example:514",
        "daemon",
        "/k.pem",
    ),
    (
        "runtimes",
        '"runtimes": {"nvidia": {"path": "/usr/bin/nvidia-container-runtime", "runtimeArgs": []}}, "default-runtime": "nvidia"',
        "/usr/bin/nvidia-container-runtime",
        '"default-runtime": "nvidia"',
    ),
    ("ulimits", '"default-ulimits": {"nofile": {"Name": "nofile", "Hard": 64000, "Soft": 64000}}', "nofile", "64000"),
    (
        "bip",
        '"bip": "172.20.0.1/16", "fixed-cidr-v6": "fd00::/64", "default-address-pools": [{"base": "10.9.0.0/16", "size": 24}]',
        "172.20.0.1/16",
        "fd00::/64",
        "10.9.0.0/16",
        "24",
    ),
    (
        "dns",
        '"dns": ["1.1.1.1", "::1"], "dns-opts": ["ndots:2"], "dns-search": ["x.example"]',
        "1.1.1.1",
        "ndots:2",
        "x.example",
    ),
    (
        "switches",
        '"icc": false, "live-restore": true, "userland-proxy": false, "no-new-privileges": true',
        '"icc": false',
        '"live-restore": true',
    ),
    ("features", '"features": {"containerd-snapshotter": true, "cdi": false}', "containerd-snapshotter", "cdi"),
    (
        "builder",
        '"builder": {"gc": {"enabled": true, "defaultKeepStorage": "9GB", "policy": [{"keepStorage": "8GB", "filter": ["unused-for=2200h"]}]}}',
        "9GB",
        "8GB",
        "unused-for=2200h",
    ),
    ("shm", '"default-shm-size": "64\\u006d", "shutdown-timeout": 15', '"64\\u006d"', "15"),
    (
        "remap",
        '"userns-remap": "default", "cgroup-parent": "/x.slice", "seccomp-profile": "/etc/docker/s.json"',
        "default",
        "/x.slice",
        "/etc/docker/s.json",
    ),
    (
        "tls",
        '"tls": true, "tlsverify": true, "tlscacert": "/etc/docker/ca.pem", "tlskey": "/etc/docker/key.pem"',
        "/etc/docker/ca.pem",
        "/etc/docker/key.pem",
    ),
    (
        "long-names",
        '"bridge": "br-4f3e2d1c0b9a", "registry-mirrors": ["https://mirror-hub2024.prod01.corp.example/hub-remote/v2"]',
        "br-4f3e2d1c0b9a",
        "https://mirror-hub2024.prod01.corp.example/hub-remote/v2",
    ),
    ("types", '"debug": null, "max-concurrent-downloads": 1.5, "hosts": "x", "mtu ": -1', "null", "1.5"),
)
_HARMLESS = [_member(f"harmless/{name}", member, *keeps) for name, member, *keeps in _PLAIN]
_INFO = [
    Spelling("docker:info/" + name, "docker:info", f'{{"ID":"x",{member},"Driver":"overlay2"}}\n', ("overlay2", *keeps))
    for name, member, *keeps in (
        ("labels", '"Labels":["a=«1»","«2»"]'),
        ("proxies", '"HttpProxy":"u:«1»@h:3128","HttpsProxy":"https://u:a/«2»@h","NoProxy":"a,u:«3»@h"'),
        ("runtimes", '"Runtimes":{"r":{"path":"/r","runtimeArgs":["«1»"]}}', '"/r"'),
        ("mirrors", '"RegistryConfig":{"Mirrors":["https://u:«1»@m/"],"IndexConfigs":{"u:«2»@x":{"Secure":false}}}'),
        (
            "swarm",
            '"Swarm":{"Cluster":{"Spec":{"Labels":{"a":"«1»"},"CAConfig":{"ExternalCAs":[{"Options":{"k":"«2»"}}]}}}}',
        ),
        ("unknown", '"Site":{"Token":"«1»","Pin":23456789},"«2»":1'),
        ("warnings", '"Warnings":["mirror https://u:«1»@h is down","No swap limit"]', "No swap limit"),
        ("cut", '"Labels":["a=«1»'),
    )
]
SPELLINGS: list[Spelling] = [*_VALUES, *_FILES, *_ADDRESSES, *_HARMLESS, *_INFO[:-1]]
