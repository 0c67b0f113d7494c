"""CIS Docker section 2: the engine's configuration as it is in force, whatever it comes from."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from dockworthy.check import check, cis, cis18, expect, fix_with, manual, not_applicable, not_decided
from dockworthy.evidence import OriginKind
from dockworthy.facts.boot.socket_unit import SERVICE, SOCKET, missing_socket
from dockworthy.facts.engine.fixing import Generation
from dockworthy.facts.engine.listeners import api_listeners
from dockworthy.facts.engine.refusals import Refusal, RefusalKind, Stage
from dockworthy.fixes import (
    RESTART,
    daemon_json,
    onto_overlay2,
    put_in_force,
    take_over,
    validated,
    without_flags,
    without_keys,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.facts.api.engine import Engine
    from dockworthy.facts.engine.daemon import DaemonConfig
    from dockworthy.facts.engine.inputs import EngineOutcome
    from dockworthy.facts.engine.release import EngineRelease
    from dockworthy.facts.facts import Facts
    from dockworthy.profile.params import ParamsView

LOOPBACK = ("127.0.0.0/8", "::1/128")
_PLAIN_KEY = re.compile(r"[\w.-]+")
_OWN_CA = "# a registry that must be reached is believed by its CA: /etc/docker/certs.d/HOST:PORT/ca.crt\n"


@check(
    "daemon.rootless",
    severity="low",
    refs=cis("2.1"),
    fix="dockerd-rootless-setuptool.sh install   # as the user that is to run the engine; then disable docker.service",
    params=("rootless_required",),
)
def check_rootless(engine: Engine, params: ParamsView) -> None:
    """The engine runs without root privileges, where the profile demands it.

    A flaw in a rootful engine is a flaw with root's power over the host. Rootless mode is not feasible everywhere,
    so the profile says whether it is demanded (`rootless_required`).
    """
    rootless = engine.security_option("rootless").map(lambda option: option is not None)
    if params.rootless_required is None and rootless.value is False:
        manual("The engine runs as root; state in the profile whether that is accepted (`rootless_required`).")
    if params.rootless_required is False and rootless.value is False:
        not_applicable("the profile accepts an engine that runs as root")
    expect(rootless).equals(True)


@check("daemon.icc-disabled", severity="medium", refs=cis("2.2"), fix=daemon_json('{"icc": false}'))
def check_icc_disabled(daemon: DaemonConfig) -> None:
    """Containers on the default bridge cannot reach each other.

    Every container on the default bridge can open connections to every other unless the engine forbids it:
    one compromised container then sees all of them.
    """
    fix_with(put_in_force(daemon, {"icc": False, **_filtered(daemon)}))
    if daemon.bridge.get("") == "none":
        expect(daemon.bridge).equals("none")
        return
    expect(daemon.icc).equals(False)


def _filtered(daemon: DaemonConfig) -> dict[str, object]:
    """The packet filters without which the engine refuses to start with icc off (verifyDaemonSettings)."""
    needed: dict[str, object] = {"iptables": True} if daemon.iptables.get(True) is False else {}
    if Generation.of(daemon).may_hold("icc.ip6tables") and daemon.ipv6.get(True) and not daemon.ip6tables.get(True):
        needed["ip6tables"] = True
    return needed


@check(
    "daemon.log-level-info", severity="low", refs=cis("2.3"), fix=daemon_json('{"log-level": "info", "debug": false}')
)
def check_log_level(daemon: DaemonConfig) -> None:
    """The engine logs at level info, not more and not less.

    Debug logs hold details of requests and grow without bound; quieter levels lose the events that an
    investigation needs. A variable DEBUG makes the engine call itself debugging, and leaves the level as it is.
    """
    fix_with(put_in_force(daemon, {"log-level": "info", "debug": False}))
    if not daemon.debug.source.startswith("environment:"):
        expect(daemon.debug).equals(False)
    expect(daemon.log_level).equals("info")


@check("daemon.iptables-managed", severity="medium", refs=cis("2.4"), fix=daemon_json('{"iptables": true}'))
def check_iptables(daemon: DaemonConfig) -> None:
    """The engine is allowed to manage the packet filter's rules.

    Without its rules containers are reachable, or unreachable, by whatever else the host's filter says, and
    isolation between networks is gone.
    """
    fix_with(put_in_force(daemon, {"iptables": True}))
    expect(daemon.iptables).equals(True)


@check("daemon.ip6tables-managed", severity="medium", refs=cis("2.4"), fix=daemon_json('{"ip6tables": true}'))
def check_ip6tables(daemon: DaemonConfig) -> None:
    """The engine is allowed to manage the packet filter's IPv6 rules, where its default bridge has IPv6.

    IPv6 addresses of containers are then reachable from everywhere, published or not.
    """
    generation = Generation.of(daemon)
    if generation.may_hold("ip6tables.experimental") or not generation.takes("ip6tables"):
        # Also where experiments are on: another fix switches them off, and the engine would not start.
        fix_with(
            "# before Docker 27 these rules are an experiment: do without IPv6 on the default bridge, or upgrade\n"
            + put_in_force(daemon, {"ipv6": False})
        )
    else:
        fix_with(put_in_force(daemon, {"ip6tables": True}))
    if daemon.ipv6.value is False:
        not_applicable("the default bridge has no IPv6")
    expect(daemon.ip6tables).equals(True)


@check(
    "daemon.no-insecure-registries",
    severity="high",
    refs=cis("2.5"),
    fix=_OWN_CA + daemon_json('{"insecure-registries": []}'),
    params=("insecure_registries_accepted",),
)
def check_insecure_registries(daemon: DaemonConfig, params: ParamsView) -> None:
    """No registry is contacted without verified TLS.

    Whoever is between the host and an insecure registry can read the credentials and replace the images. The
    loopback is built into the engine and is no finding.
    """
    accepted = [name for name in daemon.insecure_registries.get(()) if name in params.insecure_registries_accepted]
    fix_with(_OWN_CA + put_in_force(daemon, {"insecure-registries": accepted}))
    expect(daemon.insecure_registries).is_within((*LOOPBACK, *params.insecure_registries_accepted))


@check("daemon.no-aufs", severity="medium", refs=cis("2.6"), fix=daemon_json('{"storage-driver": "overlay2"}'))
def check_no_aufs(daemon: DaemonConfig) -> None:
    """The aufs storage driver is not in use.

    It has never been part of the kernel, gets no fixes, and engines from 24 on do not start with it.
    """
    fix_with(onto_overlay2(daemon))
    expect(daemon.storage_driver).differs_from("aufs")


@check(
    "daemon.no-devicemapper", severity="medium", refs=cis18("2.7"), fix=daemon_json('{"storage-driver": "overlay2"}')
)
def check_no_devicemapper(daemon: DaemonConfig) -> None:
    """The devicemapper storage driver is not in use.

    It is deprecated since Engine 18.09 and gone from 25 on: an upgrade leaves the host without its images.
    """
    fix_with(onto_overlay2(daemon))
    expect(daemon.storage_driver).differs_from("devicemapper")


_MUTUAL_TLS = (
    "# no TCP at all is best, and what follows takes it away; who needs it makes a CA, certificates for the engine\n"
    "# and for its clients, and sets instead:\n"
    '# {"tlsverify": true, "tlscacert": "/etc/docker/ca.pem", "tlscert": "/etc/docker/server-cert.pem",\n'
    '#  "tlskey": "/etc/docker/server-key.pem"}\n'
)


def _without_tcp(daemon: DaemonConfig) -> str:
    """The fix that leaves of the engine's addresses those that are no TCP."""
    given = Generation.of(daemon).options(daemon.arguments, {"hosts"})
    hosts = [option.value for option in given] or list(daemon.hosts.get(()))
    kept = [host for host in hosts if host.startswith(("unix://", "fd://"))]
    # An engine without any address takes its default, which is TCP where TLS is on.
    values = {} if given and kept else {"hosts": kept or ["unix:///var/run/docker.sock"]}
    gone = [option for option in given if option.value not in kept] if kept else given
    return _MUTUAL_TLS + put_in_force(daemon, values, gone)


