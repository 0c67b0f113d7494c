"""Proofs for the checks about images: built again with the line that the fix prints."""

from __future__ import annotations

from tests.engine.proof import Proof

__all__ = ["IMAGE_PROOFS", "IMAGE_UNPROVEN"]

_MANUAL = frozenset({"manual"})
# A base image with a package manager that installs nothing, and with the commands that add the user `app`.
_BASE = (
    "mkdir -p /run/dw-build; cd /run/dw-build; printf '#!/bin/sh\\nexit 0\\n' >apt-get; cp apt-get addgroup; "
    "printf '#!/bin/sh\\necho app:x:101:101::/:/bin/sh >>/etc/passwd\\n' >adduser; chmod 755 a*; echo x >file; "
    "printf 'FROM busybox:test\\nCOPY a* /bin/\\n' | "
    "DOCKER_BUILDKIT=0 docker build -q --network none -t base:test -f - . >/dev/null"
)
_APT = "apt-get update && apt-get install -y --no-install-recommends PACKAGE && rm -rf /var/lib/apt/lists/*"
_USERS = "RUN addgroup --system app && adduser --system --ingroup app app"
_HEALTH = "HEALTHCHECK --interval=30s CMD wget -q -O /dev/null http://127.0.0.1:8080/ || exit 1"
_OLD = "printf 'FROM scratch\\nWORKDIR /x\\n' | DOCKER_BUILDKIT=1 docker build -q -t old:1"
_FULL = (
    "printf 'FROM busybox:test\\nRUN dd if=/dev/zero of=/x bs=1M count=20; cd tmp; seq 2000 | xargs touch' | "
    "DOCKER_BUILDKIT=0 docker build -q --network none -"
)
_REGISTRY = """cat >/run/registry.yml <<'EOF'
version: 0.1
storage: {filesystem: {rootdirectory: /run/dw-registry}}
http: {addr: '127.0.0.1:5000'}
EOF
docker-registry serve /run/registry.yml >/dev/null 2>&1 </dev/null &
for n in 1 2 3 4 5 6 7 8 9 10; do curl -s http://127.0.0.1:5000/v2/ && break; sleep 0.3; done
"""


def _built(name: str, *lines: str) -> str:
    text = "\\n".join(("FROM base:test", *lines)).replace("'", "'\\''").replace("%", "%%")
    return (
        f"cd /run/dw-build; printf '{text}\\n' | "
        f"DOCKER_BUILDKIT=0 docker build -q --network none -t {name}:1 -f - . >/dev/null"
    )


def _rebuilt(
    check: str,
    bad: tuple[str, ...],
    good: tuple[str, ...],
    named: tuple[str, ...] | None = None,
    then: frozenset[str] = frozenset({"pass"}),
    profile: str = "",
) -> Proof:
    """The image with the lines that the fix prints in the place of those that were wrong."""
    name = check.replace(".", "-")
    return Proof(
        check,
        {},
        before=f"{_BASE}; {_built(name, *bad)}",
        param=f"{name}:1",
        group="images",
        named=named or good,
        person=_built(name, *good),
        then=then,
        profile=profile,
    )


def _recorded(package: str) -> str:
    """A step of a build that notes a package as installed."""
    return (
        f"RUN cd /; mkdir -p var/lib/dpkg; (echo Package: {package}; echo Status: a ok installed) >var/lib/dpkg/status"
    )


