"""The commands, one module each: ``add_arguments(parser)`` and ``run(args) -> int``; imported when asked for."""

from __future__ import annotations

__all__ = ["COMMANDS"]

# name: (module below dockworthy.commands, one line of help)
COMMANDS: dict[str, tuple[str, str]] = {
    "check": ("check", "probe each target once, judge it, write the reports (no target: this host)"),
    "doctor": ("doctor", "what stands between a host and a whole verdict: access, root, engine, clock, tools"),
    "init": ("init", "write a profile for what is found on a host, and an example of a CI job"),
    "collect": ("collect", "probe only; write one snapshot file a host"),
    "probe": ("probe", "print the probe, a POSIX sh script, exactly as it would run"),
    "trust": ("trust", "say whether the engine would trust the registry of an image reference, and why not"),
    "why": ("why", "say which checks answer for an error that docker or Harbor printed, and which is the cause here"),
    "roundtrip": (
        "roundtrip",
        "push an image, pull, run, commit, save and load it on each engine; writes, then removes it",
    ),
    "list": ("list_checks", "the checks that a profile selects"),
    "explain": ("explain", "one check: rationale, evidence read, references, fix"),
    "report": ("report", "write reports from results files; touches no host"),
    "pulls": ("pulls", "which hosts of a run can pull from which registries, why not, and what mends most"),
    "calendar": ("calendar", "when the certificates of all hosts of a run end, and who depends on each"),
    "notify": ("notify", "send what waits for those whom `check --notify` names"),
    "serve": (
        "serve",
        "serve the last run's report and metrics over HTTP, read-only; for this host alone unless asked",
    ),
    "diff": ("diff", "what changed between two runs"),
    "history": ("history", "ask a store of runs: findings over time, fixes, missing hosts, certificates, engines"),
    "remediate": ("remediate", "the fixes of a run as one script or playbook to review; runs nothing"),
    "waivers": ("waivers", "`waivers check`: which are in force, expired or unused; `waivers add`: accept a finding"),
    "validate": ("validate", "whether profiles, waivers and a daemon.json would be taken; for commits and builds"),
    "config": ("config", "`config show`: each effective value, and which layer set it"),
    "completion": ("completion", "print what bash, zsh or fish completes commands, options and names by"),
    "schema": ("schema", "print the JSON Schema of results.json"),
}
