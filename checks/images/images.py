"""CIS Docker section 4: what images are made of, and how they were built."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from dockworthy.check import check, cis, expect, fix_with, instances, manual, not_decided
from dockworthy.evidence import Evidence
from dockworthy.facts.api.images import Image
from dockworthy.facts.api.packages import insecure_installs, lone_refreshes
from dockworthy.facts.api.scope import images_in_scope, named_images
from dockworthy.facts.facts import Facts
from dockworthy.trust.reference import normal_name, split_reference

EACH = instances("image", images_in_scope, none="there is no image")
NAMED = instances("image", named_images, none="there is no image with a name")
NO_CHECK = frozenset({"", "NONE", "none"})


@check(
    "image.non-root-user",
    severity="medium",
    refs=cis("4.1"),
    fix="# Dockerfile of {param}, as its last USER:\n"
    "# RUN addgroup --system app && adduser --system --ingroup app app\n# USER app",
    each=EACH,
)
def check_non_root_user(image: Image) -> None:
    """An image names a user other than root.

    A container runs as its image's user unless it is told otherwise. The user is compared by its number: `0:0`, `00`
    and another name of the number 0 are root as well; no user at all is root.
    """
    expect(image.runs_as, shown=lambda runs_as: runs_as.shown).satisfies(
        lambda runs_as: not runs_as.is_root, "a user other than 0"
    )


@check(
    "image.approved-source",
    severity="medium",
    refs=cis("4.2"),
    fix="# Build {param} on an approved image and push it there, or approve its source in the profile:\n"
    "# image_approved_sources: [harbor.example.com/base]",
    each=NAMED,
    params=("image_approved_sources",),
)
def check_approved_source(image: Image, params: Any) -> None:
    """An image comes from an approved source.

    What was pulled carries a digest of the registry that it came from. Which registries and repositories are approved
    is declared in the profile; what was built here has no such digest, and a person must say what it was built on.
    """
    approved = params.image_approved_sources
    if approved is None:
        manual("Say that its base image is approved, or declare image_approved_sources in the profile.")
    digests = image.answer.items("RepoDigests")
    sources = digests.map(lambda _: sorted({normal_name(split_reference(text)[0]) for text in image.digests}))
    if not sources.value:
        manual("It was built here and never pulled or pushed: say that the image that it was built on is approved.")
    roots = [_source(entry) for entry in approved]
    expect(sources.map(lambda found: [text for text in found if not _is_approved(text, roots)])).is_empty()


def _source(entry: str) -> str:
    """An approved source with its registry: a registry, or the beginning of a repository's name there."""
    entry = entry.rstrip("/")
    host = entry.partition("/")[0]
    return entry if "." in host or ":" in host or host == "localhost" else normal_name(entry)


def _is_approved(name: str, roots: list[str]) -> bool:
    return any(name == root or name.startswith(f"{root}/") for root in roots)


@check(
    "image.minimal-packages",
    severity="low",
    refs=cis("4.3"),
    fix="# Make a bill of materials of {param}, and take out what it does not need:\ndocker sbom {param}",
    each=NAMED,
    params=("image_depth", "image_packages_refused"),
)
def check_minimal_packages(image: Image, params: Any) -> None:
    """An image holds no package that it does not need.

    Each further package is one more that can have a fault. What is needed no probe can know: a person must attest it,
    or the profile names the packages that must not be there, and has the images' layers looked into for them.
    """
    if params.image_depth == "config":
        size = image.answer.number("Size", default=0).get(0)
        manual(f"Look through the bill of materials (docker sbom), the image has {size // 1_000_000} MB.")
    records = image.files.packages
    names = sorted({name for record in records.value for name in record.names or ()})
    refused = params.image_packages_refused
    if refused is None:
        manual(f"Say which of the {len(names)} packages it needs, or declare image_packages_refused in the profile.")
    found = [name for name in names if any(fnmatchcase(name, pattern) for pattern in refused)]
    if found:
        names_of = " ".join(found)
        fix_with(f"# Dockerfile of {image.name}: leave out, or take out in the step that installs them:\n# {names_of}")
    else:
        unread = sorted(record.kind for record in records.value if record.names is None)
        if unread:
            not_decided(f"the packages of {', '.join(unread)} are in a database that is not read", records.source)
        if not records.value:
            manual("No package manager has written down what is in it: say that nothing is that must not be.")
    expect(records.map(lambda _: found)).is_empty()


