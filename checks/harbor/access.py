"""Whether a Harbor answers, at which address, with whose key, and who gets in: asked of its API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dockworthy.check import check, expect, fix_with, instances, not_applicable
from dockworthy.evidence import Code, Evidence, NotDecided, known, unknown
from dockworthy.facts.api.document import Document
from dockworthy.facts.facts import Facts
from dockworthy.facts.harbor.api.answers import REFUSED, Answer
from dockworthy.facts.harbor.api.directory import directory_faults
from dockworthy.facts.harbor.api.harbor import HarborAPI, text, the_harbor
from dockworthy.facts.harbor.group.own import (
    OwnFiles,
    comparable,
    has_trivy,
    public_url,
    root_key_id,
    token_key_id,
)
from dockworthy.printable import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

WHOLE = instances("api", the_harbor)
_SYSTEM = "# in Harbor: Administration > Configuration > System Settings: "
_AUTH = "# in Harbor: Administration > Configuration > Authentication: "
_PUT = "\n# or: PUT /api/v2.0/configurations "
_BROKEN = 500
_MINUTE = 60
_OTHER = Code.MALFORMED


def _fix_where_it_is_set(api: HarborAPI, key: str) -> None:
    """Of a setting that comes from core's environment, which wins, say so: it cannot be changed in Harbor."""
    if api.is_fixed(key):
        fix_with(
            f"# {key} comes from CONFIG_OVERWRITE_JSON in core's environment, which wins over what Harbor keeps:\n"
            "# change it there; then, in Harbor's folder:\ndocker compose up -d core"
        )


@check(
    "harbor.api-answers",
    severity="critical",
    refs=("harbor:api",),
    fix="# on Harbor's host, in its folder:\ndocker compose ps\ndocker compose logs --tail 100 proxy core",
    each=WHOLE,
)
def check_api_answers(api: HarborAPI) -> None:
    """Harbor's API answers.

    Where it refuses connections, or every path of it is broken, nothing of Harbor works. A login page, a redirect or
    a certificate that is not verified is no answer and decides nothing: what answers may be another.
    """
    ping, info = (api.answers.received(path, login=False) for path in ("/ping", "/systeminfo"))
    if ping.unknown is not None and ping.unknown.startswith(REFUSED) and not info.is_known:
        expect(str(ping.unknown), f"{api.url}/api/v2.0").equals("Pong")
    if all(one.is_known and one.value.status >= _BROKEN for one in (ping, info)):
        statuses = {one.source: one.value.status for one in (ping, info)}
        expect(statuses, f"{api.url}/api/v2.0").equals({one.source: 200 for one in (ping, info)})
    said = api.answers.answer("/ping", login=False)
    if not _is_pong(said.value):
        raise NotDecided("it answers with something else than Pong: it may be another server", said.source, _OTHER)
    api.answers.document("/systeminfo", login=False).flag("self_registration", default=False).value  # noqa: B018 - JSON
    expect(said.map(lambda _: "Pong")).equals("Pong")


def _is_pong(answer: Answer) -> bool:
    return isinstance(answer.body, str) and answer.body.strip().strip('"') == "Pong"


def components(harbor_api: HarborAPI, beside: Mapping[str, Facts]) -> dict[str, Evidence[Document]]:
    """The components that Harbor lists; Trivy is missed where the files say that it is installed."""
    health = harbor_api.answers.document("/health", login=False)
    listed = health.objects("components")
    if listed.unknown is not None:
        return {harbor_api.name: unknown(listed.unknown, listed.source)}
    if not listed.value:
        return {harbor_api.name: unknown("it lists no component", listed.source, Code.NOT_TOLD)}
    found: dict[str, Evidence[Document]] = {}
    for row in listed.value:
        name = row.text("name").get("")
        found[harbor_api.named(name) if name else harbor_api.name] = (
            known(row, listed.source) if name else unknown("it lists a component without a name", listed.source)
        )
    trivy = harbor_api.named("trivy")
    if trivy not in found and has_trivy(harbor_api, beside):
        found[trivy] = unknown("Harbor does not list it, although its files say that it is installed", listed.source)
    return found


