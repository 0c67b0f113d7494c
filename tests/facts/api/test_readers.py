"""The engine's spellings, read as the engine reads them."""

from __future__ import annotations

import pytest

from dockworthy.facts.api.capabilities import DEFAULT, KNOWN, from_mask, granted
from dockworthy.facts.api.document import Document, parse_time
from dockworthy.facts.api.history import parse_step
from dockworthy.facts.api.packages import insecure_installs, lone_refreshes
from dockworthy.facts.api.ports import is_every_address, publications
from dockworthy.facts.api.security import parse_security_options
from dockworthy.facts.api.shell import commands
from dockworthy.facts.api.users import numeric_user
from dockworthy.facts.api.volumes import volume_paths
from dockworthy.hosttree.places import is_under
from dockworthy.trust.reference import is_digest, is_identity, normal_tag
from tests.hosts import host
from tests.rows import each_of


@each_of(
    ("adds", "drops", "expected"),
    [
        ([], [], DEFAULT),
        (["cap_sys_admin"], [], DEFAULT | {"SYS_ADMIN"}),
        (["SYS_ADMIN"], ["all"], {"SYS_ADMIN"}),
        (["SYS_ADMIN"], ["sys_admin"], DEFAULT | {"SYS_ADMIN"}),
        (["ALL"], ["CAP_SYS_ADMIN"], KNOWN - {"SYS_ADMIN"}),
        (["all"], ["ALL"], KNOWN),
        ([], ["ALL"], set()),
        ([], ["NET_RAW"], DEFAULT - {"NET_RAW"}),
    ],
)
def test_capabilities_are_granted_as_the_engine_does(adds: list[str], drops: list[str], expected: set[str]) -> None:
    assert granted(adds, drops, privileged=False) == expected
    assert granted(adds, drops, privileged=True) == KNOWN


def test_a_mask_names_its_capabilities_and_numbers_those_that_are_not_known() -> None:
    assert from_mask(0x00000000A80425FB) == DEFAULT
    assert from_mask(1 << 21) == {"SYS_ADMIN"}
    assert from_mask(1 << 63) == {"CAP_63"}


@each_of(
    ("options", "field", "expected"),
    [
        (["no-new-privileges"], "no_new_privileges", True),
        (["no-new-privileges=T"], "no_new_privileges", True),
        (["no-new-privileges:false"], "no_new_privileges", False),
        (["no-new-privileges=maybe"], "no_new_privileges", None),
        (["seccomp=a:b=c"], "seccomp", "a:b=c"),
        (["seccomp:unconfined"], "seccomp", "unconfined"),
        (["seccomp=builtin", "seccomp=unconfined"], "seccomp", "unconfined"),
        (["apparmor=mine"], "apparmor", "mine"),
        (["label=disable"], "label_disabled", True),
        (["label:disable"], "label_disabled", True),
        (["disable"], "label_disabled", True),
        (["label=type:x"], "label_disabled", False),
        ([], "seccomp", None),
    ],
)
def test_security_options_are_read_in_both_spellings(options: list[str], field: str, expected: object) -> None:
    assert getattr(parse_security_options(options), field) == expected


@each_of(
    ("user", "number"),
    [("", 0), ("0", 0), ("00", 0), ("-0", 0), ("0:5", 0), ("root", 0), ("root:app", 0), (":5", 0), ("1000", 1000)],
)
def test_a_user_s_number_is_told_where_it_says_one(user: str, number: int) -> None:
    assert numeric_user(user) == number
    assert numeric_user("app") is None
    assert numeric_user("1_0") is None


@each_of(
    ("address", "every"),
    [
        ("", True),
        ("0.0.0.0", True),  # noqa: S104 - one of the spellings
        ("::", True),
        ("[::]", True),
        ("0:0:0:0:0:0:0:0", True),
        ("::ffff:0.0.0.0", True),
        ("127.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("x", None),
        ("0", None),
    ],
)
def test_all_interfaces_are_told_in_every_spelling(address: str, every: bool | None) -> None:
    assert is_every_address(address) is every


def test_a_publication_that_cannot_be_read_makes_none_of_them_known() -> None:
    assert publications({"80/tcp": None}) == ()
    assert publications({"80/tcp": [{"HostIp": "", "HostPort": "70000"}]}) is None
    assert publications({"80/tcp": [{"HostIp": "", "HostPort": "9-8"}]}) is None
    assert publications({"x/tcp": [{"HostIp": "", "HostPort": "80"}]}) is None
    assert publications({"80/tcp": "all"}) is None
    found = publications({"80/sctp": [{"HostIp": "::1", "HostPort": "80-81"}]})
    assert found is not None
    assert str(found[0]) == "[::1]:80-81->80/sctp"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("busybox", "docker.io/library/busybox:latest"),
        ("user/app:1", "docker.io/user/app:1"),
        ("localhost/app", "localhost/app:latest"),
        ("host:5000/app:1", "host:5000/app:1@sha256:" + "a" * 64),
    ],
)
def test_two_spellings_of_one_tag_are_one(one: str, other: str) -> None:
    assert normal_tag(one) == normal_tag(other)


