"""Ansible's inventories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dockworthy.errors import UsageError
from dockworthy.target.inventory import read_inventory

if TYPE_CHECKING:
    from pathlib import Path

INI = """
# the front
lonely ansible_host=192.0.2.9
[web]
web[01:03].example.com
special ansible_host=10.0.0.9 ansible_port=2222 ansible_user=deploy ansible_ssh_private_key_file='/k e y'  # the odd one
[web:vars]
ansible_user=web
ansible_become=yes
ansible_become_password=CANARY
[db]
db1:2022 ansible_password=CANARY
[prod:children]
web
db
[prod:vars]
ansible_user=prod
ansible_connection=ssh
[all:vars]
ansible_user=everyone
"""


def test_an_ini_inventory_with_ranges_groups_and_variables(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_text(INI)
    found = {target.name: target for target in read_inventory(file)}
    assert list(found) == [
        "lonely",
        "web01.example.com",
        "web02.example.com",
        "web03.example.com",
        "special",
        "db1",
    ]
    assert found["lonely"].host == "192.0.2.9"
    assert found["lonely"].user == "everyone"
    assert found["web02.example.com"].user == "web"
    assert found["web02.example.com"].is_set("sudo")
    special = found["special"]
    assert (special.host, special.port, special.user) == ("10.0.0.9", 2222, "deploy")
    assert special.settings["ssh_identity_file"] == "/k e y"
    assert special.label == "special"
    assert special.spec == "ssh://deploy@10.0.0.9:2222"
    assert (found["db1"].port, found["db1"].user) == (2022, "prod")
    assert "CANARY" not in repr(found)


YAML = """
all:
  vars: {ansible_user: everyone}
  hosts:
    here: {ansible_connection: local}
  children:
    web:
      vars: {ansible_port: 2200, ansible_become_pass: CANARY}
      hosts:
        web1: {ansible_host: 192.0.2.1}
        web2: {ansible_connection: community.docker.docker, ansible_password: !vault "CANARY"}
"""


def test_a_yaml_inventory(tmp_path: Path) -> None:
    file = tmp_path / "hosts.yml"
    file.write_text(YAML)
    found = {target.name: target for target in read_inventory(file)}
    assert found["here"].spec == "local://"
    assert found["web1"].spec == "ssh://everyone@192.0.2.1:2200"
    assert found["web2"].scheme == "docker"
    assert "CANARY" not in repr(found)


def test_variables_beside_the_inventory_count(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_text("[web]\nweb1\n")
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars/web.yml").write_text("ansible_user: fromgroup\nansible_port: 22\n")
    (tmp_path / "host_vars").mkdir()
    (tmp_path / "host_vars/web1.yml").write_text("ansible_port: 2222\n")
    [target] = read_inventory(file)
    assert (target.user, target.port) == ("fromgroup", 2222)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("hosts", "[web]\nweb1 'open\n", "hosts:2"),
        ("hosts", "web1 what is this\n", "hosts:1"),
        ("hosts", "", "names no host"),
        ("hosts", "web[9:1]\n", "names no host"),
        ("hosts", "web[1:999999999]\n", "too long a range"),
        ("hosts", "web1 ansible_port=x\n", "ansible_port is no number"),
        ("hosts", "web1 ansible_connection=winrm\n", "ansible_connection winrm"),
        ("hosts", "web1 ansible_host='{{ ip }}'\n", "templates"),
        ("hosts.yml", "all: [a\n", "hosts.yml:2"),
        ("hosts.yml", "- a\n", "mapping of groups"),
        ("hosts.yml", "all: {hosts: [a]}\n", "no mapping"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, name: str, text: str, words: str) -> None:
    file = tmp_path / name
    file.write_text(text)
    with pytest.raises(UsageError) as caught:
        read_inventory(file)
    assert words in str(caught.value)


def test_a_file_that_is_not_there_or_no_text_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "missing", tmp_path / "binary", tmp_path):
        with pytest.raises(UsageError):
            read_inventory(path)


def test_an_inventory_without_an_end_is_bounded(tmp_path: Path) -> None:
    file = tmp_path / "hosts.yml"
    file.write_text("a: &a {children: {b: *a}}\n")
    with pytest.raises(UsageError):
        read_inventory(file)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("hosts.ini", "# ours\n[web]\nweb[1:2] ansible_user=ops\n\n[db]\ndb1\nweb1\n"),
        (
            "hosts.yml",
            "all:\n  hosts:\n    web[1:2]:\n      ansible_user: ops\n  children:\n    db: {hosts: {db1: }}\n",
        ),
    ],
)
def test_a_host_knows_the_line_where_it_is_named_first(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    places = {target.name: target.named_at for target in read_inventory(path)}
    assert places == {"web1": f"{path}:3", "web2": f"{path}:3", "db1": f"{path}:6"}