@check(
    "daemon.api-on-tcp-demands-certificates",
    severity="critical",
    refs=cis("2.7"),
    fix=_MUTUAL_TLS + daemon_json('{"hosts": ["unix:///var/run/docker.sock"]}'),
)
def check_api_on_tcp(daemon: DaemonConfig, facts: Facts) -> None:
    """Whoever reaches the engine's API by TCP must show a client certificate that the engine verifies.

    The API is root on the host. TLS alone keeps it confidential; only the demand for a certificate keeps it closed.
    """
    listeners = api_listeners(facts)
    if not listeners.value:
        expect(listeners).is_empty()
        return
    fix_with(_without_tcp(daemon))
    demanded = daemon.tlsverify
    source = f"{listeners.source}; {demanded.source}"
    observed = {"listens on": list(listeners.value), "demands a client certificate": demanded.value}
    expect(observed, source).satisfies(
        lambda seen: bool(seen["demands a client certificate"]), "no TCP socket, or a client certificate is demanded"
    )


_USUAL = {"nofile": 4096, "nproc": 4096, "core": 0}  # what is set where the profile names no highest value
_MANY = 65_536


@check(
    "daemon.default-ulimits",
    severity="low",
    refs=cis("2.8"),
    fix=daemon_json('{"default-ulimits": {"nofile": {"Name": "nofile", "Soft": 1024, "Hard": 4096}}}'),
    params=("daemon_required_ulimits", "daemon_max_ulimits"),
)
def check_default_ulimits(daemon: DaemonConfig, params: ParamsView) -> None:
    """Containers get limits on processes and open files by default.

    Without them a container inherits the engine's own, which are unlimited on most systems.
    """
    fix_with(put_in_force(daemon, {"default-ulimits": _limits(daemon.default_ulimits.get({}), params)}))
    limits: Mapping[str, Any] = daemon.default_ulimits.value
    required = params.daemon_required_ulimits
    missing = [name for name in required if name not in limits]
    high = {
        name: limits[name]
        for name, most in params.daemon_max_ulimits.items()
        if name in limits and _above(limits[name], most)
    }
    wanted = {"at least one limit, among them": list(required), "at most": dict(params.daemon_max_ulimits)}
    expect(daemon.default_ulimits).satisfies(
        lambda value: bool(value) and not missing and not high,
        {key: names for key, names in wanted.items() if names} or "at least one limit",
    )


