"""Draws the packages and who imports whom: ``python docs/structure.py``; ``--check`` says whether the picture is stale.

Every import statement counts, those for type checkers too. An arrow that follows from two others is left out.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from html import escape
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
PICTURE = TOP / "docs" / "pictures" / "structure.svg"
PACKAGE = "dockworthy"
# From the top floor down. A room is a package or module; what no room names belongs to the room above it by name.
FLOORS = (
    ("what is asserted, what is typed", ("checks", "commands", "plugin")),
    ("many hosts, without pytest", ("fleet",)),
    ("who is told what a run found, who looks at it", ("notify", "serve")),
    ("one run inside pytest", ("run", "fixes")),
    ("views of results", ("report",)),
    ("what was the record, and since when", ("store",)),
    (
        "what the evidence means",
        (
            "facts.seen",
            "facts.watched",
            "facts.whatif",
            "facts.harbor",
            "facts.registry",
            "facts.boot",
            "facts.network",
            "facts.engine",
            "facts.api",
            "facts.kernel",
        ),
    ),
    ("", ("facts.host", "facts")),
    ("what the engine's TLS client would say", ("trust.advice", "trust", "trust.loaders", "trust.wire", "trust.x509")),
    ("what is demanded, recorded, asked", ("profile", "results", "check", "target", "probe")),
    (
        "what was seen, what may be shown",
        ("hosttree", "tables", "snapshot", "writing", "streams", "typed", "releases", "frameworks"),
    ),
    ("the ground", ("golang", "evidence", "data", "masking", "printable", "shell", "toml", "signals", "errors")),
)
WIDTH, ROOM_W, ROOM_H, GAP, LEFT = 1240, 112, 34, 62, 260
INK, PAPER, LINE, LABEL = "#1f2937", "#ffffff", "#64748b", "#475569"


def room_of(module: str, rooms: set[str]) -> str | None:
    """The room that a module lies in: the longest name that begins it."""
    parts = module.split(".")
    names = (".".join(parts[:count]) for count in range(len(parts), 0, -1))
    return next((name for name in names if name in rooms), None)


def modules() -> dict[str, Path]:
    """Every module of the package and every file of checks, by name without the package's own."""
    source = TOP / "src" / PACKAGE
    found = {
        ".".join(path.relative_to(source).with_suffix("").parts).removesuffix(".__init__"): path
        for path in source.rglob("*.py")
    }
    checks = TOP / "checks"
    return found | {f"checks.{path.stem}": path for path in checks.rglob("*.py")}


def imports(path: Path) -> set[str]:
    """The modules of the package that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == PACKAGE:
            found |= {f"{node.module}.{name.name}" for name in node.names}
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names if name.name.split(".")[0] == PACKAGE}
    return {name.removeprefix(f"{PACKAGE}.") for name in found}


def arrows() -> Counter[tuple[str, str]]:
    """How many modules of one room import from another."""
    rooms = {room for _, floor in FLOORS for room in floor}
    counted: Counter[tuple[str, str]] = Counter()
    for name, path in modules().items():
        here = room_of(name, rooms)
        there = {room_of(module, rooms) for module in imports(path)}
        counted.update((here, room) for room in there if here and room and room != here)
    return counted


def reduced(edges: Counter[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """The arrows that do not follow from others."""
    ahead: dict[str, set[str]] = {}
    for here, there in edges:
        ahead.setdefault(here, set()).add(there)

    def reaches(start: str, end: str, seen: set[str]) -> bool:
        if start == end:
            return True
        seen.add(start)
        return any(reaches(room, end, seen) for room in ahead.get(start, ()) if room not in seen)

    def follows(here: str, there: str) -> bool:
        return any(reaches(room, there, {here}) for room in ahead[here] if room != there)

    return Counter({edge: count for edge, count in edges.items() if not follows(*edge)})


def upward(edges: Counter[tuple[str, str]]) -> list[str]:
    """The arrows from a lower floor to a higher one, which must not be."""
    level = {room: number for number, (_, floor) in enumerate(FLOORS) for room in floor}
    return sorted(f"{here} imports {there}" for here, there in edges if level[here] > level[there])


def places() -> dict[str, tuple[float, float]]:
    """The middle of each room."""
    found = {}
    for number, (_, floor) in enumerate(FLOORS):
        step = (WIDTH - LEFT) / len(floor)
        for column, room in enumerate(floor):
            found[room] = (LEFT + step * (column + 0.5), 40 + number * (ROOM_H + GAP))
    return found


def svg(edges: Counter[tuple[str, str]]) -> str:
    """The picture."""
    at = places()
    height = 40 + len(FLOORS) * (ROOM_H + GAP)
    marker = (
        '<defs><marker id="end" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" '
        f'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="{LINE}"/></marker></defs>'
    )
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" role="img">',
        "<title>The packages of dockworthy by floor, and who imports whom</title>",
        marker,
        f'<rect width="{WIDTH}" height="{height}" fill="{PAPER}"/>',
    ]
    for number, (text, _) in enumerate(FLOORS):
        y = 40 + number * (ROOM_H + GAP)
        out.append(f'<text x="14" y="{y + 5}" font-size="13" fill="{LABEL}">{escape(text)}</text>')
    out += [_arrow(at[here], at[there], count) for (here, there), count in sorted(edges.items())]
    for room, (x, y) in at.items():
        out.append(
            f'<rect x="{x - ROOM_W / 2:.0f}" y="{y - ROOM_H / 2:.0f}" width="{ROOM_W}" height="{ROOM_H}" rx="6" '
            f'fill="#eef2ff" stroke="{INK}"/>'
            f'<text x="{x:.0f}" y="{y + 5:.0f}" font-size="14" text-anchor="middle" fill="{INK}">{room}</text>'
        )
    return "\n".join([*out, "</svg>", ""])


def _arrow(start: tuple[float, float], end: tuple[float, float], count: int) -> str:
    """A curve from the bottom of one room to the top of another; between neighbours on a floor, an arc below them."""
    half = ROOM_H / 2
    if start[1] == end[1]:
        lift = half + 16 + abs(start[0] - end[0]) / 24
        path = (
            f"M{start[0]:.0f} {start[1] + half:.0f} C{start[0]:.0f} {start[1] + lift:.0f} "
            f"{end[0]:.0f} {end[1] + lift:.0f} {end[0]:.0f} {end[1] + half + 2:.0f}"
        )
    else:
        middle = (start[1] + end[1]) / 2
        path = (
            f"M{start[0]:.0f} {start[1] + half:.0f} C{start[0]:.0f} {middle:.0f} "
            f"{end[0]:.0f} {middle:.0f} {end[0]:.0f} {end[1] - half - 2:.0f}"
        )
    width = 1 + min(count, 24) / 12
    return f'<path d="{path}" fill="none" stroke="{LINE}" stroke-width="{width:.1f}" marker-end="url(#end)"/>'


def main(argv: list[str]) -> int:
    """Draw; with ``--check`` compare."""
    edges = arrows()
    wrong = upward(edges)
    for arrow in wrong:
        sys.stderr.write(f"{arrow}: it lies on a higher floor; move what is needed below both.\n")
    text = svg(reduced(edges))
    if "--check" in argv:
        stale = not PICTURE.is_file() or PICTURE.read_text("utf-8") != text
        if stale:
            sys.stderr.write(f"{PICTURE.relative_to(TOP)} is stale; run `python docs/structure.py`.\n")
        return 1 if wrong or stale else 0
    PICTURE.write_text(text, "utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
