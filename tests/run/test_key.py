"""The key under which Harbor's secrets are digested, and the folders where Harbor may be, on their way to the probe."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.cli import main
from dockworthy.errors import UsageError
from dockworthy.probe import script
from dockworthy.run import gather as gathering
from dockworthy.run.options import Options
from dockworthy.target import CollectOptions
from dockworthy.target._script import script_for

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

KEY = "correct horse battery staple"
LINE = re.compile(r"^HARBOR_KEY=(.*)$", re.MULTILINE)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[CollectOptions]:
    """How hosts were to be looked at; none is."""
    found: list[CollectOptions] = []

    def probe_many(_targets: Sequence[Any], options: CollectOptions, **_more: Any) -> list[Any]:
        found.append(options)
        return []

    monkeypatch.setattr(gathering, "probe_many", probe_many)
    monkeypatch.delenv("DW_HARBOR_KEY", raising=False)
    return found


def test_a_run_has_a_key_of_its_own_unless_one_is_given(
    asked: list[CollectOptions], monkeypatch: pytest.MonkeyPatch
) -> None:
    gathering.gather(Options(), [], ())
    gathering.gather(Options(), [], (), kept=True)
    monkeypatch.setenv("DW_HARBOR_KEY", KEY)
    gathering.gather(Options(), [], ())
    gathering.gather(Options(), [], (), kept=True)
    own, *others = (options.harbor_key for options in asked)
    assert re.fullmatch(r"[0-9a-f]{64}", own or "")
    assert others == [None, KEY, KEY]


@pytest.mark.parametrize("key", ["short", "x" * 15, "a key\nof two lines, long", "schlüssel-schlüssel"])
def test_a_key_that_can_be_guessed_or_mangled_is_refused_without_telling_it(
    key: str, asked: list[CollectOptions], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DW_HARBOR_KEY", key)
    with pytest.raises(UsageError, match="DW_HARBOR_KEY: the key for digests") as refused:
        gathering.gather(Options(), [], ())
    assert key not in str(refused.value)
    assert asked == []


def test_a_profile_names_another_variable_and_more_folders(
    asked: list[CollectOptions], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    profile = tmp_path / "profile.yaml"
    profile.write_text("extends: base\nparams:\n  harbor_folders: [/srv/a, /srv/b]\n  harbor_digest_key_env: OUR_KEY\n")
    monkeypatch.setenv("OUR_KEY", KEY)
    assert main(["collect", "--profile", str(profile), "-o", str(tmp_path)]) == 0
    (options,) = asked
    assert (options.harbor_folders, options.harbor_key) == (("/srv/a", "/srv/b"), KEY)


def test_the_key_is_shown_nowhere_and_stands_in_the_script_alone() -> None:
    options = CollectOptions(harbor_key="it's a key of some length")
    assert "some length" not in repr(options)
    assert LINE.findall(script_for(options).decode()) == ["'it'\\''s a key of some length'"]
    assert LINE.findall(script()) == ["${DW_HARBOR_KEY-}"]


@pytest.mark.parametrize("folder", ["harbor", "", "/opt/a\n/opt/b"])
def test_a_folder_that_is_no_absolute_path_is_refused(folder: str) -> None:
    with pytest.raises(UsageError, match=r"harbor_folders: .* is no absolute path"):
        script(harbor_folders=[folder])


def test_a_profile_has_the_layers_of_images_looked_into(asked: list[CollectOptions], tmp_path: Path) -> None:
    for depth in ("config", "layers"):
        profile = tmp_path / f"{depth}.yaml"
        profile.write_text(f"extends: base\nparams:\n  image_depth: {depth}\n")
        assert main(["collect", "--profile", str(profile), "-o", str(tmp_path)]) == 0
    assert [options.image_layers for options in asked] == [False, True]
    asked_for = [script_for(CollectOptions(image_layers=True, host_timeout=limit)).decode() for limit in (20, 120, 600)]
    assert [re.findall(r"^IMAGE_LIMIT=(\w*)$", text, re.MULTILINE) for text in asked_for] == [["5"], ["80"], ["560"]]
    assert "IMAGE_LIMIT=\n" in script_for(CollectOptions()).decode()
