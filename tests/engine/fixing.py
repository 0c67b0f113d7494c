"""Carries out printed fixes on an engine's host, as a person would who pastes them."""

from __future__ import annotations

import hashlib
import json
import shlex
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dockworthy.fixes import DROP_IN, MERGE
from dockworthy.profile.loader import load_profile
from dockworthy.profile.locate import checks_folder
from dockworthy.run.hosts import RunHost
from dockworthy.run.judging import judge_host
from dockworthy.run.loading import load_checks
from tests.engine.harness import BUSYBOX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockworthy.snapshot import Snapshot
    from tests.engine.harness import Engine
    from tests.engine.proof import Batch, Proof

__all__ = [
    "CHECKS",
    "PATH",
    "Judge",
    "Outcome",
    "carry_out",
    "install_jq",
    "install_shims",
    "pasted",
    "restart_if_asked",
    "state",
]

CHECKS = load_checks(checks_folder())
SHIMS = "/run/dw-shims"
LOG = "/run/dw-systemctl.log"
PATH = f"{SHIMS}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# The test's host has no systemd; restarts go through the harness. Of the kernel's parameters only those of the
# network belong to the engine's namespaces.
_SYSTEMCTL = f"#!/bin/sh\nprintf '%s\\n' \"$*\" >>{LOG}\n"
_SYSCTL = '#!/bin/sh\ncase "$*" in \'-w net.\'*) exec /usr/sbin/sysctl "$@" ;; esac\n'
_OWN_FOLDERS = ("over/etc", "over/usr/lib/systemd")
_AT_ONCE = 4
_LEFTOVERS = (
    "/etc/systemd/system/docker.service.d",
    "/etc/docker",
    "/etc/audit/rules.d",
    "/run/systemd/system",
    '"$HOME/.docker"',
)
# What the engine makes of it comes back when it starts; links, routes and filters that a proof made would stay.
_NETWORK_AS_MADE = (
    "for link in $(ip -o link show type veth | sed 's/^[0-9]*: //; s/[@:].*//') docker0; do "
    'ip link del "$link" 2>/dev/null; done; '
    "ip route flush table main proto boot; nft flush ruleset; "
    "for table in nat filter; do iptables-legacy -t $table -F; iptables-legacy -t $table -X; done; "
    "iptables-legacy -P FORWARD ACCEPT"
)


@dataclass
class Outcome:
    """What came of one proof.

    Attributes:
        before: the record of its check before the fix.
        after: and after it.
        trouble: what the fix's commands said where they failed.
        again: what was another the second time.
        runs: whether the engine answered at the end.
    """

    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    trouble: str = ""
    again: list[str] = field(default_factory=list)
    runs: bool = False


class Judge:
    """The records of checks on one snapshot, by profile."""

    def __init__(self, snapshot: Snapshot, folder: Path) -> None:
        self._snapshot, self._folder = snapshot, folder
        self._hosts: dict[str, RunHost] = {}

    def record(self, proof: Proof) -> dict[str, Any]:
        """The one record of the proof's check and instance; where there is none, what there is instead."""
        host = self._host(proof.profile)
        records = [record for record in judge_host(host, [CHECKS[proof.check]]) if _is_about(record, proof.param)]
        if len(records) == 1:
            return records[0]
        return {"outcome": f"{len(records)} results", "records": [(item["param"], item["outcome"]) for item in records]}

    def _host(self, profile: str) -> RunHost:
        if profile not in self._hosts:
            source: Path | str = "base"
            if profile:
                source = self._folder / f"{hashlib.sha256(profile.encode()).hexdigest()[:12]}.yaml"
                source.write_text(f"extends: base\n{profile}\n")
            now = datetime.now(tz=timezone.utc)
            self._hosts[profile] = RunHost("engine", "local://", load_profile(source), self._snapshot, now)
        return self._hosts[profile]


