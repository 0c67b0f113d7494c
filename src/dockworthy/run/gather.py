"""From target names to snapshots' bytes: every host once, side by side, with progress for a person who waits."""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dockworthy.errors import UsageError
from dockworthy.printable import printable
from dockworthy.target import Collected as Gathered
from dockworthy.target import CollectOptions, parse_target, probe_many, start
from dockworthy.target.interface import DEFAULT_HOST_TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dockworthy.profile.model import Profile
    from dockworthy.run.options import Options
    from dockworthy.target import Pending, Target

__all__ = [
    "FORKS",
    "Gathered",
    "Progress",
    "abandon",
    "asked_to_collect",
    "begin",
    "collect_options",
    "gather",
    "key_for_harbor",
    "of_profile",
    "targets_of",
]

FORKS = 16
LOCAL = "local://"
_KEY_VARIABLE = "DW_HARBOR_KEY"
_SHORTEST_KEY = 16
_begun: list[tuple[CollectOptions, Pending]] = []


def targets_of(options: Options) -> list[Target]:
    """The hosts that were named, or this host where none was; `UsageError` for a name or file that cannot be used."""
    targets = [parse_target(spec) for spec in options.target]
    if not targets and options.inventory is None:
        targets = _stored(options) if is_of_store(options) else [parse_target(LOCAL)]
    if options.inventory is None and options.limit is None:
        return targets
    from dockworthy.target.inventory import choose_targets  # noqa: PLC0415 - only where one is given

    path = Path(options.inventory) if options.inventory is not None else None
    return choose_targets(targets, path, options.limit, warn=_warn)


def is_of_store(options: Options) -> bool:
    """Whether it is a store's hosts that are judged: none is named, and they are judged as they would be."""
    is_rehearsal = options.engine is not None or options.harbor is not None or bool(options.apply)
    return bool(options.store) and is_rehearsal and not options.target and options.inventory is None


def _stored(options: Options) -> list[Target]:
    from dockworthy.run.stored import stored_targets  # noqa: PLC0415 - only where a store is asked

    return stored_targets(options.store or "")


def _warn(sentence: str) -> None:
    sys.stderr.write(f"dockworthy: {sentence}\n")


def collect_options(
    options: Options,
    registries: Sequence[str],
    password: str | None = None,
    *,
    profile: Profile | None = None,
    harbor_key: str | None = None,
) -> CollectOptions:
    """How the hosts are looked at; by the profile, where else Harbor may be installed."""
    return CollectOptions(
        registries=tuple(registries),
        docker_host=options.docker_host,
        harbor_key=harbor_key,
        **(of_profile(profile) if profile is not None else {}),
        sudo=options.sudo or options.ask_sudo_password,
        sudo_password=password,
        ssh_config=options.ssh_config,
        ssh_identity_file=options.ssh_identity_file,
        host_timeout=float(options.host_timeout or DEFAULT_HOST_TIMEOUT),
    )


def of_profile(profile: Profile) -> dict[str, Any]:
    """What a profile says of how hosts are looked at, as fields of `CollectOptions`."""
    return {
        "harbor_folders": profile.params.harbor_folders,
        "dns_lookups": profile.params.dns_lookups,
        "image_layers": profile.params.image_depth == "layers",
    }


def key_for_harbor(profile: Profile | None = None) -> str | None:
    """The key that was given for digests of Harbor's secrets; `UsageError` for one that can be guessed."""
    name = profile.params.harbor_digest_key_env if profile is not None else _KEY_VARIABLE
    key = os.environ.get(name)
    if not key:
        return None
    if len(key) < _SHORTEST_KEY or not (key.isascii() and key.isprintable()):
        raise UsageError(
            f"{name}: the key for digests of Harbor's secrets must be at least {_SHORTEST_KEY} printable characters; "
            f"make one with: export {name}=$(openssl rand -hex 32)"
        )
    return key


@lru_cache(maxsize=1)
def _key_of_this_run() -> str:
    """One that nobody else has: what is digested by it is compared within the run."""
    return os.urandom(32).hex()


