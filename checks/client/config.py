"""The docker command's own config.json: helpers that are not there, passwords that lie in it, who may read it."""

from __future__ import annotations

import json
import shlex
from typing import Any

from dockworthy.check import check, expect, fix_with, instances, not_applicable, not_decided
from dockworthy.evidence import Code, known
from dockworthy.facts.host.clientconfig import ClientConfig, Helper, Login
from dockworthy.masking import HIDDEN


def _helpers(client_config: ClientConfig) -> dict[str, Helper]:
    client_config.demanded()
    content = client_config.content
    if not content.is_known and content.unknown is not None and content.unknown.code is Code.MALFORMED:
        not_applicable(f"the docker command reads nothing of {client_config.path}: {content.unknown}")
    return dict(client_config.helpers.value)


def _logins(client_config: ClientConfig) -> dict[str, Login]:
    client_config.demanded()
    if client_config.is_folder:
        not_applicable(f"{client_config.path} is a directory, which holds no login")
    return dict(client_config.logins.value)


def _file(client_config: ClientConfig) -> dict[str, ClientConfig]:
    client_config.demanded()
    return {client_config.path: client_config}


def _without(path: str, key: str) -> str:
    """The commands that take a key out of config.json; what it holds is readable by nobody else meanwhile."""
    file, new = shlex.quote(path), shlex.quote(f"{path}.new")
    return f"(umask 077; jq {shlex.quote(f'del({key})')} {file} >{new} && cat {new} >{file} && rm {new})"


@check(
    "client.helper-installed",
    severity="high",
    refs=("docker:login", "docker/cli:cli/config/credentials/native_store.go"),
    fix="# install the credential helper, or take it out of config.json and log in again",
    each=instances("helper", _helpers, none="config.json names no credential helper"),
)
def check_helper_installed(helper: Helper, client_config: ClientConfig) -> None:
    """The credential helper that config.json names is there.

    Without it `docker login`, Compose and buildx end with `executable file not found`. `docker pull` says nothing and
    takes no credential at all: a public image still comes, of a private one the registry says `pull access denied`.
    Files that were copied from a laptop name `desktop` or `osxkeychain`. Snap's docker command sees no program but its
    own.
    """
    if "/" in helper.name or HIDDEN in helper.name:
        not_decided(f"{helper.key} is no name of a program on the path", client_config.path)
    key = f".credHelpers[{json.dumps(helper.registry)}]" if helper.registry else ".credsStore"
    fix_with(
        f"# install {helper.program}, or take its name out of the file:\n"
        f"{_without(client_config.path, key)}\n"
        f"# and then log in again: docker login {helper.registry}".rstrip()
    )
    where = f"in {client_config.snap}" if client_config.snap else "on the path"
    expect(helper.path or f"no {helper.program} {where}", helper.key).satisfies(
        lambda _path: bool(helper.path), f"{helper.program} {where}"
    )


@check(
    "client.no-plain-credentials",
    severity="medium",
    refs=("docker:login", "docker/cli:cli/config/credentials/file_store.go"),
    fix="docker logout {param}\n# name a credential helper (credsStore), and only then: docker login {param}",
    each=instances("login", _logins, none="config.json holds the login of no registry"),
    params=("plain_credentials_accepted",),
)
def check_no_plain_credentials(login: Login, client_config: ClientConfig, params: Any) -> None:
    """No password of a registry lies in config.json.

    Without a credential helper `docker login` writes name and password there in base64, which everybody can read who
    gets at the file, and so can every backup of it. Tokens (`identitytoken`) end by themselves, and an empty entry is
    what a helper leaves. An old entry stays until `docker logout`, whatever credsStore says since. Accept a robot
    account with few rights by a waiver, or declare its registry (params: plain_credentials_accepted).
    """
    helper = client_config.helper_of(login.registry)
    if HIDDEN in login.registry or (helper is not None and not helper.path):
        # Without its helper `docker logout` takes nothing out, and does not say so.
        key = f".auths[{json.dumps(login.registry)}]"
        fix_with(f"{_without(client_config.path, key)}\n# and then log in again, with a helper that is there")
    shown = "a password" if login.has_password else "a token" if login.has_token else "nothing"
    accepted = login.registry in params.plain_credentials_accepted
    expect(shown, f"{client_config.path}: auths: {login.registry}").satisfies(
        lambda _shown: accepted or not login.has_password,
        "a password that the profile accepts" if accepted else "no password",
    )


@check(
    "client.config-private",
    severity="medium",
    refs=("docker:login", "docker/cli:cli/config/config.go"),
    fix="chmod 600 {param}",
    each=instances("config", _file),
)
def check_config_private(config: ClientConfig) -> None:
    """config.json is readable by its owner alone, and is JSON.

    What lies in it lets others pull and push in its owner's name. One that is no JSON, or where a value has another
    type than its key's, the docker command passes over with a warning, and pulls go without credentials. A folder in
    its place comes from a container that mounted it before it was there.
    """
    file = shlex.quote(config.path)
    if config.is_folder:
        fix_with(f"rmdir {file}")
    elif config.fault.get(""):
        fix_with(f"# mend {config.path}; the docker command says of it: {config.fault.get('')}")
    expect(config.fault).satisfies(lambda fault: not fault, "JSON that the docker command takes")
    if not config.secrets.value:
        expect(config.secrets).is_empty()
        return
    others = config.readers
    if any(name.startswith("its owner") for name in others.get(())):
        fix_with(f"chown {config.uid} {file}\nchmod 600 {file}")
    expect(known(list(others.value), others.source)).is_empty()
