"""What Harbor's `prepare` made, held against what harbor.yml says now: files, services, owners, modes, keys."""

from __future__ import annotations

from dockworthy.check import check, expect, fix_with, instances, not_applicable
from dockworthy.facts.harbor.installed.composed import compose_path
from dockworthy.facts.harbor.installed.config import HarborInstallation, installations
from dockworthy.facts.harbor.prepared.keys import secret_key_size, token_pair
from dockworthy.facts.harbor.prepared.modes import Place, data_places, rendered_places, secret_places
from dockworthy.facts.harbor.prepared.rendered import is_rendered
from dockworthy.facts.harbor.prepared.values import compose_differences, prepared_differences, release_source
from dockworthy.facts.harbor.settings.blocks import needs_release
from dockworthy.trust.advice.wording import shell

_NONE = "no Harbor is installed on this host"
_PREPARE = "harbor:prepare"
_AGAIN = "cd {param} && ./prepare && docker compose down && docker compose up -d"
_SINCE = (1, 8)


def _again(harbor: HarborInstallation) -> str:
    flag = " --with-trivy" if is_rendered(harbor, "trivy-adapter/env") else ""
    return f"cd {shell(harbor.folder)} && ./prepare{flag} && docker compose down && docker compose up -d"


@check(
    "harbor.prepare-current",
    severity="high",
    refs=(_PREPARE,),
    fix=_AGAIN,
    each=instances("harbor", installations, none=_NONE),
)
def check_prepare_current(harbor: HarborInstallation) -> None:
    """What `prepare` rendered is what harbor.yml says.

    Harbor reads none of harbor.yml itself: what was edited since `prepare` last ran is without effect, and what was
    edited in the rendered files is lost when it runs next. Values are compared, not times; secrets that are made anew
    each time, comments and the order of lists are no difference.
    """
    needs_release(harbor, *_SINCE)
    found = prepared_differences(harbor)
    fix_with(_again(harbor))
    expect(found, release_source(harbor)).equals({})


@check(
    "harbor.compose-current",
    severity="high",
    refs=(_PREPARE,),
    fix=_AGAIN,
    each=instances("harbor", installations, none=_NONE),
)
def check_compose_current(harbor: HarborInstallation) -> None:
    """The generated compose file has the services that harbor.yml asks for.

    Those of the release; its own database and Redis unless there are external ones; the exporter where metrics are
    enabled; the scanner where it was prepared; and the data volume and the logs' folder that harbor.yml names. What an
    override file adds is not judged.
    """
    needs_release(harbor, *_SINCE)
    if harbor.is_absent(compose_path(harbor)):
        not_applicable(f"{compose_path(harbor)} is not there: prepare has not run")
    found = compose_differences(harbor)
    fix_with(_again(harbor))
    expect(found, f"{compose_path(harbor)}, held against {release_source(harbor)}").equals({})


@check(
    "harbor.rendered-modes",
    severity="high",
    refs=(_PREPARE,),
    fix="chmod 0640 {param}",
    each=instances("place", rendered_places, none=f"{_NONE}, or nothing was prepared"),
)
def check_rendered_modes(place: Place) -> None:
    """Rendered files with secrets are not readable by others.

    The environment of core has the passwords of the administrator and the database, and the secrets by which services
    trust each other. The file with the registry's one user may be read by all: it has a hash, and Harbor itself
    writes it so.
    """
    fix_with(f"chmod 0640 {shell(place.path)}")
    expect(place.facts.mode).has_no_bits_outside(place.mask)


@check(
    "harbor.secret-modes",
    severity="high",
    refs=(_PREPARE,),
    fix="chown 10000:10000 {param} && chmod 0600 {param}",
    each=instances("place", secret_places, none=f"{_NONE}, or nothing was prepared"),
)
def check_secret_modes(place: Place) -> None:
    """Secrets in data_volume have the owner and mode that `prepare` gives.

    Another owner's secret cannot be read by the container that needs it, and one that others may read is none. Owners
    are compared as numbers, shifted where the engine remaps users.
    """
    wanted = place.wanted_owner
    fix_with(f"chown {wanted} {shell(place.path)} && chmod {place.mask:04o} {shell(place.path)}")
    expect(place.owner).equals(wanted)
    expect(place.facts.mode).has_no_bits_outside(place.mask)
    expect(place.is_readable, shown=lambda can: "readable" if can else "not readable by its owner").equals(True)


@check(
    "harbor.data-modes",
    severity="critical",
    refs=(_PREPARE,),
    fix="# give the folder to who uses it: 999:999 and 0700 for the database, 999:999 for Redis, else 10000:10000:\n"
    "chown -R OWNER {param}",
    each=instances("place", data_places, none=f"{_NONE}, or its data volume is empty"),
)
def check_data_modes(place: Place) -> None:
    """Data directories belong to those who use them.

    A registry that cannot write refuses every push; PostgreSQL does not start from a folder that others may enter. The
    folders themselves are judged, not what is in them, and none of an external database or Redis.
    """
    wanted = place.wanted_owner
    mode = f" && chmod {place.mask:04o} {shell(place.path)}" if place.has_mode else ""
    fix_with(f"chown -R {wanted} {shell(place.path)}{mode}")
    expect(place.owner).equals(wanted)
    expect(place.facts.mode).has_no_bits_outside(place.mask)


@check(
    "harbor.secretkey-valid",
    severity="critical",
    refs=(_PREPARE,),
    fix="# of {param}: restore secret/keys/secretkey below data_volume from a backup, 16 characters and no line's end",
    each=instances("harbor", installations, none=_NONE),
)
def check_secretkey_valid(harbor: HarborInstallation) -> None:
    """The secret key is one that `prepare` accepts.

    It encrypts what is secret in the database: passwords of registries, of LDAP, of robots. `prepare` stops at one that
    has not 16 characters, and makes a new one where it is missing: then all of them are lost. How many it has was
    counted on the host.
    """
    needs_release(harbor, *_SINCE)
    expect(secret_key_size(harbor)).equals("16 characters")


@check(
    "harbor.token-pair-matches",
    severity="critical",
    refs=(_PREPARE,),
    fix=_AGAIN,
    each=instances("harbor", installations, none=_NONE),
)
def check_token_pair(harbor: HarborInstallation) -> None:
    """The token's signing key and the registry's root belong together.

    Core signs the tokens of every pull and push by the one, and they are believed by the other: of two that do not
    match, or where one is missing, every pull is refused. They were compared by their public keys.
    """
    needs_release(harbor, *_SINCE)
    fix_with(_again(harbor))
    expect(token_pair(harbor)).equals("a pair")
