"""Makes the pictures of the compliance report: ``python docs/screens.py [NAME…]``.

Each is what Chromium shows of a page that is made of a run's record (``tests/data/report``, recorded by
``python -m tests.record_screens``). In the picture's file stands beside the pixels what can be read in them, so that a
picture that no longer shows what the page says is told from one that does (``tests/readers/test_screens.py``).
"""

from __future__ import annotations

import base64
import lzma
import shutil
import struct
import sys
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dockworthy.report import write_report
from dockworthy.report.calendar import calendar_of
from dockworthy.report.calendar.page import page as calendar_page
from dockworthy.report.pulls import matrix_of
from dockworthy.report.pulls.page import page as pulls_page
from dockworthy.results.reader import merge, read_results

if TYPE_CHECKING:
    from playwright.sync_api import Browser

TOP = Path(__file__).resolve().parent.parent
PICTURES = TOP / "docs" / "pictures"
RECORDS = TOP / "tests" / "data" / "report"
ARGUMENTS = ["--no-sandbox", "--disable-gpu"]
_KEY = b"Description\0\1\0\0\0"  # PNG's own for what is to be seen; the text follows, compressed
_MARGIN = 16  # beside a section
_WIDTH = 16  # where a PNG says how wide it is

# Each word whose middle lies in the picture and in all that cuts it off, a line for each block of text.
_READ = """([top, bottom]) => {
  const range = document.createRange(), walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let text = '', before = null;
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    if (!node.parentElement.checkVisibility()) continue;
    const cutting = [{left: 0, right: innerWidth, top, bottom}];
    let block = null;
    for (let one = node.parentElement; one !== document.body; one = one.parentElement) {
      const style = getComputedStyle(one);
      if (style.overflowX !== 'visible' || style.overflowY !== 'visible') cutting.push(one.getBoundingClientRect());
      if (!block && !style.display.startsWith('inline')) block = one;
    }
    for (const found of node.data.matchAll(/\\S+/g)) {
      range.setStart(node, found.index);
      range.setEnd(node, found.index + found[0].length);
      const [box] = range.getClientRects();
      if (!box) continue;
      const x = box.left + box.width / 2, y = box.top + box.height / 2;
      if (!cutting.every(one => x > one.left && x < one.right && y > one.top && y < one.bottom)) continue;
      text += (block === before ? ' ' : '\\n') + found[0];
      before = block;
    }
  }
  return text.trim();
}"""

# Where a section begins and ends in the window, once it is scrolled to its upper edge.
_PLACE = """([where, margin]) => {
  const section = document.querySelector(where);
  section.scrollIntoView();
  scrollBy(0, -margin);
  const box = section.getBoundingClientRect();
  return [Math.round(box.top), Math.round(box.bottom)];
}"""

# The picture's width, height, 256 colours, and for each pixel the number of the nearest of these. Half of the colours
# are those that it has most of; each other is the one that is then farthest from all, so that a rare hue is kept.
_REDUCE = """async picture => {
  const image = await createImageBitmap(await (await fetch('data:image/png;base64,' + picture)).blob());
  const pen = new OffscreenCanvas(image.width, image.height).getContext('2d');
  pen.drawImage(image, 0, 0);
  const pixels = new Uint32Array(pen.getImageData(0, 0, image.width, image.height).data.buffer), counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) || 0) + 1);
  const known = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([pixel]) => pixel);
  const parts = known.map(pixel => [pixel & 255, pixel >> 8 & 255, pixel >> 16 & 255]);
  const away = parts.map(() => Infinity), nearest = parts.map(() => 0), colours = [];
  while (colours.length < Math.min(256, known.length)) {
    const at = colours.length < 128 ? colours.length : away.indexOf(Math.max(...away)), chosen = parts[at];
    parts.forEach((own, one) => {
      const far = (own[0] - chosen[0]) ** 2 + (own[1] - chosen[1]) ** 2 + (own[2] - chosen[2]) ** 2;
      if (far < away[one]) [away[one], nearest[one]] = [far, colours.length];
    });
    colours.push(chosen);
  }
  const numbers = new Map(known.map((pixel, one) => [pixel, nearest[one]]));
  let text = '';
  for (const pixel of pixels) text += String.fromCharCode(numbers.get(pixel));
  return [image.width, image.height, colours.flat(), btoa(text)];
}"""


