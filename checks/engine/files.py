"""CIS section 3: owners and modes of the files that the engine's safety rests on, each file by itself."""

from __future__ import annotations

import shlex

from dockworthy.check import check, cis, expect, fix_with, instances
from dockworthy.evidence import Code
from dockworthy.facts.engine.daemon import DaemonConfig
from dockworthy.facts.engine.paths import (
    Place,
    api_sockets,
    certificate_files,
    certificates,
    config_folder,
    containerd_socket,
    daemon_config,
    named,
    socket_unit_files,
    tls_file,
    unit_files,
)
from dockworthy.facts.host.users import Users
from dockworthy.hosttree.looked import Owner

_CERTIFICATE, _PRIVATE_KEY = 0o444, 0o400
_USUAL_GROUP = "docker"


def _names(owners: tuple[Owner, ...]) -> str:
    """``root:root``; where a link has another owner than what it leads to, both."""
    return ", link ".join(str(owner) for owner in owners)


def _belongs_to_root(place: Place, groups: tuple[int, ...] = (0,), group: str = "root") -> None:
    """Target and link are root's (a rootless engine's: its user's or root's); the fix gives them to ``group``."""
    owner = shlex.quote(f"root:{group}")
    quoted = shlex.quote(place.file.path)
    if place.uid:
        if any(owner.uid not in {0, place.uid} for owner in place.file.owners.get(())):
            fix_with(f"chown -h {place.uid} {quoted} && chown {place.uid} {quoted}")
        expect(place.file.owners, shown=_names).satisfies(
            lambda owners: all(owner.uid in {0, place.uid} for owner in owners), f"owner uid {place.uid}"
        )
        return
    if any(owner.uid or owner.gid not in groups for owner in place.file.owners.get(())):
        fix_with(f"chown -h {owner} {quoted} && chown {owner} {quoted}")
    expect(place.file.owners, shown=_names).satisfies(
        lambda owners: all(owner.uid == 0 and owner.gid in groups for owner in owners),
        "root:root" if groups == (0,) else f"root, and a group of {sorted(set(groups))}",
    )


def _is_at_most(place: Place, mask: int) -> None:
    """The mode grants nothing outside the mask, and no access control list grants what the mode's others lack.

    The group's bits of a file with an access control list are the most that an entry can grant (acl(5)), so that the
    list matters only where the group has more than everybody may have.
    """
    mode = place.file.mode
    less = f"chmod {mode.get(mask) & mask:04o} {shlex.quote(place.file.path)}"
    if mode.get(mask) & ~mask:
        fix_with(less)
    expect(mode).has_no_bits_outside(mask)
    if mode.value >> 3 & 0o7 & ~mask:
        if place.file.extended_acl.get(True):
            fix_with(f"setfacl -b {shlex.quote(place.file.path)} && {less}")
        expect(place.file.extended_acl, shown=lambda has: "extended entries" if has else "none").equals(False)


@check(
    "file.docker-service-owner",
    severity="high",
    refs=cis("3.1"),
    fix="chown root:root {param}",
    each=instances("place", unit_files("docker.service"), none="docker.service has no unit file here"),
)
def check_docker_service_owner(place: Place) -> None:
    """The unit of docker.service and its drop-ins belong to root.

    The unit says what root starts at boot: who can write it becomes root at the next restart. Drop-ins count: that is
    where `ExecStart=` is usually overridden.
    """
    _belongs_to_root(place)


@check(
    "file.docker-service-mode",
    severity="high",
    refs=cis("3.2"),
    fix="chmod 0644 {param}",
    each=instances("place", unit_files("docker.service"), none="docker.service has no unit file here"),
)
def check_docker_service_mode(place: Place) -> None:
    """The unit of docker.service and its drop-ins are at most 0644.

    The unit says what root starts at boot: who can write it becomes root at the next restart. Drop-ins count: that is
    where `ExecStart=` is usually overridden.
    """
    _is_at_most(place, 0o644)


@check(
    "file.docker-socket-unit-owner",
    severity="high",
    refs=cis("3.3"),
    fix="chown root:root {param}",
    each=instances("place", socket_unit_files, none="docker.socket has no unit file here"),
)
def check_docker_socket_unit_owner(place: Place) -> None:
    """The unit of docker.socket and its drop-ins belong to root.

    The unit decides who may reach the engine: who can write it can open the socket to everybody.
    """
    _belongs_to_root(place)


@check(
    "file.docker-socket-unit-mode",
    severity="high",
    refs=cis("3.4"),
    fix="chmod 0644 {param}",
    each=instances("place", socket_unit_files, none="docker.socket has no unit file here"),
)
def check_docker_socket_unit_mode(place: Place) -> None:
    """The unit of docker.socket and its drop-ins are at most 0644.

    The unit decides who may reach the engine: who can write it can open the socket to everybody.
    """
    _is_at_most(place, 0o644)