@check(
    "harbor.component-healthy",
    severity="critical",
    refs=("harbor:api",),
    fix="# on Harbor's host, in its folder; the database's service is called postgresql:\n"
    "docker compose ps\ndocker compose logs --tail 100 {param}",
    each=instances("component", components),
)
def check_component_healthy(component: Evidence[Document]) -> None:
    """Each component of Harbor says that it is healthy.

    Harbor answers with status 200 even where one is not.
    """
    row = component.value
    why = printable(text(row, "error", default="").get(""))
    status = text(row, "status")
    expect(status, shown=lambda word: {"status": word, "error": why} if why else word).equals("healthy")


@check(
    "harbor.external-url-effective",
    severity="high",
    refs=("harbor:prepare", "harbor:external-url"),
    fix="# in Harbor's folder, where harbor.yml is right:\n./prepare && docker compose down && docker compose up -d",
    each=WHOLE,
)
def check_external_url(api: HarborAPI, harbor_files: tuple[OwnFiles, ...]) -> None:
    """Harbor's core knows the address that harbor.yml says.

    Where they differ harbor.yml was edited and not prepared, or core was not made anew: tokens and links then lead to
    the old address.
    """
    outside = api.info(lambda info: text(info, "external_url"))
    registry = api.info(lambda info: text(info, "registry_url"))
    for one in harbor_files:
        wanted = public_url(one.installation)
        address = comparable(wanted.value)
        source = f"{outside.source} and {one.host}: {wanted.source}"
        expect(outside.by(source).map(comparable)).equals(address)
        expect(registry.by(source).map(comparable)).satisfies(
            lambda name, address=address: _with_scheme(name, address) == address,  # type: ignore[misc]
            address.partition("://")[2],
        )


def _with_scheme(name: str, address: str) -> str:
    """The registry's name as an address of the scheme of another."""
    return comparable(f"{address.partition('://')[0]}://{name}")


@check(
    "harbor.token-pair-in-use",
    severity="high",
    refs=("harbor:token-service", "docker:token-auth"),
    fix="# in Harbor's folder:\ndocker compose restart core registry",
    each=WHOLE,
)
def check_token_pair_in_use(api: HarborAPI, harbor_files: tuple[OwnFiles, ...]) -> None:
    """Harbor's core signs tokens with the key that lies on disk.

    The registry verifies them with root.crt. A key that was replaced while core ran is not in use until core is
    restarted; one that only core has fails every pull after the next restart.
    """
    for one in harbor_files:
        root = root_key_id(one.installation)
        if root.unknown is not None and root.unknown.code is Code.ABSENT:
            not_applicable(f"{root.source} is not there ({one.host})")
        asked = one.node.name if one.node is not None and one.node.address else ""
        token = token_key_id(api, asked)
        expect(token.by(f"{token.source}, and {one.host}: {root.source}")).equals(root.value)


@check(
    "harbor.auth-mode",
    severity="medium",
    refs=("harbor:authentication",),
    fix=_AUTH + "Auth Mode (only while there are no users but admin)",
    each=WHOLE,
    params=("harbor_auth_modes",),
)
def check_auth_mode(api: HarborAPI, params: Any) -> None:
    """People log in to Harbor in a way that the profile accepts."""
    expect(api.auth_mode).is_in(params.harbor_auth_modes)


@check(
    "harbor.self-registration-off",
    severity="high",
    refs=("harbor:authentication",),
    fix=_AUTH + "Allow Self-Registration off" + _PUT + '{"self_registration": false}',
    each=WHOLE,
)
def check_self_registration(api: HarborAPI) -> None:
    """Nobody can register himself with Harbor.

    The setting has no effect where people log in by a directory or an identity provider.
    """
    _fix_where_it_is_set(api, "self_registration")
    is_on: Evidence[bool] = api.info(lambda info: info.flag("self_registration"))
    if not is_on.value:
        expect(is_on).equals(False)
        return
    shown = {"self_registration": True, "auth_mode": api.auth_mode.value}
    expect(api.auth_mode, shown=lambda _: shown).differs_from("db_auth")


