"""What a fix does beside fixing."""

from __future__ import annotations

import re

from dockworthy.regex import regex

__all__ = ["risk_of", "setting_risk"]

# Keys of the engine's configuration whose change hides or hurts what runs.
_SETTINGS = {
    "storage-driver": "images and containers of the old driver are not seen until it is set back",
    "userns-remap": "images and containers made before are not seen until it is taken away",
    "data-root": "images and containers in the old folder are not seen",
    "hosts": "clients of the old addresses lose the engine; with -H in the unit the engine does not start",
    "icc": "containers on the default bridge stop reaching each other",
    "userland-proxy": "connections from the host to its own published ports go another way",
    "tlsverify": "clients without a certificate lose the engine",
}
_KEY = regex(rf'^[^#\n]*"({"|".join(_SETTINGS)})"\s*:', re.MULTILINE)
_COMMANDS = (
    (regex(r"^[^#\n]*\breboot\b", re.MULTILINE), "the host restarts"),
    (
        regex(r"^[^#\n]*\b(?:systemctl\s+restart|service)\s+docker\b", re.MULTILINE),
        "the engine restarts, and containers stop meanwhile unless live-restore is on",
    ),
    (
        regex(r"^[^#\n]*\bsystemctl\s+restart\s+containerd\b", re.MULTILINE),
        "containerd restarts, and the engine does not answer meanwhile",
    ),
)


def setting_risk(key: str) -> str | None:
    """What changing this key of the engine's configuration does beside; None where nothing is known."""
    return _SETTINGS.get(key)


def risk_of(fix: str) -> str | None:
    """What carrying out the fix does beside, as one sentence; None where nothing is known. Comments are no part."""
    found = [_SETTINGS[key] for key in dict.fromkeys(_KEY.findall(fix))]
    found += [risk for pattern, risk in _COMMANDS if pattern.search(fix)][:1]
    text = "; ".join(found)
    return f"{text[0].upper()}{text[1:]}." if text else None
