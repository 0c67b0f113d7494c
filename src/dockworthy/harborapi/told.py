"""What of an answer is kept: the fields by name whose values are harmless, everything else not at all.

A list of what is dropped would be one step behind the next release; what checks read is known. Texts lose the user
information of the URLs in them, and their length is bounded.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from dockworthy.masking import HIDDEN, masked

__all__ = ["told"]

_LONGEST_TEXT: Final = 1024
_LONGEST_PEM: Final = 65_536
_DEEPEST: Final = 12
_PEM: Final = frozenset({"ca_certificate"})
_INSIDE: Final = frozenset({"job_parameters"})  # JSON within a text
_FREE: Final = frozenset({"error"})  # what a component says of its fault in its own words
_SECRET: Final = re.compile(
    r"""((?:password|passwd|pwd|secret|token|credential)[\w-]*["']?\s*[=:]\s*|(?:basic|bearer)\s+)("[^"]*"|'[^']*'|\S+)""",
    re.IGNORECASE,
)
_FIELDS: Final = """
    errors code status name components error auth_mode primary_auth_mode self_registration harbor_version
    external_url registry_url has_ca_root registry_storage_provider_name read_only current_time
    project_creation_restriction notification_enable with_notary with_chartmuseum oidc_provider_name value
    editable token_expiration robot_token_duration session_timeout ldap_url ldap_verify_cert oidc_endpoint
    oidc_verify_cert http_authproxy_endpoint http_authproxy_verify_cert uaa_endpoint uaa_verify_cert
    audit_log_forward_endpoint skip_audit_log_database quota_per_project_enable storage_per_project
    total_project_count total_repo_count private_project_count private_repo_count public_project_count
    public_repo_count total_storage_consumption storage total free uuid url disabled is_default health auth
    skip_certVerify use_internal_addr vendor version adapter id schedule type cron next_scheduled_time job_name
    job_kind job_status job_parameters creation_time update_time deleted delete_untagged dry_run insecure
    ca_certificate registry_id enabled src_registry dest_registry dest_namespace trigger trigger_settings
    replicate_deletion override filters decoration policy_id start_time end_time succeed failed in_progress
    stopped level duration disable expires_at ref owner_name hard used pid worker_pool_id start_at heartbeat_at
    concurrency host job_type count latency paused project_id repo_count metadata public auto_scan prevent_vul
    severity reuse_sys_cve_allowlist retention_id enable_content_trust enable_content_trust_cosign
    auto_sbom_generation cve_allowlist items cve_id action template tag_selectors scope_selectors repository
    kind pattern algorithm rules settings scope
"""
_KEPT: Final = frozenset(_FIELDS.split())


def told(value: Any, key: str = "", depth: int = 0) -> Any:
    """The JSON value as it is recorded."""
    if isinstance(value, str):
        return _text(value, key)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if depth >= _DEEPEST:
        return None
    if isinstance(value, list):
        return [told(item, key, depth + 1) for item in value]
    return {name: told(item, name, depth + 1) for name, item in value.items() if name in _KEPT}


def _text(text: str, key: str) -> Any:
    if key in _PEM:
        return text[:_LONGEST_PEM] if "PRIVATE" not in text else None
    if key in _INSIDE:
        try:
            inside = json.loads(text[:_LONGEST_PEM])
        except (ValueError, RecursionError):
            return None
        return json.dumps(told(inside)) if isinstance(inside, dict) else None
    shown = masked(text[:_LONGEST_TEXT])
    return _SECRET.sub(rf"\1{HIDDEN}", shown) if key in _FREE else shown
