"""Record what Harbor's own ``prepare`` renders: ``python -m tests.record_rendered CHECKOUT PYTHON``.

``CHECKOUT`` is a clone of goharbor/harbor with its tags, ``PYTHON`` one that has click, jinja2, packaging and PyYAML.
Kept is what the probe tells of the rendered files, by case; of docker-compose.yml the services with their images, ports
and volumes. A file that a case leaves as it is without the case's change is not repeated.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import yaml

from dockworthy.probe import script
from dockworthy.snapshot import FORMAT, parse_snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATH = Path(__file__).parent / "data" / "harbor-rendered" / "cases.jsonl"
TAGS = ("v1.10.19", "v2.2.4", "v2.5.6", "v2.8.6", "v2.12.4", "v2.15.2")
_DATABASE = {"host": "db.example.com", "port": 5433, "db_name": "registry", "username": "harbor", "password": "db-word"}
_POOL = {"ssl_mode": "require", "max_idle_conns": 7, "max_open_conns": 70}
_REDIS = {"host": "redis.example.com:6380", "password": "redis-word", "registry_db_index": 3, "jobservice_db_index": 4}
_S3 = {"region": "eu-west-1", "bucket": "images", "accesskey": "AKIA", "secretkey": "s3-word", "secure": True}
_TRACE = {"endpoint": "o.example:4318", "url_path": "/v1/traces", "compression": False, "insecure": True, "timeout": 10}


def _with(**blocks: Any) -> Callable[[dict[str, Any]], None]:
    return lambda settings: settings.update(deepcopy(blocks))


def _within(block: str, **values: Any) -> Callable[[dict[str, Any]], None]:
    def change(settings: dict[str, Any]) -> None:
        settings[block] = {**(settings.get(block) or {}), **values}

    return change


def _plain_http(settings: dict[str, Any]) -> None:
    del settings["https"]
    settings["http"] = {"port": 8080}


def _logs(settings: dict[str, Any]) -> None:
    settings["log"]["level"] = "warning"
    settings["log"]["local"].update(rotate_size="100M", rotate_count=5, location="/srv/log/")
    settings["log"]["external_endpoint"] = {"protocol": "tcp", "host": "log.example.com", "port": 5140}


CASES: dict[str, Callable[[dict[str, Any]], None]] = {
    "plain": lambda _settings: None,
    "external-database": _with(
        external_database={
            name: {**_DATABASE, **_POOL} for name in ("harbor", "clair", "notary_signer", "notary_server")
        }
    ),
    "external-redis": _with(external_redis={**_REDIS, "port": 6380, "idle_timeout_seconds": 40}),
    "sentinels": _with(
        external_redis={**_REDIS, "host": "a.example:26379,b.example:26379", "sentinel_master_set": "master", "port": 1}
    ),
    "redis-number": _with(external_redis={**_REDIS, "password": 123456, "port": 6380}),
    "redis-tls": _with(external_redis={**_REDIS, "tlsOptions": {"enable": True, "rootCA": "/nowhere.crt"}, "port": 1}),
    "redis-more": _with(
        external_redis={**_REDIS, "harbor_db_index": 8, "cache_layer_db_index": 9, "port": 1},
        cache={"enabled": True, "expire_hours": 7},
    ),
    "redis-block": _with(redis={"registry_db_index": 7, "jobservice_db_index": 8, "harbor_db_index": 6}),
    "s3": _with(storage_service={"s3": {**_S3, "v4auth": None, "chunksize": 5242880}, "redirect": {"disable": True}}),
    "gcs": _with(storage_service={"gcs": {"bucket": "images", "keyfile": "/etc/k.json"}}),
    "filesystem": _with(storage_service={"filesystem": {"maxthreads": 100}}),
    "metric": _with(metric={"enabled": True, "port": 9091, "path": "/m"}),
    "proxy": _with(
        proxy={
            "http_proxy": "http://user:word@proxy.example.com:3128",
            "https_proxy": "http://proxy.example.com:3128",
            "no_proxy": ".corp.example, 10.0.0.0/8",
            "components": ["core", "jobservice"],
        }
    ),
    "http": _plain_http,
    "https-port": _within("https", port=8443),
    "http-port": _within("http", port=8081),
    "two-families": _with(ip_family={"ipv4": {"enabled": True}, "ipv6": {"enabled": True}}),
    "strong-ciphers": _within("https", strong_ssl_ciphers=True),
    "logs": _logs,
    "jobs": _within("jobservice", max_job_workers=3, job_loggers=["DB", "FILE"], logger_sweeper_duration=9),
    "external-url": _with(external_url="https://registry.example.org"),
    "hostname": _with(hostname="other.example.com"),
    "data-volume": _with(data_volume="/srv/harbor"),
    "cache": _with(cache={"enabled": True, "expire_hours": 5}),
    "trace": _with(trace={"enabled": True, "sample_rate": 1, "otel": _TRACE}),
    "purging": _with(upload_purging={"enabled": True, "age": "48h", "interval": "12h", "dryrun": True}),
    "no-purging": _with(upload_purging={"enabled": False}),
}
EVERYTHING = ("v2.2.4", "v2.8.6", "v2.15.2")
ELSEWHERE = ("plain", "hostname", "sentinels", "redis-more", "metric", "proxy", "http", "purging", "external-database")
"""Of the other releases."""
WITHOUT_SCANNER = ("hostname", "external-database")


def _settings(checkout: Path, tag: str) -> dict[str, Any]:
    """The release's template, filled in."""
    shown = subprocess.run(
        ["git", "-C", checkout, "show", f"{tag}:make/harbor.yml.tmpl"], capture_output=True, check=False
    ).stdout or subprocess.run(
        ["git", "-C", checkout, "show", f"{tag}:make/harbor.yml"], capture_output=True, check=True
    ).stdout  # fmt: skip
    found: dict[str, Any] = yaml.safe_load(shown)
    found.update(hostname="harbor.example.com", harbor_admin_password="some-word")
    found["https"] = {"port": 443, "certificate": "/c/server.crt", "private_key": "/c/server.key"}
    return found


