"""Layers put together as the engine stacks them: what is seen at the end, what is hidden, and what is not known."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dockworthy.evidence import Code
from tests.hosts import host
from tests.rows import each_of

if TYPE_CHECKING:
    from dockworthy.facts.api.images import Image

ONE, TWO, THREE = "1" * 64, "2" * 64, "3" * 64
STACK = f"image sha256:aa sha256:{ONE} sha256:{TWO} sha256:{THREE}\n"
ALL = "read\nsaved 0\n" + "".join(f"layer {n} {d} {d} ok 9\n" for n, d in enumerate((ONE, TWO, THREE), 1))
SU = "s 1 4755 bin/su\n"
KEY = "k 1 private-key root/id_rsa\n"


def image(text: str | int | tuple[int, str], user: str = "") -> Image:
    """The one image of a host, of whose layers this was told."""
    told = {"Id": "sha256:aa", "RepoTags": ["x:1"], "RepoDigests": [], "Config": {"User": user}}
    (found,) = host({"docker:images": json.dumps(told), "docker:layers": text}).images.known_ones
    return found


@each_of(
    ("rows", "paths"),
    [
        (SU, ["/bin/su"]),
        (SU + "t 1 bin/su\nd 3 bin\n", ["/bin/su"]),
        (SU + "w 2 bin/su\n", []),
        (SU + "t 2 bin/su\n", []),
        (SU + "d 3 bin/su\n", []),
        (SU + "t 3 bin\n", []),
        (SU + "w 3 bin\n", []),
        (SU + "o 3 bin\n", []),
        (SU + "o 3 -\n", []),
        (SU + "o 1 bin\n", ["/bin/su"]),
        (SU + "w 1 bin/su\n", ["/bin/su"]),
        (SU + "w 2 bin/su\nt 3 bin/su\ns 3 2755 bin/su\n", ["/bin/su"]),
        (SU + "w 2 bi\nw 2 bin/s\no 2 bin/su2\n", ["/bin/su"]),
        (SU + "s 3 4755 a%0Ab%20c\n", ["/a\nb c", "/bin/su"]),
        ("s 4 4755 bin/su\ns 1\nnonsense\n", []),
    ],
)
def test_a_file_counts_where_a_container_sees_it(rows: str, paths: list[str]) -> None:
    assert [item["path"] for item in image(STACK + ALL + rows).files.setuid.value] == paths


def test_a_secret_counts_also_where_a_later_layer_deletes_it() -> None:
    found = image(STACK + ALL + KEY + "w 3 root\nk 3 netrc home/.netrc\n").files.secrets.value
    assert found == (
        {"where": "layer 1 of 3: /root/id_rsa, which a later layer deletes or replaces", "kind": "private-key"},
        {"where": "layer 3 of 3: /home/.netrc", "kind": "netrc"},
    )


CUT = f"read\nsaved 124\nlayer 1 {ONE} {ONE} ok 9\nlayer 2 {'9' * 64} {TWO} ok 9\n"


@each_of(
    ("text", "code"),
    [
        (STACK + CUT, Code.TIMEOUT),
        (STACK + CUT.replace("124", "1"), Code.UNREADABLE),
        (STACK + "read\nsaved 0\nmissing zstd\n", Code.TOOL_MISSING),
        (STACK + ALL.replace(f"{THREE} {THREE} ok", f"{THREE} {THREE} bad"), Code.MALFORMED),
        (STACK + ALL.replace(f"{THREE} {THREE} ok", f"{THREE} {THREE} many"), Code.TOO_LARGE),
        (STACK + "read\nsaved 1\n", Code.UNREADABLE),
        (STACK, Code.UNREADABLE),
        (STACK + "skipped sha256:aa bytes\n", Code.TOO_LARGE),
        ("skipped sha256:aa room\n", Code.TOO_LARGE),
        ("", Code.FAILED),
        ((127, "missing tar\n"), Code.TOOL_MISSING),
        (1, Code.FAILED),
    ],
)
def test_what_was_not_read_is_not_known_and_says_why(text: str | int | tuple[int, str], code: Code) -> None:
    files = image(text).files
    for evidence in (files.setuid, files.secrets, files.packages):
        assert evidence.unknown is not None
        assert evidence.unknown.code is code, evidence.unknown


def test_the_program_that_is_missing_is_named() -> None:
    assert image((127, "missing tar\n")).files.setuid.unknown == "tar is not installed there"


def test_nobody_asked_is_told_with_what_to_ask() -> None:
    told = {"Id": "sha256:aa", "RepoTags": ["x:1"], "RepoDigests": []}
    (found,) = host({"docker:images": json.dumps(told)}).images.known_ones
    assert "image_depth: layers" in str(found.files.setuid.unknown)


@each_of(
    ("rows", "secrets", "setuid"),
    [
        ("k 1 netrc a\n", 1, None),
        ("k 2 netrc a\n", 1, None),
        ("s 2 4755 a\n", None, None),
        ("s 1 4755 a\n", None, None),
    ],
)
def test_a_secret_in_half_a_reading_stands_and_a_file_that_may_be_deleted_does_not(
    rows: str, secrets: int | None, setuid: int | None
) -> None:
    files = image(STACK + CUT + rows).files
    assert (len(files.secrets.value) if files.secrets.is_known else None) == secrets
    assert (len(files.setuid.value) if files.setuid.is_known else None) == setuid


def test_a_file_in_a_layer_that_was_cut_off_stands_where_all_above_is_known() -> None:
    text = STACK + ALL.replace(f"layer 1 {ONE}", f"layer 1 {'9' * 64}") + SU
    assert [item["path"] for item in image(text).files.setuid.value] == ["/bin/su"]
    assert not image(text + "w 3 bin/su\n").files.setuid.is_known


def test_images_that_were_read_one_after_the_other_are_told_apart() -> None:
    first = f"read\nsaved 0\nlayer 1 {ONE} - ok 9\nk 1 netrc other\n"
    second = ALL.replace(f"{ONE} {ONE}", f"{ONE} -") + SU
    files = image(STACK + CUT + first + second).files
    assert [item["path"] for item in files.setuid.value] == ["/bin/su"]


@each_of(
    ("rows", "kinds"),
    [
        ("", {}),
        ("p 1 dpkg var/lib/dpkg/status a b\n", {"dpkg": {"a", "b"}}),
        ("p 1 dpkg var/x a b\nt 1 var/x\nt 2 var/x\np 2 dpkg var/x a\n", {"dpkg": {"a"}}),
        ("p 1 dpkg var/lib/dpkg/status a\nw 2 var/lib/dpkg\n", {}),
        ("p 1 dpkg var/lib/dpkg/status -\n", {"dpkg": set()}),
        ("p 1 rpm var/lib/rpm/Packages -\n", {"rpm": None}),
    ],
)
def test_packages_are_those_of_the_newest_record_that_is_seen(rows: str, kinds: dict[str, set[str] | None]) -> None:
    found = image(STACK + ALL + rows).files.packages.value
    assert {record.kind: None if record.names is None else set(record.names) for record in found} == kinds


@each_of(
    ("rows", "uid"),
    [
        ("u 1 - -\nu 1 app 1000\n", 1000),
        ("u 1 - -\nu 1 app 1000\nt 2 etc/passwd\nu 2 - -\nu 2 app 0\n", 0),
        ("u 1 - -\nu 1 app 1000\nt 2 etc/passwd\nu 2 - -\n", None),
        ("u 1 - -\nu 1 app 1000\nw 2 etc/passwd\n", None),
        ("", None),
    ],
)
def test_a_users_number_is_that_of_the_file_that_is_seen(rows: str, uid: int | None) -> None:
    runs_as = image(STACK + ALL + rows, user="app").runs_as
    assert (runs_as.value.uid if runs_as.is_known else None) == uid
