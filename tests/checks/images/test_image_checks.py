"""Each check of images on a real one that complies, and on the same with one thing changed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.hosts import checks_in, outcomes
from tests.recorded import GONE, edited
from tests.rows import each_of

CHECKS = checks_in("images", "images.py")
APP = "shop/app:1"
ASKED = {
    "image.approved-source",
    "image.minimal-packages",
    "image.scanned-and-rebuilt",
    "image.no-setuid-files",
    "image.packages-verified",
    "image.signature-verified",
}
BASE = ("", 2_000_000)


def _identity() -> str:
    """The image's own id."""
    image = edited().images.by_tag(APP)
    assert image is not None
    return image.id


def said(check: str, edits: dict[str, Any] | None = None, name: str = APP, **params: Any) -> Any:
    return outcomes(CHECKS[f"image.{check}"], edited(**(edits or {})), **params)[name]


@each_of("check_id", sorted(set(CHECKS) - {"image.content-trust"}))
def test_an_image_that_complies_passes_or_a_person_is_asked(check_id: str) -> None:
    judgement = said(check_id.removeprefix("image."))
    assert judgement.outcome == ("manual" if check_id in ASKED else "pass"), judgement


@each_of(
    ("check", "edits", "observed", "where"),
    [
        ("non-root-user", {"image": {"Config": {"User": ""}}}, {"user": "", "uid": 0}, "Config.User"),
        ("non-root-user", {"image": {"Config": {"User": GONE}}}, {"user": "", "uid": 0}, "Config.User"),
        ("non-root-user", {"image": {"Config": {"User": "0:0"}}}, {"user": "0:0", "uid": 0}, "Config.User"),
        ("non-root-user", {"image": {"Config": {"User": "+0"}}}, {"user": "+0", "uid": 0}, "Config.User"),
        ("non-root-user", {"image": {"Config": None}}, {"user": "", "uid": 0}, "Config.User"),
        ("health-check", {"image": {"Config": {"Healthcheck": None}}}, "", "Config.Healthcheck.Test"),
        ("health-check", {"image": {"Config": {"Healthcheck": {"Test0": "NONE"}}}}, "NONE", "Config.Healthcheck.Test"),
        (
            "no-lone-update",
            {"history": [("/bin/sh -c apt-get update", 10), ("/bin/sh -c #(nop) ADD file:1 in /", 9)]},
            ["apt-get update"],
            "shop/app:1/history",
        ),
        (
            "no-lone-update",
            {"history": [("RUN /bin/sh -c set -e; apk -q update # buildkit", 10), BASE]},
            ["apk -q update"],
            "shop/app:1/history",
        ),
        (
            "copy-not-add",
            {"history": [("ADD https://example.com/x /x # buildkit", 10), BASE]},
            ["ADD https://example.com/x /x"],
            "shop/app:1/history",
        ),
        (
            "packages-verified",
            {"history": [("RUN curl -fsSL | sh", 10), BASE]},
            ["curl | sh"],
            "shop/app:1/history",
        ),
        (
            "packages-verified",
            {"history": [("RUN apk add --allow-untrusted x", 10), BASE]},
            ["apk --allow-untrusted"],
            "shop/app:1/history",
        ),
    ],
)
def test_one_change_fails_and_says_what_and_where(
    check: str, edits: dict[str, Any], observed: object, where: str
) -> None:
    judgement = said(check, edits)
    assert (judgement.outcome, judgement.observed) == ("fail", observed)
    assert judgement.source.endswith(where)
    assert judgement.fix


@each_of(
    ("check", "steps"),
    [
        ("no-lone-update", [("RUN apt-get update && apt-get install -y x", 1), BASE]),
        ("no-lone-update", [("LABEL note=update-policy", 0), BASE]),
        ("no-lone-update", [("RUN yum -y update", 1), BASE]),
        ("no-lone-update", [('/bin/sh -c echo "apt-get update"', 1), BASE]),
        ("copy-not-add", [("ENV LISTEN_ADDR=x", 0), BASE]),
        ("copy-not-add", [("ONBUILD ADD . /x", 0), BASE]),
        ("copy-not-add", [("CMD REDACTED", 0), ("ADD file:1 in / ", 9), ("LABEL a=b", 0)]),
        ("copy-not-add", [("ADD alpine-minirootfs.tar.gz / # buildkit", 9)]),
    ],
)
def test_what_only_looks_like_a_finding_is_none(check: str, steps: list[tuple[str, int]]) -> None:
    assert said(check, {"history": steps}).outcome == "pass"


def test_a_root_file_system_is_added_by_right_only_below_everything_else() -> None:
    above = [("ADD file:2 in / ", 9), ("ADD file:1 in / ", 9)]
    assert said("copy-not-add", {"history": above}).observed == ["ADD file:2 in /"]


