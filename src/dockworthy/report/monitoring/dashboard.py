"""A dashboard for Grafana: how the hosts are, how that came, and which of them to look at first."""

from __future__ import annotations

import json
from typing import Any, Final

from dockworthy.report.formats.prometheus import series
from dockworthy.results.model import SEVERITIES

__all__ = ["dashboard"]

_SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
_HOSTS: Final = ("$host",)
_COLOURS: Final = {
    "critical": "dark-red",
    "high": "red",
    "medium": "orange",
    "low": "yellow",
    "info": "blue",
}
_DECIDED: Final = ("pass", "fail", "waived")
_WIDTH: Final = 24
Panel = dict[str, Any]


def _query(expression: str, legend: str = "", name: str = "A", *, table: bool = False, instant: bool = True) -> Panel:
    return {
        "refId": name,
        "datasource": _SOURCE,
        "expr": expression,
        "legendFormat": legend or "__auto",
        "instant": instant,
        "range": not instant,
        "format": "table" if table else "time_series",
    }


def _panel(kind: str, title: str, size: tuple[int, int], targets: list[Panel], **more: Any) -> Panel:
    return {
        "type": kind,
        "title": title,
        "datasource": _SOURCE,
        "gridPos": {"x": 0, "y": 0, "w": size[0], "h": size[1]},
        "targets": targets,
        **more,
    }


def _fields(unit: str = "short", *steps: tuple[float | None, str], **more: Any) -> Panel:
    told: list[Panel] = [{"value": value, "color": colour} for value, colour in steps or ((None, "text"),)]
    defaults = {"unit": unit, "color": {"mode": "thresholds"}, "thresholds": {"mode": "absolute", "steps": told}}
    return {"defaults": {**defaults, **more}, "overrides": []}


def _stat(title: str, expression: str, description: str, fields: Panel) -> Panel:
    options = {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "orientation": "auto",
        "textMode": "value",
        "colorMode": "value",
        "graphMode": "none",
        "justifyMode": "auto",
        "percentChangeColorMode": "standard",
        "showPercentChange": False,
        "wideLayout": True,
    }
    return _panel(
        "stat", title, (4, 4), [_query(expression)], description=description, fieldConfig=fields, options=options
    )


def _stats() -> list[Panel]:
    decided, applicable = (
        f"sum({series('results', host=_HOSTS, outcome=one)})" for one in (_DECIDED, (*_DECIDED, "error"))
    )
    none = (None, "green")
    return [
        *(
            _stat(
                f"Findings: {severity}",
                f"sum({series('findings', host=_HOSTS, severity=severity)})",
                f"Results that failed with severity {severity}.",
                _fields("short", none, (1, _COLOURS[severity])),
            )
            for severity in ("critical", "high")
        ),
        _stat(
            "Hosts looked at",
            f"sum({series('host_reachable', host=_HOSTS)})",
            "Hosts that the last run could look at.",
            _fields(),
        ),
        _stat(
            "Hosts not reached",
            f"count({series('host_reachable', host=_HOSTS)} == 0) or vector(0)",
            "Nothing is known of these.",
            _fields("short", none, (1, "red")),
        ),
        _stat(
            "Decided",
            f"{decided} / {applicable}",
            "How much of what applies was decided; what is not is no pass.",
            _fields("percentunit", (None, "red"), (0.9, "orange"), (1, "green"), min=0, max=1),
        ),
        _stat(
            "Last run",
            f"1000 * max({series('run_started_timestamp_seconds')})",
            "When it began.",
            _fields("dateTimeFromNow"),
        ),
    ]