def _hard(limit: Any) -> Any:
    return limit.get("Hard") if isinstance(limit, dict) else limit[-1] if isinstance(limit, (list, tuple)) else limit


def _above(limit: Any, most: int) -> bool:
    """Whether the hard limit is above the highest that is allowed; -1 is unlimited."""
    hard = _hard(limit)
    return not isinstance(hard, int) or hard < 0 or hard > most


def _limits(now: Mapping[str, Any], params: ParamsView) -> dict[str, Any]:
    """All limits as they should be: those in force, lowered where they are too high, and what is missing."""
    most: Mapping[str, int] = params.daemon_max_ulimits
    wanted = [name for name in params.daemon_required_ulimits if name not in now]
    if not wanted and not now:
        wanted = ["nofile"]
    limits = {name: _limit(name, most.get(name, _USUAL.get(name, _MANY))) for name in wanted}
    for name, limit in now.items():
        limits[name] = _limit(name, most[name]) if name in most and _above(limit, most[name]) else limit
    return limits


def _limit(name: str, hard: int) -> dict[str, Any]:
    return {"Name": name, "Soft": min(hard, _USUAL.get(name, hard)), "Hard": hard}


@check("daemon.userns-remap", severity="medium", refs=cis("2.9"), fix=daemon_json('{"userns-remap": "default"}'))
def check_userns_remap(engine: Engine, daemon: DaemonConfig) -> None:
    """Root in a container is not root on the host.

    With user namespaces, what breaks out of a container is an ordinary user on the host.
    """
    fix_with(
        "# images and containers of now are not seen any more until it is taken away: save what is needed first\n"
        + put_in_force(daemon, {"userns-remap": "default", **_with_graph_driver(daemon)})
    )
    names = engine.security_options.map(
        lambda options: sorted(name for option in options if (name := option.get("name", "")) in {"userns", "rootless"})
    )
    expect(names).satisfies(bool, {"one of": ["userns", "rootless"]})


