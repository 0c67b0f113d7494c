"""config.json of the docker command: the helper that it names, the passwords in it, who may read it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.hosts import checks_in, host, outcomes, row, table
from tests.rows import each_of

if TYPE_CHECKING:
    from dockworthy.facts.facts import Facts

CHECKS = checks_in("client", "config.py")
HELPER, PLAIN, PRIVATE = (
    CHECKS[f"client.{name}"] for name in ("helper-installed", "no-plain-credentials", "config-private")
)
PATH = "/home/dev/.docker/config.json"
HIDDEN = "REDACTED"
LOGIN = {"auths": {"r.example.com": {"auth": HIDDEN}}}
FOLDERS = {"/home/dev/.docker": "0755", "/home/dev": "0755", "/home": "0755", "/": "0755"}


def client(
    content: Any = None,
    *,
    by: str = "HOME",
    uid: int = 1000,
    mode: str = "0600",
    owner: str = "dev:users",
    folders: dict[str, str] | None = None,
    more: str = "",
    **sections: Any,
) -> Facts:
    """A host whose docker command has that configuration, as the probe tells it; none where it is None."""
    text = content if isinstance(content, (str, int, tuple)) else 2 if content is None else json.dumps(content)
    places = [row(PATH, "file", mode, owner)]
    places += [
        row(path, "dir", bits, "dev:users" if path.startswith("/home/dev") else "root:root")
        for path, bits in {**FOLDERS, **(folders or {})}.items()
    ]
    return host(
        {
            "cmd:id": f"{uid} {uid} dev no\n",
            "cmd:client-config": f"path {PATH}\nby {by}\n{more}",
            f"file:{PATH}": text,
            "stat:client": table(*places),
            **sections,
        }
    )


def said(check: str, facts: Facts, **params: Any) -> dict[str | None, str]:
    """The outcomes of one check by instance."""
    return {param: one.outcome for param, one in outcomes(CHECKS[check], facts, **params).items()}


both = {"credsStore": "pass", "credHelpers": {"r.example.com": "ecr-login"}}
HELPERS: dict[str, tuple[Any, str, dict[str | None, str]]] = {
    "the store's": ({"credsStore": "pass"}, "pass", {"default": "pass"}),
    "none": ({"credsStore": "desktop", "auths": {"r.example.com": {}}}, "", {"default": "fail"}),
    "another's": ({"credsStore": "desktop.exe"}, "desktop", {"default": "fail"}),
    "a registry's own": (both, "pass", {"default": "pass", "r.example.com": "fail"}),
    "all but the store's": (both, "ecr-login", {"default": "fail", "r.example.com": "pass"}),
    "none for this registry": ({"credHelpers": {"r.example.com": ""}}, "", {None: "skip"}),
    "an empty store": ({"credsStore": ""}, "", {None: "skip"}),
    "no helper": (LOGIN, "", {None: "skip"}),
    "written in another case": ({"CREDSSTORE": "osxkeychain"}, "", {"default": "fail"}),
    "a path": ({"credsStore": "../x"}, "", {"default": "error"}),
    "what may be a secret": ({"credsStore": HIDDEN}, "", {"default": "error"}),
    "no JSON": ("{", "pass", {None: "skip"}),
    "a wrong type elsewhere": ({"experimental": True, "credsStore": "pass"}, "", {"default": "fail"}),
    "no file": (None, "", {None: "skip"}),
    "closed": (13, "", {None: "error"}),
    "too large": (27, "", {None: "error"}),
    "empty": ("", "", {None: "skip"}),
}


@each_of("content, programs, wanted", HELPERS.values(), ids=HELPERS)
def test_a_helper_must_be_on_the_path(content: Any, programs: str, wanted: Any) -> None:
    """Each row: the file, the programs that were seen, and what is said of each helper."""
    more = "".join(f"helper /usr/bin/docker-credential-{program}\n" for program in programs.split())
    assert said("client.helper-installed", client(content, more=more)) == wanted


def test_the_fix_of_a_missing_helper_takes_its_name_out() -> None:
    facts = client({"credsStore": "desktop", "credHelpers": {"r.example.com:5000": "x"}})
    found = outcomes(HELPER, facts)
    assert "jq 'del(.credsStore)' /home/dev/.docker/config.json" in (found["default"].fix or "")
    assert 'del(.credHelpers["r.example.com:5000"])' in (found["r.example.com:5000"].fix or "")
    assert found["default"].observed == "no docker-credential-desktop on the path"
    assert found["default"].source == "/home/dev/.docker/config.json: credsStore"


def test_snaps_command_sees_its_own_programs_alone() -> None:
    facts = client({"credsStore": "pass"}, more="snap /snap/docker/current\n")
    assert outcomes(HELPER, facts)["default"].observed == "no docker-credential-pass in /snap/docker/current"


LOGINS: dict[str, tuple[Any, str]] = {
    "name and password": ({"auth": HIDDEN}, "fail"),
    "a password of its own": ({"username": HIDDEN, "password": HIDDEN}, "fail"),
    "what is no login": ({"auth": f"{HIDDEN}!"}, "fail"),
    "what a helper leaves": ({}, "pass"),
    "an empty one": ({"auth": ""}, "pass"),
    "a token": ({"identitytoken": HIDDEN}, "pass"),
    "a token beside a name": ({"auth": f"{HIDDEN}:", "identitytoken": HIDDEN}, "pass"),
    "a registry's token": ({"registrytoken": HIDDEN}, "pass"),
    "a token beside a password": ({"auth": HIDDEN, "identitytoken": HIDDEN}, "fail"),
    "an address alone": ({"email": HIDDEN}, "pass"),
}


@each_of("entry, wanted", LOGINS.values(), ids=LOGINS)
def test_a_password_in_the_file_is_a_finding(entry: Any, wanted: Any) -> None:
    """Each row: an entry of auths, as the probe tells it, and what is said of it."""
    found = said("client.no-plain-credentials", client({"auths": {"r.example.com": entry}, "credsStore": "pass"}))
    assert found == {"r.example.com": wanted}


def test_passwords_are_asked_for_by_registry() -> None:
    two = {"auths": {"r.example.com": {"auth": HIDDEN}, "https://index.docker.io/v1/": {"auth": HIDDEN}, "o.test": {}}}
    facts = client(two)
    found = said("client.no-plain-credentials", facts, plain_credentials_accepted=("r.example.com",))
    assert found == {"r.example.com": "pass", "https://index.docker.io/v1/": "fail", "o.test": "pass"}
    rows: dict[str, tuple[Any, str]] = {
        "no file": (None, "skip"),
        "no login": ({"credsStore": "pass"}, "skip"),
        "none at all": ({"auths": None}, "skip"),
        "cut off": ('{"auths": {"r.example.com": {"auth": "x', "error"),
        "closed": (13, "error"),
        "a folder": (21, "skip"),
    }
    for name, (content, wanted) in rows.items():
        assert said("client.no-plain-credentials", client(content)) == {None: wanted}, name
    by_variable = outcomes(PLAIN, client(None, more="auth-config set\n"))[None]
    assert by_variable.reason == f"there is no {PATH}; DOCKER_AUTH_CONFIG holds its credentials"


token, proxy = (
    {"auths": {"r": {"identitytoken": HIDDEN}}},
    {"proxies": {"default": {"httpProxy": f"http://{HIDDEN}@p"}}},
)
plain: dict[str, Any] = {"auths": {"r": {}}, "HttpHeaders": {"User-Agent": HIDDEN}, "psFormat": HIDDEN}
header = {"HttpHeaders": {"X-Meta-Auth": HIDDEN}}
READERS: dict[str, tuple[Any, dict[str, Any], str]] = {
    "the owner alone": (LOGIN, {}, "pass"),
    "read-only": (LOGIN, {"mode": "0400"}, "pass"),
    "others": (LOGIN, {"mode": "0644"}, "fail"),
    "the group": (LOGIN, {"mode": "0640"}, "fail"),
    "a token": (token, {"mode": "0644"}, "fail"),
    "a proxy's password": (proxy, {"mode": "0644"}, "fail"),
    "a header": (header, {"mode": "0644"}, "fail"),
    "nothing secret": (plain, {"mode": "0644"}, "pass"),
    "a folder that is closed": (LOGIN, {"mode": "0644", "folders": {"/home/dev/.docker": "0700"}}, "pass"),
    "a home that is closed": (LOGIN, {"mode": "0666", "folders": {"/home/dev": "0700"}}, "pass"),
    "a home that the group enters": (LOGIN, {"mode": "0644", "folders": {"/home/dev": "0710"}}, "fail"),
    "a home that others list": (LOGIN, {"mode": "0644", "folders": {"/home/dev": "0704"}}, "pass"),
    "another's": (LOGIN, {"owner": "nobody:nogroup"}, "fail"),
    "root's, for a user": (LOGIN, {"owner": "root:root"}, "fail"),
    "a user's, for root at that home": (LOGIN, {"uid": 0}, "pass"),
    "a user's, for root elsewhere": (LOGIN, {"uid": 0, "by": "DOCKER_CONFIG"}, "fail"),
    "not looked at": (LOGIN, {"stat:client": ""}, "error"),
}


@each_of("content, changes, wanted", READERS.values(), ids=READERS)
def test_who_else_may_read_what_lies_in_it(content: Any, changes: dict[str, Any], wanted: Any) -> None:
    """Each row: what is in it, its mode and owner, the folders above it, and what is said."""
    assert said("client.config-private", client(content, **changes)) == {PATH: wanted}


OBJECTIONS = {
    "nothing": ("", ""),
    "blanks": (" \n", ""),
    "a value and more": ("{} x", ""),
    "null": ("null", ""),
    "an unknown key": ('{"foo": 1}', ""),
    "no JSON": ("x", "invalid character 'x' looking for beginning of value"),
    "cut off": ('{"auths":{', "unexpected EOF"),
    "a list": ("[]", "json: cannot unmarshal array into Go value of type configfile.ConfigFile"),
    "auths as a list": (
        '{"auths":[]}',
        "json: cannot unmarshal array into Go struct field ConfigFile.auths of type map[string]types.AuthConfig",
    ),
    "a switch": (
        '{"experimental":true}',
        "json: cannot unmarshal bool into Go struct field ConfigFile.experimental of type string",
    ),
    "a number": (
        '{"credsStore":1}',
        "json: cannot unmarshal number into Go struct field ConfigFile.credsStore of type string",
    ),
    "a plugin": (
        '{"plugins":{"a":"b"}}',
        "json: cannot unmarshal string into Go struct field ConfigFile.plugins of type map[string]string",
    ),
    "an odd login": ('{"auths":{"r":{"auth":"REDACTED!"}}}', "the auth of r is no base64 of NAME:PASSWORD"),
    "a name alone": ('{"auths":{"r":{"auth":"REDACTED:"}}}', ""),
}


@each_of("text, words", OBJECTIONS.values(), ids=OBJECTIONS)
def test_what_the_docker_command_passes_over_is_a_finding(text: str, words: str) -> None:
    """Each row: a file of that mode, and what docker 26.1.5 says of it, nothing where it takes it."""
    found = outcomes(PRIVATE, client(text))[PATH]
    assert (found.outcome, found.observed if words else "") == ("fail" if words else "pass", words)


def test_a_folder_in_its_place_is_a_finding() -> None:
    folder = outcomes(PRIVATE, client(21))[PATH]
    assert (folder.outcome, folder.observed, folder.fix) == ("fail", "it is a directory", f"rmdir {PATH}")


def test_a_file_that_is_not_there_or_was_not_read_decides_nothing() -> None:
    assert said("client.config-private", client(None)) == {None: "skip"}
    assert said("client.config-private", client(13)) == {None: "error"}
    assert said("client.config-private", host({})) == {None: "error"}
    assert said("client.config-private", client(62)) == {None: "error"}


def test_the_fix_gives_another_owners_file_back() -> None:
    found = outcomes(PRIVATE, client(LOGIN, owner="nobody:nogroup", mode="0644"))[PATH]
    assert found.observed == ["its owner nobody", "group nogroup", "others"]
    assert found.fix == f"chown 1000 {PATH}\nchmod 600 {PATH}"


def test_of_a_link_the_folders_count_where_it_leads() -> None:
    shared = f"{PATH} /srv/c/config.json file 0644 1000 100 dev users 10 1 1 - 1000 100"
    for bits, wanted in (("0755", "fail"), ("0700", "pass")):
        folders = [row("/srv/c", "dir", bits), row("/srv", "dir", "0755"), row("/", "dir", "0755")]
        home = [row("/home/dev/.docker", "dir", "0700", "dev:users"), row("/home/dev", "dir", "0755", "dev:users")]
        seen: dict[str, Any] = {"stat:client": table(shared, *home, *folders)}
        assert said("client.config-private", client(LOGIN, **seen)) == {PATH: wanted}
