"""Record the runs that the pictures of the report are made of: ``python -m tests.record_screens [NAME…]``.

One host and the group of Harbor's nodes are snapshots of real engines and nodes. The others are built: recorded hosts
with single things changed, and certificates made anew. All are judged by ``dockworthy check``; then the moments of a
run stand as they are said here, so that a picture does not change with the day on which it is made.
"""

from __future__ import annotations

import json
import lzma
import subprocess
import sys
import tempfile
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dockworthy.run.finish import stamp
from dockworthy.snapshot import Section, read_snapshot
from tests.checks.engine.base import good
from tests.harborhost import YML, harbor_host
from tests.hosts import NOW
from tests.record_registries import written
from tests.registryhost import certs, seen
from tests.trust.pki import CLIENT, issue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dockworthy.snapshot import Snapshot
    from tests.trust.pki import Issued

DATA = Path(__file__).parent / "data"
FOLDER = DATA / "report"
_RULES = good()["cmd:auditctl-l"]
_AUDITED = {
    **{name: good()[name] for name in ("cmd:auditctl-s", "list:/etc/audit/rules.d")},
    **{
        name: _RULES + "".join(f"{line}\n" for line in _RULES.replace("/usr/bin/", "/usr/sbin/").splitlines())
        for name in ("cmd:auditctl-l", "file:/etc/audit/rules.d/docker.rules", "file:/etc/audit/audit.rules")
    },
}
_UNPRIVILEGED = {
    "MaskedPaths": ["/proc/kcore", "/sys/firmware"],
    "ReadonlyPaths": ["/proc/sys"],
    "SecurityOpt": ["no-new-privileges=true"],
    "Privileged": False,
}


def _changed(snapshot: Snapshot, changes: Mapping[str, str | int | tuple[int, str]]) -> Snapshot:
    """With these sections in place of its own."""
    sections = dict(snapshot.sections)
    for name, value in changes.items():
        status, text = value if isinstance(value, tuple) else (value, "") if isinstance(value, int) else (0, value)
        sections[name] = Section(name, status, text.encode())
    return replace(snapshot, sections=sections)


def _told(snapshot: Snapshot, section: str, change: Callable[[dict[str, Any]], object]) -> str:
    """A section of JSON lines, each changed."""
    records = [json.loads(line) for line in snapshot.sections[section].text.splitlines() if line]
    for record in records:
        change(record)
    return "".join(f"{json.dumps(record)}\n" for record in records)


def _named(name: str) -> dict[str, str]:
    return {"cmd:hostname": f"{name}\n", "file:/proc/sys/kernel/hostname": f"{name}\n"}


def _at(moment: datetime) -> dict[str, str]:
    return {"cmd:date": f"{moment.timestamp():.0f} {stamp(moment)}\n"}


def _check(name: str, snapshots: Mapping[str, bytes], moment: datetime, *words: str) -> None:
    """Judge these, and keep the record."""
    with tempfile.TemporaryDirectory() as top:
        folder = Path(top)
        for host, data in snapshots.items():
            (folder / f"{host}.snapshot").write_bytes(data)
        targets = [f"snapshot:{host}.snapshot" for host in snapshots]
        command = ["check", "-q", "--at", stamp(moment), "--results", "r.json", *words, *targets]
        done = subprocess.run([sys.executable, "-m", "dockworthy", *command], cwd=folder, check=False)
        record = json.loads((folder / "r.json").read_bytes())
    print(name, done.returncode, record["summary"]["by_outcome"])  # noqa: T201 - for who records
    record["run"] |= {
        "id": name,
        "started": stamp(moment),
        "finished": stamp(moment + timedelta(seconds=len(snapshots))),
    }
    for host in record["hosts"]:
        host["probe"]["seconds"] = 1.0
    for result in record["results"]:
        result["seconds"] = 0.0
    data = json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode()
    (FOLDER / f"{name}.json.xz").write_bytes(lzma.compress(data, preset=9))


def one_host() -> None:
    """The host of ``docs/pictures/check.svg``."""
    data = (DATA / "snapshots" / "debian-13.snapshot").read_bytes()
    _check("one-host", {"debian-13": data}, datetime(2026, 11, 24, 13, 32, 51, tzinfo=timezone.utc))


def harbor_group() -> None:
    """The group of ``docs/pictures/group.svg``."""
    snapshots = {path.stem: path.read_bytes() for path in sorted((DATA / "group").glob("*.snapshot"))}
    moment = read_snapshot(DATA / "group" / "harbor1.snapshot").sections["cmd:date"].text.split()[0]
    _check("harbor-group", snapshots, datetime.fromtimestamp(int(moment), timezone.utc), "--refs", "harbor:ha")


def fifty_hosts() -> None:
    """Three releases of Debian, by name for what they do; every few hosts have something that others have not."""
    moment = datetime(2026, 11, 27, 12, 0, tzinfo=timezone.utc)
    paths = {name: DATA / "rehearsals" / f"{name}.snapshot" for name in ("bookworm", "trixie", "sid")}
    bases = {name: read_snapshot(path) for name, path in paths.items()}
    bases["build"] = read_snapshot(DATA / "snapshots" / "debian-13.snapshot")
    hosts = [
        *((f"web{number:02}", "trixie") for number in range(1, 23)),
        *((f"api{number:02}", "sid") for number in range(1, 15)),
        *((f"db{number:02}", "bookworm") for number in range(1, 11)),
        *((f"build{number}", "build") for number in range(1, 5)),
    ]
    snapshots = {}
    for number, (name, base) in enumerate(hosts):
        snapshot = bases[base]
        changes: dict[str, str | int | tuple[int, str]] = {**_named(name), **_at(moment)}
        if number % 3:
            changes |= _AUDITED
        if number % 7 == 3:
            changes |= {"file:/proc/sys/net/ipv4/ip_forward": "0\n"}
        if number % 11 == 5:
            changes |= {"cmd:getent-group-docker": "docker:x:101:ci\n"}
        if number % 17 == 8:  # a user who may not ask the engine
            denied = "permission denied while trying to connect to the docker API at unix:///var/run/docker.sock\n"
            for section in [section for section in snapshot.sections if section.startswith("docker:")]:
                changes |= {section: (1, ""), f"{section}:err": (1, denied)}
        snapshots[name] = written(_changed(snapshot, changes))
    _check("fifty-hosts", snapshots, moment)