_STRIP = "RUN find / -xdev -perm /6000 -type f -exec chmod a-s {} +"
IMAGE_PROOFS = [
    _rebuilt(
        "image.no-setuid-files",
        ("COPY file /tool", "RUN chmod 4755 /tool"),
        ("COPY file /tool", "RUN chmod 4755 /tool", _STRIP),
        named=(_STRIP,),
        profile="params: {image_depth: layers}",
    ),
    _rebuilt(
        "image.minimal-packages",
        (_recorded("telnetd"),),
        (_recorded("bash"),),
        named=("telnetd", "leave out"),
        profile="params: {image_depth: layers, image_packages_refused: ['telnet*']}",
    ),
    _rebuilt("image.non-root-user", ("ENV A=1",), (_USERS, "USER app")),
    _rebuilt("image.health-check", ("HEALTHCHECK NONE",), (_HEALTH,)),
    _rebuilt(
        "image.no-lone-update",
        ("RUN apt-get update", "RUN apt-get install -y curl"),
        (f"RUN {_APT}".replace("PACKAGE", "curl"),),
        named=(f"RUN {_APT}",),
    ),
    _rebuilt(
        "image.copy-not-add", ("ADD file /file",), ("COPY file /file",), named=("write COPY in the place of ADD",)
    ),
    _rebuilt(
        "image.packages-verified",
        ("RUN apt-get install -y --allow-unauthenticated curl",),
        ("RUN apt-get install -y curl",),
        named=("install without the option that skips its check",),
        then=_MANUAL,
    ),
    Proof(
        "image.no-secrets",
        {},
        before=f"{_BASE}; {_built('image-no-secrets', 'ARG TOKEN=ghp_0123456789abcdefghijklmnopqrstuvwxyz')}",
        param="image-no-secrets:1",
        group="images",
        named=("docker build --secret id=token,src=token.txt", "RUN --mount=type=secret,id=token"),
        person="cd /run/dw-build; echo x >token.txt; printf "
        "'FROM base:test\\nRUN --mount=type=secret,id=token test -s /run/secrets/token\\n' | "
        "DOCKER_BUILDKIT=1 docker build -q --secret id=token,src=token.txt -t image-no-secrets:1 -f - .; "
        "docker image prune -f",
    ),
    # Whether it was scanned is for a person to attest.
    Proof(
        "image.scanned-and-rebuilt",
        {},
        before=f"{_OLD} --build-arg SOURCE_DATE_EPOCH=1577836800 -",
        param="old:1",
        profile="params: {image_max_age_days: 30}",
        group="images",
        named=("docker build --pull --no-cache -t NAME .",),
        person=f"{_OLD} --pull --no-cache -",
        then=_MANUAL,
    ),
    Proof(
        "image.approved-source",
        {},
        prepare=_REGISTRY,
        before="docker tag busybox:test 127.0.0.1:5000/other/app:1; docker push -q 127.0.0.1:5000/other/app:1; "
        "docker rmi busybox:test",
        param="app:1",
        profile="params: {image_approved_sources: ['127.0.0.1:5000/base']}",
        named=("on an approved image and push it there",),
        person="docker tag 127.0.0.1:5000/other/app:1 127.0.0.1:5000/base/app:1; "
        "docker push -q 127.0.0.1:5000/base/app:1; docker rmi 127.0.0.1:5000/other/app:1",
    ),
    Proof("image.content-trust", {}, group="images", before="sed -i /DOCKER_CONTENT_TRUST/d /etc/environment"),
    Proof("image.content-trust", {}, group="misc", before="echo DOCKER_CONTENT_TRUST=0 >>/etc/environment"),
    Proof(
        "housekeeping.dangling-images",
        {},
        group="leftovers",
        before="docker tag busybox:test x:1; echo FROM x:1 | docker build -q -",
    ),
    Proof(
        "housekeeping.reclaimable-space",
        {},
        group="leftovers",
        before="printf 'FROM busybox:test\\nRUN echo x >/x' | DOCKER_BUILDKIT=0 docker build -q -t unused:1 -",
        param="Images",
        named=("docker image prune -a",),
        person="docker image prune -a -f",
    ),
    # A data root of 40 MB and 3,000 inodes, filled by an image that nobody named.
    *(
        Proof(
            check,
            {},
            ("--data-root=/run/dw-small",),
            prepare="mkdir -p /run/dw-small; mountpoint -q /run/dw-small || "
            "mount -t tmpfs -o size=40m,nr_inodes=3000 tmpfs /run/dw-small",
            before=_FULL,
            profile=f"params: {{{param}: 50}}",
        )
        for check, param in (
            ("engine.storage-space", "min_data_root_free_percent"),
            ("engine.storage-inodes", "min_data_root_free_inodes_percent"),
        )
    ),
    Proof(
        "engine.unused-images",
        {},
        group="leftovers",
        before="docker run -d --name in-use busybox:test sleep 3600; for n in 1 2 3; do "
        "printf 'FROM busybox:test\\nENV N=%s\\n' $n | docker build -q -t n:$n -; done",
    ),
]

_PERSON = "only a person can say it; there is nothing to fail here"
IMAGE_UNPROVEN = {
    "image.signature-verified": _PERSON,
}