def test_a_user_s_name_is_looked_up_in_the_image() -> None:
    image = {"Config": {"User": "toor"}}
    identity = _identity()
    table = {"sections": {"cmd:image-users": f"{identity} toor 0\n"}, "image": image}
    assert said("non-root-user", table).observed == {"user": "toor", "uid": 0}
    unknown = {"sections": {"cmd:image-users": f"{identity} toor -\n"}, "image": image}
    assert said("non-root-user", unknown).outcome == "error"


def test_where_a_secret_lies_is_told_and_not_what_it_is() -> None:
    identity = _identity()
    line = f'{{"Id":"{identity}","History":[],"Secrets":[{{"Where":"history 2: ENV DB_PASSWORD","Rule":"name"}}]}}\n'
    judgement = said("no-secrets", {"sections": {"docker:history": line}})
    assert (judgement.outcome, judgement.observed) == (
        "fail",
        [{"where": "history 2: ENV DB_PASSWORD", "kind": "name"}],
    )


@pytest.mark.parametrize(
    ("searched", "outcome"),
    [
        ({"Secrets": [], "ConfigSecrets": []}, "pass"),
        ({"Secrets": [], "ConfigSecrets": [{"Where": "configuration: LABEL token", "Rule": "name"}]}, "fail"),
        ({"Secrets": [{"Where": "history 1: RUN", "Rule": "url"}]}, "fail"),
        ({"Secrets": []}, "error"),
    ],
)
def test_an_image_without_history_is_judged_by_its_configuration(searched: dict[str, Any], outcome: str) -> None:
    line = json.dumps({"Id": _identity(), "History": [], **searched})
    assert said("no-secrets", {"sections": {"docker:history": f"{line}\n"}}).outcome == outcome


def test_layers_without_a_history_do_not_tell_how_they_were_built() -> None:
    for check in ("no-lone-update", "copy-not-add", "packages-verified"):
        assert said(check, {"history": []}).outcome == "error"
        assert said(check, {"history": [], "image": {"Layers": 0}}).outcome in {"pass", "manual"}


def test_a_history_that_was_not_read_decides_nothing() -> None:
    for check in ("no-lone-update", "copy-not-add", "no-secrets", "packages-verified"):
        assert said(check, {"sections": {"docker:history": (124, "")}}).outcome == "error"
        assert said(check, {"sections": {"docker:history": None}}).outcome == "error"


@each_of(
    ("digests", "approved", "outcome"),
    [
        (["harbor.example.com/base/app@sha256:1"], ("harbor.example.com/base",), "pass"),
        (["harbor.example.com/base/app@sha256:1"], ("harbor.example.com",), "pass"),
        (["harbor.example.com/baseline/app@sha256:1"], ("harbor.example.com/base",), "fail"),
        (["harbor.example.com.evil.org/base/app@sha256:1"], ("harbor.example.com",), "fail"),
        (["nginx@sha256:1"], ("docker.io/library",), "pass"),
        (["nginx@sha256:1"], ("docker.io/bitnami",), "fail"),
        (["nginx@sha256:1", "evil.org/nginx@sha256:1"], ("docker.io",), "fail"),
        ([], ("docker.io",), "manual"),
    ],
)
def test_a_source_is_approved_by_whole_parts_of_its_name(
    digests: list[str], approved: tuple[str, ...], outcome: str
) -> None:
    edits = {"image": {"RepoDigests": digests}}
    assert said("approved-source", edits, image_approved_sources=approved).outcome == outcome


def test_an_image_may_be_too_old_and_a_reproducible_one_has_no_age() -> None:
    def aged(created: str) -> Any:
        return said("scanned-and-rebuilt", {"image": {"Created": created}}, image_max_age_days=90)

    assert aged("2026-11-01T00:00:00.123456789Z").outcome == "manual"
    assert (aged("2026-01-01T00:00:00Z").outcome, aged("2026-01-01T00:00:00Z").observed) == ("fail", {"days": 328})
    assert aged("1980-01-01T00:00:01Z").outcome == "error"
    assert aged("0001-01-01T00:00:00Z").outcome == "error"


@each_of(
    ("lines", "outcome"),
    [
        ("/etc/environment\tDOCKER_CONTENT_TRUST=1\n", "pass"),
        ('/etc/environment\tDOCKER_CONTENT_TRUST="1"\n', "pass"),
        ("/etc/profile.d/trust.sh\texport DOCKER_CONTENT_TRUST=1\n", "pass"),
        ("/etc/profile.d/trust.sh\tDOCKER_CONTENT_TRUST=1\n", "fail"),
        ("/etc/bash.bashrc\texport DOCKER_CONTENT_TRUST=1\n", "fail"),
        ("/etc/environment\tDOCKER_CONTENT_TRUST=0\n", "fail"),
        ("/etc/environment\tDOCKER_CONTENT_TRUST=1\n/etc/profile\texport DOCKER_CONTENT_TRUST=false\n", "fail"),
        ("/etc/environment\tDOCKER_CONTENT_TRUST=$X\n", "error"),
        ("", "fail"),
    ],
)
def test_content_trust_counts_where_all_logins_read_it(lines: str, outcome: str) -> None:
    facts = edited(sections={"cmd:content-trust": lines})
    assert outcomes(CHECKS["image.content-trust"], facts)[None].outcome == outcome


