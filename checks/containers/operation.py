"""CIS Docker section 5: what runs in a container, and how it is kept running."""

from __future__ import annotations

from dockworthy.check import check, cis, expect, instances, manual, not_applicable, not_decided
from dockworthy.facts.api.container import Container
from dockworthy.facts.api.images import Images
from dockworthy.facts.api.scope import SCOPE, containers_in_scope
from dockworthy.trust.reference import is_digest, is_identity

EACH = instances("container", containers_in_scope, none="no container is in scope")
RECREATE = "# Options are fixed when a container is made: recreate {param} "
SSH_DAEMONS = frozenset({"sshd", "sshd-session", "sshd-auth", "dropbear", "tinysshd"})
NO_CHECK = frozenset({"", "NONE", "none"})


@check(
    "container.no-ssh-daemon",
    severity="high",
    refs=cis("5.7"),
    fix="# Take the SSH server out of the image, and use the engine to look inside:\ndocker exec {param} ps\n"
    "# then rebuild the image and recreate {param}",
    each=EACH,
    params=SCOPE,
)
def check_no_ssh_daemon(container: Container) -> None:
    """No SSH server runs in a container.

    It is a second way in, with keys and accounts of its own that nobody rotates; `docker exec` needs none. The
    processes are looked at from the host, so that the image needs no `ps`.
    """
    if not container.has_process:
        not_applicable("it does not run")
    tasks = container.tasks.value
    if not tasks and container.process.get(None) is not None:
        not_decided("its processes could not be seen", container.tasks.source)
    if not container.has_direct_runtime:
        not_decided("its processes run under a kernel of their own", container.tasks.source)
    names = {name for task in tasks for name in (task.comm, task.program) if name in SSH_DAEMONS}
    expect(sorted(names), container.tasks.source).is_empty()


@check(
    "container.health-check",
    severity="low",
    refs=cis("5.27"),
    fix=f"{RECREATE}with a health check.\n"
    "# docker run: --health-cmd 'wget -q -O /dev/null http://127.0.0.1:8080/ || exit 1' --health-interval 30s\n"
    "# Dockerfile: HEALTHCHECK CMD wget -q -O /dev/null http://127.0.0.1:8080/ || exit 1",
    each=EACH,
    params=SCOPE,
)
def check_health_check(container: Container) -> None:
    """A container reports its health.

    Without a health check the engine knows that a process is there, not that it works. `NONE` switches an image's
    check off. What the check reports is judged apart (container.healthy).
    """
    expect(container.health_check).is_not_in(NO_CHECK)
    if container.has_process:
        expect(container.answer.text("State", "Health", "Status", default="none")).is_not_in(NO_CHECK)


@check(
    "container.healthy",
    severity="medium",
    refs=("docker-docs:HEALTHCHECK",),
    fix="docker inspect --format '{{json .State.Health}}' {param}\ndocker logs --tail 50 {param}",
    each=EACH,
    params=SCOPE,
)
def check_healthy(container: Container) -> None:
    """A container with a health check is not unhealthy."""
    if not container.has_process:
        not_applicable("it does not run")
    status = container.answer.text("State", "Health", "Status", default="none")
    if status.value in NO_CHECK:
        not_applicable("it has no health check (container.health-check)")
    expect(status).is_in(("healthy", "starting"))


@check(
    "container.no-privileged-exec",
    severity="high",
    refs=cis("5.23"),
    fix="# End the session that was started with: docker exec --privileged, and audit the command:\n"
    "auditctl -w /usr/bin/docker -k docker",
    each=EACH,
    params=SCOPE,
)
def check_no_privileged_exec(container: Container) -> None:
    """Nobody runs a privileged command in a container.

    `docker exec --privileged` gives a command what the container was refused. Sessions that run now are seen; what was
    done before is in the audit trail, and a person must look there.
    """
    found = container.execs.map(
        lambda execs: [item.id[:12] for item in execs if item.privileged.value]  # an unknown one is not decided
    )
    expect(found).is_empty()
    manual("Look through the audit trail of the review period for docker exec --privileged (ausearch -k docker).")


@check(
    "container.no-root-exec",
    severity="medium",
    refs=cis("5.24"),
    fix="# End the session, and name a user:\ndocker exec --user 10001 {param} true",
    each=EACH,
    params=SCOPE,
)
def check_no_root_exec(container: Container) -> None:
    """Nobody becomes root in a container by docker exec.

    A command runs as the container's user unless `--user` names another. Sessions that run now are seen; what was done
    before is in the audit trail, and a person must look there.
    """
    found = container.execs.map(
        lambda execs: [
            {"exec": item.id[:12], "user": item.user.value or container.user.value}
            for item in execs
            if container.session_uid(item).value == 0
        ]
    )
    expect(found).is_empty()
    manual("Look through the audit trail of the review period for docker exec as root (ausearch -k docker).")


@check(
    "container.image-pinned",
    severity="low",
    refs=cis("5.28"),
    fix="# Name the image by its digest, and refresh the digest deliberately:\n"
    "docker image inspect --format '{{index .RepoDigests 0}}' \"$(docker inspect --format '{{.Image}}' {param})\"\n"
    "# then recreate {param} from NAME@sha256:…",
    each=EACH,
    params=SCOPE,
)
def check_image_pinned(container: Container) -> None:
    """A container's image is pinned, or refreshed deliberately.

    A digest names one image for ever. A tag may mean another image in the registry by now: only there it can be seen.
    """
    reference = container.answer.text("Config", "Image")
    identity = container.answer.text("Image").value
    if not (is_digest(reference.value) or is_identity(reference.value, identity)):
        manual(
            f"Compare the image that {reference.value[:200]} means in its registry with the one that runs here, "
            "or name it by its digest."
        )
    expect(reference).satisfies(
        lambda text: is_digest(text) or is_identity(text, identity), "a digest or an image's id"
    )


@check(
    "container.image-current",
    severity="medium",
    refs=("docker-docs:container-image-tag",),
    fix="# The tag leads to another image than the one that {param} was made from: recreate it.\n"
    "# compose: docker compose up -d --force-recreate\n# docker: docker rm -f {param}, then docker run … as before",
    each=EACH,
    params=SCOPE,
)
def check_image_current(container: Container, images: Images) -> None:
    """A container is not older than its image's tag.

    When a tag was pulled or built anew, containers go on with the old image, and with its faults, until they are made
    anew.
    """
    reference = container.answer.text("Config", "Image")
    identity = container.answer.text("Image")
    if is_digest(reference.value) or is_identity(reference.value, identity.value):
        not_applicable("its image is pinned")
    tagged = images.by_tag(reference.value)
    if tagged is None:
        if images.failure is not None:
            not_decided(images.failure, "GET /images")
        not_applicable("the tag is not on this host any more")
    expect(identity).equals(tagged.id)