@check(
    "image.scanned-and-rebuilt",
    severity="medium",
    refs=cis("4.4"),
    fix="# Build {param} again on the newest base image, and scan it:\n# docker build --pull --no-cache -t NAME .",
    each=NAMED,
    params=("image_max_age_days",),
)
def check_scanned_and_rebuilt(image: Image, facts: Facts, params: Any) -> None:
    """An image is scanned, and rebuilt for fixes.

    An image holds the faults of the day on which it was built. How old it may be is declared in the profile; whether a
    scanner found something is in the registry, and a person must attest it.
    """
    limit = params.image_max_age_days
    if limit is not None:
        age = image.created.map(lambda created: (facts.now - created).days)
        expect(age, shown=lambda days: {"days": days}).at_most(limit)
    manual("Say when the image was last scanned, and that no finding above the accepted severity is open.")


@check(
    "image.health-check",
    severity="low",
    refs=cis("4.6"),
    fix="# Dockerfile of {param}:\n"
    "# HEALTHCHECK --interval=30s CMD wget -q -O /dev/null http://127.0.0.1:8080/ || exit 1",
    each=NAMED,
)
def check_health_check(image: Image) -> None:
    """An image defines a health check.

    Who makes the image knows what works means for it. `HEALTHCHECK NONE` defines that there is none.
    """
    expect(image.health_check).is_not_in(NO_CHECK)


@check(
    "image.no-lone-update",
    severity="low",
    refs=cis("4.7"),
    fix="# Dockerfile of {param}: refresh and install in one step:\n"
    "# RUN apt-get update && apt-get install -y --no-install-recommends PACKAGE && rm -rf /var/lib/apt/lists/*",
    each=NAMED,
)
def check_no_lone_update(image: Image) -> None:
    """No build step refreshes the package index alone.

    The refreshed index is cached with its step: a later build installs old versions from it. The steps are read as
    shell commands: a label or a text that says "update" is none.
    """
    found = image.own_steps.map(
        lambda steps: [text for step in steps if step.instruction == "RUN" for text in lone_refreshes(step)]
    )
    expect(found).is_empty()


@check(
    "image.no-setuid-files",
    severity="low",
    refs=cis("4.8"),
    fix="# Dockerfile of {param}, as a step before USER:\n# RUN find / -xdev -perm /6000 -type f -exec chmod a-s {} +",
    each=NAMED,
    params=("image_depth",),
)
def check_no_setuid_files(image: Image, params: Any) -> None:
    """An image holds no setuid and setgid files but those that it needs.

    They give privileges to who runs them; at run time no-new-privileges takes their effect away
    (container.no-new-privileges). What the engine tells of an image does not name them: a person must attest it, or the
    profile has the images' layers looked into. A file that a later layer deletes or replaces is not in the image.
    """
    if params.image_depth == "config":
        manual(f"Look through the setuid and setgid files of {image.name[:200]}, or run it with no-new-privileges.")
    expect(image.files.setuid).is_empty()


@check(
    "image.copy-not-add",
    severity="low",
    refs=cis("4.9"),
    fix="# Dockerfile of {param}: write COPY in the place of ADD; download in a RUN step that checks a checksum.",
    each=NAMED,
)
def check_copy_not_add(image: Image) -> None:
    """An image is built with COPY, not with ADD.

    ADD unpacks archives and downloads from addresses without being asked twice. The root file system of a base image
    is added by right; so is what an image below, that is here too, has added.
    """

    def added(steps: tuple[Any, ...]) -> list[str]:
        return [step.shown for step in steps if step.instruction == "ADD" and step is not _base(image)]

    expect(image.own_steps.map(added)).is_empty()