def test_content_trust_may_be_replaced_by_a_control_that_is_named() -> None:
    found = outcomes(CHECKS["image.content-trust"], edited(), content_trust_replacement="cosign policy")[None]
    assert (found.outcome, found.observed) == ("pass", "cosign policy")


def test_what_a_build_left_behind_is_out_of_scope_unless_a_container_uses_it() -> None:
    nameless: dict[str, Any] = {"RepoTags": [], "RepoDigests": []}
    check = CHECKS["image.non-root-user"]
    assert set(outcomes(check, edited(base=nameless))) == {APP}
    used = outcomes(check, edited(image=nameless))
    assert len(used) == 2
    assert all(name for name in used)


def test_a_missing_list_of_images_is_one_undecided_result() -> None:
    found = outcomes(CHECKS["image.health-check"], edited(sections={"docker:images": (124, "")}))
    assert [item.outcome for item in found.values()] == ["error"]


def test_half_a_list_of_images_leaves_the_others_their_verdicts() -> None:
    text = edited().snapshot["docker:images"].text
    found = outcomes(CHECKS["image.health-check"], edited(sections={"docker:images": text[: len(text) - 40]}))
    assert len(found) == 2
    assert [item.outcome for item in found.values()].count("error") == 1


def layered(rows: str, said_of: str = "ok") -> dict[str, Any]:
    """Edits: what was told of the one layer of the image."""
    digest = "1" * 64
    head = f"image {_identity()} sha256:{digest}\nread\nsaved 0\nlayer 1 {digest} {digest} {said_of} 9\n"
    return {"sections": {"docker:layers": head + rows}}


SETUID = "s 1 4755 bin/su\n"
NETRC = "k 1 netrc root/.netrc\n"
DPKG = "p 1 dpkg var/lib/dpkg/status bash telnetd\n"


@each_of(
    ("check", "edits", "params", "outcome"),
    [
        ("no-setuid-files", layered(SETUID), {}, "fail"),
        ("no-setuid-files", layered(""), {}, "pass"),
        ("no-setuid-files", layered("", "bad"), {}, "error"),
        ("no-setuid-files", {}, {}, "error"),
        ("no-setuid-files", layered(SETUID), {"image_depth": "config"}, "manual"),
        ("no-secrets", layered(NETRC), {}, "fail"),
        ("no-secrets", layered(NETRC, "bad"), {}, "fail"),
        ("no-secrets", layered(""), {}, "pass"),
        ("no-secrets", layered("", "bad"), {}, "error"),
        ("no-secrets", layered(NETRC), {"image_depth": "config"}, "pass"),
        ("minimal-packages", layered(DPKG), {}, "manual"),
        ("minimal-packages", layered(DPKG), {"image_packages_refused": ("telnet*",)}, "fail"),
        ("minimal-packages", layered(DPKG), {"image_packages_refused": ("rsh*",)}, "pass"),
        ("minimal-packages", layered(""), {"image_packages_refused": ("rsh*",)}, "manual"),
        ("minimal-packages", layered("p 1 rpm var/lib/rpm/x -\n"), {"image_packages_refused": ("x",)}, "error"),
        ("minimal-packages", layered(DPKG, "bad"), {"image_packages_refused": ("telnet*",)}, "error"),
        ("minimal-packages", layered(DPKG), {"image_depth": "config", "image_packages_refused": ("*",)}, "manual"),
    ],
)
def test_layers_decide_what_else_a_person_must_say_where_the_profile_asks_for_them(
    check: str, edits: dict[str, Any], params: dict[str, Any], outcome: str
) -> None:
    assert said(check, edits, **{"image_depth": "layers", **params}).outcome == outcome


def test_secrets_of_layers_and_of_the_history_are_told_together() -> None:
    line = f'{{"Id":"{_identity()}","History":[],"Secrets":[{{"Where":"history 2: ENV A","Rule":"name"}}]}}\n'
    edits = layered(NETRC)
    edits["sections"]["docker:history"] = line
    assert said("no-secrets", edits, image_depth="layers").observed == [
        {"where": "history 2: ENV A", "kind": "name"},
        {"where": "layer 1 of 1: /root/.netrc", "kind": "netrc"},
    ]
    edits["sections"]["docker:history"] = (124, "")
    assert said("no-secrets", edits, image_depth="layers").outcome == "fail"


def test_the_fix_names_the_packages_that_must_not_be_there() -> None:
    fix = said("minimal-packages", layered(DPKG), image_depth="layers", image_packages_refused=("tel*", "b*")).fix
    assert fix.endswith("bash telnetd")
