"""Where a Harbor is found by what runs, and what is told of its rendered files, databases and disks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from dockworthy.snapshot import Snapshot
    from tests.probe.world import World

FOLDER = "/opt/registry/installer"
DOCKER = """#!/bin/sh
case "$1 $2" in
'version '*) echo '{"Client":{"Version":"29.1.0"},"Server":{"Version":"29.1.0"}}' ;;
'ps '*) echo 1 ;;
'container inspect') cat "$0.containers" ;;
esac
"""


def container(image: str, folder: str, files: str) -> str:
    labels = {
        "com.docker.compose.project.config_files": files,
        "com.docker.compose.project.working_dir": folder,
    }
    return json.dumps({"Id": "1", "Config": {"Image": image, "Labels": labels}}, separators=(",", ":"))


@pytest.fixture(scope="module")
def seen(host_shell: str, new_world: Callable[[], World]) -> Snapshot:
    """A host with a Harbor in a place of its own, which only its containers' labels tell."""
    world = new_world()
    lines = [
        container(
            "goharbor/harbor-core:v2.12.2",
            FOLDER,
            f"{FOLDER}/docker-compose.yml,{FOLDER}/more.yml,{FOLDER}/secret.txt,relative.yml,./nearby.yaml",
        ),
        container("shop/web:1", "/opt/shop", "/opt/shop/docker-compose.yml"),
        container("goharbor/harbor-log:v2.12.2", "/opt/gone", "/opt/gone/docker-compose.yml"),
    ]
    world.tool("docker", DOCKER)
    (world.folder / "bin" / "docker.containers").write_text("".join(f"{line}\n" for line in lines))
    world.plant(f"{FOLDER}/harbor.yml", "hostname: a.test\ndata_volume: //opt/./disk//./ # CANARY\n")
    world.plant(f"{FOLDER}/docker-compose.yml", "services:\n  core:\n    image: goharbor/harbor-core:v2.12.2\n")
    world.plant(f"{FOLDER}/more.yml", "services:\n  extra:\n    image: x:1\n    environment: [A=CANARY]\n")
    world.plant(f"{FOLDER}/relative.yml", "services:\n  more:\n    image: y:1\n    command: CANARY\n")
    world.plant(f"{FOLDER}/secret.txt", "CANARY: CANARY\n")
    world.plant("/opt/shop/docker-compose.yml", "services: {}\n")
    world.plant("/opt/shop/harbor.yml", "hostname: b.test\n")
    world.plant(f"{FOLDER}/common/config/core/env", "CORE_SECRET=CANARY\n")
    world.plant(f"{FOLDER}/common/config/nginx/conf.d/a.conf", "\n")
    world.plant("/opt/disk/secret/cert/server.crt", "x\n")
    world.plant("/opt/disk/database/pg13/PG_VERSION", "13\n")
    world.plant("/opt/disk/database/pg15/PG_VERSION", "")
    world.plant("/opt/disk/database/old copy/PG_VERSION", "CANARY\n")
    world.plant("/opt/disk/database/none/x", "")
    return world.snapshot(host_shell)


def test_the_labels_of_harbors_containers_lead_to_its_folder_and_its_compose_files(seen: Snapshot) -> None:
    assert seen.text("cmd:harbor-found").value.splitlines() == [FOLDER]
    assert "goharbor/harbor-core" in seen.text(f"file:{FOLDER}/docker-compose.yml").value
    assert "image: x:1" in seen.text(f"file:{FOLDER}/more.yml").value
    assert "image: y:1" in seen.text(f"file:{FOLDER}/relative.yml").value
    assert seen[f"file:{FOLDER}/nearby.yaml"].absent
    assert f"file:{FOLDER}/secret.txt" not in seen.sections
    assert "file:/opt/shop/docker-compose.yml" not in seen.sections
    assert seen["file:/opt/gone/docker-compose.yml"].absent


def test_the_rendered_files_are_told_with_their_times_and_not_their_content(seen: Snapshot) -> None:
    rows = [line.split()[0] for line in seen.text(f"stat:harbor-rendered{FOLDER}").value.splitlines()]
    assert rows == [
        f"{FOLDER}/common/config/core/env",
        f"{FOLDER}/common/config/nginx/conf.d/a.conf",
        "/opt/disk/secret/cert/server.crt",
    ]
    assert all(b"CANARY" not in section.data for section in seen.sections.values())


def test_databases_are_told_by_their_versions_and_the_path_by_whether_prepare_reads_it(seen: Snapshot) -> None:
    rows = [line.split() for line in seen.text(f"cmd:harbor-databases{FOLDER}").value.splitlines()]
    assert [row[:2] for row in sorted(rows)] == [
        ["%6f%6c%64%20%63%6f%70%79", "?"],
        ["pg13", "13"],
        ["pg15", "-"],
    ]
    assert all(row[2].isdigit() for row in rows)
    assert seen.text(f"cmd:harbor-path{FOLDER}").value == "other\n"
    assert seen.text("df:/opt/disk").value.startswith("Filesystem")
    assert "df:/opt/disk/registry" not in seen.sections
