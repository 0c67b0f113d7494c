"""Asking a Harbor's API from the controlling process, and recording what it answered as a snapshot of its own.

Left to right: `declared` (which Harbors, by the profile, and with which credential), `wire` (one request over verified
TLS, bounded in size and time), `asking` (which paths, in which order, how often), `told` (what of an answer is kept),
`recording` (the snapshot). A credential goes to the Harbor that it is for and to no host; see ``docs/harbor.md``.
"""

from dockworthy.harborapi.declared import DeclaredHarbor, DeclaredNode, declared_harbors
from dockworthy.harborapi.gathering import ask_harbors

__all__ = ["DeclaredHarbor", "DeclaredNode", "ask_harbors", "declared_harbors"]
