"""The picture of the host's files answers as the kernel and Go would."""

from __future__ import annotations

import pytest

from dockworthy.evidence import NotDecided, Reason
from dockworthy.hosttree.entry import Entry, User
from dockworthy.hosttree.faults import PathError, UndecidedError
from dockworthy.hosttree.tree import Tree
from tests.rows import each_of

FILE = Entry("file", b"content", mode=0o644)


def told(tree: Tree, path: str) -> str:
    with pytest.raises(PathError) as caught:
        tree.read_file(path)
    return str(caught.value)


def test_a_file_is_read() -> None:
    assert Tree({"/a/b": FILE}).read_file("/a/b") == b"content"


def test_a_missing_file_is_told_as_go_does() -> None:
    assert told(Tree({"/a/b": FILE}), "/a/c") == "open /a/c: no such file or directory"


def test_a_file_is_no_folder_on_the_way() -> None:
    assert told(Tree({"/a": FILE}), "/a/c") == "open /a/c: not a directory"


def test_a_folder_cannot_be_read_as_a_file() -> None:
    assert told(Tree({"/a/b": FILE}), "/a") == "read /a: is a directory"


def test_links_are_followed_relative_to_where_they_lie() -> None:
    tree = Tree(
        {
            "/x/..2026/ca": FILE,
            "/x/..data": Entry("symlink", target="..2026"),
            "/x/ca": Entry("symlink", target="..data/ca"),
        }
    )
    assert tree.read_file("/x/ca") == b"content"


def test_links_upwards_and_to_the_root_are_followed() -> None:
    tree = Tree({"/a/f": FILE, "/b/up": Entry("symlink", target="../a/./f"), "/b/abs": Entry("symlink", target="/a/f")})
    assert tree.read_file("/b/up") == tree.read_file("/b/abs") == b"content"


def test_links_that_loop_end() -> None:
    tree = Tree({"/a": Entry("symlink", target="/b"), "/b": Entry("symlink", target="/a")})
    assert told(tree, "/a") == "open /a: too many levels of symbolic links"


def test_a_chain_of_forty_links_is_the_longest() -> None:
    links = {f"/l{number}": Entry("symlink", target=f"/l{number + 1}") for number in range(41)}
    tree = Tree({**links, "/l41": FILE})
    assert tree.read_file("/l1") == b"content"
    assert told(tree, "/l0") == "open /l0: too many levels of symbolic links"


def test_dev_null_is_an_empty_file_on_every_host() -> None:
    assert Tree({"/a": Entry("symlink", target="/dev/null")}).read_file("/a") == b""


def test_a_socket_cannot_be_opened() -> None:
    assert told(Tree({"/s": Entry("socket")}), "/s") == "open /s: no such device or address"


def test_names_come_in_the_order_of_their_bytes_and_unfollowed() -> None:
    tree = Tree(
        {
            "/d/b.crt": FILE,
            "/d/B.crt": FILE,
            "/d/ä.crt": FILE,
            "/d/\udcff.crt": FILE,
            "/d/a": Entry("symlink", target="/"),
        }
    )
    assert [name for name, _ in tree.read_dir("/d")] == ["B.crt", "a", "b.crt", "ä.crt", "\udcff.crt"]
    assert dict(tree.read_dir("/d"))["a"].kind == "symlink"


@pytest.mark.parametrize(("modern", "op"), [(True, "open"), (False, "readdirent")])
def test_a_file_in_a_folders_place_is_told_as_the_go_version_does(modern: bool, op: str) -> None:
    with pytest.raises(PathError, match=f"{op} /f: not a directory"):
        Tree({"/f": FILE}).read_dir("/f", o_directory=modern)


@each_of(
    ("user", "mode", "may"),
    [
        (User(), 0o000, True),
        (User(override=False), 0o000, False),
        (User(override=False), 0o400, True),
        (User(1000, frozenset({1000}), override=False), 0o640, False),
        (User(1000, frozenset({0}), override=False), 0o640, True),
        (User(1000, frozenset({1000}), override=False), 0o604, True),
        (User(0, frozenset({0}), override=False), 0o044, False),  # the owner's bits count for the owner alone
    ],
)
def test_modes_count_unless_the_capability_overrides_them(user: User, mode: int, may: bool) -> None:
    tree = Tree({"/d/f": Entry("file", b"x", mode=mode)}, user)
    if may:
        assert tree.read_file("/d/f") == b"x"
    else:
        assert told(tree, "/d/f") == "open /d/f: permission denied"


def test_a_folder_without_search_permission_hides_what_is_in_it() -> None:
    tree = Tree({"/d": Entry("dir", mode=0o600), "/d/f": FILE}, User(override=False))
    assert told(tree, "/d/f") == "open /d/f: permission denied"
    assert [name for name, _ in tree.read_dir("/d")] == ["f"]


def test_what_lies_outside_of_what_was_listed_is_not_known() -> None:
    tree = Tree(
        {"/etc/docker/certs.d/h/ca.crt": Entry("symlink", target="/mnt/ca.pem")}, roots=("/etc/docker/certs.d",)
    )
    with pytest.raises(NotDecided, match="/mnt"):
        tree.read_file("/etc/docker/certs.d/h/ca.crt")
    with pytest.raises(PathError, match="no such file"):
        tree.read_file("/etc/docker/certs.d/h/other.crt")


def test_content_that_was_not_read_is_not_known() -> None:
    for entry in (Entry("file"), Entry("file", b"x", unknown=Reason("larger than the probe reads"))):
        with pytest.raises(NotDecided):
            Tree({"/f": entry}).read_file("/f")


def test_a_path_with_a_nul_is_refused() -> None:
    with pytest.raises(PathError, match="invalid argument"):
        Tree({}).stat("/a\0b")


def test_a_tree_of_rubbish_paths_ends() -> None:
    Tree({"": FILE, "relative": FILE, "/": FILE, "//x": FILE, "/trailing/": FILE})


def test_a_slash_or_a_dot_at_the_end_asks_for_a_folder() -> None:
    for path in ("/a/f/", "/a/f/."):
        assert told(Tree({"/a/f": FILE}), path) == f"open {path}: not a directory"
    assert Tree({"/a/f": FILE}).stat("/a/").kind == "dir"


def test_no_path_at_all_leads_nowhere() -> None:
    assert told(Tree({"/a": FILE}), "") == "open : no such file or directory"


def test_a_relative_path_starts_at_the_working_directory() -> None:
    tree = Tree({"/srv/f": FILE}).seen_by(cwd="/srv")
    assert tree.read_file("f") == tree.read_file("../srv/./f") == b"content"


def test_another_users_view_is_of_the_same_files() -> None:
    tree = Tree({"/f": Entry("file", b"x", 0o600)})
    assert told(tree.seen_by(User(1000, override=False)), "/f") == "open /f: permission denied"
    assert tree.read_file("/f") == b"x"


def test_what_was_looked_for_and_is_absent_is_so_whatever_is_known_of_its_folder() -> None:
    tree = Tree({"/a/b/gone": Entry("absent")}, roots=())
    assert not tree.exists("/a/b/gone")
    assert not tree.seen_by(cwd="/a").exists("b/gone")
    with pytest.raises(UndecidedError):
        tree.exists("/a/b/other")


def test_what_is_absent_names_no_folder() -> None:
    tree = Tree({"/a/b/gone": Entry("absent")}, roots=())
    with pytest.raises(NotDecided):
        tree.stat("/a/b")
