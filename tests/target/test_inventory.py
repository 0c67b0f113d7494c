"""Ansible's inventories."""

from __future__ import annotations

import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from dockworthy.cli import main
from dockworthy.errors import UsageError
from dockworthy.target import CollectOptions, parse_target, start
from dockworthy.target.inventory import choose_targets, read_inventory
from tests.rows import each_of

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
        ("hosts", "web1 ansible_connection=docker ansible_docker_extra_args=-H\n", "ansible_docker_extra_args"),
        ("hosts", "[a]\nweb1\n[a:children]\na\n", "group a is among its own children"),
        ("hosts", "[a:children]\nb\n", "hosts:2: there is no group b"),
        ("hosts", "[a]\nweb1\n[a:vars]\nansible_group_priority=high\n", "ansible_group_priority of group a"),
        ("hosts", "$ANSIBLE_VAULT;1.1;AES256\n6162\n", "--ask-vault-pass --list | dockworthy check --inventory -"),
        ("aws.yml", "plugin: example.cloud.machines\n", "plugin example.cloud.machines, which is not run"),
        ("aws.yml", "plugin: example.cloud.machines\n", "aws.yml --list | dockworthy check --inventory -"),
        ("hosts.yml", "all: {hosts: {a: }}\n---\nall: {}\n", "hosts.yml:2"),
        ("hosts.yml", "all: *x\n", "hosts.yml:1"),
        ("hosts.toml", "[all.hosts.a\n", "hosts.toml:1: this is not TOML"),
        ("hosts.json", '{"web": {"hosts": [1]}}', "hosts of group web"),
        ("hosts.json", '{"web": {"hosts": ["u:p@h"]}}', "no host's name"),
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


@pytest.mark.parametrize(
    "text",
    [
        "a: &a {children: {b: *a}}\n",
        "a0: &a0 {children: {x: , y: }}\n"
        + "".join(f"a{n}: &a{n} {{children: {{b{n}: *a{n - 1}, c{n}: *a{n - 1}}}}}\n" for n in range(1, 40)),
        "[" * 5000,
        "{a: " * 5000,
    ],
)
def test_an_inventory_without_an_end_is_bounded(tmp_path: Path, text: str) -> None:
    file = tmp_path / "hosts.yml"
    file.write_text(text)
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


# --- what is not known of one host -------------------------------------------------------------------------------


