"""A profile for what is found on a host: each demand with the value that was seen, and where it was seen.

A demand is never made weaker than the profile that fits the host has it: what is older there stays a finding.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Evidence, NotApplicable, NotDecided, derived, known
from dockworthy.facts.engine.members import socket_users
from dockworthy.facts.harbor.installed.config import is_template
from dockworthy.printable import printable
from dockworthy.profile.yamltext import quoted, scalar
from dockworthy.releases.version import parse_version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from dockworthy.facts.facts import Facts
    from dockworthy.facts.harbor.installed.config import HarborInstallation
    from dockworthy.run.hosts import RunHost

__all__ = ["Proposed", "profile_text", "proposed"]

_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_REGISTRY = re.compile(r"(\[[0-9A-Za-z:.%]+\]|[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)(:[0-9]{1,5})?", re.ASCII)
_LONGEST = 200  # characters of a comment
_HUB = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io"})


@dataclass(frozen=True, slots=True)
class Proposed:
    """One demand."""

    key: str  # of the profile's ``params``
    value: Any  # as JSON can hold it; None where nothing is demanded, and the comment says why
    seen: str  # where the value comes from, or why there is none


def proposed(host: RunHost) -> list[Proposed]:
    """What can be demanded of a host by what was seen of it."""
    return [one for find in (_engine, _compose, _users, _swarm, _harbors, _registries) for one in find(host)]


def _seen(find: Callable[[], Evidence[Any]], source: str) -> Evidence[Any]:
    """The evidence, also where to ask for it says that there is none."""
    try:
        return find()
    except NotDecided as error:
        return Evidence(error.source or source, None, error.reason)
    except NotApplicable as error:
        return Evidence(source, None, error.reason)


def _at_least(host: RunHost, key: str, found: Evidence[str]) -> Proposed:
    """The version that was found as the least, unless the profile demands a newer one."""
    if not found.is_known:
        return Proposed(key, None, f"{found.source}: {found.unknown}")
    least = str(getattr(host.profile.params, key))
    version, demanded = parse_version(found.value), parse_version(least)
    if version is None or not version.is_release:
        return Proposed(key, None, f"{found.source}: {found.value} is no released version")
    if demanded is not None and version < demanded:
        return Proposed(key, None, f"{found.source}: {found.value} is older than {least}, which stays demanded")
    return Proposed(key, version.upstream, f"{found.source}: {found.value}")


def _engine(host: RunHost) -> Iterator[Proposed]:
    release = _seen(lambda: host.facts.engine_release.in_force, "GET /version")
    if not release.is_known or (release.value.is_engine and release.value.numbers):
        yield _at_least(host, "min_engine_version", release.map(str))


def _compose(host: RunHost) -> Iterator[Proposed]:
    found = _seen(lambda: host.facts.compose.found, "docker compose version")
    if not found.is_known:
        yield Proposed("min_compose_version", None, f"{found.source}: {found.unknown}")
    elif found.value:
        command, version = min(found.value.items(), key=lambda item: item[1])
        yield _at_least(host, "min_compose_version", known(version.upstream, f"{command} version"))


def _users(host: RunHost) -> Iterator[Proposed]:
    found = _seen(lambda: _trusted(host.facts), "the engine's socket")
    if found.is_known:
        yield Proposed("docker_trusted_users", found.value, f"{found.source}; is each of them trusted like root?")
    else:
        yield Proposed("docker_trusted_users", None, f"{found.source}: {found.unknown}")


@derived
def _trusted(facts: Facts) -> Evidence[list[str]]:
    """Who reaches the engine's sockets; where these are not known, or there are none, the group ``docker``."""
    with suppress(NotDecided, NotApplicable):
        if sockets := socket_users(facts, None):
            names = frozenset[str]().union(*(one.members.value for one in sockets.values()))
            return known(sorted(names), ", ".join(f"{path} ({one.why})" for path, one in sockets.items()))
    group = facts.users.group_named("docker")
    members = frozenset[str]() if group.value is None else facts.users.members(group.value.gid).value
    return known(sorted(members), f"{group.source}: docker")