@dataclass(frozen=True)
class Screen:
    """One picture.

    Attributes:
        runs: the names of the records, several merged.
        at: what stands at its upper edge; the page's beginning where it is empty.
        width: of the window.
        height: of the window, and of the picture unless the section that it shows ends before.
        scale: pixels of the picture for one of the window.
        dark: whether the reader likes it dark.
        told: what the page is of, in place of the report: ``calendar`` or ``pulls``.
    """

    runs: tuple[str, ...]
    at: str = ""
    width: int = 1280
    height: int = 720
    scale: float = 2.0
    dark: bool = False
    told: str = ""


SCREENS = {
    "one-host": Screen(("one-host",), height=680),
    "fifty-hosts": Screen(("fifty-hosts",), "#hosts", width=980, height=1800, scale=1.25),
    "certificates": Screen(("certificates",), "#certificates", height=1440, scale=1.25),
    "harbor-group": Screen(("harbor-group",), height=960, scale=1.5),
    "trend": Screen(tuple(f"trend-{number}" for number in range(1, 7)), "#trend", height=984),
    "phone-dark": Screen(("one-host",), width=390, height=844, scale=1.25, dark=True),
    "calendar": Screen(("certificates",), height=1180, scale=1.25, told="calendar"),
    "pulls": Screen(("certificates",), height=780, scale=1.25, told="pulls"),
}


def page(screen: Screen, folder: Path) -> Path:
    """The page of the picture's runs."""
    found = []
    for name in screen.runs:
        path = folder / f"{name}.json"
        path.write_bytes(lzma.decompress((RECORDS / f"{name}.json.xz").read_bytes()))
        found.append(read_results(path))
    if screen.told:
        made, paths = folder / f"{screen.told}.html", [folder / f"{name}.json" for name in screen.runs]
        of_pulls = screen.told == "pulls"
        made.write_text(pulls_page(matrix_of(paths)) if of_pulls else calendar_page(calendar_of(paths, 730)), "utf-8")
        return made
    written = write_report("html", merge(found), folder / "page.html")
    if written is None:  # a path is given
        raise AssertionError
    return written


def taken(browser: Browser, screen: Screen) -> bytes:
    """The picture, with what can be read in it."""
    options: dict[str, Any] = {"color_scheme": "dark" if screen.dark else "light", "device_scale_factor": screen.scale}
    context = browser.new_context(viewport={"width": screen.width, "height": screen.height}, **options)
    with tempfile.TemporaryDirectory() as folder:
        opened = context.new_page()
        opened.goto(f"file://{page(screen, Path(folder))}")
        top, bottom = 0.0, float(screen.height)
        if screen.at:
            begins, ends = opened.evaluate(_PLACE, [screen.at, _MARGIN])
            top, bottom = max(top, begins - _MARGIN), min(bottom, ends + _MARGIN)
        said = opened.evaluate(_READ, [top, bottom])
        clip = {"x": 0.0, "y": top, "width": float(screen.width), "height": bottom - top}
        picture = opened.screenshot(clip=clip)  # type: ignore[arg-type] # of playwright's own type
        empty = context.new_page()  # the page itself lets nothing be fetched
        reduced = empty.evaluate(_REDUCE, base64.b64encode(picture).decode())
    context.close()
    return written(reduced, said)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def written(reduced: tuple[int, int, list[int], str], words: str) -> bytes:
    """A PNG of a picture of few colours, with what can be read in it: https://www.w3.org/TR/png-3/."""
    width, height, colours, text = reduced
    pixels = base64.b64decode(text)
    rows = b"".join(b"\0" + pixels[start : start + width] for start in range(0, len(pixels), width))
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            _chunk(b"PLTE", bytes(colours)),
            _chunk(b"iTXt", _KEY + zlib.compress(words.encode(), 9)),
            _chunk(b"IDAT", zlib.compress(rows, 9)),
            _chunk(b"IEND", b""),
        ]
    )


def words_of(picture: bytes) -> str:
    """What can be read in a picture, as it stands in its file."""
    _, found, rest = picture.partition(b"iTXt" + _KEY)
    return zlib.decompressobj().decompress(rest).decode() if found else ""


def size_of(picture: bytes) -> tuple[int, int]:
    """A picture's width and height."""
    width, height = struct.unpack_from(">II", picture, _WIDTH)
    return width, height


def path_of(name: str) -> Path:
    """Where a picture is kept."""
    return PICTURES / f"report-{name}.png"


def main() -> None:
    """Make those that are named, or all."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - it starts a process of its own

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        for name in sys.argv[1:] or SCREENS:
            path_of(name).write_bytes(taken(browser, SCREENS[name]))
        browser.close()


if __name__ == "__main__":
    main()
