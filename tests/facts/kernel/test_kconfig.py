"""A build configuration: what a line means, and what a missing one does."""

from __future__ import annotations

import gzip
import json

import pytest

from dockworthy.facts.kernel.kconfig import parse_kconfig, read_kconfig
from tests.facts.kernel.states import DATA, config_bytes, config_text, kconfig
from tests.rows import each_of

CONFIGS = sorted(path.name.removesuffix(".config.gz") for path in (DATA / "configs").glob("*.gz"))


@each_of("name", CONFIGS)
def test_every_published_configuration_is_known_to_be_whole(name: str) -> None:
    assert kconfig(name).incomplete is None


@each_of("name", CONFIGS)
def test_the_header_names_release_and_architecture(name: str) -> None:
    index = {entry["name"]: entry for entry in json.loads((DATA / "index.json").read_text())}
    config = kconfig(name)
    assert config.header is not None
    assert config.header[0] == index[name]["header_version"]
    assert (config.arch == "x86_64") == (index[name]["arch"] == "x86_64")


def test_a_commented_line_is_no_setting() -> None:
    """``#CONFIG_X=y`` counts as set for a search that is not anchored."""
    config = parse_kconfig('#CONFIG_VETH=y\n# CONFIG_BRIDGE is not set\nCONFIG_MEMCG=y\nCONFIG_LOCALVERSION="-x"\n')
    assert config.values == {"BRIDGE": "n", "MEMCG": "y", "LOCALVERSION": '"-x"'}


def test_a_missing_line_of_a_whole_configuration_means_off() -> None:
    assert kconfig("android-pixel7-5.10.149").value("CONFIG_IPC_NS").value == "absent"


def test_a_missing_line_of_a_partial_configuration_means_nothing() -> None:
    data = next((DATA / "partial").glob("*.gz")).read_bytes()
    config = read_kconfig(data, "partial").value
    assert config.value("MEMCG").value == "y"
    assert config.value("VXLAN").value == "m"
    assert "PID_NS" not in config.values
    assert "Automatically generated" in (config.value("PID_NS").unknown or "")


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda text: text[: len(text) // 2], "is not in it"),
        (lambda text: text.partition("# end of Kernel hacking")[0], "its end is missing"),
        (lambda text: "\n".join(line for line in text.splitlines() if "is not set" not in line), "is not"),
        (lambda text: text.replace("Automatically generated", "Hand-made"), "Automatically generated"),
    ],
    ids=["cut in half", "cut at the last menu", "without what is off", "written by hand"],
)
def test_a_damaged_configuration_is_not_whole(edit: object, reason: str) -> None:
    text = edit(config_text("debian-13-6.12.117-amd64"))  # type: ignore[operator]
    assert reason in (parse_kconfig(text).incomplete or "")


@each_of(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"\x1f\x8bgarbage", "damaged or oversized"),
        (config_bytes("wsl2-6.1.21.1")[:-200], "damaged or oversized"),
        (gzip.compress(b"A" * (9 << 20)), "damaged or oversized"),
        (b"#!/bin/sh\necho CONFIG\n", "holds no kernel configuration"),
        (b"\x00" * 4096, "holds no kernel configuration"),
    ],
    ids=["empty", "blank", "garbage", "cut gzip", "bomb", "script", "zeros"],
)
def test_what_is_no_configuration_is_unknown_and_says_why(data: bytes, reason: str) -> None:
    evidence = read_kconfig(data, "/proc/config.gz")
    assert reason in (evidence.unknown or "")
    assert evidence.source == "/proc/config.gz"


def test_text_and_gzip_read_the_same() -> None:
    name = "wsl2-6.1.21.1"
    assert read_kconfig(config_text(name).encode(), name).value == kconfig(name)


def test_a_header_with_three_hashes_is_read() -> None:
    """As VMware Photon OS writes it."""
    config = parse_kconfig(
        "#\n### Automatically generated file; DO NOT EDIT.\n### Linux/x86_64 6.1.10 Kernel Configuration\n"
    )
    assert config.header == ("6.1.10", "x86_64")