def _with_graph_driver(daemon: DaemonConfig) -> dict[str, object]:
    """What must go with remapped users where the containerd image store was asked for, which has none."""
    features: Mapping[str, Any] = daemon.features.get({}) or {}
    if not features.get("containerd-snapshotter") or not Generation.of(daemon).may_hold("store.userns"):
        return {}
    return {"features": {**features, "containerd-snapshotter": False}}


@check(
    "daemon.default-cgroup-parent",
    severity="low",
    refs=cis("2.10"),
    fix=daemon_json('{"cgroup-parent": ""}'),
    params=("daemon_allowed_cgroup_parents",),
)
def check_cgroup_parent(daemon: DaemonConfig, params: ParamsView) -> None:
    """Containers are made below the engine's own control group.

    Another parent can take containers out of the limits and the accounting that the host relies on.
    """
    fix_with(put_in_force(daemon, {"cgroup-parent": ""}))
    expect(daemon.cgroup_parent).is_in(("", "/docker", "docker", "system.slice", *params.daemon_allowed_cgroup_parents))


@check(
    "daemon.default-base-size",
    severity="low",
    refs=cis("2.11"),
    fix="# all storage-opts but dm.basesize:\n" + daemon_json('{"storage-opts": []}'),
)
def check_base_size(daemon: DaemonConfig) -> None:
    """The size of a container's device is not raised above the devicemapper driver's default.

    Larger base devices let a container fill the pool that all share.
    """
    if daemon.storage_driver.value != "devicemapper":
        not_applicable("the devicemapper storage driver is not in use")
    kept = [item for item in daemon.storage_opts.get(()) if not str(item).startswith("dm.basesize=")]
    fix_with(put_in_force(daemon, {"storage-opts": kept}))
    options = daemon.storage_opts.map(lambda value: [item for item in value if str(item).startswith("dm.basesize=")])
    expect(options).is_empty()


@check(
    "daemon.authorization-plugin",
    severity="low",
    refs=cis("2.12"),
    fix=daemon_json('{"authorization-plugins": ["NAME-OF-YOUR-PLUGIN"]}'),
)
def check_authorization(daemon: DaemonConfig) -> None:
    """An authorization plugin decides over requests to the API.

    Without one, whoever may use the socket may do everything.
    """
    fix_with(put_in_force(daemon, {"authorization-plugins": ["NAME-OF-YOUR-PLUGIN"]}))
    expect(daemon.authorization_plugins).satisfies(bool, "at least one plugin")


LOCAL_ADDRESSES = ("", "localhost", "127.0.0.1", "[::1]", "::1")
# The options are all of them: those of another driver stop the engine.
_SYSLOG = {"log-driver": "syslog", "log-opts": {"syslog-address": "tcp+tls://LOGHOST:6514"}}
ADDRESS_OPTIONS = {"syslog": "syslog-address", "gelf": "gelf-address", "fluentd": "fluentd-address"}


