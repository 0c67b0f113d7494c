"""Harbor's own keys: that by which secrets in its database are encrypted, and the pair that signs and knows tokens.

Source: goharbor/harbor ``make/prepare``; ``make/photon/prepare/utils/cert.py``: get_secret_key, prepare_registry_ca.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dockworthy.evidence import Code, Evidence, NotApplicable, NotDecided, derived, known, unknown
from dockworthy.facts.harbor.prepared.modes import demand_volume
from dockworthy.facts.harbor.prepared.rendered import is_prepared, rendered_path, secret_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.facts.harbor.installed.config import HarborInstallation
    from dockworthy.facts.registry.certsd import CertFile

__all__ = ["digests", "secret_key_size", "token_pair", "unreadable"]

_KEY_FILE: Final = "secret/keys/secretkey"
_OLD: Final = "/data/secretkey"  # from here, and from nowhere else, ./prepare moves it
# Where the pair lies, and where it did up to 1.7; prepare takes it from there.
_PAIRS: Final = (
    ("secret/core/private_key.pem", "secret/registry/root.crt"),
    ("core/private_key.pem", "registry/root.crt"),
)
_ABSENT: Final = "it is not there, and a database is"


def unreadable(one: HarborInstallation, file: CertFile, what: str) -> str:
    """Why there is no such thing in a file, a ``certificate`` or a ``private key``; raises NotDecided."""
    if one.is_absent(file.path):
        return "it is not there"
    if file.facts.kind == "dir":
        return "it is a folder"
    if what == "certificate":
        return "" if file.certificates else "there is no PEM certificate in it"
    if file.entry.unknown is not None:
        raise NotDecided(file.entry.unknown, file.path)
    key = file.key
    if key is None or not file.has_private_key:
        return "there is no PEM private key in it"
    if key.encrypted:
        return "it is protected by a passphrase, which nginx cannot ask for"
    if key.parses is None:
        raise NotDecided("no tool on the host could read it", file.path, Code.TOOL_MISSING)
    return "" if key.parses else "the private key in it cannot be read"


@derived
def digests(one: HarborInstallation) -> Evidence[Mapping[str, str]]:
    """The keyed digests of its secrets, by what they are of; ``key`` is that of a fixed word, and names the key."""
    source = f"keyed digests of {one.folder}"
    text = one.facts.snapshot.text(f"cmd:harbor-digests{one.folder}").by(source)
    if not text.is_known and text.unknown is not None and text.unknown.code is Code.NOT_PROBED:
        return unknown("no key was given for digests of its secrets (DW_HARBOR_KEY)", source, Code.NOT_PROBED)
    lines = (line.split() for line in text.value.splitlines())
    return known({parts[0]: parts[1] for parts in lines if len(parts) == 2}, source)  # noqa: PLR2004 - name, digest


def secret_key_size(one: HarborInstallation) -> Evidence[str]:
    """How many characters the key has that `prepare` would read, in words.

    Raises:
        NotApplicable: where neither it nor a database is there yet.
        NotDecided: where it was not seen.
    """
    demand_volume(one)
    found = secret_keys(one).value
    path = one.in_data(_KEY_FILE)
    if not one.facts.files[path].exists.value:
        if _OLD not in found:
            return known(_lost(one, path), path)
        path = _OLD
    key = found.get(path)
    if key is None or not key.is_readable:
        raise NotDecided("it could not be read", path, Code.NOT_PERMITTED)
    if key.characters is None:
        return known("more than 100 characters", path)
    ending = ", the last of them a line's end" if key.ends_line else ""
    return known(f"{key.characters} characters{ending}", path)


def _lost(one: HarborInstallation, path: str) -> str:
    """What it means that there is no key."""
    if one.setting("external_database").value:
        if is_prepared(one):
            return "it is not there, though prepare made one"
    elif _has_database(one):
        return _ABSENT
    raise NotApplicable(f"neither {path} nor a database is there yet")


def _has_database(one: HarborInstallation) -> bool:
    """Whether a database lies in the data volume; raises NotDecided where nobody could look into its folder."""
    folder = one.in_data("database")
    versions = [path for path in one.seen("/PG_VERSION") if path.startswith(f"{folder}/")]
    if any(one.facts.files[path].size for path in versions):
        return True
    user = one.facts.snapshot.text("cmd:id").get("").split()
    if one.facts.files[folder].exists.value and user[3:4] != ["root"]:
        raise NotDecided("whether a database is in it is not known", folder, Code.NOT_PERMITTED)
    return False


def token_pair(one: HarborInstallation) -> Evidence[str]:
    """Whether the key that signs tokens and the certificate that the registry knows belong together, in words.

    Raises:
        NotApplicable: where there is neither yet.
        NotDecided: where one of them was not read.
    """
    demand_volume(one)
    paths = [one.in_data(name) for name in _PAIRS[0]]
    there = [one.facts.files[path].exists.value for path in paths]
    if not any(there):
        old = [rendered_path(one, name) for name in _PAIRS[1]]
        if not all(one.facts.files[path].exists.get(default=False) for path in old):
            raise NotApplicable(f"prepare has not run: neither {paths[0]} nor {paths[1]} is there")
        paths, there = old, [True, True]
    source = f"{paths[0]}, {paths[1]}: public keys"
    if not all(there):
        return known(f"{paths[there.index(False)]} is not there", source)
    key, certificate = one.file(paths[0]), one.file(paths[1])
    for file, what in ((key, "private key"), (certificate, "certificate")):
        why = unreadable(one, file, what)
        if why:
            return known(f"{file.path}: {why}", source)
    public = key.key.public if key.key is not None else None
    return known("a pair" if certificate.certificates[0].raw_key == public else "no pair", source)
