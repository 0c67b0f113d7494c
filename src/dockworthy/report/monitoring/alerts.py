"""Prometheus' alert rules: findings, what is undecided, and above all that nobody looked any more."""

from __future__ import annotations

from typing import Any, Final

from dockworthy.report.formats.prometheus import series

__all__ = ["alerts"]

_HEAD: Final = """\
# Alerts on what dockworthy finds; made by `dockworthy init --monitoring`, to be changed as you like.
# A run is expected every night: what is 36 hours old was missed.
"""
_A_DAY: Final = 86_400
_MISSED: Final = 36 * 3_600
_OLD: Final = 7 * _A_DAY
_UNDECIDED: Final = 0.1
_APPLICABLE: Final = ("pass", "fail", "waived", "error")


def _rule(name: str, expression: str, severity: str, summary: str, description: str) -> dict[str, Any]:
    return {
        "alert": f"Dockworthy{name}",
        "expr": expression,
        "labels": {"severity": severity},
        "annotations": {"summary": summary, "description": description},
    }


def _rules() -> list[dict[str, Any]]:
    shares = [f"sum by (host) ({series('results', outcome=one)})" for one in ("error", _APPLICABLE)]
    worse = series("findings", severity=("critical", "high", "medium", "low"))
    return [
        _rule(
            "CriticalFindings",
            f"sum by (host) ({series('findings', severity='critical')}) > 0",
            "critical",
            "{{ $labels.host }} has {{ $value }} critical findings",
            "See them in the report of the last run, or with `dockworthy diff` since when they are there.",
        ),
        _rule(
            "HighFindings",
            f"sum by (host) ({series('findings', severity='high')}) > 0",
            "warning",
            "{{ $labels.host }} has {{ $value }} findings of high severity",
            "See them in the report of the last run.",
        ),
        _rule(
            "MoreFindings",
            f"sum by (host) ({worse}) - sum by (host) ({worse} offset 1d) > 0",
            "warning",
            "{{ $labels.host }} has {{ $value }} findings more than a day ago",
            "`dockworthy diff` names them.",
        ),
        _rule(
            "HostNotReached",
            f"{series('host_reachable')} == 0",
            "warning",
            "{{ $labels.host }} could not be looked at",
            "Nothing is known of it since; `dockworthy doctor` says what is in the way.",
        ),
        _rule(
            "Undecided",
            f"{shares[0]} / {shares[1]} > {_UNDECIDED} and on (host) {series('host_reachable')} == 1",
            "warning",
            "{{ $value | humanizePercentage }} of what applies to {{ $labels.host }} is undecided",
            "What is not decided is no pass; `dockworthy doctor` says what is in the way.",
        ),
        _rule(
            "SnapshotOld",
            f"time() - {series('host_recorded_timestamp_seconds')} > {_OLD}",
            "warning",
            "{{ $labels.host }} was last looked at {{ $value | humanizeDuration }} ago",
            "It is judged by a snapshot that is older than a week.",
        ),
        _rule(
            "RunIncomplete",
            f"{series('run_complete')} == 0",
            "warning",
            "{{ $labels.instance }}: the last run did not come to its end",
            "Results are missing of it.",
        ),
        _rule(
            "RunMissed",
            f"time() - {series('run_started_timestamp_seconds')} > {_MISSED}",
            "critical",
            "{{ $labels.instance }}: no run for {{ $value | humanizeDuration }}",
            "The metrics are those of an old run, and say nothing of today.",
        ),
        _rule(
            "NoMetrics",
            f"absent({series('run_info')})",
            "critical",
            "There are no metrics of dockworthy",
            "No run has written any, or they are not scraped.",
        )
        | {"for": "1h"},
    ]


def alerts() -> str:
    """The rules' file."""
    import yaml  # noqa: PLC0415 - the file's own need

    groups = {"groups": [{"name": "dockworthy", "rules": _rules()}]}
    return _HEAD + yaml.safe_dump(groups, sort_keys=False, width=1000, allow_unicode=True)