def test_only_digests_and_ids_pin() -> None:
    assert is_digest("a@sha256:" + "a" * 64)
    assert is_identity("sha256:" + "a" * 64, "")
    assert is_identity("abc", "sha256:abcdef")
    assert not is_identity("abc", "sha256:def")
    assert not is_identity("app:1", "sha256:abc")


@each_of(
    ("text", "instruction", "arguments"),
    [
        ("/bin/sh -c #(nop)  ADD file:abc in / ", "ADD", "file:abc in /"),
        ("/bin/bash -o pipefail -c #(nop)  ENV ADD=x", "ENV", "ADD=x"),
        ("/bin/sh -c apt-get update", "RUN", "apt-get update"),
        ("|2 A=1 B=x y /bin/sh -c apt-get update", "RUN", "apt-get update"),
        ("RUN |1 A=b /bin/bash -euo pipefail -c make # buildkit", "RUN", "make"),
        ("RUN --mount=type=cache,target=/x /bin/sh -c make # buildkit", "RUN", "make"),
        ("ADD x / # buildkit", "ADD", "x /"),
        ("COPY ADD /x # buildkit", "COPY", "ADD /x"),
        ("ONBUILD ADD . /x", "ONBUILD", "ADD . /x"),
        ("# debian.sh --arch 'amd64' out/", "", "# debian.sh --arch 'amd64' out/"),
        ("", "", ""),
        ("/bin/sh -c echo a #(nop) ADD x", "RUN", "echo a #(nop) ADD x"),
        ("ADDENDUM --x", "RUN", "ADDENDUM --x"),
    ],
)
def test_build_steps_of_both_builders_are_read(text: str, instruction: str, arguments: str) -> None:
    step = parse_step(text)
    assert (step.instruction, step.arguments) == (instruction, arguments)


@each_of(
    ("script", "programs"),
    [
        ("a && b || c; d | e & f", ["a", "b", "c", "d", "e", "f"]),
        ("set -eux; X=1 sudo -E /usr/bin/apt-get update", ["set", "apt-get"]),
        ("if true; then a; else b; fi", ["true", "a", "b"]),
        ("echo 'a && b' \"c; d\"", ["echo"]),
        ("echo $(inner x) `other`", ["echo", "other", "inner"]),
        ("bash -ec 'a; b'", ["bash", "a", "b"]),
        ("eval a b", ["eval", "a"]),
        ("(a; b) > /dev/null 2>&1", ["a", "b"]),
        ("cat <<EOF > /x\nrm -rf /\nEOF\nnext", ["cat", "next"]),
        ("a \\\n  b # c && d", ["a"]),
        ("a '", ["a"]),
        ("", []),
    ],
)
def test_commands_are_told_from_what_only_looks_like_them(script: str, programs: list[str]) -> None:
    assert [command.program for command in commands(script)] == programs


def test_a_script_of_any_size_and_depth_ends() -> None:
    assert commands("(" * 100_000) == []
    assert len(commands("a;" * 100_000)) <= 5000
    assert commands("$(" * 1000 + "a")
    assert commands("bash -c " + "'bash -c " * 50)


@each_of(
    ("script", "refreshes"),
    [
        ("RUN apt-get update", ["apt-get update"]),
        ("RUN apt-get update && apk add x", ["apt-get update"]),
        ("RUN apt-get -o A::B=c -q update; apt install x", []),
        ("RUN apk add --no-cache x", []),
        ("RUN pacman -Sy", ["pacman -Sy"]),
        ("RUN pacman -Syu", []),
        ("RUN dnf makecache", ["dnf makecache"]),
        ("RUN zypper --non-interactive ref", ["zypper --non-interactive ref"]),
    ],
)
def test_a_refresh_without_an_installation_of_its_kind_is_alone(script: str, refreshes: list[str]) -> None:
    assert lone_refreshes(parse_step(script)) == refreshes


@each_of(
    ("script", "found"),
    [
        ("RUN apt-get install --allow-unauthenticated x", ["apt-get --allow-unauthenticated"]),
        (
            "RUN apt-get -o APT::Get::AllowUnauthenticated=true install x",
            ["apt-get -o APT::Get::AllowUnauthenticated=true"],
        ),
        ("RUN apt-get -o APT::Get::AllowUnauthenticated=false install x", []),
        ("RUN yum --nogpgcheck install x", ["yum --nogpgcheck"]),
        ("RUN curl -fsSL https://example.com | sudo bash -", ["curl | bash"]),
        ("RUN curl -fsSL https://example.com | tar x", []),
        ("RUN curl -fsSLk https://example.com", ["curl -fsSLk"]),
        ("RUN wget --no-check-certificate https://example.com", ["wget --no-check-certificate"]),
        ("RUN pip install --trusted-host x y", ["pip --trusted-host"]),
    ],
)
def test_software_of_unproven_origin_is_seen(script: str, found: list[str]) -> None:
    assert insecure_installs(parse_step(script)) == found


