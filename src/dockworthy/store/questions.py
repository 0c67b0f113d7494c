"""What a store is asked: each question with its words, its columns and how DuckDB answers it.

``answer(store, name, wanted) -> Answer``. Moments are RFC 3339 in UTC, and days ``YYYY-MM-DD``; a finding is one host,
check and instance.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from dockworthy.patterns import covers
from dockworthy.results.model import SEVERITIES
from dockworthy.store.asking import ask

if TYPE_CHECKING:
    import duckdb

    from dockworthy.store.store import Store

__all__ = ["QUESTIONS", "Answer", "Question", "Wanted", "answer", "answers"]


class Question(NamedTuple):
    """One question."""

    told: str  # what it asks, in a line
    columns: tuple[str, ...]  # of its answer
    sql: str  # how it is asked
    counted: str = ""  # what its rows are counted by, where that is less work


class Wanted(NamedTuple):
    """What of the answer is wanted."""

    since: datetime | None = None  # nothing that ended before
    until: datetime | None = None  # nothing that began at this moment or later; also the moment that counts as now
    host: str | None = None  # a pattern of names
    check: str | None = None  # an id, or one that the check had before
    days: int | None = None  # how many, where a question asks for that
    times: int = 2  # how often a finding came back that is told to flap
    ended: bool = False  # findings that ended, too
    limit: int | None = None  # rows

    @property
    def now(self) -> datetime:
        """The moment from which days are counted."""
        return self.until or datetime.now(tz=timezone.utc)


class Answer(NamedTuple):
    """The rows that were found."""

    columns: tuple[str, ...]  # their names
    rows: list[tuple[Any, ...]]  # the first of them
    total: int  # how many there are


_CHOSEN = """
FROM episodes
WHERE {host} AND {check} AND first_seen < $until AND coalesce(ended, last_seen) >= $since AND ($ended OR state = 'open')
"""
DAYS: Final = {"missing": 7, "certificates": 30}
"""How many days a question means where nobody says."""
_DAY = """
WITH own AS (SELECT * FROM episodes WHERE {host} AND {check}),
waived AS (SELECT * FROM pauses WHERE {host} AND {check}),
moves AS (
    SELECT CAST(first_seen AS DATE) AS day, severity, 1 AS n, CAST(new AS BIGINT) AS begun, 0 AS fixed, 0 AS gone
    FROM own
    UNION ALL
    SELECT CAST(ended AS DATE), severity, -1, 0, CAST(state = 'fixed' AS BIGINT), CAST(state = 'gone' AS BIGINT)
    FROM own WHERE ended IS NOT NULL
    UNION ALL
    SELECT CAST(since AS DATE), severity, -1, 0, 0, 0 FROM waived
    UNION ALL
    SELECT CAST(until AS DATE), severity, 1, 0, 0, 0 FROM waived WHERE until IS NOT NULL
),
seen AS (SELECT day, count(*) FILTER (reached) AS hosts FROM looks WHERE {host} GROUP BY day),
made AS (SELECT CAST(started AS DATE) AS day, count(*) AS runs FROM runs GROUP BY day),
by_day AS (
    SELECT day, sum(n) FILTER (severity = 'critical') AS critical, sum(n) FILTER (severity = 'high') AS high,
        sum(n) FILTER (severity = 'medium') AS medium, sum(n) FILTER (severity = 'low') AS low,
        sum(n) FILTER (severity = 'info') AS info, sum(n) AS every, sum(begun) AS new,
        sum(fixed) AS fixed, sum(gone) AS gone
    FROM moves GROUP BY day
),
every_day AS (
    SELECT day, coalesce(runs, 0) AS runs, coalesce(hosts, 0) AS hosts,
        sum(every) OVER upto AS open, sum(critical) OVER upto AS critical, sum(high) OVER upto AS high,
        sum(medium) OVER upto AS medium, sum(low) OVER upto AS low, sum(info) OVER upto AS info, new, fixed, gone
    FROM by_day FULL JOIN seen USING (day) FULL JOIN made USING (day)
    WINDOW upto AS (ORDER BY day)
)
SELECT strftime(day, '%Y-%m-%d'), runs, hosts, whole(open), whole(critical), whole(high), whole(medium), whole(low),
    whole(info), whole(new), whole(fixed), whole(gone)
FROM every_day
WHERE day >= CAST($since AS DATE) AND day < $until
ORDER BY day
"""
QUESTIONS: Final = {
    "days": Question(
        "findings that were open at the end of each day with a run, and what came and went",
        ("day", "runs", "hosts", "open", *SEVERITIES, "new", "fixed", "gone"),
        _DAY,
    ),
    "findings": Question(
        "the findings that are open: since when, and when they were last seen",
        ("host", "check", "param", "severity", "state", "first_seen", "new", "last_seen", "ended", "title"),
        f"""
SELECT host, "check", param, severity, state, shown(first_seen), new, shown(last_seen), shown(ended),
    (SELECT any_value(title) FROM checks c WHERE c."check" = e."check")
FROM (
    SELECT * {_CHOSEN} ORDER BY rank_of(severity), first_seen, host, "check", param NULLS FIRST {{limit}}
) e
ORDER BY rank_of(severity), first_seen, host, "check", param NULLS FIRST
""",  # noqa: S608 - ours
        f"SELECT 1 {_CHOSEN}",
    ),
    "fixes": Question(
        "the findings that were fixed, and how long that took",
        ("host", "check", "param", "severity", "first_seen", "fixed", "days"),
        """