def is_remote_address(address: str) -> bool:
    """Whether a log driver's address names another host: ``tcp://HOST:PORT``, ``HOST:PORT``; sockets are local."""
    scheme, found, rest = address.partition("://")
    if scheme in {"unix", "unixgram"}:
        return False
    host = (rest if found else address).partition("/")[0]
    host = host.rpartition(":")[0] if ":" in host and not host.endswith("]") else host
    return host not in LOCAL_ADDRESSES and not host.startswith("127.")


@check(
    "daemon.remote-logging",
    severity="low",
    refs=cis("2.13"),
    fix=daemon_json(json.dumps(_SYSLOG)),
    params=("remote_log_drivers", "log_shipper_attested"),
)
def check_remote_logging(daemon: DaemonConfig, params: ParamsView) -> None:
    """Containers' logs leave the host.

    What stays on a compromised host can be changed there. A local driver is compliant only where the profile says
    that something else ships the logs away (`log_shipper_attested`).
    """
    fix_with(put_in_force(daemon, _SYSLOG))
    driver = daemon.log_driver
    if driver.value in {"json-file", "local", "journald"} and params.log_shipper_attested:
        expect(driver).is_in(("json-file", "local", "journald", *params.remote_log_drivers))
        return
    allowed = tuple(name for name in params.remote_log_drivers if name != "journald")
    if driver.value not in ADDRESS_OPTIONS:
        expect(driver).is_in(allowed)
        return
    option = ADDRESS_OPTIONS[driver.value]
    address = daemon.log_opts.map(lambda options: str(options.get(option, "")))
    seen = {"log-driver": driver.value, option: "a remote host" if is_remote_address(address.value) else "local"}
    expect(seen, f"{driver.source}; {address.source}").satisfies(
        lambda value: driver.value in allowed and value[option] == "a remote host",
        {"log-driver": list(allowed), option: "a remote host"},
    )


@check("daemon.no-new-privileges", severity="medium", refs=cis("2.14"), fix=daemon_json('{"no-new-privileges": true}'))
def check_no_new_privileges(daemon: DaemonConfig) -> None:
    """Processes in containers cannot gain privileges by default.

    setuid programs and file capabilities in an image then have no effect. Containers that were made before the
    setting keep what they had.
    """
    fix_with(put_in_force(daemon, {"no-new-privileges": True}))
    expect(daemon.no_new_privileges).equals(True)


@check("daemon.live-restore", severity="low", refs=cis("2.15"), fix=daemon_json('{"live-restore": true}'))
def check_live_restore(daemon: DaemonConfig, engine: Engine) -> None:
    """Containers keep running while the engine is down.

    An upgrade or a crash of the engine is otherwise an outage of everything on the host. A swarm node cannot have it.
    """
    fix_with(put_in_force(daemon, {"live-restore": True}))
    if engine.swarm_state.value != "inactive":
        not_applicable("the engine is part of a swarm, where it refuses live-restore")
    expect(daemon.live_restore).equals(True)


@check("daemon.userland-proxy-disabled", severity="low", refs=cis("2.16"), fix=daemon_json('{"userland-proxy": false}'))
def check_userland_proxy(daemon: DaemonConfig) -> None:
    """Published ports are served by the packet filter and not by a process for each.

    The proxy is one more program that listens on the host, and it hides the clients' addresses.
    """
    fix_with(put_in_force(daemon, {"userland-proxy": False}))
    expect(daemon.userland_proxy).equals(False)


@check(
    "daemon.seccomp-profile",
    severity="high",
    refs=cis("2.17"),
    fix=daemon_json('{"seccomp-profile": "builtin"}'),
    params=("allowed_seccomp_profiles",),
)
def check_seccomp_profile(daemon: DaemonConfig, params: ParamsView) -> None:
    """The built-in seccomp profile is in force for all containers, or one that the profile names.

    It refuses the system calls that most escapes need. `unconfined` as the engine's default leaves every container
    without it.
    """
    # A release without the name takes it for a file; there the built-in profile is what no profile comes to.
    builtin = "builtin" if Generation.of(daemon).holds("seccomp.named") else ""
    fix_with(put_in_force(daemon, {"seccomp-profile": builtin}))
    expect(daemon.seccomp_profile).is_in(("builtin", *params.allowed_seccomp_profiles))


