from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from dockworthy.errors import UsageError
from dockworthy.profile.loader import load_profile, with_registries
from dockworthy.profile.locate import profile_names
from tests.rows import each_of

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Known:
    id: str
    refs: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    severity: str = "medium"
    params: tuple[str, ...] = ()


CATALOGUE = [
    Known("daemon.icc-disabled", ("CIS-Docker-1.6:2.1",), aliases=("daemon.no-icc",)),
    Known("daemon.live-restore", ("CIS-Docker-1.6:2.10",)),
    Known("kernel.namespace", ("moby:check-config",)),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of profiles with a base of its own."""
    profiles = tmp_path / "profiles"
    profiles.mkdir()
    (profiles / "base.yaml").write_text(
        "extends: []\nparams:\n  min_engine_version: '25.0'\n  certificate_days_left: {critical: 5, high: 20}\n"
    )
    return profiles


def put(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(text)
    return path


def test_each_value_knows_which_layer_set_it(folder: Path) -> None:
    put(folder, "site", "params:\n  min_engine_version: '27.0'\n")
    profile = load_profile("site", folder=folder)
    assert profile.params.min_engine_version == "27.0"
    assert profile.origin_of("min_engine_version").layer == "site"
    assert profile.origin_of("min_engine_version").line == 2
    assert profile.origin_of("certificate_days_left").layer == "base"
    assert profile.origin_of("max_stopped_containers").layer == "default"


def test_a_version_may_be_written_as_tags_of_releases_are(folder: Path) -> None:
    put(folder, "site", "params:\n  harbor_upgrade_to: v2.14.0\n  min_engine_version: V27.0\n")
    params = load_profile("site", folder=folder).params
    assert (params.harbor_upgrade_to, params.min_engine_version) == ("2.14.0", "27.0")


def test_a_layer_says_of_a_harbor_only_what_it_changes(folder: Path) -> None:
    put(folder, "one", "params: {harbors: {prod: {url: 'https://h.test', nodes: {n1: {host: h1}}}}}")
    put(folder, "site", "extends: one\nparams: {harbors: {prod: {nodes: {n2: {host: h2}}}}}")
    found = load_profile("site", folder=folder).params.harbors["prod"]
    assert (found.url, list(found.nodes)) == ("https://h.test", ["n1", "n2"])
    put(folder, "site", "extends: one\nparams:\n  harbors:\n    other: {nodes: {n2: {host: h2}}}")
    with pytest.raises(UsageError, match=r"site.yaml:4: params.harbors.other.url is missing"):
        load_profile("site", folder=folder)


def test_a_profile_that_extends_nothing_by_name_extends_base(folder: Path) -> None:
    put(folder, "site", "")
    assert [layer.name for layer in load_profile("site", folder=folder).layers] == ["base", "site"]


def test_an_empty_list_of_parents_means_none(folder: Path) -> None:
    put(folder, "site", "extends: []")
    assert [layer.name for layer in load_profile("site", folder=folder).layers] == ["site"]


def test_mappings_are_merged_key_by_key_and_lists_replaced(folder: Path) -> None:
    put(folder, "one", "params: {registries: [a, b], certificate_days_left: {high: 40}}")
    put(folder, "two", "extends: one\nparams: {registries: [c]}")
    profile = load_profile("two", folder=folder)
    assert profile.params.registries == ("c",)
    assert (profile.params.certificate_days_left.critical, profile.params.certificate_days_left.high) == (5, 40)
    assert profile.origin_of("certificate_days_left.critical").layer == "base"
    assert profile.origin_of("certificate_days_left.high").layer == "one"


def test_several_parents_are_merged_in_their_order_and_each_once(folder: Path) -> None:
    """A base that two parents share must not overwrite what the first of them says."""
    put(folder, "one", "extends: base\nparams: {min_engine_version: '27.0'}")
    put(folder, "two", "extends: base\nparams: {max_stopped_containers: 9}")
    put(folder, "site", "extends: [one, two]")
    profile = load_profile("site", folder=folder)
    assert [layer.name for layer in profile.layers] == ["base", "one", "two", "site"]
    assert (profile.params.min_engine_version, profile.params.max_stopped_containers) == ("27.0", 9)


def test_a_parent_by_path_is_relative_to_its_child(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    put(tmp_path / "site", "common", "params: {max_stopped_containers: 7}")
    child = put(tmp_path / "site", "web", "extends: [base, ./common.yaml]")
    assert load_profile(child, folder=folder).params.max_stopped_containers == 7


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("extends: base\nregistry: x\n", 2, "the key 'registry' is not known"),
        ("params:\n  min_engine_versoin: '26'\n", 2, "did you mean min_engine_version?"),
        ("params:\n  min_engine_version: 26.0\n", 2, "is not a text; write it in quotes"),
        ("params:\n  min_engine_version: newest\n", 2, "is not of its form"),
        ("params:\n  max_stopped_containers: 'five'\n", 2, "is not a whole number"),
        ("params:\n  max_stopped_containers: -1\n", 2, "greater than or equal to 0"),
        ("params:\n  swarm_expected: yes\n", 2, "is neither true nor false"),
        ("params:\n  registries: harbor.example.com\n", 2, "is not a list"),
        ("params:\n  registries:\n    - ok.example.com\n    - https://x\n", 4, "is not of its form; write HOST"),
        ("params:\n  container_states: some\n", 2, "'running' or 'all'"),
        ("params:\n  certificate_days_left:\n    hihg: 3\n", 3, "is not a known key"),
        ("params: [1]\n", 1, "where a mapping is wanted"),
        ("extends: nowhere\n", 1, "there is no profile 'nowhere'"),
        ("extends:\n  - base\n  - 5\n", 3, "is a list of texts"),
        ("severity:\n  daemon.icc-disabled: huge\n", 2, "'huge' is no severity"),
        ("select: {a: b}\n", 1, "is a list of texts"),
        ("waivers:\n  - check: daemon.icc-disabled\n    reason: x\n", 2, "a waiver lacks `owner`"),
        ("- a\n", 1, "where a mapping is wanted"),
        ("description: [x]\n", 1, "`description` is a list"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(folder: Path, text: str, line: int, what: str) -> None:
    path = put(folder, "site", text)
    with pytest.raises(UsageError, match=what) as caught:
        load_profile("site", folder=folder)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert caught.value.exit_status == 4


def test_a_mistake_in_a_parent_is_told_with_the_parents_file(folder: Path) -> None:
    parent = put(folder, "one", "params:\n  nonsense: 1")
    put(folder, "site", "extends: one")
    with pytest.raises(UsageError) as caught:
        load_profile("site", folder=folder)
    assert str(caught.value).startswith(f"{parent}:2: ")


@pytest.mark.parametrize("parent", ["site", "./site.yaml"])
def test_a_cycle_is_refused(folder: Path, parent: str) -> None:
    path = put(folder, "site", "extends: other")
    other = put(folder, "other", f"# first\nextends: {parent}")
    with pytest.raises(UsageError, match="in turn; break the cycle") as caught:
        load_profile("site", folder=folder)
    assert str(caught.value).startswith(f"{other}:2: ")
    assert path.exists()


def test_an_unknown_profile_names_those_that_there_are(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"no profile 'ubuntu'; name a file, or one of base\."):
        load_profile("ubuntu", folder=folder)


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("select:\n  - kernel\n  - kernle\n", 3, "'kernle' names no check, topic or reference"),
        ("deselect: [CIS-Docker-1.6:2.100]\n", 1, "names no check"),
        ("severity:\n  daemon.icc-disabld: low\n", 2, "did you mean daemon.icc-disabled?"),
        ("waivers:\n  - {check: a.b, reason: r, owner: o, expires: 2027-01-01}\n", 2, "there is no check 'a.b'"),
    ],
)
def test_what_a_profile_names_must_exist(folder: Path, text: str, line: int, what: str) -> None:
    path = put(folder, "site", text)
    with pytest.raises(UsageError, match=what) as caught:
        load_profile("site", folder=folder, catalogue=CATALOGUE)
    assert str(caught.value).startswith(f"{path}:{line}: ")


def test_a_former_id_is_still_known(folder: Path) -> None:
    put(folder, "site", "select: [daemon.no-icc]\nseverity: {daemon.no-icc: high}")
    profile = load_profile("site", folder=folder, catalogue=CATALOGUE)
    assert [check.id for check in CATALOGUE if profile.selects(check)] == ["daemon.icc-disabled"]
    assert profile.severity_of(CATALOGUE[0]) == "high"
    assert profile.severity_of(CATALOGUE[1]) == "medium"


@pytest.mark.parametrize(
    ("text", "selected"),
    [
        ("", {"daemon.icc-disabled", "daemon.live-restore", "kernel.namespace"}),
        ("select: [kernel]", {"kernel.namespace"}),
        ("select: [CIS-Docker-1.6:2.1]", {"daemon.icc-disabled"}),
        ("select: [CIS-Docker-1.6:2]", {"daemon.icc-disabled", "daemon.live-restore"}),
        ("deselect: [daemon]", {"kernel.namespace"}),
        ("select: [daemon]\ndeselect: [daemon.live-restore]", {"daemon.icc-disabled"}),
        ("select: []", set()),
    ],
)
def test_select_and_deselect_take_topics_ids_and_references(folder: Path, text: str, selected: set[str]) -> None:
    put(folder, "site", text)
    profile = load_profile("site", folder=folder, catalogue=CATALOGUE)
    assert {check.id for check in CATALOGUE if profile.selects(check)} == selected


def test_a_later_layers_selection_wins(folder: Path) -> None:
    put(folder, "one", "deselect: [kernel]")
    put(folder, "two", "extends: one\nselect: [kernel]")
    profile = load_profile("two", folder=folder, catalogue=CATALOGUE)
    assert [check.id for check in CATALOGUE if profile.selects(check)] == ["kernel.namespace"]


def test_registries_of_the_command_line_are_added(folder: Path) -> None:
    put(folder, "site", "params: {registries: [a.example.com]}")
    profile = load_profile("site", folder=folder, registries=["b.example.com:5000", "a.example.com"])
    assert profile.registries == ("a.example.com", "b.example.com:5000")
    assert profile.origin_of("registries").layer == "--registry"


@pytest.mark.parametrize("name", ["https://x", "", "a b", "x:port", "x\n"])
def test_a_registry_of_the_command_line_must_be_one(folder: Path, name: str) -> None:
    with pytest.raises(UsageError, match="is no registry"):
        with_registries(load_profile("base", folder=folder), [name])


def test_the_digest_changes_with_any_layer(folder: Path) -> None:
    put(folder, "site", "extends: base")
    before = load_profile("site", folder=folder).sha256
    put(folder, "base", "extends: []\n# another\n")
    assert load_profile("site", folder=folder).sha256 != before


@each_of("name", profile_names())
def test_each_shipped_profile_is_valid(name: str) -> None:
    profile = load_profile(name)
    assert profile.layers[0].name == "base"
    assert all(layer.description for layer in profile.layers)


PROD = "params:\n  harbors:\n    prod:\n      url: https://harbor.example.com\n"


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        (PROD + "      password: hunter2-SECRET\n", 5, "password is a secret, which no profile holds"),
        (PROD + "      admin_pwd: hunter2-SECRET\n", 5, "is a secret, which no profile holds"),
        (
            "params:\n  harbors:\n    prod:\n      url: https://u:hunter2-SECRET@harbor.example.com\n",
            4,
            "write https://",
        ),
        ("params:\n  harbors:\n    prod:\n      url: http://harbor.example.com\n", 4, "write https://HOST"),
        ("params:\n  harbors:\n    prod:\n      url: https://harbor.example.com:99999\n", 4, "has a port above 65535"),
        ("params:\n  harbors:\n    prod:\n      mode: shared\n", 3, r"prod\.url is missing"),
        ("params:\n  harbors:\n    - url: https://harbor.example.com\n", 2, "harbors is not a mapping"),
        (PROD + "      username: admin\n", 5, "username stands without a password"),
        (PROD + "      password_env: HARBOR_PASSWORD\n", 5, "stands without `username`"),
        (PROD + "      password_env: 'A B'\n      username: x\n", 5, "write the name of an environment variable"),
        (PROD + "      username: x\n      password_env: A\n      password_file: /p\n", 7, "keep one of them"),
        (PROD + "      mode: both\n", 5, "'shared' or 'replication'"),
        (PROD + "      mode: replication\n", 5, "no `peer` is named"),
        (PROD + "      peer: other\n", 5, "write `mode: replication`"),
        (PROD + "      mode: replication\n      peer: other\n", 6, "none of the other entries"),
        (PROD + "      mode: replication\n      peer: prod\n", 6, "none of the other entries"),
        (
            PROD + "      mode: replication\n      peer: b\n    b:\n      url: https://b.example.com\n",
            6,
            "`peer: prod` in turn",
        ),
        (PROD + "      nodes:\n        node1: 10.0.0.1\n", 6, "is not a mapping"),
        (PROD + "      nodes:\n        a.b: {address: '10.0.0.1:99999'}\n", 6, "has a port above"),
        (PROD + "      nodes:\n        node1: {address: 'https://10.0.0.1'}\n", 6, "write HOST"),
        ("params:\n  harbor_project_creation: nobody\n", 2, "'adminonly' or 'everyone'"),
        ("params:\n  harbor_upgrade_to: newest\n", 2, "write a version"),
    ],
)
def test_a_mistake_about_a_harbor_is_told_with_its_line_and_no_secret(
    folder: Path, text: str, line: int, what: str
) -> None:
    path = put(folder, "site", text)
    with pytest.raises(UsageError, match=what) as caught:
        load_profile("site", folder=folder)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert "hunter2" not in str(caught.value)


def test_what_two_layers_say_of_one_harbor_must_fit_together(folder: Path) -> None:
    """Each layer is right by itself; the line is that of the layer that makes it wrong."""
    put(folder, "one", PROD + "      username: robot$audit\n      password_env: HARBOR_PASSWORD\n")
    path = put(folder, "two", "extends: one\n" + PROD + "      password_file: /etc/harbor-password\n")
    with pytest.raises(UsageError, match="stands beside password_env"):
        load_profile("two", folder=folder)
    path.write_text("extends: one\n" + PROD + "      password_env: null\n      password_file: /etc/harbor-password\n")
    harbor = load_profile("two", folder=folder).params.harbors["prod"]
    assert (harbor.username, harbor.password_env, harbor.password_file) == ("robot$audit", None, "/etc/harbor-password")


def test_two_harbors_that_replicate_name_each_other(folder: Path) -> None:
    put(
        folder,
        "site",
        "params:\n  harbor_project_creation: everyone\n  harbors:\n"
        "    a: {url: 'https://a.example.com', mode: replication, peer: b}\n"
        "    b: {url: 'https://[2001:db8::1]:8443/', mode: replication, peer: a, nodes: {one: {}}}\n",
    )
    params = load_profile("site", folder=folder).params
    assert (params.harbors["a"].peer, params.harbor_project_creation) == ("b", ("everyone",))
