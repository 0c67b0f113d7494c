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
_SETUID = "RUN find / -xdev -perm /6000 -type f -exec chmod a-s {} +"


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
    )


IMAGE_PROOFS = [
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
    Proof("image.content-trust", {}, group="images", before="sed -i /DOCKER_CONTENT_TRUST/d /etc/environment"),
    Proof("image.content-trust", {}, group="trust-off", before="echo DOCKER_CONTENT_TRUST=0 >>/etc/environment"),
    Proof(
        "housekeeping.dangling-images",
        {},
        group="dangling",
        before="docker tag busybox:test x:1; echo FROM x:1 | docker build -q -",
    ),
    Proof(
        "engine.unused-images",
        {},
        group="unused",
        before="docker run -d --name c1 busybox:test sleep 3600; for n in 1 2 3; do "
        "printf 'FROM busybox:test\\nENV N=%s\\n' $n | docker build -q -t n:$n -; done",
    ),
]

_PERSON = "only a person can say it; there is nothing to fail here"
IMAGE_UNPROVEN = {
    "image.minimal-packages": _PERSON,
    "image.no-setuid-files": _PERSON,
    "image.signature-verified": _PERSON,
    "image.scanned-and-rebuilt": "no image can be built here that is older than a day",
    "image.approved-source": "the fix is another base image, from a registry that the reader approves",
}