def _base(image: Image) -> Any:
    """The step that made the first layer with content: the root file system, where it was added to ``/``."""
    steps = image.history.value
    first = next((step for step in reversed(steps) if step.size > 0), None)
    if first is None or first.instruction != "ADD":
        return None
    target = first.arguments.rstrip().rpartition(" ")[2]
    return first if target == "/" else None


@check(
    "image.no-secrets",
    severity="critical",
    refs=cis("4.10"),
    fix="# Rotate what was found, then build {param} again with:\n"
    "# docker build --secret id=token,src=token.txt …   and in the Dockerfile\n"
    "# RUN --mount=type=secret,id=token …",
    each=EACH,
    params=("image_depth",),
)
def check_no_secrets(image: Image, params: Any) -> None:
    """No secret lies in an image's configuration, build steps or files.

    Who can pull the image reads its history, its variables, its build arguments and each of its layers, also the files
    that a later layer deletes. Where one was found is told, never what it is. The files are looked into where the
    profile has image_depth: layers: private keys by what they look like, and what is known to keep logins by its name.
    """
    said = image.secrets
    if params.image_depth == "layers":
        lying = image.files.secrets
        if not lying.is_known or (lying.value and not said.is_known):
            said = said if said.is_known and said.value else lying
        else:
            said = said.map(lambda found: (*found, *lying.value))
    expect(said).is_empty()


@check(
    "image.packages-verified",
    severity="medium",
    refs=cis("4.11"),
    fix="# Dockerfile of {param}: import the repository's key, and install without the option that skips its check.",
    each=NAMED,
)
def check_packages_verified(image: Image) -> None:
    """An image holds only software whose origin was verified.

    Options that skip the check of signatures, and scripts that are downloaded and run at once, are seen in the build
    steps; the rest a person must attest.
    """
    found = image.own_steps.map(
        lambda steps: [text for step in steps if step.instruction == "RUN" for text in insecure_installs(step)]
    )
    expect(found).is_empty()
    manual("Say that everything in the image comes from signed packages, or name its build's provenance.")


@check(
    "image.signature-verified",
    severity="medium",
    refs=cis("4.12"),
    fix="cosign verify --key cosign.pub {param}",
    each=NAMED,
)
def check_signature_verified(image: Image) -> None:
    """An image's signature is verified before it is used.

    The engine keeps no record of a verification: a person must attest it, or name the policy that enforces it.
    """
    digest = next(iter(image.digests), "")
    manual(f"Say how the signature of {digest[:200] or image.name[:200]} was verified.")


@check(
    "image.content-trust",
    severity="low",
    refs=cis("4.5"),
    fix="grep -q '^DOCKER_CONTENT_TRUST=' /etc/environment || echo 'DOCKER_CONTENT_TRUST=1' >> /etc/environment\n"
    "sed -i 's/^DOCKER_CONTENT_TRUST=.*/DOCKER_CONTENT_TRUST=1/' /etc/environment",
    params=("content_trust_replacement",),
)
def check_content_trust(content_trust: Evidence[bool], params: Any) -> None:
    """Only signed images can be pulled.

    Docker Content Trust is switched on for all users by DOCKER_CONTENT_TRUST=1 in /etc/environment or a profile script;
    the probing user's own environment says nothing about others. It is retired (its notary ends on 2026-12-08): a
    policy of the registry or of cosign is named in the profile instead.
    """
    if params.content_trust_replacement:
        expect(params.content_trust_replacement, "profile: params.content_trust_replacement").satisfies(
            bool, "a control that verifies signatures"
        )
        return
    expect(content_trust).equals(demand=True)
