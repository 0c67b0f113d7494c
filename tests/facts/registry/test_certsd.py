"""The certs.d folders become the tree that the loaders see; what was not seen stays unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.evidence import NotDecided
from dockworthy.hosttree.faults import PathError
from tests.checks.engine.base import SHOW
from tests.hosts import row, table
from tests.registryhost import CERTS_D, REGISTRY, certs, pem, registry_host
from tests.rows import each_of
from tests.trust.host import made

if TYPE_CHECKING:
    from dockworthy.hosttree.tree import Tree

FOLDER = f"{CERTS_D}/{REGISTRY}"


def tree(layout: dict[str, Any], edits: dict[str, Any] | None = None, **changes: Any) -> Tree:
    facts = registry_host(certs(layout), edits=edits, **changes)
    found: Tree = facts.certsd.tree
    return found


def names(one: Tree, path: str) -> list[str]:
    return [name for name, _ in one.read_dir(path)]


def test_names_of_any_bytes_are_kept() -> None:
    layout = {f"{REGISTRY}/{name}": pem("root") for name in ("a b.crt", "ä.crt", "\udcff.crt", "x\ny.crt", "%41.crt")}
    assert set(names(tree(layout), FOLDER)) == {"a b.crt", "ä.crt", "\udcff.crt", "x\ny.crt", "%41.crt"}


def test_what_was_listed_to_the_bottom_and_is_missing_is_absent() -> None:
    with pytest.raises(PathError) as fault:
        tree({f"{REGISTRY}/ca.crt": pem("root")}).open(f"{FOLDER}/other.crt")
    assert fault.value.absent


@pytest.mark.parametrize("status", [13, 124, None])
def test_what_is_below_a_folder_that_was_not_listed_is_unknown(status: int | None) -> None:
    one = tree({f"{REGISTRY}/ca.crt": pem("root")}, {f"list:{FOLDER}": status})
    with pytest.raises(NotDecided):
        one.read_dir(FOLDER)
    with pytest.raises(NotDecided):
        one.open(f"{FOLDER}/other.crt")


def test_nothing_is_known_where_nothing_was_listed() -> None:
    facts = registry_host(edits={f"list:{CERTS_D}": None})
    with pytest.raises(NotDecided):
        facts.certsd.tree.stat(FOLDER)


def test_a_name_that_has_no_row_in_the_table_is_unknown() -> None:
    sections = certs({f"{REGISTRY}/ca.crt": pem("root")})
    sections[f"list:{FOLDER}"] += "more.crt\n"
    one: Tree = registry_host(sections).certsd.tree
    assert names(one, FOLDER) == ["ca.crt", "more.crt"]
    with pytest.raises(NotDecided):
        one.open(f"{FOLDER}/more.crt")


@pytest.mark.parametrize("status", [5, 13, 27, 124, None])
def test_a_file_that_was_not_read_is_unknown(status: int | None) -> None:
    one = tree({f"{REGISTRY}/ca.crt": pem("root")}, {f"file:{FOLDER}/ca.crt": status})
    with pytest.raises(NotDecided):
        one.read_file(f"{FOLDER}/ca.crt")


def test_a_file_that_went_away_while_it_was_read_is_unknown() -> None:
    one = tree({f"{REGISTRY}/ca.crt": pem("root")}, {f"file:{FOLDER}/ca.crt": 2})
    with pytest.raises(NotDecided):
        one.open(f"{FOLDER}/ca.crt")


def test_links_lead_where_they_led_on_the_host() -> None:
    """As kubernetes mounts a secret: the file's link goes through a link to a folder."""
    real = f"{FOLDER}/..2026/ca.crt"
    rows = table(
        row(CERTS_D, "dir", "0755"),
        row(FOLDER, "dir", "0755"),
        row(f"{FOLDER}/..2026", "dir", "0755"),
        row(f"{FOLDER}/..data", "dir", "0755", resolved=f"{FOLDER}/..2026"),
        row(f"{FOLDER}/ca.crt", resolved=real),
    )
    sections = {
        "stat:certs.d": rows,
        f"list:{CERTS_D}": f"{REGISTRY}\n",
        f"list:{FOLDER}": "..2026\n..data\nca.crt\n",
        f"list:{FOLDER}/..2026": "ca.crt\n",
        f"list:{FOLDER}/..data": "ca.crt\n",
        f"file:{FOLDER}/ca.crt": pem("root"),
    }
    one: Tree = registry_host(sections).certsd.tree
    assert one.read_file(f"{FOLDER}/ca.crt").decode() == pem("root")
    assert one.read_file(f"{FOLDER}/..data/ca.crt").decode() == pem("root")
    assert one.entries[f"{FOLDER}/ca.crt"].kind == "symlink"


