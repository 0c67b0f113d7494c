"""What it takes to ask a Harbor with a thousand projects, and to judge it: ``python bench/bench_harbor.py``.

The Harbor is an API on this machine, over TLS, that answers at once; what is counted besides time is the processor time
of who asks and judges, and the requests.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP))

from tests.harborapi import good, project, quota, robot  # noqa: E402 - found by the line above
from tests.harborserver import PASSWORD, USER, HarborServer, Reply  # noqa: E402 - beside it
from tests.trust.pki import issue  # noqa: E402 - beside it

PROJECTS, ROBOTS, RUNS = 1000, 200, 5
COMMAND = [sys.executable, "-m", "dockworthy"]


def fill(server: HarborServer) -> None:
    """Have it answer as a large Harbor does."""
    for path, body in good().items():
        if isinstance(body, list):
            server.rows[path.partition("?")[0]] = body
        elif isinstance(body, dict):
            login = not path.startswith("-")
            server.answers[f"{path}#login" if login else path[1:]] = Reply(body=body)
    server.rows["/projects"] = [project(number, f"team-{number}") for number in range(1, PROJECTS + 1)]
    server.rows["/quotas"] = [quota(number, f"team-{number}") for number in range(1, PROJECTS + 1)]
    server.rows["/robots"] = [robot(f"robot$team-{number}", id=number) for number in range(1, ROBOTS + 1)]
    server.answers["/statistics#login"] = Reply(body={"total_project_count": PROJECTS})


def timed(folder: Path, *words: str) -> tuple[float, float]:
    """The middle of some runs of a command: seconds of time, and of the processor."""
    env = {**os.environ, "HARBOR_PASSWORD": PASSWORD}
    found = []
    errors = subprocess.DEVNULL if words[0] == "collect" else None  # that host tells little
    for _ in range(RUNS):
        before, began = os.times(), time.perf_counter()
        subprocess.run([*COMMAND, *words], cwd=folder, env=env, check=False, stdout=subprocess.DEVNULL, stderr=errors)
        after = os.times()
        used = after.children_user + after.children_system - before.children_user - before.children_system
        found.append((time.perf_counter() - began, used))
    return sorted(found)[RUNS // 2]


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        root = issue("root", ca=True)
        server = HarborServer(folder, issue("localhost", root, dns=["localhost"]))
        fill(server)
        (folder / "ca.pem").write_text(root.pem)
        harbor = {"url": f"https://localhost:{server.port}", "ca_file": "ca.pem", "username": USER}
        params = {"harbors": {"prod": {**harbor, "password_env": "HARBOR_PASSWORD"}}}
        (folder / "profile.yaml").write_text(json.dumps({"params": params}))
        # A folder without anything in it is the host that costs least to look at; what it costs is taken off.
        (folder / "empty").mkdir()
        alone = timed(folder, "collect", "-o", "alone", "rootfs:empty")
        asking = timed(folder, "collect", "--profile", "profile.yaml", "rootfs:empty")
        requests = len(server.asked) // RUNS
        pages = Counter(one.path for one in server.asked)["/api/v2.0/projects"] or server.paths().count("/projects")
        judging = timed(
            folder, "check", "--profile", "profile.yaml", "--topic", "harbor", "--at", "snapshot",
            "--results", "results.json", "snapshot:harbor_prod.snapshot",
        )  # fmt: skip
        results = json.loads((folder / "results.json").read_text())["results"]
        start = timed(folder, "--help")
        server.close()
    print(f"{PROJECTS} projects, {ROBOTS} robots     {requests} requests, {pages // RUNS} of them for the projects")
    elapsed, used = asking[0] - alone[0], asking[1] - alone[1]
    print(f"ask all of it, beside a collect    {elapsed:5.2f} s, {used:5.2f} s of the processor")
    print(f"judge it, {len(results)} results       {judging[0]:5.2f} s, {judging[1]:5.2f} s of the processor")
    print(f"(the command alone, --help         {start[0]:5.2f} s, {start[1]:5.2f} s of the processor)")


if __name__ == "__main__":
    main()