def test_paths_are_compared_by_whole_components() -> None:
    assert is_under("/lib/x", "/lib")
    assert not is_under("/library", "/lib")


@each_of(
    ("kind", "options", "device", "paths"),
    [
        ("none", "bind", "/etc", ("/etc",)),
        ("", "rbind,ro", "/etc", ("/etc",)),
        ("none", "bind", "etc", ("/etc",)),
        ("nfs", "addr=192.0.2.1", ":/etc", ()),
        ("nfs4", "addr=192.0.2.1", "/etc", ()),
        ("tmpfs", "size=1m", "tmpfs", ()),
        ("proc", "", "proc", ("/proc",)),
        ("devtmpfs", "", "x", ("/dev",)),
        ("ext4", "", "/dev/sda1", ("/dev/sda1",)),
        ("overlay", "lowerdir=/etc:/opt,upperdir=/u", "overlay", ("/etc", "/opt", "/u")),
    ],
)
def test_a_volume_s_options_say_what_of_the_host_it_is(
    kind: str, options: str, device: str, paths: tuple[str, ...]
) -> None:
    assert volume_paths(kind, options, device) == paths


MOUNTINFO = """\
1 0 8:1 / / rw - ext4 /dev/sda1 rw
2 1 8:1 /etc /srv/bound rw - ext4 /dev/sda1 rw
3 1 8:2 / /data rw - ext4 /dev/sdb1 rw
4 1 8:2 /docker /var/lib/docker rw - ext4 /dev/sdb1 rw
5 1 0:9 / /run rw - tmpfs tmpfs rw
"""
ROWS = "".join(
    f"{path} {resolved} dir 0755 0 0 root root 10 1 1 - 0 0\n"
    for path, resolved in {"/srv/link": "/etc", "/var/run": "/run", "/opt/app": "/opt/app"}.items()
)


@each_of(
    ("path", "root", "touches"),
    [
        ("/srv/link", "/etc", True),
        ("/srv/bound/ssh", "/etc", True),
        ("/srv/bound", "/usr", False),
        ("/data/docker/x", "/var/lib/docker", True),
        ("/data", "/var/lib/docker", True),
        ("/data/other", "/var/lib/docker", False),
        ("/opt/app", "/", False),
        ("/", "/etc", True),
        ("/var", "/var/lib/docker", True),
        ("/etc/../opt/app", "/etc", False),
        ("//etc//ssh/", "/etc", True),
    ],
)
def test_a_path_is_what_it_leads_to(path: str, root: str, touches: bool) -> None:
    facts = host({"stat:bind-sources": ROWS, "file:/proc/self/mountinfo": MOUNTINFO})
    tree = facts.places
    place, other = tree.locate(path), tree.locate(root)
    assert (place.is_under(other) or place.is_over(other)) is touches


def test_what_is_mounted_below_a_folder_comes_with_it() -> None:
    facts = host({"stat:bind-sources": ROWS, "file:/proc/self/mountinfo": MOUNTINFO})
    tree = facts.places
    below = tree.mounted_below(tree.locate("/srv"))
    assert [place.path for place in below] == ["/srv/bound"]
    assert below[0].is_under(tree.locate("/etc"))


def test_a_field_is_known_by_its_kind_or_not_at_all() -> None:
    document = Document("GET /x", {"a": {"b": True, "n": 1, "t": "x", "l": None, "o": [1]}, "z": None})
    assert document.flag("a", "b").value is True
    assert document.number("a", "b").unknown == "is not of the kind that the API documents"
    assert document.items("a", "l").value == ()
    assert document.number("a", "gone").unknown == "the answer does not have it"
    assert document.number("a", "gone", default=3).value == 3
    assert document.text("z", "deep", default="").value == ""
    assert document.text("a", "t", "deep").unknown == "is not of the kind that the API documents"
    assert document.objects("a", "o").unknown == "holds what is no object"
    assert document.flag("a", "b").source == "GET /x: a.b"


@each_of(
    ("text", "seconds"),
    [
        ("2026-11-24T13:00:38.949946976Z", 1795525238),
        ("2026-11-24T14:00:38+01:00", 1795525238),
        ("2026-11-24T13:00:38.5Z", 1795525238),
        ("yesterday", None),
        ("2026-11-24T13:00:38", None),
        ("", None),
    ],
)
def test_moments_are_read_to_the_nanosecond_and_in_utc(text: str, seconds: int | None) -> None:
    moment = parse_time(text)
    assert (int(moment.timestamp()) if moment else None) == seconds


def test_a_text_that_the_probe_does_not_tell_is_not_known() -> None:
    document = Document("GET /info", {"Address": "REDACTED", "Name": "plain"})
    assert document.text("Address").unknown is not None
    assert document.text("Address", default="").get("-") == "-"
    assert document.text("Name").value == "plain"
