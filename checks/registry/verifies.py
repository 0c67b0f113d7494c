"""Whether the engine would pull from the registries that this host uses, by the engine's own rules."""

from __future__ import annotations

from typing import Any

from dockworthy.check import check, expect, fix_with, instances, not_applicable
from dockworthy.evidence import Evidence
from dockworthy.facts.engine.daemon import DaemonConfig
from dockworthy.facts.host.os import Clock
from dockworthy.facts.registry.registries import InsecureUse, Registries, RegistryUse
from dockworthy.fixes import no_longer_insecure
from dockworthy.printable import printable
from dockworthy.trust.advice.fix import explain
from dockworthy.trust.generations import Loader
from dockworthy.trust.verdict import Verdict

_SKEW = 300  # seconds: as much as Kerberos and most time services tolerate


def judged(registries: Registries, params: Any) -> dict[str, RegistryUse]:
    """The registries of the profile, those that were looked at, and those with a folder in certs.d."""
    return registries.judged(tuple(params.registries))


def _shown(verdict: Verdict) -> dict[str, str]:
    return {
        "verdict": verdict.verdict,
        "message": printable(verdict.message, 2000),
        "cause": explain(verdict).cause,
    }


def _source(verdict: Verdict, *, looked: bool) -> str:
    """Where the verdict comes from: what was read on the host, and what the registry served."""
    folder = printable(verdict.outcome.directory) or "the engine's configuration"
    return f"{folder}; openssl s_client on the host" if looked else folder


@check(
    "trust.registry-verifies",
    severity="high",
    refs=("docker:certificates", "go:crypto/x509", "RFC5280:6.1"),
    fix="dockworthy trust {param}/image  # says what is wrong, and the commands that fix it",
    each=instances("use", judged, none="no registry is named, and certs.d has no folder"),
    params=("registries",),
)
def check_registry_verifies(use: RegistryUse, registries: Registries) -> None:
    """The engine pulls from the registry and verifies its certificate.

    The commonest failure between Docker and Harbor is a certificate, and no other tool predicts it: curl, openssl, the
    browser and Python follow other rules than the engine. What is judged here is what this engine would do: the folder
    named by the reference's exact spelling, its files in the order of their names, the system's roots as they were when
    the engine started, the order of Go's checks on names, dates, chain and usages, and then the token service that the
    registry names. A registry that nobody named (`--registry`, or `registries` in the profile) is judged by its folder
    alone.
    """
    verdict = registries.of_use(use)
    advice = explain(verdict)
    if advice.fix:
        fix_with(advice.fix)
    source = _source(verdict, looked=registries.looked_at(use.name))
    expect(verdict, source, shown=_shown).satisfies(lambda found: found.verdict == "ok", {"verdict": "ok"})


def insecure(registries: Registries) -> dict[str, InsecureUse]:
    """The registries that were looked at and that the configuration makes insecure."""
    return registries.insecure()


@check(
    "trust.insecure-registry-needed",
    severity="medium",
    refs=("docker:insecure-registries", "docker:certificates"),
    fix="# take {param} out of insecure-registries in /etc/docker/daemon.json, then:\nsystemctl restart docker",
    each=instances("use", insecure, none="no registry that was looked at is insecure by the configuration"),
)
def check_insecure_needed(use: InsecureUse, registries: Registries, daemon: DaemonConfig) -> None:
    """No registry with a certificate that the engine accepts is listed as insecure.

    An entry in insecure-registries is often the remains of a first set-up. It keeps the engine from verifying anything,
    lets it fall back to plain HTTP with the credentials, and hides every later fault of the certificate.
    """
    fix_with(no_longer_insecure(daemon, use.entry))
    verdict = registries.if_secure(use.name)
    source = f"insecure-registries: {printable(use.entry)}; {_source(verdict, looked=True)}"
    expect(verdict, source, shown=_shown).satisfies(
        lambda found: found.verdict != "ok", "a registry that cannot be verified, if it must be listed at all"
    )


@check(
    "trust.system-roots-in-force",
    severity="medium",
    refs=("go:crypto/x509", "docker:certificates"),
    fix="systemctl restart docker",
)
def check_system_roots_in_force(registries: Registries) -> None:
    """The engine was started after the system's root certificates last changed.

    The engine reads them once. A CA that `update-ca-certificates` added since is trusted by curl and by the browser,
    and not by the engine, until it is restarted; one that was removed is still trusted. A folder in certs.d is read at
    every pull, and needs no restart.
    """
    if registries.generation.loader in {Loader.PODMAN, Loader.CTR}:
        not_applicable("no Docker Engine is installed on this host")
    roots = registries.roots
    late = [str(certificate.subject) for certificate in roots.late][:20]
    expect(
        roots.changed, shown=lambda changed: {"changed since the start": changed, **({"late": late} if late else {})}
    ).equals(False)


@check(
    "trust.clock-right",
    severity="high",
    refs=("RFC5280:4.1.2.5",),
    fix="timedatectl set-ntp true  # or: systemctl enable --now chrony\ntimedatectl status",
)
def check_clock_right(clock: Clock) -> None:
    """The host's clock is right.

    A certificate is valid from one moment to another by the host's clock: a clock that is wrong refuses good
    certificates as "expired or is not yet valid", and accepts bad ones. The clock is compared with the one of the
    machine that judges; of a saved snapshot it is judged by whether it followed another clock.
    """
    offset = clock.recorded.map(lambda moment: int((moment - clock.now).total_seconds()))
    if offset.value < -_SKEW:
        # The snapshot is older than the moment of judging: the comparison says nothing.
        expect(clock.synchronized).equals(True)
        return
    source = "date, in seconds after the clock of the machine that judges"
    expect(Evidence(source, offset.content)).at_most(_SKEW)