def _is_about(record: dict[str, Any], param: str | None) -> bool:
    found = str(record["param"] or "")
    return param is None or found.removeprefix("/var").endswith(param.removeprefix("/var"))


def carry_out(engine: Engine, batch: Batch, folder: Path) -> dict[Proof, Outcome]:
    """Break everything, judge, carry out each fix, judge again, and carry each out once more."""
    _fresh(engine, batch.first)
    _run_all(engine, list(dict.fromkeys(proof.before for proof in batch.proofs if proof.before)))
    registries = batch.first.registries
    layers = any("image_depth: layers" in proof.profile for proof in batch.proofs)
    judge = Judge(engine.snapshot(registries=registries, image_layers=layers), folder)
    outcomes = {proof: Outcome(before=judge.record(proof)) for proof in batch.proofs}
    for proof, outcome in outcomes.items():
        if not proof.person:
            outcome.trouble = pasted(engine, _filled(proof, outcome))
    persons = [proof for proof in batch.proofs if proof.person]
    scripts = list(dict.fromkeys(proof.person for proof in persons))
    said = dict(zip(scripts, _run_all(engine, scripts), strict=True))
    for proof in persons:
        outcomes[proof].trouble = said[proof.person]
    restart_if_asked(engine)
    judge = Judge(engine.snapshot(registries=registries, image_layers=layers), folder)
    runs = engine.request("/_ping")[0] == 200
    for proof, outcome in outcomes.items():
        outcome.after, outcome.runs = judge.record(proof), runs
    _once_more(engine, outcomes)
    return outcomes


def _filled(proof: Proof, outcome: Outcome) -> str:
    fix = str(outcome.before.get("fix") or "")
    for placeholder, value in proof.fill.items():
        fix = fix.replace(placeholder, value)
    return fix


def _once_more(engine: Engine, outcomes: dict[Proof, Outcome]) -> None:
    """Each fix a second time; a person who recreates a container twice has two, one after the other."""
    now = state(engine)
    for proof, outcome in outcomes.items():
        if proof.person or outcome.trouble:
            continue
        said = pasted(engine, _filled(proof, outcome))
        if said and not proof.once:
            outcome.again.append(said)
        then = state(engine)
        outcome.again += sorted(name for name in now.keys() | then.keys() if now.get(name) != then.get(name))
        now = then


# --- the host -------------------------------------------------------------------------------------------------


def _fresh(engine: Engine, first: Proof) -> None:
    """The engine without anything of the batch before, with the configuration of this one."""
    if engine.pid:
        engine.clear()
        for image in engine.api("/images/json?all=1"):
            if BUSYBOX not in (image["RepoTags"] or ()):
                engine.request(f"/images/{image['Id']}?force=1", "DELETE")
    engine.run("sh", "-c", f"{_NETWORK_AS_MADE}; rm -rf {' '.join(_LEFTOVERS)} /etc/sysctl.d/*; mkdir -p /etc/docker")
    install_shims(engine)
    engine.args = list(first.args)
    if first.prepare:
        engine.run("sh", "-e", "-c", first.prepare)
    engine.restart(config=first.config or {})
    engine.image()


def install_shims(engine: Engine) -> None:
    """Commands that stand in for those whose effect would leave the namespaces, first in [PATH][]."""
    engine.write(f"{SHIMS}/systemctl", _SYSTEMCTL, 0o755)
    engine.write(f"{SHIMS}/sysctl", _SYSCTL, 0o755)
    engine.run("rm", "-f", LOG)


def install_jq(engine: Engine) -> None:
    """This machine's jq with the libraries that it needs, in an engine's root that has none of its own."""
    jq = shutil.which("jq")
    assert jq is not None
    told = subprocess.run(["ldd", jq], capture_output=True, text=True, check=True).stdout
    libraries = [word for word in told.split() if word.startswith("/")]
    folder = engine.root / "run/dw-jq"
    folder.mkdir()
    for path in (jq, *libraries):
        shutil.copy(path, folder)
    loader = next(Path(name).name for name in libraries if "/ld-" in name)
    engine.write(
        f"{SHIMS}/jq", f'#!/bin/sh\nexec /run/dw-jq/{loader} --library-path /run/dw-jq /run/dw-jq/jq "$@"\n', 0o755
    )


