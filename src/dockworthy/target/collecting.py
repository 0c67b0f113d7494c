"""Looking at targets: one, or many side by side."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from dockworthy.target.interface import Collected, CollectOptions, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from dockworthy.target.interface import Pending, Target

__all__ = ["collect", "probe_many", "start"]

DEFAULT_FORKS = 16

# A module per way, imported where it is used.
_MODULES = {
    "local": "local",
    "ssh": "ssh",
    **dict.fromkeys(("docker", "podman", "kubectl", "openshift", "lxc", "chroot"), "container"),
    "snapshot": "snapshot_file",
    "rootfs": "rootfs",
}


def start(target: Target, options: CollectOptions | None = None) -> Pending:
    """Begin to look at a target, without waiting; `UsageError` for one that cannot be what it says."""
    if target.problem is not None:
        return Unreachable(target, target.problem)
    module = import_module(f"dockworthy.target.{_MODULES.get(target.scheme, 'testinfra_backend')}")
    pending: Pending = module.start(target, options or CollectOptions())
    return pending


def collect(target: Target, options: CollectOptions | None = None) -> Collected:
    """Look at one target."""
    pending = start(target, options)
    try:
        return pending.result()
    except BaseException:
        pending.cancel()
        raise


def probe_many(
    targets: Sequence[Target],
    options: CollectOptions | Callable[[Target], CollectOptions] | None = None,
    *,
    forks: int = DEFAULT_FORKS,
    progress: Callable[[Target, Collected | None], None] | None = None,
    started: Iterable[Pending] = (),
) -> list[Collected]:
    """Look at many targets, at most ``forks`` at a time; the results are in their order.

    ``options`` may be asked of each. ``progress`` is called with a target as it begins (None) and as it ends, from the
    thread that does the work; ``started`` are probes of the first targets that are under way already.
    """
    under_way = list(started)
    told = progress or (lambda _target, _collected: None)

    def work(number: int) -> Collected:
        target = targets[number]
        told(target, None)
        pending = (
            under_way[number]
            if number < len(under_way)
            else start(target, options(target) if callable(options) else options)
        )
        running.append(pending)
        collected = pending.result()
        told(target, collected)
        return collected

    running: list[Pending] = []
    if len(targets) == 1 or forks == 1:
        try:
            return [work(number) for number in range(len(targets))]
        except BaseException:
            _cancel(running)
            raise
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - only for several

    with ThreadPoolExecutor(max_workers=max(1, min(forks, len(targets)))) as pool:
        futures = [pool.submit(work, number) for number in range(len(targets))]
        try:
            return [future.result() for future in futures]
        except BaseException:
            for future in futures:
                future.cancel()
            _cancel(running)
            raise


def _cancel(pending: Iterable[Pending]) -> None:
    for one in list(pending):
        one.cancel()
