"""What the engine says of itself, in JSON."""

from __future__ import annotations

import json

from tests.probe.spellings.table import Spelling

__all__ = ["SPELLINGS"]

_BASE = {"ID": "aaaa", "Driver": "overlay2", "DockerRootDir": "/var/lib/docker", "NFd": 22, "ServerVersion": "29.1.0"}


def _info(name: str, more: object, *keeps: str) -> Spelling:
    text = json.dumps(_BASE | dict(more), separators=(",", ":")) + "\n"  # type: ignore[call-overload]
    return Spelling(f"info/{name}", "docker:info", text, ('"Driver":"overlay2"', '"NFd":0', *keeps))


def _head(name: str, text: str, *keeps: str) -> Spelling:
    return Spelling(f"answer/{name}", "registry:http", f"HTTP/1.1 401 Unauthorized\r\n{text}\r\n\r\n", keeps)


SPELLINGS: list[Spelling] = [
    _info(
        "proxies",
        {"HttpProxy": "http://u:«1»@p:3128", "HttpsProxy": "https://u:«2»@p", "NoProxy": "h.example"},
        '"NoProxy":"h.example"',
    ),
    _info("proxies-without-scheme", {"HttpProxy": "u:«1»@p:3128", "NoProxy": "u:«2»@h"}),
    _info("slash-in-password", {"HttpProxy": "http://u:a/«1»@p:3128"}),
    _info("labels", {"Labels": ["site=«1»", "token=«2»", "«3»"]}, '"site=REDACTED"'),
    _info(
        "mirrors", {"RegistryConfig": {"Mirrors": ["https://u:«1»@m/", "https://m2.example/"]}}, "https://m2.example/"
    ),
    _info(
        "index",
        {
            "RegistryConfig": {
                "IndexConfigs": {
                    "r.example:5000": {"Name": "r.example:5000", "Mirrors": ["https://u:«1»@m"], "Secure": False}
                }
            }
        },
        *('"r.example:5000"', '"Secure":false'),
    ),
    _info("networks", {"RegistryConfig": {"InsecureRegistryCIDRs": ["127.0.0.0/8", "«1»@x"]}}, '"127.0.0.0/8"'),
    _info(
        "runtimes",
        {"Runtimes": {"r": {"path": "/usr/bin/r", "runtimeArgs": ["--token", "«1»"], "options": {"a": "«2»"}}}},
        '"path":"/usr/bin/r"',
    ),
    _info("runtime-status", {"Runtimes": {"runc": {"path": "runc", "status": {"features": "«1»"}}}}, '"path":"runc"'),
    _info("unknown-key", {"SiteNote": "«1»", "«2»": 1, "x": {"y": ["«3»"]}}),
    _info("error", {"ServerErrors": ["dial tcp u:«1»@h"], "ClientErrors": ["«2»"]}),
    _info(
        "warning",
        {"Warnings": ["WARNING: http://u:«1»@h is open", "WARNING: No swap limit support"]},
        "WARNING: No swap limit support",
    ),
    _info(
        "swarm",
        {"Swarm": {"LocalNodeState": "active", "Error": "«1»", "Cluster": {"Spec": {"Labels": {"a": "«2»"}}}}},
        '"LocalNodeState":"active"',
    ),
    _info(
        "external-ca",
        {
            "Swarm": {
                "Cluster": {
                    "Spec": {"CAConfig": {"ExternalCAs": [{"URL": "https://u:«1»@h", "Options": {"k": "«2»"}}]}}
                }
            }
        },
    ),
    _info("plugin", {"ClientInfo": {"Plugins": [{"Name": "x", "Path": "/x", "Err": "«1»"}]}}, '"Name":"x"'),
    _info("resources", {"GenericResources": [{"NamedResourceSpec": {"Kind": "GPU", "Value": "«1»"}}]}, '"Kind":"GPU"'),
    Spelling(
        "info/escaped-key", "docker:info", '{"Driver":"overlay2","S\\u0069teNote":"«1»"}\n', ('"Driver":"overlay2"',)
    ),
    Spelling("info/twice", "docker:info", '{"HttpProxy":"http://u:«1»@h","HttpProxy":"http://u:«2»@h"}\n'),
    Spelling("info/cut-off", "docker:info", '{"Driver":"overlay2","HttpProxy":"http://u:«1»', ('"Driver":"overlay2"',)),
    Spelling("info/no-json", "docker:info", "password «1»\n"),
    _info(
        "twin",
        {
            "SecurityOptions": ["name=seccomp,profile=builtin", "name=cgroupns"],
            "DriverStatus": [["Backing Filesystem", "extfs"]],
            "LiveRestoreEnabled": True,
            "CgroupVersion": "2",
            "Plugins": {"Log": ["json-file"]},
            "ContainerdCommit": {"ID": "1c4457e00facac03ce1d75f7b6777a7a851e5c41"},
            "ClientInfo": {"Plugins": [{"Version": "v2.40.0", "Name": "compose", "Path": "/x/docker-compose"}]},
        },
        *(
            "name=seccomp,profile=builtin",
            '"LiveRestoreEnabled":true',
            '["Backing Filesystem","extfs"]',
            '"Version":"v2.40.0"',
        ),
        *('"CgroupVersion":"2"', "1c4457e00facac03ce1d75f7b6777a7a851e5c41", '"DockerRootDir":"/var/lib/docker"'),
    ),
    _head(
        "realm",
        'WWW-Authenticate: Bearer realm="https://u:«1»@h.example/token",service="s"',
        'realm="https://REDACTED@h.example/token",service="s"',
    ),
    _head(
        "realm-query",
        'Www-Authenticate: Bearer realm="https://h.example/token?key=«1»"',
        'realm="https://h.example/token?',
    ),
    _head(
        "parameter", 'WWW-Authenticate: Bearer realm="https://h.example/t",nonce="«1»"', 'realm="https://h.example/t"'
    ),
    _head("no-scheme", 'WWW-Authenticate: «1» realm="x"'),
    _head("location", "Location: https://u:«1»@h.example/x?code=«2»", "@h.example/x"),
    _head("location-path", "Location: /login?code=«1»", "Location: /login"),
    _head("cookie", "Set-Cookie: sid=«1»\r\nX-Token: «2»\r\nServer: nginx", "Server: nginx"),
    _head("server", "Server: «1»"),
    _head("content-type", "Content-Type: text/html; boundary=«1»"),
    _head("policy", "Content-Security-Policy: script-src 'nonce-«1»'"),
    _head("folded", "Server: nginx\r\n «1»", "Server: nginx"),
    Spelling("answer/reason-of-letters", "registry:http", "HTTP/1.1 401 No bcdfghjklmnpqrst«1»\r\n", ("HTTP/1.1 401",)),
    Spelling(
        "answer/reason-twin", "registry:http", "HTTP/1.1 401 Unauthorized\r\n\r\n", ("HTTP/1.1 401 Unauthorized",)
    ),
    Spelling("answer/reason", "registry:http", "HTTP/1.1 401 No «1»\r\n\r\n", ("HTTP/1.1 401",)),
    _head(
        "twin",
        'WWW-Authenticate: Bearer realm="https://harbor.example/service/token",service="harbor-registry"\r\n'
        "Docker-Distribution-Api-Version: registry/2.0\r\n"
        "Strict-Transport-Security: max-age=31536000; includeSubdomains; preload\r\n"
        "X-Frame-Options: DENY\r\nContent-Security-Policy: frame-ancestors 'none'\r\n"
        "Content-Type: application/json; charset=utf-8",
        *(
            'realm="https://harbor.example/service/token",service="harbor-registry"',
            "registry/2.0",
            "max-age=31536000; ",
        ),
        *("X-Frame-Options: DENY", "frame-ancestors 'none'", "application/json; charset=utf-8"),
    ),
]