def trend() -> None:
    """A host that is mended step by step; what is written waits for the engine's next start."""
    snapshot = read_snapshot(DATA / "snapshots" / "debian-13.snapshot")

    def loose(record: dict[str, Any]) -> None:
        if record["Name"] == "/loose":
            record["HostConfig"] |= _UNPRIVILEGED

    def bounded(record: dict[str, Any]) -> None:
        loose(record)
        limits = {"Memory": 67108864, "NanoCpus": 500000000, "PidsLimit": 100, "ReadonlyRootfs": True}
        record["HostConfig"] |= limits | {"SecurityOpt": ["no-new-privileges=true"]}

    def in_force(record: dict[str, Any]) -> None:
        record["SecurityOptions"].append("name=no-new-privileges")

    processes = snapshot.sections["cmd:container-processes"].text
    steps: list[dict[str, str | int | tuple[int, str]]] = [
        {},
        {
            "docker:containers": _told(snapshot, "docker:containers", loose),
            "cmd:container-processes": processes.replace("000001fffeffffff", "00000000a80425fb"),
        },
        _AUDITED,
        {"docker:containers": _told(snapshot, "docker:containers", bounded)},
        {"file:/etc/docker/daemon.json": '{"icc": false, "live-restore": true, "no-new-privileges": true}'},
        {"docker:info": _told(snapshot, "docker:info", in_force)},
    ]
    for number, step in enumerate(steps):
        moment = datetime(2026, 11, 24, 14, 0, tzinfo=timezone.utc) + timedelta(weeks=number)
        snapshot = _changed(snapshot, {**step, **_named("build1"), **_at(moment)})
        _check(f"trend-{number + 1}", {"build1": written(snapshot)}, moment)


def certificates() -> None:
    """A host with registries of several CAs, and a Harbor."""

    def made(name: str, start: int, end: int, issuer: Issued | None = None, **more: Any) -> Issued:
        """From one day to another, counted from the run's."""
        return issue(name, issuer, start=start, days=end - start, now=NOW, **more)

    root = made("Example Root", -700, 2950, ca=True)
    issuing = made("Example Issuing CA 2", -400, 430, root, ca=True)
    lab = made("Lab CA", -742, -12, ca=True)
    partner = made("Partner CA", -300, 900, ca=True)
    leaves = {
        name: made(name, start, end, issuer, dns=[name])
        for name, issuer, start, end in (
            ("harbor.example.com", issuing, -70, 20),
            ("registry.example.com", issuing, -20, 345),
            ("lab.example.com", lab, -360, 5),
            ("partner.example.com", partner, -30, 160),
        )
    }
    client = made("deploy", -100, 265, root, usages=[CLIENT])
    core = made("core", -100, 520, root, dns=["core"])
    following = made("Example Root 2027", 38, 3690, ca=True)
    chain = leaves["harbor.example.com"].pem + issuing.pem
    served = {name: leaf.pem for name, leaf in leaves.items()} | {
        "harbor.example.com": chain,
        "registry.example.com": leaves["registry.example.com"].pem + issuing.pem,
    }
    layout = {
        "harbor.example.com/ca.crt": root.pem + following.pem,
        "harbor.example.com/client.cert": client.pem,
        "harbor.example.com/client.key": client.key_pem(),
        "registry.example.com/ca.crt": root.pem,
        "lab.example.com/ca.crt": lab.pem,
    }
    looked: dict[str, Any] = {}
    for name, sent in served.items():
        resolved = looked.get("cmd:resolve", "")
        looked |= seen(sent, name)
        looked["cmd:resolve"] += resolved
    pair = {"crt": leaves["harbor.example.com"].pem, "key": leaves["harbor.example.com"].key_pem()}
    files = {
        **{f"/data/cert/harbor.test.{end}": text for end, text in pair.items()},
        **{f"/data/secret/cert/server.{end}": text for end, text in pair.items()},
        "/data/secret/tls/core.crt": core.pem,
        "/data/secret/tls/core.key": core.key_pem(),
    }
    facts = harbor_host(
        files,
        certs(layout, modes={"harbor.example.com/client.key": "0600"}),
        looked,
        _named("web1"),
        yml=YML.replace("hostname: harbor.test", "hostname: harbor.example.com"),
        roots=root.pem,
    )
    registries = [word for name in served for word in ("--registry", name)]
    _check("certificates", {"web1": written(facts.snapshot)}, NOW, *registries)


def main() -> None:
    """Those that are named, or all."""
    makers = {
        "one-host": one_host,
        "fifty-hosts": fifty_hosts,
        "certificates": certificates,
        "harbor-group": harbor_group,
        "trend": trend,
    }
    for name in sys.argv[1:] or makers:
        makers[name]()


if __name__ == "__main__":
    main()
