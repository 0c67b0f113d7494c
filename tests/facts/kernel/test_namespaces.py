"""Namespaces: that the kernel has one is not that one can be made."""

from __future__ import annotations

import pytest

from dockworthy.facts.kernel.namespaces import KINDS, NamespaceFacts
from tests.facts.kernel.states import lookup_of
from tests.rows import each_of

LINKS = "".join(f"{kind} -> {kind}:[4026531835]\n" for kind in KINDS) + "pid_for_children -> pid:[4026531836]\n"


def facts(**more: str | None) -> NamespaceFacts:
    contents: dict[str, str | None] = {
        "list:proc/self/ns": LINKS,
        "uname-r": "6.1.0-13-amd64",
        "proc/cmdline": "quiet",
        **{f"proc/sys/user/max_{kind}_namespaces": "1860" for kind in KINDS},
        "proc/sys/kernel/unprivileged_userns_clone": None,
        "proc/sys/kernel/apparmor_restrict_unprivileged_userns": None,
    }
    contents.update(more)
    return NamespaceFacts.from_lookup(lookup_of({k: v for k, v in contents.items() if v != "unknown"}))


def test_what_children_get_is_no_kind_of_its_own() -> None:
    assert facts().kinds.value == set(KINDS)


@each_of("kind", KINDS)
def test_a_limit_of_zero_stops_root_too(kind: str) -> None:
    found = facts(**{f"proc/sys/user/max_{kind}_namespaces": "0"}).root[kind]
    assert found.value.obstacles == (f"user.max_{kind}_namespaces is 0",)
    assert found.source == f"/proc/sys/user/max_{kind}_namespaces"


def test_a_namespace_that_is_not_shown_is_not_there() -> None:
    found = facts(**{"list:proc/self/ns": "mnt -> mnt:[1]\n"})
    assert not found.has("user").value
    assert found.root["user"].value.obstacles == ("the kernel does not have it",)


def test_a_kernel_before_3_8_has_namespaces_that_it_does_not_show() -> None:
    found = facts(**{"list:proc/self/ns": "ipc\nnet\nuts\n", "uname-r": "2.6.32-754.el6.x86_64"})
    assert "before 3.8" in (found.root["pid"].unknown or "")
    assert found.root["time"].value.usable is False


def test_there_is_no_limit_before_4_9() -> None:
    limits: dict[str, str | None] = {f"proc/sys/user/max_{kind}_namespaces": None for kind in KINDS}
    assert facts(**limits).root["user"].value.usable


@each_of(
    ("release", "limit", "cmdline", "usable"),
    [
        ("3.10.0-514.el7.x86_64", None, "quiet", False),
        ("3.10.0-514.el7.x86_64", None, "quiet user_namespace.enable=1", True),
        ("3.10.0-693.el7.x86_64", "15000", "quiet", False),
        ("3.10.0-1160.el7.x86_64", "15000", "quiet", True),
        ("3.10.0-1160.el7.x86_64", "0", "quiet", False),
        ("4.18.0-553.el8.x86_64", "15000", "quiet", True),
    ],
)
def test_enterprise_linux_7_has_a_switch_of_its_own(
    release: str, limit: str | None, cmdline: str, *, usable: bool
) -> None:
    found = facts(**{"uname-r": release, "proc/cmdline": cmdline, "proc/sys/user/max_user_namespaces": limit})
    assert found.root["user"].value.usable is usable
    assert found.root["net"].value.usable


def test_debians_switch_stops_users_and_not_root() -> None:
    found = facts(**{"proc/sys/kernel/unprivileged_userns_clone": "0"})
    assert found.root["user"].value.usable
    assert found.user_unprivileged.value.obstacles == ("kernel.unprivileged_userns_clone is 0",)


def test_ubuntus_restriction_takes_the_capabilities() -> None:
    found = facts(**{"proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1"})
    assert found.root["user"].value.usable
    assert not found.user_unprivileged.value.usable
    assert "apparmor_restrict_unprivileged_userns" in found.user_unprivileged.source


@pytest.mark.parametrize(
    "hidden",
    [
        "list:proc/self/ns",
        "proc/sys/user/max_user_namespaces",
        "proc/sys/kernel/unprivileged_userns_clone",
        "proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "uname-r",
    ],
)
def test_hidden_evidence_is_unknown(hidden: str) -> None:
    assert not facts(**{hidden: "unknown"}).user_unprivileged.is_known


def test_a_limit_that_is_no_number_is_unknown() -> None:
    assert facts(**{"proc/sys/user/max_net_namespaces": "many"}).root["net"].unknown == "holds no whole number"
