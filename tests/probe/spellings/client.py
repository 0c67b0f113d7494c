"""config.json of the docker command: everything that may be secret in it, in the spellings that Go's JSON takes."""

from __future__ import annotations

from tests.probe.spellings.table import Spelling

__all__ = ["SPELLINGS"]

PATH = "/root/.docker/config.json"
_KEEPS = '"credsStore": "secretservice"'


def _member(name: str, member: str, *keeps: str) -> Spelling:
    return Spelling(f"config.json/{name}", PATH, f"{{{member}, {_KEEPS}}}\n", ("secretservice", *keeps))


SPELLINGS = [
    _member("auth", '"auths": {"r.example.com:5000": {"auth": "«b64:app:«1»»"}}', "r.example.com:5000"),
    _member("auth/name-alone", '"auths": {"r.example.com": {"auth": "«b64:«1»:»"}}', '"REDACTED:"'),
    _member("auth/no-name", '"auths": {"r.example.com": {"auth": "«b64::«1»»"}}', '"REDACTED!"'),
    _member("auth/no-password", '"auths": {"r.example.com": {"auth": "«b64:«1»»"}}'),
    _member("auth/not-coded", '"auths": {"r.example.com": {"auth": "app:«1»"}}', '"REDACTED!"'),
    _member("auth/folded", '"Auths": {"r.example.com": {"AUTH": "«b64:app:«1»»"}}', "r.example.com"),
    _member("auth/escaped", '"\\u0061uths": {"r.example.com": {"\\u0061uth": "«b64:app:«1»»"}}', "r.example.com"),
    _member("auth/twice", '"auths": {"r": {"auth": "«b64:a:«1»»", "auth": "«b64:a:«2»»"}}'),
    _member("auth/another-type", '"auths": {"r": {"auth": ["«1»"]}}, "auths": [{"auth": "«2»"}]'),
    _member("fields", '"auths": {"r": {"username": "«1»", "password": "«2»", "email": "«3»"}}'),
    _member("tokens", '"auths": {"r": {"identitytoken": "«1»", "registrytoken": "«2»", "serveraddress": "«3»"}}'),
    _member("unknown-field", '"auths": {"r": {"x-site": "«1»", "more": {"a": ["«2»"]}}}'),
    _member("registry", '"auths": {"app:«1»@r.example.com": {}}', "@r.example.com"),
    _member("registry/url", '"auths": {"https://app:«1»@r.example.com/v1/": {}}', "@r.example.com/v1/"),
    _member("registry/token", '"auths": {"«1»": {}}'),
    _member("registry/of-a-helper", '"credHelpers": {"app:«1»@r.example.com": "ecr-login"}', "ecr-login"),
    _member("helper", '"credHelpers": {"r.example.com": "«1»"}', "r.example.com"),
    _member("helper/url", '"credHelpers": {"r.example.com": "https://a:«1»@h/"}'),
    _member("headers", '"HttpHeaders": {"Authorization": "Bearer «1»", "X-Meta": "«2»"}', "Authorization"),
    _member("headers/name", '"HttpHeaders": {"«1»": "x"}'),
    _member(
        "proxies", '"proxies": {"default": {"httpProxy": "http://u:«1»@p.example.com:3128"}}', "p.example.com:3128"
    ),
    _member("proxies/others", '"proxies": {"default": {"allProxy": "socks5://u:«1»@p", "noProxy": "«2»", "x": "«3»"}}'),
    _member("proxies/of-a-host", '"proxies": {"tcp://a:«1»@h:2376": {"httpsProxy": "«2»"}}'),
    _member(
        "plugins", '"plugins": {"scan": {"token": "«1»"}}, "aliases": {"builder": "«2»"}, "features": {"a": "«3»"}'
    ),
    _member("formats", '"psFormat": "«1»", "currentContext": "«2»", "detachKeys": "«3»", "experimental": "«4»"'),
    _member("unknown", '"x-site": "«1»", "«2»": 1, "pin": 23456789, "list": ["«3»", {"a": "«4»"}]', "x-site"),
    Spelling(
        "config.json/file/cut-off", PATH, '{"credsStore": "pass", "auths": {"r": {"auth": "«b64:a:«1»»', ("pass",)
    ),
    Spelling("config.json/file/no-json", PATH, "«1»:«2»\n"),
    Spelling("config.json/file/more-behind", PATH, '{"credsStore": "pass"} «1» {"auth": "«2»"}', ("pass",)),
    Spelling("config.json/file/a-list", PATH, '["«1»", {"auths": {"r": {"auth": "«b64:a:«2»»"}}}]'),
]
