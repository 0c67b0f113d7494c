"""CIS Docker section 5: which of the host's namespaces and files a container shares."""

from __future__ import annotations

from typing import Any

from dockworthy.check import check, cis, expect, instances
from dockworthy.facts.api.container import Container
from dockworthy.facts.api.reach import control_sockets, device_mounts, sensitive_mounts, shared_propagation
from dockworthy.facts.api.scope import SCOPE, containers_in_scope

EACH = instances("container", containers_in_scope, none="no container is in scope")
RECREATE = "# Options are fixed when a container is made: recreate {param} "


@check(
    "container.no-host-network",
    severity="high",
    refs=cis("5.10"),
    fix=f"{RECREATE}on a network of its own.\n# docker network create apps && docker run --network apps …\n"
    "# compose: leave network_mode: host out",
    each=EACH,
    params=SCOPE,
)
def check_no_host_network(container: Container) -> None:
    """A container does not share the host's network.

    On the host's network a container reaches what listens on the host's loopback, and any port of the host is its own.
    `container:ID` is followed to its end, and the running process is compared with the engine.
    """
    expect(container.shares_host("net")).equals(demand=False)


@check(
    "container.no-host-pid",
    severity="high",
    refs=cis("5.16"),
    fix=f"{RECREATE}without --pid=host.\n# compose: leave pid: host out",
    each=EACH,
    params=SCOPE,
)
def check_no_host_pid(container: Container) -> None:
    """A container does not share the host's processes.

    With the host's PID namespace it sees all processes, their environment where it may, and can end them.
    """
    expect(container.shares_host("pid")).equals(demand=False)


@check(
    "container.no-host-ipc",
    severity="high",
    refs=cis("5.17"),
    fix=f"{RECREATE}without --ipc=host; two containers share with --ipc=shareable and --ipc=container:NAME.\n"
    "# compose: leave ipc: host out",
    each=EACH,
    params=SCOPE,
)
def check_no_host_ipc(container: Container) -> None:
    """A container does not share the host's shared memory.

    With the host's IPC namespace it reads and writes the shared memory and message queues of the host's programs.
    """
    expect(container.shares_host("ipc")).equals(demand=False)


@check(
    "container.no-host-uts",
    severity="medium",
    refs=cis("5.21"),
    fix=f"{RECREATE}without --uts=host.\n# compose: leave uts: host out",
    each=EACH,
    params=SCOPE,
)
def check_no_host_uts(container: Container) -> None:
    """A container does not share the host's name.

    With the host's UTS namespace, and the capability for it, it changes the name of the host.
    """
    expect(container.shares_host("uts")).equals(demand=False)


@check(
    "container.no-sensitive-mounts",
    severity="high",
    refs=cis("5.6"),
    fix=f"{RECREATE}without the mounts named above, or with a copy of the single files that it needs.\n"
    "# docker volume create data && docker run --mount type=volume,source=data,target=/data …",
    each=EACH,
    params=(*SCOPE, "container_allowed_mounts"),
)
def check_no_sensitive_mounts(container: Container, params: Any) -> None:
    """A container has no sensitive folder of the host mounted.

    Whoever writes the host's /etc or /usr owns the host; whoever reads them knows its secrets. Compared is what a mount
    is, not what it is called: through a link, a bind mount, a parent folder or a volume's `device` is no difference.
    """
    expect(sensitive_mounts(container, params.container_allowed_mounts)).is_empty()


@check(
    "container.no-docker-socket",
    severity="critical",
    refs=cis("5.32"),
    fix=f"{RECREATE}without the mount that holds the socket.\n"
    "# Where it must ask the engine: give it a proxy that passes only the requests that it needs.",
    each=EACH,
    params=SCOPE,
)
def check_no_docker_socket(container: Container) -> None:
    """A container cannot reach a socket that controls the engine.

    Who can write to the socket of dockerd or containerd starts containers as root on the host; mounting it read-only
    changes nothing. A mounted parent folder, a link or a volume holds the socket just as well.
    """
    expect(control_sockets(container)).is_empty()


@check(
    "container.read-only-root",
    severity="medium",
    refs=cis("5.13"),
    fix=f"{RECREATE}with a read-only root file system.\n# docker run: --read-only --tmpfs /tmp --tmpfs /run\n"
    "# compose: read_only: true, tmpfs: [/tmp, /run]",
    each=EACH,
    params=SCOPE,
)
def check_read_only_root(container: Container) -> None:
    """A container's root file system is read-only.

    An intruder then leaves no program behind, and what changes is where it should be: in volumes.
    """
    expect(container.answer.flag("HostConfig", "ReadonlyRootfs")).equals(demand=True)


@check(
    "container.no-shared-propagation",
    severity="high",
    refs=cis("5.20"),
    fix=f"{RECREATE}with private or slave propagation.\n"
    "# docker run: --mount type=bind,source=DIR,target=DIR,bind-propagation=rslave",
    each=EACH,
    params=SCOPE,
)
def check_no_shared_propagation(container: Container) -> None:
    """A container's mounts are not passed on to the host.

    With shared propagation what is mounted in the container appears on the host, and in other containers.
    """
    expect(shared_propagation(container)).is_empty()


@check(
    "container.no-host-devices",
    severity="high",
    refs=cis("5.18"),
    fix=f"{RECREATE}without --device, --device-cgroup-rule, --gpus and mounts of /dev.\n"
    "# Where a device is needed, allow it in the profile: container_allowed_devices: [/dev/fuse]",
    each=EACH,
    params=(*SCOPE, "container_allowed_devices"),
)
def check_no_host_devices(container: Container, params: Any) -> None:
    """A container uses no device of the host.

    A block device is the host's disk, whatever the container's file system looks like. A rule for the devices' control
    group, a request for a GPU and a mount out of /dev hand over devices as well.
    """
    expect(container.privileged).equals(demand=False)
    allowed = frozenset(params.container_allowed_devices)
    expect(container.devices.map(lambda found: [text for text in found if text not in allowed])).is_empty()
    expect(container.answer.texts("HostConfig", "DeviceCgroupRules", default=())).is_empty()
    requests = container.device_requests.map(lambda found: [text for text in found if text not in allowed])
    expect(requests).is_empty()
    mounts = device_mounts(container).map(lambda found: [item for item in found if item["source"] not in allowed])
    expect(mounts).is_empty()