def begin(options: Options) -> bool:
    """Start to look at this host before the heavy modules are imported, where nothing else has to be read first.

    Returns whether it was started: where not, what is wrong is found sooner without those modules.
    """
    read_first = (
        options.profile,
        options.waivers,
        options.inventory,
        options.limit,
        options.apply,
        is_of_store(options),
    )
    plain = not (any(read_first) or options.ask_sudo_password)
    if plain and options.target in {(), (LOCAL,)}:
        key = key_for_harbor() or _key_of_this_run()
        chosen = collect_options(options, options.registry, harbor_key=key)
        _begun[:] = [(chosen, start(parse_target(LOCAL), chosen))]
    return bool(_begun)


def abandon() -> None:
    """End what `begin` started, where the run ends before it is asked for."""
    for _, pending in _begun:
        pending.cancel()
    _begun.clear()


def asked_to_collect(
    options: Options, registries: Sequence[str], profile: Profile | None = None, *, kept: bool = False
) -> CollectOptions:
    """How the hosts of a run are looked at, with what it needs to be asked for; see `gather`."""
    key = key_for_harbor(profile) or (None if kept else _key_of_this_run())
    password = _sudo_password() if options.ask_sudo_password else None
    return collect_options(options, registries, password, profile=profile, harbor_key=key)


def gather(
    options: Options,
    targets: Sequence[Target],
    registries: Sequence[str],
    *,
    profile: Profile | None = None,
    kept: bool = False,
    looking: Callable[[Target, CollectOptions], CollectOptions] = lambda _, chosen: chosen,
) -> list[Gathered]:
    """Look at every host; `UsageError` for a target that cannot be what it says.

    Args:
        options: what the user asked for.
        targets: the hosts.
        registries: to look at from there.
        profile: the one that was named.
        looking: how one host is looked at, of how all are.
        kept: whether the snapshots outlive the run: then no key of its own digests anything in them.
    """
    chosen = asked_to_collect(options, registries, profile, kept=kept)
    started = [pending for begun, pending in _begun if begun == chosen]
    for begun, pending in _begun:
        if begun != chosen:
            pending.cancel()
    _begun.clear()
    progress = Progress(len(targets), silent=options.quiet, long=chosen.image_layers)
    try:
        alike = not any(target.profile or target.registries for target in targets)
        return probe_many(
            targets,
            chosen if alike else lambda target: looking(target, chosen),
            forks=int(float(options.forks or FORKS)),
            progress=progress.told,
            started=started,
        )
    finally:
        progress.close()


def _sudo_password() -> str:
    from getpass import getpass  # noqa: PLC0415 - only where it is asked for

    if not sys.stdin.isatty():
        raise UsageError("--ask-sudo-password: there is no terminal to ask at; let sudo need no password instead.")
    return getpass("sudo password: ")


class Progress:
    """What a person sees while hosts are looked at: a live bar at a terminal, plain lines elsewhere.

    Of one host alone nothing, unless it is looked at for ``long``: where the layers of its images are read.
    """

    def __init__(self, total: int, *, silent: bool = False, long: bool = False, every: int = 1) -> None:
        self.total = total
        self.every = every  # how many hosts a plain line is for
        self.silent = silent or (total == 1 and not long)
        self.done = 0
        self._advance: Callable[[str], None] | None = None
        self._stop: Callable[[], None] | None = None
        if self.silent:
            return
        if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
            self._live()
        elif long:
            sys.stderr.write("looking into the layers of the images, which takes a while\n")

    def _live(self) -> None:
        from rich.console import Console  # noqa: PLC0415 - only at a terminal
        from rich.markup import escape  # noqa: PLC0415 - beside it
        from rich.progress import Progress as Bar  # noqa: PLC0415 - beside it

        bar = Bar(console=Console(stderr=True), transient=True)
        task = bar.add_task("looking at hosts", total=self.total)
        bar.start()
        self._advance = lambda name: bar.update(task, advance=1, description=escape(printable(name, 60)))
        self._stop = bar.stop

    def told(self, target: Target, collected: Gathered | None) -> None:
        """One host begins (None) or is done."""
        if collected is None or self.silent:
            return
        self.done += 1
        if self._advance is not None:
            self._advance(target.label)
        elif self.done % self.every == 0 or self.done == self.total:
            state = "not reached" if collected.data is None else f"{collected.seconds:.1f} s"
            sys.stderr.write(f"[{self.done}/{self.total}] {printable(target.label, None)}: {state}\n")

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self._stop is not None:
            self._stop()