@check(
    "file.config-folder-owner",
    severity="high",
    refs=cis("3.5"),
    fix="chown root:root {param}",
    each=instances("place", config_folder, none="there is no such folder"),
)
def check_config_folder_owner(place: Place) -> None:
    """The engine's configuration folder belongs to root.

    The folder holds daemon.json and the registries' certificates: who can write in it can replace them.
    """
    _belongs_to_root(place)


@check(
    "file.config-folder-mode",
    severity="high",
    refs=cis("3.6"),
    fix="chmod 0755 {param}",
    each=instances("place", config_folder, none="there is no such folder"),
)
def check_config_folder_mode(place: Place) -> None:
    """The engine's configuration folder is at most 0755.

    The folder holds daemon.json and the registries' certificates: who can write in it can replace them.
    """
    _is_at_most(place, 0o755)


@check(
    "file.registry-certificates-owner",
    severity="high",
    refs=cis("3.7"),
    fix="chown root:root {param}",
    each=instances("place", certificates, none="no registry has certificates here"),
)
def check_registry_certificates_owner(place: Place) -> None:
    """Certificates and keys for registries belong to root.

    These files decide which registries the engine believes, and prove to them who it is.
    """
    _belongs_to_root(place)


@check(
    "file.registry-certificates-mode",
    severity="high",
    refs=cis("3.8"),
    fix="chmod 0444 {param}",
    each=instances("place", certificate_files, none="no registry has certificates here"),
)
def check_registry_certificates_mode(place: Place) -> None:
    """Registry certificates are at most 0444, private keys at most 0400.

    These files decide which registries the engine believes, and prove to them who it is.
    """
    _is_at_most(place, _PRIVATE_KEY if place.is_private else _CERTIFICATE)


@check(
    "file.tls-ca-owner",
    severity="high",
    refs=cis("3.9"),
    fix="chown root:root {param}",
    each=instances("place", tls_file("tlscacert"), none="the engine has no such file"),
)
def check_tls_ca_owner(place: Place) -> None:
    """The CA file of the engine's TLS belongs to root.

    The file decides whose client certificates open the API, and whoever that opens to is as good as root.
    """
    _belongs_to_root(place)


@check(
    "file.tls-ca-mode",
    severity="high",
    refs=cis("3.10"),
    fix="chmod 0444 {param}",
    each=instances("place", tls_file("tlscacert"), none="the engine has no such file"),
)
def check_tls_ca_mode(place: Place) -> None:
    """The CA file of the engine's TLS is at most 0444.

    The file decides whose client certificates open the API, and whoever that opens to is as good as root.
    """
    _is_at_most(place, 0o444)


@check(
    "file.tls-certificate-owner",
    severity="high",
    refs=cis("3.11"),
    fix="chown root:root {param}",
    each=instances("place", tls_file("tlscert"), none="the engine has no such file"),
)
def check_tls_certificate_owner(place: Place) -> None:
    """The engine's TLS certificate belongs to root.

    The file tells clients which engine they talk to: who replaces it can stand in the engine's place.
    """
    _belongs_to_root(place)


@check(
    "file.tls-certificate-mode",
    severity="high",
    refs=cis("3.12"),
    fix="chmod 0444 {param}",
    each=instances("place", tls_file("tlscert"), none="the engine has no such file"),
)
def check_tls_certificate_mode(place: Place) -> None:
    """The engine's TLS certificate is at most 0444.

    The file tells clients which engine they talk to: who replaces it can stand in the engine's place.
    """
    _is_at_most(place, 0o444)


@check(
    "file.tls-key-owner",
    severity="critical",
    refs=cis("3.13"),
    fix="chown root:root {param}",
    each=instances("place", tls_file("tlskey"), none="the engine has no such file"),
)
def check_tls_key_owner(place: Place) -> None:
    """The private key of the engine's TLS belongs to root.

    Whoever reads the key can pose as this engine to its clients.
    """
    _belongs_to_root(place)


@check(
    "file.tls-key-mode",
    severity="critical",
    refs=cis("3.14"),
    fix="chmod 0400 {param}",
    each=instances("place", tls_file("tlskey"), none="the engine has no such file"),
)
def check_tls_key_mode(place: Place) -> None:
    """The private key of the engine's TLS is at most 0400.

    Whoever reads the key can pose as this engine to its clients.
    """
    _is_at_most(place, 0o400)


