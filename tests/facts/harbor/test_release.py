"""Which release of Harbor an installation is."""

from __future__ import annotations

from dockworthy.evidence import Code
from dockworthy.facts.harbor.installed.config import installations
from dockworthy.facts.harbor.installed.release import harbor_release, image_version, is_harbors
from tests.harborhost import FOLDER, YML, harbor_host
from tests.rows import each_of

COMPOSE = """services:
  core:
    image: goharbor/harbor-core:v2.12.2
  portal:
    image: goharbor/harbor-portal:v2.12.2
  redis:
    image: goharbor/redis-photon:v2.12.2
  mine:
    image: example.test/mine:v9.0.0
"""


def test_the_images_of_the_compose_file_come_before_the_installer() -> None:
    facts = harbor_host(
        {}, {f"file:{FOLDER}/docker-compose.yml": COMPOSE, f"cmd:harbor-prepare{FOLDER}": "v2.13.0\n"}, yml=YML
    )
    (one,) = installations(facts.harbor).values()
    release = harbor_release(one)
    assert str(release.installed.value) == "v2.12.2"
    assert str(release.prepares.value) == "v2.13.0"
    assert release.installed.source == f"{FOLDER}/docker-compose.yml: the images' tags"
    assert not release.running.is_known


def test_without_a_compose_file_the_installer_tells_it_and_then_the_minor_of_harbor_yml() -> None:
    for prepare, found in (("v2.8.6\n", "v2.8.6"), ("\n", "2.9.0")):
        facts = harbor_host({}, {f"cmd:harbor-prepare{FOLDER}": prepare}, yml=YML + "_version: 2.9.0\n")
        (one,) = installations(facts.harbor).values()
        assert str(harbor_release(one).installed.value) == found


def test_a_host_that_says_nothing_of_it_leaves_it_unknown() -> None:
    facts = harbor_host({}, yml=YML)
    (one,) = installations(facts.harbor).values()
    assert not harbor_release(one).in_force.is_known
    facts = harbor_host({}, {f"cmd:harbor-prepare{FOLDER}": 2}, yml=YML)
    (one,) = installations(facts.harbor).values()
    unknown = harbor_release(one).installer.unknown
    assert unknown is not None
    assert unknown.code is Code.ABSENT


@each_of(
    ("image", "version", "own"),
    [
        ("goharbor/harbor-core:v2.12.2", "v2.12.2", True),
        ("registry.test:5000/mirror/harbor-core:v2.12.2", "v2.12.2", True),
        ("registry.test:5000/goharbor/anything:v2.1.0-abc", "v2.1.0-abc", True),
        (f"goharbor/harbor-core@sha256:{'a' * 64}", None, True),
        ("nginx:1.27", "1.27", False),
        ("registry.test:5000/nginx", None, False),
    ],
)
def test_an_image_is_told_by_its_name_and_its_release_by_its_tag(image: str, version: str | None, *, own: bool) -> None:
    found = image_version(image)
    assert (str(found) if found else None) == version
    assert is_harbors(image) is own