def _prepare(python: str, source: Path, work: Path, tag: str, settings: dict[str, Any], *options: str) -> None:
    """Run it with folders of its own in the place of its container's; certificates are empty files."""
    code = work / "code"
    shutil.copytree(source / "make/photon/prepare", code)
    for name in ("config", "input", "compose", "hostfs/c", "data/secret/core", "data/secret/registry"):
        (work / name).mkdir(parents=True)
    for name in ("hostfs/c/server.crt", "hostfs/c/server.key"):
        (work / name).touch()
    for name in ("core/private_key.pem", "registry/root.crt"):
        (work / "data/secret" / name).touch()
    (work / "secret").symlink_to("data/secret")
    places = {
        "/usr/src/app/templates": code / "templates",
        "/usr/src/app/versions": code / "versions",
        "'/hostfs'": f"'{work}/hostfs'",
        "/usr/bin/htpasswd": "/bin/true",
        "/usr/bin/openssl": "/bin/true",
        "from distutils.command.config import config": "",
        "os.chown(": "(lambda *a, **k: None)(",
        "yaml.load(f)": "yaml.safe_load(f)",
    }
    for name in ("config", "data", "input", "secret"):
        places |= {f"'/{name}": f"'{work}/{name}", f'"/{name}': f'"{work}/{name}'}
    places["'/compose_location"] = f"'{work}/compose"
    for file in code.rglob("*.py"):
        text = file.read_text()
        for old, new in places.items():
            text = text.replace(old, str(new))
        file.write_text(text)
    cert = code / "utils/cert.py"
    cert.write_text(
        cert.read_text().replace("def mark_file", "def _mark_file") + "\nmark_file = lambda *a, **k: None\n"
    )
    (code / "versions").write_text(f"VERSION_TAG: {tag}\n")
    (work / "input/harbor.yml").write_text(yaml.safe_dump(settings))
    # The order of a set is that of its hashes: the same in each case.
    environment = {"PYTHONPATH": str(code), "PYTHONHASHSEED": "0"}
    command = [python, "main.py", *(["prepare"] if (code / "commands").exists() else []), *options]
    subprocess.run(command, cwd=code, check=True, capture_output=True, env=environment)


def _told(folder: Path, work: Path, settings: dict[str, Any]) -> dict[str, str]:
    """What the probe tells of the files, by their names in the installer's folder."""
    (folder / "common").mkdir(parents=True)
    shutil.move(work / "config", folder / "common/config")
    shutil.move(work / "compose/docker-compose.yml", folder)
    (folder / "harbor.yml").write_text(yaml.safe_dump(settings))
    text = script().rpartition("\nmain ")[0] + f"\nstart\nharbor_files {folder}\n"
    done = subprocess.run(["sh", "-s"], input=text.encode(), capture_output=True, check=True)
    sections = parse_snapshot(f"dockworthy-snapshot {FORMAT} 0\n".encode() + done.stdout, "x").sections.values()
    names = {one.name.removeprefix(f"file:{folder}/").removeprefix("common/config/"): one for one in sections}
    found = {name: one.text for name, one in names.items() if one.status == 0}
    found["docker-compose.yml"] = _services(found["docker-compose.yml"])
    return found


def _services(text: str) -> str:
    """Each service's image and ports, and those of its volumes that are no rendered files."""
    services = yaml.safe_load(text)["services"]
    kept: dict[str, Any] = {}
    for name, one in services.items():
        kept[name] = {key: one[key] for key in ("image", "ports") if key in one}
        volumes = [volume for volume in one.get("volumes", ()) if "common/config" not in str(volume)]
        kept[name] |= {"volumes": volumes} if volumes else {}
    return json.dumps({"services": kept})


def _short(text: str) -> str:
    """Without the variables that stay on the host."""
    return "".join(line for line in text.splitlines(keepends=True) if not line.endswith("=REDACTED\n"))


def recorded(checkout: Path, python: str) -> Iterator[str]:
    """A line for each case that a release takes."""
    for tag in TAGS:
        base: dict[str, str] = {}
        with TemporaryDirectory() as source:
            tar = subprocess.run(
                ["git", "-C", checkout, "archive", tag, "make/photon/prepare"], capture_output=True, check=True
            ).stdout
            subprocess.run(["tar", "-x", "-C", source], input=tar, check=True)
            for case in CASES if tag in EVERYTHING else ELSEWHERE:
                change = CASES[case]
                settings = _settings(checkout, tag)
                change(settings)
                options = [] if case in WITHOUT_SCANNER or tag.startswith("v1.") else ["--with-trivy"]
                with TemporaryDirectory() as folder:
                    work = Path(folder, "work")
                    work.mkdir()
                    try:
                        _prepare(python, Path(source), work, tag, settings, *options)
                    except (subprocess.CalledProcessError, KeyError):
                        continue
                    found = _told(Path(folder, "opt/harbor"), work, settings)
                base = base or found
                files: dict[str, str | None] = {
                    name: _short(text) for name, text in found.items() if base.get(name) != text
                }
                files |= {name: None for name in base if name not in found}
                yield json.dumps({"release": tag, "case": case, "files": found if case == "plain" else files})


if __name__ == "__main__":
    PATH.write_text("".join(f"{line}\n" for line in recorded(Path(sys.argv[1]), sys.argv[2])))
