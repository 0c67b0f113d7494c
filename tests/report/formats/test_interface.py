"""Formats that other packages register: found, held apart from ours, and told of in one sentence where they break."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from dockworthy.cli import main
from dockworthy.errors import UsageError
from dockworthy.report import write_report
from dockworthy.report.formats import interface
from dockworthy.report.formats.interface import Needed, Writer, names, own, writer
from dockworthy.results.writer import dumps
from tests.results_factory import record, result

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import BinaryIO

    from dockworthy.results.model import Results

    Install = Callable[..., None]

TINY = """
from dockworthy.report.formats.interface import Writer

class Tiny(Writer):
    name = "tiny"
    file_name = "tiny.txt"

    def write(self, results, out):
        out.write(b"%d results" % len(results.results))
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Lay a distribution on the path as an installer does: a module, and what it registers."""
    site = tmp_path / "site"
    monkeypatch.syspath_prepend(str(site))

    def lay(package: str, text: str, **points: str) -> None:
        info = site / f"{package}-1.0.dist-info"
        info.mkdir(parents=True)
        (site / f"{package}_module.py").write_text(text)
        sys.modules.pop(f"{package}_module", None)  # of another test
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        lines = "\n".join(f"{name} = {package}_module:{place}" for name, place in points.items())
        (info / "entry_points.txt").write_text(f"[dockworthy.reports]\n{lines}\n")

    return lay


def test_a_format_of_another_package_is_written_as_ours_are(install: Install, tmp_path: Path) -> None:
    install("first", TINY, tiny="Tiny")
    assert "tiny" in names()
    assert "tiny" not in own()
    path = write_report("tiny", record(result("fail")), folder=tmp_path)
    assert path == tmp_path / "tiny.txt"
    assert path.read_bytes() == b"1 results"


def test_the_command_takes_it_and_names_it(
    install: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install("told", TINY, tiny="Tiny")
    (tmp_path / "r.json").write_bytes(dumps(record(result("fail")).as_json()))
    assert main(["report", str(tmp_path / "r.json"), "--format", "tiny"]) == 0
    assert capsys.readouterr().out == "1 results"
    assert main(["report", str(tmp_path / "r.json"), "--format", "zzz"]) == 4
    assert "text, tiny." in capsys.readouterr().err


def test_a_name_of_ours_stays_ours(install: Install) -> None:
    install("shadow", TINY.replace('"tiny"', '"junit"'), junit="Tiny")
    assert type(writer("junit")).__module__ == "dockworthy.report.formats.junit"
    assert names().count("junit") == 1


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("raise RuntimeError('secret')", "Tiny"),
        ("import sys\nimport no_such_module_at_all", "Tiny"),
        (TINY, "Missing"),
        ("Tiny = dict", "Tiny"),
        (TINY.replace('"tiny"', '"other"'), "Tiny"),
        (TINY.replace("def write", "def writ"), "Tiny"),
        (TINY.replace("    file_name", "    file"), "Tiny"),
    ],
)
def test_one_that_cannot_be_loaded_is_one_sentence_with_whose_it_is(install: Install, text: str, place: str) -> None:
    install("broken", text, tiny=place)
    with pytest.raises(
        UsageError, match=r"^the report format tiny of the package broken cannot be loaded \(\w+\); tell its authors"
    ) as caught:
        writer("tiny")
    assert "secret" not in str(caught.value)
    assert writer("junit").name == "junit"


def test_one_that_breaks_leaves_the_file_that_was_there(install: Install, tmp_path: Path) -> None:
    install("breaks", TINY.replace("len(", "(0 // 0)("), tiny="Tiny")
    (tmp_path / "tiny.txt").write_text("good")
    with pytest.raises(UsageError, match=r"of the package breaks broke \(ZeroDivisionError\)"):
        write_report("tiny", record(), folder=tmp_path)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir() if path.is_file()] == [("tiny.txt", "good")]


def test_one_name_of_two_packages_is_refused(install: Install) -> None:
    install("one", TINY, tiny="Tiny")
    install("two", TINY, tiny="Tiny")
    with pytest.raises(UsageError, match="tiny is registered twice, by one and two; uninstall one"):
        writer("tiny")


def test_installed_packages_are_read_only_for_a_name_that_is_none_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def read() -> None:
        raise AssertionError

    monkeypatch.setattr(interface, "_installed", read)
    assert writer("json").name == "json"
    with pytest.raises(AssertionError):
        writer("tiny")


def test_a_library_that_is_not_installed_is_named_with_the_way_to_get_it() -> None:
    class Lacking(Writer):
        name = "lacking"
        file_name = "x"
        needed = Needed("no_such_module_at_all", "lacking")

        def write(self, results: Results, out: BinaryIO) -> None:
            """Nothing."""

    with pytest.raises(UsageError, match=r"needs no_such_module_at_all.*`pip install 'dockworthy\[lacking\]'`"):
        Lacking().refuse()