@check(
    "daemon.no-experimental",
    severity="low",
    refs=cis("2.18"),
    fix=daemon_json('{"experimental": false}'),
    params=("denied_features",),
)
def check_experimental(daemon: DaemonConfig, params: ParamsView) -> None:
    """Experimental features are off.

    They change without notice and get no fixes.
    """
    fix_with(put_in_force(daemon, _without_experiments(daemon, params)))
    expect(daemon.experimental).equals(False)
    if params.denied_features:
        features = daemon.features.map(lambda value: sorted(name for name, on in value.items() if on))
        expect(features).satisfies(
            lambda on: not set(on) & set(params.denied_features), {"none of": list(params.denied_features)}
        )


def _without_experiments(daemon: DaemonConfig, params: ParamsView) -> dict[str, object]:
    """Experiments off, and every feature as it is but those that the profile denies."""
    values: dict[str, object] = {"experimental": False}
    if Generation.of(daemon).may_hold("ip6tables.experimental") and daemon.ip6tables.get(default=False):
        # The engine refuses these rules without experiments, and without them IPv6 is open.
        values |= {"ip6tables": False, **({"ipv6": False} if daemon.ipv6.get(default=False) else {})}
    features: Mapping[str, Any] = daemon.features.get({}) or {}
    if any(on and name in params.denied_features for name, on in features.items()):
        values["features"] = {name: bool(on) and name not in params.denied_features for name, on in features.items()}
    return values


@check(
    "daemon.starts-again",
    severity="critical",
    refs=("moby:cmd/dockerd/daemon.go",),
    aliases=("engine.starts-again",),
    also=("boot",),
    fix="dockerd --validate --config-file /etc/docker/daemon.json   # says what is wrong; fix it before any restart",
)
def check_starts_again(daemon: DaemonConfig, facts: Facts) -> None:
    """The configuration on disk lets the engine start again.

    A mistake in daemon.json, or a setting that stands both there and in the unit's arguments, is noticed only at
    the next restart: after the next upgrade or reboot the host is without containers.
    """
    after = daemon.next_start
    source = after.file or "dockerd's arguments"
    if after.refusal is not None:
        if "via socket activation" in after.refusal.text or SOCKET in after.refusal.text:
            _end_without_socket(facts)
        fix_with(_startable(daemon, after.refusal))
        where = _where(after, after.refusal)
        expect(after.refusal.text, where).satisfies(lambda _text: False, "a configuration that dockerd accepts")
    if after.open_question is not None:
        not_decided(after.open_question, source)
    if not after.origin or after.origin == SERVICE:
        _end_without_socket(facts)
    expect("accepted", f"{source}; {after.origin}" if after.origin else source).equals("accepted")


def _end_without_socket(facts: Facts) -> None:
    """End where systemd has no socket to hand over: that is one finding."""
    missing = missing_socket(facts)
    if missing:
        not_applicable(f"{SOCKET} is {missing}, of which boot.socket-unit-usable tells")


def _where(after: EngineOutcome, refusal: Refusal) -> str:
    """Where that stands which stops the next start: in the unit, or in the file or the arguments that it gives."""
    if refusal.stage == Stage.UNIT and refusal.origin is not None:
        return refusal.origin
    return after.file or "dockerd's arguments"


