"""The table of ``docs/harbor.md`` on what each check was tried against: ``python -m tests.docs.harbor_page``.

It is made of ``tests/data/harbor-proofs.csv``: a row for each check, with the strongest that there is and where.
"""

from __future__ import annotations

import csv

from tests.docs.blocks import TOP

__all__ = ["BEGIN", "END", "KINDS", "PAGE", "proofs", "table"]

PAGE = TOP / "docs" / "harbor.md"
BEGIN, END = "<!-- tried: begin -->\n", "<!-- tried: end -->\n"
KINDS = {
    "real nodes": "groups of two and three hosts with nginx, docker-registry, a token issuer and files of their own",
    "real engine": "containers with Harbor's image names and compose's labels on a real Docker Engine",
    "real host": "the fault is made on a host, found, mended by the printed fix, and gone",
    "real prepare": "what Harbor's own `prepare` did with the same file, release by release",
    "real server": "handshakes with a server that was set up so",
    "API's description": "answers that Harbor's API description allows, and those of a broken Harbor or a proxy",
    "probe's description": "what the probe tells of files, the reader of which is tried on real files by itself",
}


def proofs() -> list[dict[str, str]]:
    """The rows."""
    with (TOP / "tests" / "data" / "harbor-proofs.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def table() -> str:
    """The table, by what the checks were tried against."""
    lines = ["| tried against | checks |\n", "|---|---|\n"]
    for kind, meaning in KINDS.items():
        names = [row["check"].removeprefix("harbor.") for row in proofs() if row["tried_against"] == kind]
        lines.append(f"| **{kind}** ({len(names)}): {meaning} | {', '.join(f'`{name}`' for name in names)} |\n")
    return "".join(lines)


def main() -> None:
    """Write it into the page."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}{table()}{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
