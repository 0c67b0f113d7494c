"""Makes the README's pictures from what the commands really print: ``python docs/pictures.py [NAME…]``.

``trust`` and ``roundtrip`` need root and start real engines; without names each that can be made is.
"""

from __future__ import annotations

import io
import lzma
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

TOP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP))

from tests import warm  # noqa: E402 - found from the checkout's top
from tests.nights import nights  # noqa: E402 - the same

PICTURES = TOP / "docs" / "pictures"
SNAPSHOT = TOP / "tests" / "data" / "snapshots" / "debian-13.snapshot"
GROUP = TOP / "tests" / "data" / "group"
NETWORK = TOP / "tests" / "data" / "network" / "broken.snapshot"
CERTIFICATES = TOP / "tests" / "data" / "report" / "certificates.json.xz"
NETWORK_COMMAND = "dockworthy doctor --explain-network --registry harbor.example.com ssh://ops@web1"
GROUP_COMMAND = "dockworthy check --profile group.yaml --refs harbor:ha ssh://ops@harbor1 ssh://ops@harbor2"
COLUMNS, LINES, LAST = 118, 32, 8
_RUN = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")  # what differs from run to run


def draw(name: str, title: str, shown: list[tuple[str, str]], *, whole: bool = False) -> None:
    """Keep what a terminal would show of commands and their outputs, ``whole`` or as much as there is room for."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    for command, output in shown:
        console.print(Text(f"$ {command}", style="bold"))
        for text in kept(output, whole=whole):
            text.truncate(COLUMNS, overflow="ellipsis")
            console.print(text, no_wrap=True)
        console.print()
    (PICTURES / f"{name}.svg").write_text(console.export_svg(title=title), encoding="utf-8")


def kept(output: str, *, whole: bool = False) -> list[Text]:
    """The lines that a picture has room for: the first, and the last, which have the verdict."""
    lines = [Text.from_ansi(line) for line in output.splitlines()]
    if whole:
        return lines
    return [*lines[:LINES], Text("…", style="dim"), *lines[-LAST:]] if len(lines) > LINES else lines


def printed(*words: str) -> str:
    """What `dockworthy check` prints in colours, its run named as the newest."""
    env = {"PATH": "/usr/bin:/bin", "FORCE_COLOR": "1", "COLUMNS": str(COLUMNS)}
    with tempfile.TemporaryDirectory() as folder:
        done = warm.run("check", "--at", "snapshot", *words, cwd=Path(folder), env=env)
    return _RUN.sub("latest", done.stdout)


def check_printed() -> str:
    """What `make check` prints of the recorded host."""
    return printed(f"snapshot:{SNAPSHOT}")


def check() -> None:
    """A picture of that."""
    draw("check", "dockworthy check", [("make check", check_printed())])


def group_printed() -> str:
    """What is said of a recorded group of two real nodes with different keys (``python -m tests.engine.group``)."""
    names = sorted(path.name for path in GROUP.glob("*.snapshot"))
    return printed("--refs", "harbor:ha", *(f"snapshot:{GROUP / name}" for name in names))


def group() -> None:
    """A picture of that."""
    draw("group", "dockworthy check", [(GROUP_COMMAND, group_printed())])


def network_printed() -> str:
    """What is said of a recorded host from which nothing gets out (``python -m tests.engine.broken_network``)."""
    env = {"PATH": "/usr/bin:/bin", "FORCE_COLOR": "1", "COLUMNS": str(COLUMNS)}
    done = warm.run("doctor", "--explain-network", f"snapshot:{NETWORK}", cwd=TOP, env=env)
    return done.stdout.replace(f" (snapshot:{NETWORK})", "")


def network() -> None:
    """A picture of that, whole."""
    draw("network", "dockworthy doctor", [(NETWORK_COMMAND, network_printed())], whole=True)


def calendar_printed() -> str:
    """What is said of a recorded host with certificates of many kinds."""
    env = {"PATH": "/usr/bin:/bin", "FORCE_COLOR": "1", "COLUMNS": str(COLUMNS)}
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder, "results.json")
        record.write_bytes(lzma.decompress(CERTIFICATES.read_bytes()))
        return warm.run("calendar", str(record), cwd=Path(folder), env=env).stdout


def calendar() -> None:
    """A picture of that, whole."""
    draw("calendar", "dockworthy calendar", [("dockworthy calendar reports/latest", calendar_printed())], whole=True)


def history_printed() -> str:
    """What is told of a store of six nights of three recorded hosts."""
    env = {"PATH": "/usr/bin:/bin", "FORCE_COLOR": "1", "COLUMNS": str(COLUMNS)}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        warm.run("history", "--store", "history", "--add", *map(str, nights(folder)), cwd=folder, env=env)
        return warm.run("history", "--store", "history", "--until", "2026-11-30", cwd=folder, env=env).stdout


def history() -> None:
    """A picture of that, whole."""
    draw("history", "dockworthy history", [("dockworthy history --store history/", history_printed())], whole=True)


def trust() -> None:
    """What `dockworthy trust` says of a registry by the usual recipe, with the CA forgotten and with it."""
    from tests.engine import test_trust_command as recipe  # noqa: PLC0415 - needs a real engine and root
    from tests.engine.harness import Engine  # noqa: PLC0415 - beside it
    from tests.engine.registries import Registries  # noqa: PLC0415 - beside it

    with tempfile.TemporaryDirectory() as name, Engine(isolated=True, start=False) as engine:
        subprocess.run(["sh", "-c", recipe.RECIPE], cwd=name, check=True, capture_output=True)
        registries = Registries(engine, {recipe.HOST: ["0.0.0.0"]})  # noqa: S104 - it reaches the loopback
        world = recipe.World(registries, Path(name))
        world.serve()
        shown = []
        for files in ({}, {"ca.crt": world.text("ca.crt")}):
            world.lay_out(files)
            shown.append((f"dockworthy trust {recipe.IMAGE}", world.trust(recipe.IMAGE)[1]))
        registries.close()
    draw("trust", "dockworthy trust", shown)


def roundtrip() -> None:
    """What `dockworthy roundtrip` says of two engines and a registry, and of a proxy that refuses large layers."""
    from tests.engine.nodes import Settings  # noqa: PLC0415 - needs real engines and root
    from tests.engine.roots import system  # noqa: PLC0415 - beside it
    from tests.engine.suites import test_roundtrip as trip  # noqa: PLC0415 - beside it

    shown = []
    with tempfile.TemporaryDirectory() as name, trip.opened(Path(name), system("sid")) as world:
        typed = f"dockworthy roundtrip {trip.PROJECT} --engine-host local:// --engine-host {trip.OTHER}"
        for settings in (Settings(), Settings(body="1m")):
            world.node.start(settings)
            out, _ = world.start(trip.PROJECT, *world.hosts, *trip.AUTH, FORCE_COLOR="1").communicate(timeout=300)
            shown.append((typed, out))
    draw("roundtrip", "dockworthy roundtrip", shown)


def main() -> None:
    """Make those that are named."""
    shown = {"check": check, "group": group, "network": network, "calendar": calendar, "history": history}
    makers = {**shown, "trust": trust, "roundtrip": roundtrip}
    PICTURES.mkdir(exist_ok=True)
    for name in sys.argv[1:] or (makers if os.geteuid() == 0 else shown):
        makers[name]()


if __name__ == "__main__":
    main()