@check(
    "harbor.project-creation-restricted",
    severity="medium",
    refs=("harbor:projects",),
    fix=_SYSTEM + "Project Creation: Admin Only" + _PUT + '{"project_creation_restriction": "adminonly"}',
    each=WHOLE,
    params=("harbor_project_creation",),
)
def check_project_creation(api: HarborAPI, params: Any) -> None:
    """Only administrators can create projects.

    Harbor's default lets everyone who logs in.
    """
    _fix_where_it_is_set(api, "project_creation_restriction")
    told: Evidence[str] = api.info(lambda info: text(info, "project_creation_restriction"))
    if not told.is_known:
        set_to: Evidence[str] = api.setting("project_creation_restriction", text)
        told = set_to if set_to.is_known else told
    expect(told).is_in(("adminonly", *params.harbor_project_creation))


@check(
    "harbor.token-lifetime",
    severity="medium",
    refs=("harbor:token-service",),
    fix=_SYSTEM + "Token Expiration (minutes)" + _PUT + '{"token_expiration": 30}',
    each=WHOLE,
    params=("harbor_max_token_minutes",),
)
def check_token_lifetime(api: HarborAPI, params: Any) -> None:
    """Tokens of Harbor's token service are short-lived.

    A token cannot be taken back. An anonymous one tells how long all are valid, also to who has no login.
    """
    _fix_where_it_is_set(api, "token_expiration")
    minutes: Evidence[int] = api.setting("token_expiration", Document.number)
    claims = api.answers.document("/service/token", login=False).at("claims")
    issued, ends = claims.number("iat"), claims.number("exp")
    seen = issued.then(lambda start: ends.map(lambda end: -(-(end - start) // _MINUTE)))
    decides = [one for one in (minutes, seen) if one.is_known or _is_malformed(one)]
    for one in decides or [minutes if api.answers.has_login else seen]:
        expect(one).at_most(params.harbor_max_token_minutes)


def _is_malformed(evidence: Evidence[int]) -> bool:
    return evidence.unknown is not None and evidence.unknown.code is Code.MALFORMED


@check(
    "harbor.directory-verified",
    severity="high",
    refs=("harbor:authentication", "RFC4513:3.1.3"),
    fix=_AUTH + "an address with ldaps:// or https://, and Verify Certificate on",
    each=WHOLE,
)
def check_directory_verified(api: HarborAPI) -> None:
    """Harbor reaches the directory or identity provider by verified TLS.

    Every password that people log in with goes there. What is set for a way to log in that is not in force counts for
    nothing.
    """
    mode = api.auth_mode.value
    if mode == "db_auth":
        not_applicable("Harbor keeps its users itself (auth_mode db_auth)")
    expect(directory_faults(api, mode)).equals(())


@check(
    "harbor.not-read-only",
    severity="high",
    refs=("harbor:system-settings",),
    fix=_SYSTEM + "Repository Read Only off" + _PUT + '{"read_only": false}',
    each=WHOLE,
    params=("harbor_read_only_expected",),
)
def check_not_read_only(api: HarborAPI, params: Any) -> None:
    """Harbor takes pushes.

    Harbor before 2.0 was made read-only for a garbage collection, and a profile may expect it.
    """
    _fix_where_it_is_set(api, "read_only")
    is_on: Evidence[bool] = api.info(lambda info: info.flag("read_only"))
    if is_on.value and not params.harbor_read_only_expected:
        last = [one.status for one in api.collections.value[:1]]
        shown = {"read_only": True, "last garbage collection": last[0] if last else "none"}
        expect(is_on, shown=lambda _: shown).satisfies(lambda _: last in (["Running"], ["Pending"]), False)
        return
    expect(is_on).is_in((False, params.harbor_read_only_expected))