def _run_all(engine: Engine, scripts: Sequence[str]) -> list[str]:
    """Run scripts, those that only make containers side by side, and give what the failed ones said."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        waiting = [pool.submit(_run, engine, text) if _is_docker(text) else text for text in scripts]
        return [_run(engine, item) if isinstance(item, str) else item.result() for item in waiting]


def _is_docker(script: str) -> bool:
    return script.startswith(("docker run ", "docker rm "))


def _run(engine: Engine, script: str) -> str:
    done = engine.run("sh", "-e", "-c", script, env={"PATH": PATH}, check=False)
    return "" if done.returncode == 0 else f"{script}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"


def pasted(engine: Engine, fix: str) -> str:
    """Carry a fix out and give what it said if it failed."""
    commands = []
    lines = iter(fix.splitlines())
    for line in lines:
        if line.startswith(MERGE):
            _merge(engine, line.removeprefix(MERGE).rstrip(":"), next(lines))
        else:
            commands.append(line)
    return _run(engine, "\n".join(commands))


def _merge(engine: Engine, path: str, keys: str) -> None:
    """Do what `# merge into PATH:` asks of a person: these keys, beside those that are there."""
    text = engine.run("sh", "-c", 'cat "$1" 2>/dev/null || echo "{}"', "-", path).stdout
    old = json.loads(text or "{}")
    new = {**old, **json.loads(keys)}
    if new != old:
        engine.write(path, json.dumps(new))


def restart_if_asked(engine: Engine) -> None:
    """Restart or reload the engine where the fixes asked systemctl for it, with the command line of the drop-in."""
    log = engine.run("sh", "-c", f"cat {LOG} 2>/dev/null || true; rm -f {LOG}").stdout
    asked = {line.split()[0] for line in log.splitlines() if "docker" in line or line == "daemon-reload"}
    if not asked.isdisjoint({"daemon-reload", "restart"}):  # a unit's next start shows only in a restart here
        unit = engine.run("sh", "-c", f"cat {DROP_IN} 2>/dev/null || true").stdout
        starts = [line.partition("=")[2] for line in unit.splitlines() if line.startswith("ExecStart=")]
        if starts and starts[-1]:
            line = starts[-1].replace("\\\\", "\\")
            engine.args = [word.replace("%%", "%").replace("$$", "$") for word in shlex.split(line)[1:]]
        engine.restart()
    elif "reload" in asked:
        engine.reload()


def state(engine: Engine) -> dict[str, str]:
    """What a fix may change: the host's files with their owners and modes, and what the engine holds."""
    found: dict[str, str] = {}
    for folder in _OWN_FOLDERS:
        top = engine.root / folder
        for path in top.rglob("*"):
            about = path.lstat()
            content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
            found[str(path.relative_to(engine.root))] = (
                f"{about.st_mode:o} {about.st_uid}:{about.st_gid} {hashlib.sha256(content).hexdigest()}"
            )
    for container in engine.api("/containers/json?all=1"):
        details = engine.api(f"/containers/{container['Id']}/json")
        networks = sorted((details["NetworkSettings"]["Networks"] or {}).items(), key=lambda item: str(item[0]))
        names = [name for name, _ in networks]
        found[f"container {container['Id']}"] = json.dumps([details["HostConfig"], names], sort_keys=True)
    found.update({f"image {image['Id']}": "" for image in engine.api("/images/json")})
    status, swarm = engine.request("/swarm")
    found["swarm"] = json.dumps(json.loads(swarm).get("Spec")) if status == 200 else ""
    return found
