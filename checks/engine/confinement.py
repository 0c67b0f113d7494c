"""Beyond the benchmark: what must be on for the engine's own separation to work."""

from __future__ import annotations

from dockworthy.check import check, expect, not_applicable
from dockworthy.facts.api.engine import Engine
from dockworthy.facts.engine.daemon import DaemonConfig
from dockworthy.facts.facts import Facts
from dockworthy.facts.versions import parse_version

FIRST_WITHOUT_V1_REGISTRIES = parse_version("17.12")


@check(
    "engine.selinux-enforcing",
    severity="high",
    refs=("docker-docs:selinux-enabled",),
    fix="setenforce 1\nsed -i 's/^SELINUX=.*/SELINUX=enforcing/' /etc/selinux/config",
)
def check_selinux_enforcing(engine: Engine, facts: Facts) -> None:
    """SELinux enforces its policy where the engine relies on it.

    In permissive mode containers carry labels, and nothing is refused.
    """
    if engine.security_option("selinux").value is None:
        not_applicable("the engine does not use SELinux")
    mode = facts.snapshot.text("file:/sys/fs/selinux/enforce").map(str.strip)
    expect(mode).equals("1")


@check(
    "engine.no-legacy-registry",
    severity="low",
    refs=("docker-bench:C.2",),
    fix='# merge into /etc/docker/daemon.json:\n{"disable-legacy-registry": true}\nsystemctl restart docker',
)
def check_no_legacy_registry(engine: Engine, daemon: DaemonConfig) -> None:
    """The engine does not speak the first version of the registry protocol.

    It knows no digests. Engines since 17.12 have it no more, and refuse the setting.
    """
    version = engine.version.value
    if FIRST_WITHOUT_V1_REGISTRIES is not None and version >= FIRST_WITHOUT_V1_REGISTRIES:
        not_applicable(f"Docker Engine {version} does not know that protocol any more")
    expect(daemon.setting("disable-legacy-registry")).equals(demand=True)
