"""Replay the engine-config corpus: ``python -m tests.replay_engine_config CASES.jsonl``.

Each case is judged from what was put on the host (``argv``, ``env``, ``daemon_json``, ``layout``, ``pre``,
``plugins``, ``activation``, ``unit_files``) on an engine of its ``engine`` (26.1.5 where it says none); what the real
engine did is only compared. One JSON line a case, and as last line ``N of M agree``. ``words`` is whether a refusal is
told in the engine's own words, in whatever order its maps have.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from dockworthy.facts.engine import rebuild
from tests.facts.engine.corpus_host import case_inputs, inherited_limits, observed

JUDGED = (
    "debug",
    "log-level",
    "log-driver",
    "log-opts",
    "labels",
    "experimental",
    "live-restore",
    "default-runtime",
    "insecure-registries",
    "registry-mirrors",
    "authorization-plugins",
    "proxies",
    "seccomp-profile",
    "userns-remap",
    "iptables",
    "ip6tables",
    "icc",
    "ip",
    "ip-masq",
    "no-new-privileges",
    "init",
    "default-ulimits",
    "userland-proxy",
    "default-shm-size",
    "default-ipc-mode",
    "hosts",
    "metrics-addr",
    "tls",
    "tlsverify",
)


def judge(case: dict[str, Any]) -> dict[str, Any]:
    """One case: the real engine's answer, ours, and whether they agree."""
    inputs = case_inputs(case)
    keys = [key for key in JUDGED if case["starts"] and key in case["effective"]]
    theirs: dict[str, Any] = {"starts": case["starts"], "error": case["error"]}
    theirs["effective"] = {key: case["effective"][key] for key in keys}
    if isinstance(inputs, str):  # the service manager never comes to start it
        ours: dict[str, Any] = {"starts": False, "error": inputs, "effective": {}}
    else:
        outcome = rebuild(inputs)
        seen = observed(outcome, inputs, inherited_limits(case)) if outcome.settings else {}
        ours = {"starts": outcome.starts, "error": outcome.refusal.text if outcome.refusal else ""}
        ours["effective"] = {key: seen.get(key) for key in keys}
    agree = ours["starts"] == theirs["starts"] and ours["effective"] == theirs["effective"]
    words = _words(ours["error"]) == _words(theirs["error"] or "")
    return {"id": case["id"], "agree": agree, "words": words, "real": theirs, "ours": ours}


def _words(text: str) -> list[str]:
    return sorted(text.replace(",", " ").split())


def main(arguments: list[str] | None = None) -> int:
    """Replay a file of cases."""
    parser = argparse.ArgumentParser(prog="python -m tests.replay_engine_config", description=__doc__)
    parser.add_argument("file", type=Path)
    path = parser.parse_args(arguments).file
    agreeing = total = 0
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            result = judge(json.loads(line))
            total += 1
            agreeing += result["agree"]
            sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
    sys.stdout.write(f"{agreeing} of {total} agree\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