def _swarm(host: RunHost) -> Iterator[Proposed]:
    state = host.facts.engine.swarm_state
    if state.get("") == "active":
        yield Proposed("swarm_expected", value=True, seen=f"{state.source}: active")


def _harbors(host: RunHost) -> Iterator[Proposed]:
    found = [one for one in host.facts.harbor.installations.get(()) if one.folder.isprintable()]
    if found:
        yield Proposed("harbor_folders", [one.folder for one in found], "a harbor.yml or harbor.cfg lies there")
    harbors = {one.authority: one for one in found if _is_asked(one)}
    if harbors:
        asked = {name.replace(":", "-"): {"url": f"https://{name}"} for name in harbors}
        sources = ", ".join(one.config for one in harbors.values())
        yield Proposed(
            "harbors", asked, f"{sources}; each is asked as a guest: add username and password_env to have more decided"
        )


def _is_asked(harbor: HarborInstallation) -> bool:
    """Whether it has an address of https by which it can be asked."""
    name = harbor.authority
    outside = harbor.external_url.get("")
    https = outside.startswith("https://") if outside else harbor.serves_https.get(default=False)
    return https and _is_name(name) and _LABEL.fullmatch(name.replace(":", "-")) is not None


def _is_name(authority: str) -> bool:
    return bool(authority) and _REGISTRY.fullmatch(authority) is not None and not is_template(authority)


def _registries(host: RunHost) -> Iterator[Proposed]:
    found: dict[str, str] = {}
    for name, source in _named_registries(host.facts):
        if _is_name(name) and name not in _HUB:
            found.setdefault(name, source)
    if found:
        sources = ", ".join(f"{name}: {source}" for name, source in found.items())
        yield Proposed("registries", list(found), sources)


def _named_registries(facts: Facts) -> Iterator[tuple[str, str]]:
    """The registries that this host's files name, each with where."""
    folders = _seen(lambda: known(facts.registries.judged(()), "certs.d"), "certs.d")
    for use in folders.get({}).values():
        yield use.name, use.folder or "looked at"
    insecure = _seen(lambda: facts.daemon.insecure_registries, "insecure-registries")
    for entry in insecure.get(()):
        if "/" not in entry and "::" not in entry:
            yield entry, str(insecure.source)
    mirrors = _seen(lambda: facts.daemon.registry_mirrors, "registry-mirrors")
    for address in mirrors.get(()):
        yield address.partition("://")[2].partition("/")[0], str(mirrors.source)
    for one in facts.harbor.installations.get(()):
        yield one.authority, one.config


# --- as a file -------------------------------------------------------------------------------------------------


def profile_text(host: RunHost, demands: Iterable[Proposed], when: str) -> str:
    """The profile as YAML, each value below a comment that says where it was seen."""
    lines = [
        f"# What is demanded of {_comment(host.name)}, by what `dockworthy init` saw there on {when}.",
        "# Every value says where it was seen: keep what you demand, change what you do not.",
        "# `dockworthy config show --profile FILE` has everything that is in force, docs/params.md all keys.",
        f"description: {scalar(f'what is demanded of {_comment(host.name)}')}",
        f"extends: {host.profile.name}  # {_system(host.facts)}",
    ]
    body = [line for one in demands for line in _demand(one)]
    lines += ["params:", *body] if any(not line.startswith("  #") for line in body) else ["params: {}", *body]
    return "\n".join(lines) + "\n"


def _demand(one: Proposed) -> Iterator[str]:
    if one.value is None:
        yield f"  # {one.key}: not set; {_comment(one.seen)}"
        return
    yield f"  # {_comment(one.seen)}"
    yield f"  {one.key}: {_flow(one.value)}"


def _flow(value: Any) -> str:
    """A value on one line; texts in quotes, so that none is taken for something else."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return ("true" if value else "false") if isinstance(value, bool) else quoted(str(value))


def _system(facts: Facts) -> str:
    system, version = facts.os.id.get("?"), facts.os.version_id.get("")
    return _comment(f"os-release: {system} {version}".rstrip())


def _comment(text: str) -> str:
    return printable(text, _LONGEST)
