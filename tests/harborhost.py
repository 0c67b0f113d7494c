"""A host with a Harbor installation, as the probe writes it down."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any

from tests.hosts import row, table
from tests.registryhost import registry_host, sections_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.facts.facts import Facts

__all__ = ["CERTIFICATE", "FOLDER", "KEY", "YML", "harbor_host", "harbor_sections"]

FOLDER = "/opt/harbor"
CERTIFICATE, KEY = "/data/cert/harbor.test.crt", "/data/cert/harbor.test.key"
YML = f"""hostname: harbor.test
http:
  port: 80
https:
  port: 443
  certificate: {CERTIFICATE}
  private_key: {KEY}
harbor_admin_password: REDACTED
data_volume: /data
"""


def harbor_sections(files: Mapping[str, Any], yml: Any = YML, modes: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The sections about an installation; files by their whole paths, a status for one that was not read."""
    rows = [row(FOLDER, "dir", "0755"), row("/data", "dir", "0755")]
    found: dict[str, Any] = {
        "cmd:harbor-found": f"{FOLDER}\n",
        f"file:{FOLDER}/harbor.yml": yml,
        f"file:{FOLDER}/docker-compose.yml": 2,
        f"cmd:harbor-defaults{FOLDER}": "harbor_admin_password set\n",
    }
    for path, content in files.items():
        kind = "absent" if content == 2 else "file"
        rows.append(row(path, kind, (modes or {}).get(path, "0600" if path.endswith(".key") else "0644")))
        found.update(sections_of(path, content))
    found[f"stat:harbor{posixpath.normpath(FOLDER)}"] = table(*rows)
    return found


def harbor_host(
    files: Mapping[str, Any],
    *parts: Mapping[str, Any],
    yml: Any = YML,
    modes: Mapping[str, str] | None = None,
    **changes: Any,
) -> Facts:
    """The compliant host with such an installation."""
    return registry_host(harbor_sections(files, yml, modes), *parts, **changes)