def _over_time(title: str, targets: list[Panel], description: str, overrides: list[Panel] | None = None) -> Panel:
    drawn = {
        "drawStyle": "line",
        "lineInterpolation": "stepAfter",
        "lineWidth": 1,
        "fillOpacity": 20,
        "showPoints": "never",
        "stacking": {"mode": "normal", "group": "A"},
    }
    fields = _fields("short", color={"mode": "palette-classic"}, custom=drawn, min=0, decimals=0)
    options = {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    more = {"description": description, "fieldConfig": {**fields, "overrides": overrides or []}, "options": options}
    return _panel("timeseries", title, (12, 8), targets, **more)


def _colour(severity: str) -> Panel:
    colour = {"id": "color", "value": {"mode": "fixed", "fixedColor": _COLOURS[severity]}}
    return {"matcher": {"id": "byName", "options": severity}, "properties": [colour]}


def _table(title: str, columns: dict[str, str], description: str, first: str) -> Panel:
    """One row a host; ``columns`` are expressions by what stands above them."""
    targets = [
        _query(expression, name=chr(ord("A") + number), table=True)
        for number, expression in enumerate(columns.values())
    ]
    names = {
        f"Value #{target['refId']}" if len(targets) > 1 else "Value": name
        for target, name in zip(targets, columns, strict=True)
    }
    transformations = [
        {"id": "merge", "options": {}},
        {"id": "organize", "options": {"excludeByName": {"Time": True}, "indexByName": {}, "renameByName": names}},
    ]
    options = {
        "showHeader": True,
        "cellHeight": "sm",
        "frameIndex": 0,
        "sortBy": [{"displayName": first, "desc": True}],
    }
    more = {"description": description, "fieldConfig": _fields(), "options": options}
    return _panel("table", title, (12, 9), targets, transformations=transformations, **more)


def _panels() -> list[Panel]:
    by_severity = [
        _query(f"sum({series('findings', host=_HOSTS, severity=one)})", one, chr(ord("A") + number), instant=False)
        for number, one in enumerate(SEVERITIES)
    ]
    undecided = [_query(f"sum({series('results', host=_HOSTS, outcome='error')})", "undecided", instant=False)]
    undecided.append(_query(f"sum({series('results', host=_HOSTS, outcome='waived')})", "waived", "B", instant=False))
    worst = {one: f"sum by (host) ({series('findings', host=_HOSTS, severity=one)})" for one in SEVERITIES}
    seen = {
        "reached": f"sum by (host) ({series('host_reachable', host=_HOSTS)})",
        "hours since the last look": "floor((time() - max by (host) "
        f"({series('host_recorded_timestamp_seconds', host=_HOSTS)})) / 3600)",
        "undecided": f"sum by (host) ({series('results', host=_HOSTS, outcome='error')})",
    }
    made = [
        *_stats(),
        _over_time("Findings", by_severity, "Results that failed, by severity.", [_colour(one) for one in SEVERITIES]),
        _over_time("Undecided and waived", undecided, "What nobody knows, and what somebody accepted."),
        _table("Findings by host", worst, "The hosts to look at first.", "critical"),
        _table("What is known of each host", seen, "A host that was not reached keeps no findings.", "undecided"),
    ]
    return _placed(made)


def _placed(panels: list[Panel]) -> list[Panel]:
    """The panels beside each other, as many as there is room for, and numbered."""
    x = y = 0
    for number, panel in enumerate(panels, 1):
        place = panel["gridPos"]
        if x + place["w"] > _WIDTH:
            x, y = 0, y + panels[number - 2]["gridPos"]["h"]
        place.update(x=x, y=y)
        x += place["w"]
        panel["id"] = number
    return panels


def _variables() -> list[Panel]:
    query = f"label_values({series('host_reachable')}, host)"
    return [
        {"type": "datasource", "name": "datasource", "label": "Prometheus", "query": "prometheus", "refresh": 1},
        {
            "type": "query",
            "name": "host",
            "label": "Host",
            "datasource": _SOURCE,
            "query": {"query": query, "refId": "host"},
            "refresh": 2,
            "sort": 1,
            "multi": True,
            "includeAll": True,
            "allValue": ".*",
            "current": {"text": "All", "value": "$__all"},
        },
    ]


def dashboard() -> str:
    """The dashboard as Grafana imports it."""
    made = {
        "uid": "dockworthy",
        "title": "dockworthy",
        "description": "Is this host fit for Docker and Harbor? Made by `dockworthy init --monitoring`.",
        "tags": ["docker", "harbor", "compliance"],
        "schemaVersion": 39,
        "editable": True,
        "graphTooltip": 1,
        "time": {"from": "now-30d", "to": "now"},
        "refresh": "5m",
        "timezone": "browser",
        "templating": {"list": _variables()},
        "annotations": {"list": []},
        "links": [],
        "panels": _panels(),
    }
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"