@check(
    "file.api-socket-owner",
    severity="critical",
    refs=cis("3.15"),
    fix="chown root:root {param}",
    each=instances("place", api_sockets, none="the engine has no UNIX socket here"),
)
def check_api_socket_owner(place: Place, daemon: DaemonConfig, users: Users) -> None:
    """The socket of the engine's API belongs to root and to the engine's group.

    Whoever can write to the socket can start a container that is root on this host.
    """
    if place.uid or all(owner.gid == 0 for owner in place.file.owners.value):
        _belongs_to_root(place)
    else:
        # By name too: a directory service may know the group that /etc/group does not have.
        name = _group(place, daemon)
        named = {owner.gid for owner in place.file.owners.value if owner.group == name}
        group = users.group_named(name).value
        known = group is not None or bool(named)
        # The engine's next start gives its socket to that group again.
        _belongs_to_root(place, (0, *({group.gid} if group else named)), name if known else "root")


def _group(place: Place, daemon: DaemonConfig) -> str:
    """The engine's group: where a file that is newer than the engine hides it, the socket shows the usual one."""
    reason = daemon.group.unknown
    if reason is not None and reason.code is Code.STALE:
        owners = place.file.owners.value
        if all(owner.group == _USUAL_GROUP or owner.gid == 0 for owner in owners):
            return _USUAL_GROUP
    return daemon.group.value


@check(
    "file.api-socket-mode",
    severity="critical",
    refs=cis("3.16"),
    fix="chmod 0660 {param}",
    each=instances("place", api_sockets, none="the engine has no UNIX socket here"),
)
def check_api_socket_mode(place: Place) -> None:
    """The socket of the engine's API is at most 0660.

    Whoever can write to the socket can start a container that is root on this host.
    """
    _is_at_most(place, 0o660)


@check(
    "file.daemon-json-owner",
    severity="high",
    refs=cis("3.17"),
    fix="chown root:root {param}",
    each=instances("place", daemon_config, none="the engine has no configuration file"),
)
def check_daemon_json_owner(place: Place) -> None:
    """The engine's configuration file belongs to root.

    The file sets what the engine allows: who can write it has the engine at its next restart or reload.
    """
    _belongs_to_root(place)


@check(
    "file.daemon-json-mode",
    severity="high",
    refs=cis("3.18"),
    fix="chmod 0644 {param}",
    each=instances("place", daemon_config, none="the engine has no configuration file"),
)
def check_daemon_json_mode(place: Place) -> None:
    """The engine's configuration file is at most 0644.

    The file sets what the engine allows: who can write it has the engine at its next restart or reload.
    """
    _is_at_most(place, 0o644)


@check(
    "file.default-docker-owner",
    severity="high",
    refs=cis("3.19"),
    fix="chown root:root {param}",
    each=instances("place", named("/etc/default/docker"), none="there is no such file"),
)
def check_default_docker_owner(place: Place) -> None:
    """/etc/default/docker belongs to root.

    The file gives the engine its arguments and environment where the service reads it.
    """
    _belongs_to_root(place)


@check(
    "file.default-docker-mode",
    severity="high",
    refs=cis("3.20"),
    fix="chmod 0644 {param}",
    each=instances("place", named("/etc/default/docker"), none="there is no such file"),
)
def check_default_docker_mode(place: Place) -> None:
    """/etc/default/docker is at most 0644.

    The file gives the engine its arguments and environment where the service reads it.
    """
    _is_at_most(place, 0o644)


@check(
    "file.sysconfig-docker-owner",
    severity="high",
    refs=cis("3.22"),
    fix="chown root:root {param}",
    each=instances("place", named("/etc/sysconfig/docker"), none="there is no such file"),
)
def check_sysconfig_docker_owner(place: Place) -> None:
    """/etc/sysconfig/docker belongs to root.

    The file gives the engine its arguments and environment where the service reads it.
    """
    _belongs_to_root(place)


@check(
    "file.sysconfig-docker-mode",
    severity="high",
    refs=cis("3.21"),
    fix="chmod 0644 {param}",
    each=instances("place", named("/etc/sysconfig/docker"), none="there is no such file"),
)
def check_sysconfig_docker_mode(place: Place) -> None:
    """/etc/sysconfig/docker is at most 0644.

    The file gives the engine its arguments and environment where the service reads it.
    """
    _is_at_most(place, 0o644)


@check(
    "file.containerd-socket-owner",
    severity="critical",
    refs=cis("3.23"),
    fix="chown root:root {param}",
    each=instances("place", containerd_socket, none="containerd has no socket here"),
)
def check_containerd_socket_owner(place: Place) -> None:
    """The socket of the containerd in use belongs to root.

    Whoever can write to the socket controls every container, and with one is root on this host.
    """
    _belongs_to_root(place)


@check(
    "file.containerd-socket-mode",
    severity="critical",
    refs=cis("3.24"),
    fix="chmod 0660 {param}",
    each=instances("place", containerd_socket, none="containerd has no socket here"),
)
def check_containerd_socket_mode(place: Place) -> None:
    """The socket of the containerd in use is at most 0660.

    Whoever can write to the socket controls every container, and with one is root on this host.
    """
    _is_at_most(place, 0o660)
