"""``dockworthy remediate RESULTS``: the fixes of a run as one script or playbook to review; nothing is run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dockworthy.errors import UsageError
from dockworthy.typed import shown_word
from dockworthy.writing import STANDARD_OUTPUT, standard_output, written

if TYPE_CHECKING:
    import argparse

    from dockworthy.results.model import Results

__all__ = ["add_arguments", "remediate", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``remediate``."""
    add = parser.add_argument
    add("results", metavar="RESULTS", help="results.json, results.jsonl, or a run's folder")
    add("--format", choices=("sh", "ansible"), default="sh", help="a shell script (default) or an Ansible playbook")
    add("--host", action="append", default=[], metavar="NAME", help="only this host (repeatable)")
    add("--check", action="append", default=[], metavar="ID", help="only this check (repeatable)")
    add("-o", "--output", metavar="FILE", help="where it is written (default: standard output)")


def run(args: argparse.Namespace) -> int:
    """Write the script; 0 also where there is nothing to fix."""
    from dockworthy.results.reader import read_results  # noqa: PLC0415 - the command's own need

    results = read_results(Path(args.results))
    known = {host.name for host in results.hosts}
    for host in args.host:
        if host not in known:
            raise UsageError(f"--host {shown_word(host)}: the results have no such host.")
    data = remediate(results, args.format, args.host, args.check).encode("utf-8", "surrogateescape")
    to_stdout = args.output in {None, STANDARD_OUTPUT}
    with standard_output() if to_stdout else written(Path(args.output), "-o ") as out:
        out.write(data)
    return 0


def remediate(results: Results, form: str, hosts: list[str], checks: list[str]) -> str:
    """The fixes of the run's findings as ``sh`` or ``ansible``, of these hosts and checks alone if there are any."""
    from dockworthy.report.fixes.plan import plan  # noqa: PLC0415 - the command's own need

    plans = plan(results, hosts, checks)
    if form == "ansible":
        from dockworthy.report.fixes.ansible import render_ansible  # noqa: PLC0415 - one of two

        return render_ansible(results, plans)
    from dockworthy.report.fixes.shell import render_shell  # noqa: PLC0415 - one of two

    return render_shell(results, plans)