def _startable(daemon: DaemonConfig, refusal: Refusal) -> str:
    """What lets the engine start again.

    Of what stands twice the file's stays; what the release does not take goes, or becomes what it takes instead.
    """
    generation = Generation.of(daemon)
    if refusal.kind is RefusalKind.FLAG_AND_FILE:
        options = generation.options(daemon.arguments, refusal.keys)
        if options:
            return put_in_force(daemon, {}, options, mends=True)
    keys = refusal.keys if refusal.kind is not RefusalKind.FLAG_AND_FILE else ()
    keys = keys or generation.named(refusal.text)
    if refusal.stage == Stage.COMMAND_LINE or (keys and not refusal.keys):
        fix = without_flags(daemon, keys)
        if fix:
            return fix
    if keys and all(_PLAIN_KEY.fullmatch(key) for key in keys):
        return without_keys(daemon, keys)
    return _by_hand(daemon, refusal)


def _by_hand(daemon: DaemonConfig, refusal: Refusal) -> str:
    """What the refusal says, and where each of the settings stands that it speaks of."""
    shown = " ".join(refusal.text.split())
    by, command = "the engine", validated(daemon)
    if refusal.stage == Stage.UNIT:
        by, command = "systemd", f"systemd-analyze verify {daemon.next_start.origin}"
    lines = [f"# fix what {by} says of it, before any restart: {shown if shown.isprintable() else ''}"]
    words = set(re.findall(r"[a-z0-9]+(?:-[a-z0-9]+)*", refusal.text))
    for key, value in daemon.next_start.settings.items():
        if key in words and value.origin in {OriginKind.FILE, OriginKind.FLAG} and value.source.isprintable():
            lines.append(f"# {key} stands here: {value.source}")
    return "\n".join([*lines, command] if command else lines)


@check(
    "daemon.upgrade-keeps-settings",
    severity="info",
    refs=("docker:release-notes",),
    fix="# what is to stay as it is: write it into /etc/docker/daemon.json before the upgrade",
)
def check_upgrade_keeps_settings(daemon: DaemonConfig, engine_release: EngineRelease) -> None:
    """An upgrade, or another file, that is rehearsed leaves every setting as it is in force today.

    A release may bring another default, which changes what nobody wrote down, and a file that takes another's place
    changes what only that one said. Most such changes are for the better; each should be known before.
    """
    if not engine_release.is_ahead:
        not_applicable("no upgrade and no other file is rehearsed")
    if daemon.next_start.refusal is not None or not daemon.next_start.settings:
        not_applicable("what the engine would have in force is not known before it starts")
    changes = {item.key: {"today": item.running.value, "after": item.next_start.value} for item in daemon.drift}
    expect(changes, "; ".join(dict.fromkeys(item.next_start.source for item in daemon.drift)) or "--engine").is_empty()


@check(
    "daemon.no-drift",
    severity="medium",
    refs=("moby:daemon/reload.go",),
    fix="# fix the file, or put it in force:\ndockerd --validate && " + RESTART,
)
def check_no_drift(daemon: DaemonConfig, engine_release: EngineRelease) -> None:
    """What is in force is what the configuration on disk says.

    A unit, a file of variables or a daemon.json that was changed and never put in force hides what the next restart
    will do. Where a file is newer than the engine and nothing shows what it was, this is not decided.
    """
    if engine_release.is_ahead:
        not_applicable("what an engine has in force after its next start is not known before")
    if not daemon.is_running:
        not_applicable("no engine runs")
    fix_with(f"# fix the file, or put it in force:\n{take_over(daemon)}")
    after = daemon.next_start
    if not after.settings and after.refusal is None:
        not_decided(after.reason, "dockerd")
    if not after.settings and after.refusal is not None:
        fix_with(_startable(daemon, after.refusal))
        expect({"the next start": after.refusal.text}, _where(after, after.refusal)).is_empty()
    differing = {
        item.key: {"in force": item.running.value, "after the next start": item.next_start.value}
        for item in daemon.drift
    }
    if not differing and daemon.not_compared:
        key, reason = next(iter(daemon.not_compared.items()))
        more = len(daemon.not_compared) - 1
        not_decided(reason, f"{key} and {more} more" if more else key)
    sources = "; ".join(dict.fromkeys(item.sources for item in daemon.drift)) or after.file
    expect(differing, sources or "dockerd").is_empty()