@pytest.mark.parametrize(
    ("links", "why"),
    [
        ({"a.crt": "nowhere"}, "no such file or directory"),
        ({"a.crt": "a.crt"}, "too many levels of symbolic links"),
        ({"a.crt": "b.crt", "b.crt": "a.crt"}, "too many levels of symbolic links"),
        ({"a.crt": "b.crt", "b.crt": "/nowhere"}, "no such file or directory"),
    ],
)
def test_a_link_that_leads_nowhere_fails_as_the_kernel_says(links: dict[str, str], why: str) -> None:
    one = tree({f"{REGISTRY}/{name}": ("link", target) for name, target in links.items()})
    with pytest.raises(PathError, match=why):
        one.open(f"{FOLDER}/a.crt")


def test_a_certs_d_that_is_a_link_is_followed() -> None:
    rows = table(
        row(CERTS_D, "dir", "0755", resolved="/srv/certs"),
        row(FOLDER, "dir", "0755", resolved=f"/srv/certs/{REGISTRY}"),
        row(f"{FOLDER}/ca.crt", resolved=f"/srv/certs/{REGISTRY}/ca.crt"),
    )
    sections = {
        "stat:certs.d": rows,
        f"list:{CERTS_D}": f"{REGISTRY}\n",
        f"list:{FOLDER}": "ca.crt\n",
        f"file:{FOLDER}/ca.crt": pem("root"),
    }
    one: Tree = registry_host(sections).certsd.tree
    assert one.read_file(f"{FOLDER}/ca.crt").decode() == pem("root")
    with pytest.raises(PathError):
        one.open(f"{FOLDER}/hosts.toml")


def test_a_key_is_known_by_what_the_host_said_of_it() -> None:
    secret = made()["client"].key_pem()
    facts = registry_host(certs({f"{REGISTRY}/c.key": secret, f"{REGISTRY}/both.crt": pem("client") + secret}))
    folder = facts.certsd.folders[FOLDER]
    key, both = folder.named("c.key"), folder.named("both.crt")
    assert key is not None
    assert key.key is not None
    assert both is not None
    assert (key.key.parses, key.key.encrypted, key.has_private_key) == (True, False, True)
    assert [str(one.subject) for one in both.certificates] == ["O=dockworthy tests,CN=client"]
    assert secret.splitlines()[1].encode() not in (both.entry.data or b"")


@each_of(
    "text", ["", "size 1\n", "block A%20B - ok\n", "size 1\nencrypted no\nparses yes\n", "\x00\xff", "x" * 100_000]
)
def test_a_key_section_that_is_cut_off_leaves_the_file_unknown(text: str) -> None:
    layout = {f"{REGISTRY}/c.key": made()["client"].key_pem()}
    one = tree(layout, {f"key:{FOLDER}/c.key": text})
    with pytest.raises(NotDecided):
        one.open(f"{FOLDER}/c.key")


def test_a_rootless_engine_is_kept_out_by_modes() -> None:
    own = "/home/dev/.config/docker/certs.d"
    sections = certs({f"{REGISTRY}/ca.crt": pem("root")}, root=own, modes={f"{REGISTRY}/ca.crt": "0600"})
    facts = registry_host(
        sections,
        uid=1000,
        show=SHOW,
        info={"SecurityOptions": ["name=rootless"]},
        edits={"proc:812/environ": b"HOME=/home/dev\0ROOTLESSKIT_STATE_DIR=/run/x\0"},
    )
    assert facts.certsd.engine.path == own
    with pytest.raises(PathError, match="permission denied"):
        facts.certsd.tree.open(f"{own}/{REGISTRY}/ca.crt")


@pytest.mark.parametrize("plugin", ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images"])
def test_the_folders_of_containerds_configuration_are_found(plugin: str) -> None:
    config = f'[plugins."{plugin}".registry]\nconfig_path = "/etc/own/certs.d:/etc/docker/certs.d"\n'
    facts = registry_host(edits={"file:/etc/containerd/config.toml": config, "list:/etc/own/certs.d": 2})
    assert [(root.path, root.program) for root in facts.certsd.roots] == [
        (CERTS_D, "docker"),
        ("/etc/own/certs.d", "containerd"),
        ("/etc/containerd/certs.d", "containerd"),
    ]