@each_of(
    "text,name",
    [
        ("web1 ansible_host='{{ CANARY }}'\nweb2\n", "hosts"),
        ("web1 ansible_user='{% if x %}a{% endif %}'\nweb2\n", "hosts"),
        ("[a]\nweb1\n[b]\nweb2\n[a:vars]\nansible_ssh_common_args=-J {{ jump }}\n", "hosts"),
        ("web1 ansible_become=yes ansible_become_user='{{ root }}'\nweb2\n", "hosts"),
        ("all: {hosts: {web1: {ansible_host: !vault 'CANARY'}, web2: }}\n", "hosts.yml"),
        (
            '{"_meta": {"hostvars": {"web1": {"ansible_host": {"__ansible_vault": "CANARY"}}}}, "a": ["web1", "web2"]}',
            "-",
        ),
    ],
)
def test_a_variable_that_is_not_known_leaves_one_host_undecided(text: str, name: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_text(text)
        first, second = read_inventory(path)
    assert first.name == "web1"
    assert first.problem is not None
    assert "CANARY" not in repr(first)
    assert "leave it out by --limit" in first.problem
    assert first.testinfra is None
    assert second.problem is None
    collected = start(first, CollectOptions()).result()
    assert (collected.data, collected.error) == (None, first.problem)


@each_of(
    "text",
    [
        "web1 ansible_become_user='{{ root }}'\n",  # it becomes nobody
        "web1 ansible_connection=local ansible_port='{{ port }}' ansible_ssh_common_args='{{ args }}'\n",
        "web1 ansible_password='{{ secret }}' other='{{ thing }}'\n",
        "web1 ansible_connection=docker ansible_ssh_host='{{ x }}'\n",
    ],
)
def test_a_template_that_nothing_depends_on_is_of_no_matter(text: str) -> None:
    with TemporaryDirectory() as folder:
        Path(folder, "hosts").write_text(text)
        [target] = read_inventory(Path(folder, "hosts"))
    assert target.problem is None


@each_of(
    "name,variables,expected",
    [
        ("web1", "ansible_host='{{ inventory_hostname }}.example.com'", "ssh://web1.example.com"),
        ("web1.lab", "ansible_host='{{inventory_hostname_short}}-{{ inventory_hostname }}'", "ssh://web1-web1.lab"),
        ("10.0.0.1", "ansible_host='{{ inventory_hostname_short }}'", "ssh://10.0.0.1"),
        ("web1", "ansible_user='{{ inventory_hostname }}'", "ssh://web1@web1"),
        ("web1", "ansible_host='{{ inventory_hostname | upper }}'", None),
        ("web1", "ansible_host='{{ inventory_hostname }}{{ x }}'", None),
    ],
)
def test_the_template_of_a_hosts_own_name_is_known(name: str, variables: str, expected: str | None) -> None:
    with TemporaryDirectory() as folder:
        Path(folder, "hosts").write_text(f"{name} {variables}\n")
        [target] = read_inventory(Path(folder, "hosts"))
    assert (target.spec if target.problem is None else None) == expected


# --- what is not run, and what is piped --------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"#!/bin/sh\ntouch ran\n", b"\x7fELF\x02\x01\xff"])
def test_a_program_is_not_run(tmp_path: Path, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "an inventory.py"
    file.write_bytes(data)
    file.chmod(0o755)
    with pytest.raises(UsageError) as caught:
        read_inventory(file)
    words = f"ansible-inventory -i '{file}' --list | dockworthy check --inventory -"
    assert words in str(caught.value)
    assert not (tmp_path / "ran").exists()


def test_a_text_on_a_file_system_where_everything_is_executable_is_read(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_text("# ours\nweb1\n")
    file.chmod(0o755)
    assert [target.name for target in read_inventory(file)] == ["web1"]


@pytest.mark.parametrize(
    "text",
    [
        "[web]\nweb1\n",
        "---\nweb: {hosts: {web1: }}\n",
        "web:\n  hosts:\n    web1:\n",
        '{"web": {"hosts": ["web1"]}}',
        "# printed\n[web.hosts.web1]\n",
        '{"_meta": {"hostvars": {"web1": {}}}, "all": {"children": ["web"]}, "web": {"hosts": ["web1"]}}',
    ],
)
def test_standard_input_may_be_any_of_them(text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "host_vars").mkdir()
    (tmp_path / "host_vars/web1.yml").write_text("ansible_user: not-meant\n")
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(text.encode())))
    monkeypatch.setattr("dockworthy.target.inventory.source._piped", [])
    [target] = read_inventory(Path("-"))
    assert (target.name, target.user, target.named_at) == ("web1", None, None)
    assert read_inventory(Path("-")) == [target]  # which can be asked again


# --- limits ------------------------------------------------------------------------------------------------------


NAMED = ["ssh://ops@web1:22", "ssh://db1", "snapshot:kept/web2.snapshot", "local://"]


@each_of(
    "limit,expected",
    [
        ("web*", ["ssh://ops@web1:22", "snapshot:kept/web2.snapshot", "web1"]),
        ("web*:!g", ["ssh://ops@web1:22", "snapshot:kept/web2.snapshot"]),
        ("ssh://ops@web1:22", ["ssh://ops@web1:22"]),
        ("db1,localhost", ["ssh://db1", "local://"]),
        ("ungrouped", [*NAMED, "w1"]),
        ("g", ["web1"]),
        ("all:!ungrouped", ["web1"]),
        ("ungrouped[0]", ["ssh://ops@web1:22"]),
        ("snapshot:kept/web2.snapshot,g", ["snapshot:kept/web2.snapshot", "web1"]),
    ],
)
def test_a_limit_is_of_targets_too(limit: str, expected: list[str]) -> None:
    with TemporaryDirectory() as folder:
        Path(folder, "hosts").write_text("w1 ansible_host=web7\n[g]\nweb1\n")
        chosen = choose_targets(list(map(parse_target, NAMED)), Path(folder, "hosts"), limit)
    assert [target.label for target in chosen] == expected


def test_what_a_limit_leaves_out_may_be_of_a_kind_that_cannot_be_reached(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_text("web1\nwin1 ansible_connection=winrm\n")
    assert [one.name for one in choose_targets([], file, "!win*")] == ["web1"]


def test_a_limit_that_matches_nobody_is_refused_and_a_part_that_does_is_told(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_text("[web]\nweb1\nweb2\n")
    told: list[str] = []
    assert len(choose_targets([], file, "web:nonesuch:!gone", told.append)) == 2
    assert told == ["--limit: nonesuch matches no host.", "--limit: !gone matches no host."]
    for limit, words in [
        ("nonesuch", "nonesuch: matches no host"),
        ("web:!web", "matches no host"),
        ("web[2]", "there are 2 of them"),
        ("~(", "no pattern"),
        ("", "no pattern"),
        (f"@{tmp_path}/none", "cannot be read"),
    ]:
        with pytest.raises(UsageError) as caught:
            choose_targets([], file, limit)
        assert words in str(caught.value)


def test_a_host_of_many_groups_and_lines_is_one_target(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_text("[a]\nweb[1:2]\nweb1\n[b]\nweb1\n[c:children]\na\nb\n")
    assert [target.name for target in choose_targets([], file, "a:b:c:web1")] == ["web1", "web2"]


def test_fifty_thousand_hosts_cost_little_each(tmp_path: Path) -> None:
    """In operations of the interpreter, which no other program on the machine makes more of."""
    counts = []
    for number in (200, 400):
        file = tmp_path / f"{number}"
        names = "".join(f"web{n} ansible_host=10.0.{n // 250}.{n % 250} rack='a b' # told\n" for n in range(number))
        file.write_text(f"[web]\n{names}[prod:children]\nweb\n[prod:vars]\nansible_user=ops\n")
        calls = 0

        def count(*_: object) -> None:
            nonlocal calls
            calls += 1

        sys.setprofile(count)
        try:
            choose_targets([], file, "prod:!web1")
        finally:
            sys.setprofile(None)
        counts.append(calls)
    assert counts[1] - counts[0] < 200 * 300


def test_trust_asks_one_host_of_an_inventory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "hosts"
    file.write_text("web1 ansible_host='{{ x }}'\nweb2 ansible_host='{{ y }}'\n")
    reference = "registry.example.com/app:1"
    assert main(["trust", reference, "web2", "--inventory", str(file)]) == 6
    assert f"web2: {file}:2: ansible_host is a template" in capsys.readouterr().err
    assert main(["trust", reference, "--inventory", str(file)]) == 4
    assert "2 hosts are meant" in capsys.readouterr().err
    assert main(["trust", reference, "web3", "--inventory", str(file)]) == 4
    assert "matches no host" in capsys.readouterr().err