SELECT host, "check", param, severity, shown(first_seen), shown(ended),
    CASE WHEN new THEN round((epoch(ended) - epoch(first_seen)) / 86400, 2) END
FROM episodes
WHERE {host} AND {check} AND state = 'fixed' AND ended >= $since AND ended < $until
ORDER BY ended DESC, rank_of(severity), host, "check", param NULLS FIRST
""",
    ),
    "flapping": Question(
        "the findings that came back after they were fixed or gone, --times N times or more",
        ("host", "check", "param", "severity", "came_back", "first_seen", "last_seen", "state"),
        """
SELECT host, "check", param, severity, came_back, shown(first_seen), shown(last_seen), state
FROM (
    SELECT host, "check", param, arg_max(severity, first_seen) AS severity, count(*) - 1 AS came_back,
        min(first_seen) AS first_seen, max(last_seen) AS last_seen, arg_max(state, first_seen) AS state
    FROM episodes
    WHERE {host} AND {check} AND first_seen < $until AND coalesce(ended, last_seen) >= $since
        AND hash(host, "check", param) IN (  -- most findings do not come back, and a number is soon compared
            SELECT hash(host, "check", param) FROM episodes GROUP BY ALL HAVING count(*) > $times
        )
    GROUP BY host, "check", param
    HAVING came_back >= $times
)
ORDER BY came_back DESC, rank_of(severity), host, "check", param NULLS FIRST
""",
    ),
    "missing": Question(
        "the hosts that no run reached in --days N days",
        ("host", "target", "last_reached", "days", "last_tried", "error"),
        """
SELECT host, target, shown(last_reached), days_between(last_reached, $now),
    shown(last_tried), error
FROM hosts
WHERE {host} AND (last_reached IS NULL OR last_reached < CAST($now AS TIMESTAMPTZ) - to_days($days))
ORDER BY hosts.last_reached NULLS FIRST, host
""",
    ),
    "certificates": Question(
        "the certificates of all hosts that end within --days N days, or have ended",
        ("ends", "days", "subject", "sha256", "hosts", "host", "where", "used_for", "last_seen"),
        """
SELECT shown(not_after), days_between($now, not_after),
    any_value(subject), sha256, count(DISTINCT host), min(host), arg_min(place, host), arg_min(used_for, host),
    shown(max(started))
FROM certificates
WHERE {host} AND not_after < CAST($now AS TIMESTAMPTZ) + to_days($days)
GROUP BY not_after, sha256
ORDER BY not_after, sha256
""",
    ),
    "time_to_fix": Question(
        "how many findings were fixed whose beginning was seen, and within how many days half of them were",
        ("fixed", "days"),
        """
SELECT count(*), round(quantile_disc((epoch(ended) - epoch(first_seen)) / 86400, 0.5), 2)
FROM episodes
WHERE {host} AND {check} AND state = 'fixed' AND new AND ended >= $since AND ended < $until
""",
    ),
    "engines": Question(
        "which releases of the engine there are, and on how many hosts",
        ("engine", "hosts", "host", "last_seen"),
        """
SELECT engine, count(*), min(host), shown(max(last_reached))
FROM hosts
WHERE {host} AND last_reached >= $since AND last_reached < $until
GROUP BY engine
ORDER BY count(*) DESC, engine
""",
    ),
}
"""The questions by their words."""


def answer(store: Store, name: str, wanted: Wanted) -> Answer:
    """The answer to one question."""
    return answers(store, {name: wanted})[name]


def answers(store: Store, wanted: dict[str, Wanted]) -> dict[str, Answer]:
    """The answers to several questions, all of what is there at one moment."""
    return ask(store, lambda database: {name: _asked(database, name, one) for name, one in wanted.items()})


def _asked(database: duckdb.DuckDBPyConnection, name: str, wanted: Wanted) -> Answer:
    question = QUESTIONS[name]
    values: dict[str, Any] = {
        "since": wanted.since or datetime.min.replace(tzinfo=timezone.utc),
        "until": wanted.until or datetime.max.replace(tzinfo=timezone.utc),
        "now": wanted.now,
        "days": wanted.days if wanted.days is not None else DAYS.get(name, 0),
        "times": wanted.times,
        "ended": wanted.ended,
    }
    conditions = {"host": "true", "check": "true"}
    if wanted.host is not None:
        known = [host for (host,) in database.execute("SELECT host FROM hosts").fetchall()]
        values["names"] = [host for host in known if covers(wanted.host, host)]
        conditions["host"] = "host IN (SELECT unnest(CAST($names AS VARCHAR[])))"
    if wanted.check is not None:
        values["id"] = wanted.check
        conditions["check"] = '"check" IN (SELECT $id UNION ALL SELECT "check" FROM aliases WHERE alias = $id)'
    sql = question.sql.format(**conditions, limit="")
    used = {name: value for name, value in values.items() if f"${name}" in sql}
    if wanted.limit is None:
        rows = database.execute(sql, used).fetchall()
        return Answer(question.columns, rows, len(rows))
    counted = question.counted.format(**conditions) or sql
    total = database.execute(f"SELECT count(*) FROM ({counted})", used).fetchone()  # noqa: S608 - ours, its values apart
    first = question.sql.format(**conditions, limit=f"LIMIT {wanted.limit}")
    rows = database.execute(f"{first} LIMIT {wanted.limit}", used).fetchall()
    return Answer(question.columns, rows, total[0] if total else 0)
