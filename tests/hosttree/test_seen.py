"""The tree of a snapshot: what was seen stands at its resolved path, and what was not is never absent."""

from __future__ import annotations

import pytest

from dockworthy.evidence import NotDecided
from dockworthy.hosttree.entry import Kind
from dockworthy.hosttree.faults import PathError
from dockworthy.hosttree.seen import host_tree
from tests.hosts import host, row, table


def test_a_file_is_read_by_every_name_that_leads_to_it() -> None:
    tree = host(
        {
            "stat:engine": table(row("/etc/docker", "dir"), row("/var/run", "dir", resolved="/run")),
            "stat:certs.d": table(row("/etc/docker/ca.pem", resolved="/srv/pki/ca.pem", mode="0640")),
            "file:/etc/docker/ca.pem": "text",
            "file:/run/x": "there",
        }
    ).files
    assert tree.read_file("/etc/docker/ca.pem") == tree.read_file("/srv/pki/ca.pem") == b"text"
    assert tree.stat("/srv/pki/ca.pem").mode == 0o640
    assert tree.read_file("/var/run/x") == b"there"
    assert tree.canonical("/var/run/other") == "/run/other"


def test_a_file_read_by_its_real_name_is_known_by_the_links_name() -> None:
    tree = host({"stat:engine": table(row("/a", resolved="/b")), "file:/b": "text"}).files
    assert tree.read_file("/a") == b"text"


def test_a_path_with_a_blank_is_known_by_its_own_name() -> None:
    tree = host({"stat:engine": table(row("/my%20data", "dir"))}).files
    assert tree.stat("/my data").kind == Kind.DIRECTORY


def test_a_link_that_leads_nowhere_exists_and_cannot_be_opened() -> None:
    tree = host({"stat:engine": table(row("/etc/docker/daemon.json", "link", resolved="-"))}).files
    assert tree.exists("/etc/docker/daemon.json")
    with pytest.raises(PathError, match="no such file"):
        tree.read_file("/etc/docker/daemon.json")


def test_a_unit_that_is_a_link_to_the_null_device_is_empty() -> None:
    tree = host({"stat:units": table(row("/etc/systemd/system/x.service", "char", resolved="/dev/null"))}).files
    assert tree.read_file("/etc/systemd/system/x.service") == b""


def test_a_device_is_no_empty_file() -> None:
    tree = host({"stat:engine": table(row("/dev/sda", "block"))}).files
    with pytest.raises(NotDecided):
        tree.read_file("/dev/sda")


@pytest.mark.parametrize(("status", "decided"), [(2, True), (13, False), (27, False), (124, False)])
def test_only_a_file_that_was_looked_for_in_vain_is_absent(status: int, decided: bool) -> None:
    tree = host({"file:/x": status}).files
    assert tree["/x"].is_absent == decided
    with pytest.raises(PathError if decided else NotDecided):
        tree.read_file("/x")


def test_a_name_that_was_listed_and_not_looked_at_is_not_known() -> None:
    tree = host({"list:/d": "seen\n"}).files
    with pytest.raises(NotDecided):
        tree.stat("/d/seen")
    with pytest.raises(PathError):
        tree.stat("/d/other")


def test_the_host_has_one_tree() -> None:
    facts = host({"file:/etc/passwd": "root:x:0:0::/root:/bin/sh\n", "cmd:engines": ""})
    assert facts.certsd.tree.entries is facts.files.entries is facts.places.tree.entries
    assert host_tree(facts.snapshot).entries == facts.files.entries
