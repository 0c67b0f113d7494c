-- From what was known and the runs that came since to what is known now.
--
-- Given: `todo` (n, run, started, complete), the runs to take in, numbered from 1 in their order; the views `results`,
-- `run_hosts`, `run_certificates` and `run_runs` of the parts that hold them; `old_…`, what was known until now. All
-- of them are later than what is known of the same hosts.
--
-- A finding is one host, check and instance. It begins with a failure, is paused while it is waived, and ends when it
-- passes or no longer applies (fixed), or when its check was judged on the host and this instance was not there any
-- more (gone). A host that was not reached, a check that was undecided or left out, and a run that was cut off before
-- it said more end nothing.

-- Each host as it was last seen, and when it was last tried.
CREATE TEMP TABLE tried AS SELECT t.n, h.* FROM run_hosts h JOIN todo t USING (run);

CREATE TEMP TABLE reached AS
SELECT * FROM tried WHERE reachable QUALIFY row_number() OVER (PARTITION BY host ORDER BY n DESC) = 1;

CREATE TEMP TABLE hosts AS
WITH now AS (SELECT * FROM tried QUALIFY row_number() OVER (PARTITION BY host ORDER BY n DESC) = 1),
    first AS (SELECT host, min(started) AS started FROM tried GROUP BY host)
SELECT host, least(o.first_tried, f.started) AS first_tried,
    coalesce(t.started, o.last_tried) AS last_tried, coalesce(t.run, o.last_run) AS last_run,
    coalesce(r.started, o.last_reached) AS last_reached, coalesce(r.run, o.reached_run) AS reached_run,
    CASE WHEN t.host IS NULL THEN o.error ELSE t.error END AS error,
    CASE WHEN r.host IS NULL AND o.host IS NOT NULL THEN o.target ELSE coalesce(r.target, t.target) END AS target,
    CASE WHEN r.host IS NULL THEN o.os ELSE r.os END AS os,
    CASE WHEN r.host IS NULL THEN o.os_version ELSE r.os_version END AS os_version,
    CASE WHEN r.host IS NULL THEN o.engine ELSE r.engine END AS engine,
    CASE WHEN r.host IS NULL THEN o.harbor ELSE r.harbor END AS harbor,
    CASE WHEN r.host IS NULL THEN o.profile ELSE r.profile END AS profile,
    CASE WHEN r.host IS NULL THEN o.recorded ELSE r.recorded END AS recorded,
    CASE WHEN r.host IS NULL THEN o.snapshot_sha256 ELSE r.snapshot_sha256 END AS snapshot_sha256
FROM old_hosts o FULL JOIN now t USING (host) LEFT JOIN reached r USING (host) LEFT JOIN first f USING (host)
WHERE coalesce(t.started, o.last_tried) >= getvariable('tried');

-- Names that checks had before, from the runs that know both; a later run's word counts.
CREATE TEMP TABLE checks_of AS
SELECT t.n, r."check", arg_max(r.title, t.n) AS title
FROM results r JOIN todo t USING (run) GROUP BY ALL;

CREATE TEMP TABLE aliases AS
WITH told AS (
    SELECT DISTINCT t.n, unnest(r.aliases) AS alias, r."check"
    FROM results r JOIN todo t USING (run) WHERE len(r.aliases) > 0
), named AS (
    SELECT 0 AS n, alias, "check" FROM old_aliases
    UNION ALL
    SELECT * FROM told
    WHERE alias <> "check" AND NOT EXISTS (SELECT 1 FROM checks_of c WHERE c.n = told.n AND c."check" = told.alias)
)
SELECT alias, arg_max("check", n) AS "check" FROM (SELECT alias, n, min("check") AS "check" FROM named GROUP BY ALL)
GROUP BY alias;

CREATE TEMP TABLE renamed AS
SELECT a.alias, coalesce(b."check", a."check") AS "check" FROM aliases a LEFT JOIN aliases b ON b.alias = a."check";

CREATE TEMP VIEW said AS
SELECT t.n, t.complete, r.host, coalesce(m."check", r."check") AS "check", r.param, r.outcome, r.severity
FROM results r JOIN todo t USING (run) LEFT JOIN renamed m ON m.alias = r."check"
WHERE r.reachable IS NOT FALSE;

-- Each check by every name that it had, with a number; and which of them were judged on a host, as bits.
CREATE TEMP TABLE checks AS
WITH named AS (
    SELECT "check", arg_max(title, n) AS title
    FROM (SELECT 0 AS n, "check", title FROM old_checks UNION ALL SELECT n, "check", title FROM checks_of)
    GROUP BY "check"
)
SELECT n."check", n.title, coalesce(o.number, (SELECT coalesce(max(number), -1) FROM old_checks)
    + row_number() OVER (PARTITION BY o.number IS NULL ORDER BY n."check")) AS number
FROM named n LEFT JOIN old_checks o ON o."check" = n."check";

CREATE TEMP TABLE judged AS
SELECT host, word, bit_or(bits) AS bits FROM (
    SELECT j.host, word, bits FROM old_judged j SEMI JOIN hosts h ON h.host = j.host
    UNION ALL
    SELECT r.host, c.number // 60, bit_or(CAST(1 AS BIGINT) << (c.number % 60))
    FROM results r SEMI JOIN todo t ON t.run = r.run JOIN checks c ON c."check" = r."check"
    WHERE r.reachable IS NOT FALSE AND r.outcome <> 'error'
    GROUP BY ALL
) GROUP BY host, word;

-- What is open, and what fails.
CREATE TEMP TABLE known AS
SELECT e.* REPLACE (coalesce(m."check", e."check") AS "check")
FROM old_episodes e SEMI JOIN hosts h ON h.host = e.host LEFT JOIN renamed m ON m.alias = e."check";

CREATE TEMP TABLE known_pauses AS
SELECT p.* REPLACE (coalesce(m."check", p."check") AS "check")
FROM old_pauses p SEMI JOIN hosts h ON h.host = p.host LEFT JOIN renamed m ON m.alias = p."check";

CREATE TEMP TABLE seeds AS
SELECT host, "check", param, min(first_seen) AS first_seen, arg_min(first_run, first_seen) AS first_run,
    bool_and(new) AS new, max(last_seen) AS last_seen, arg_max(last_run, last_seen) AS last_run,
    arg_max(severity, last_seen) AS severity
FROM known WHERE ended IS NULL GROUP BY host, "check", param;

CREATE TEMP TABLE seed_pauses AS
SELECT host, "check", param, min(since) AS since FROM known_pauses WHERE until IS NULL GROUP BY host, "check", param;

CREATE TEMP TABLE wanted AS
SELECT row_number() OVER () AS id, host, "check", param FROM (
    SELECT host, "check", param FROM seeds
    UNION
    SELECT host, "check", param FROM said WHERE outcome = 'fail'
);

-- Of two results of one finding in one run the worse counts.
CREATE TEMP MACRO worst(outcome) AS
CASE outcome WHEN 'fail' THEN 1 WHEN 'error' THEN 2 WHEN 'waived' THEN 3 WHEN 'manual' THEN 4 WHEN 'skip' THEN 5 ELSE 6 END;

-- What each run said of each of these: F(ailed), W(aived), G(ood), X: not there any more.
CREATE TEMP TABLE own AS
SELECT w.id, s.n, arg_min(s.severity, worst(s.outcome)) AS severity, min(worst(s.outcome)) AS place
FROM said s JOIN wanted w ON w.host = s.host AND w."check" = s."check" AND w.param IS NOT DISTINCT FROM s.param
GROUP BY w.id, s.n;

CREATE TEMP TABLE asked AS
SELECT s.n, s.host, s."check", bool_or(s.complete) AS complete
FROM said s SEMI JOIN wanted w ON w.host = s.host AND w."check" = s."check"
WHERE s.outcome <> 'error' GROUP BY s.n, s.host, s."check";

-- Whether an earlier run judged the check on the host, so that what fails now was not there.
CREATE TEMP TABLE judged_before AS
SELECT DISTINCT w.host, w."check"
FROM wanted w
JOIN (SELECT c.number, coalesce(m."check", c."check") AS "check" FROM checks c LEFT JOIN renamed m ON m.alias = c."check") c
    ON c."check" = w."check"
JOIN old_judged j ON j.host = w.host AND j.word = c.number // 60 AND (j.bits >> (c.number % 60)) & 1 = 1;

CREATE TEMP TABLE judged_now AS
SELECT host, "check", min(n) AS n FROM asked GROUP BY ALL;

CREATE TEMP TABLE events AS
SELECT id, n, CASE place WHEN 1 THEN 'F' WHEN 3 THEN 'W' ELSE 'G' END AS kind FROM own WHERE place IN (1, 3, 5, 6)
UNION ALL
SELECT w.id, a.n, 'X'
FROM asked a JOIN wanted w ON w.host = a.host AND w."check" = a."check" ANTI JOIN own o ON o.id = w.id AND o.n = a.n
WHERE a.complete
UNION ALL
SELECT w.id, -3, 'F' FROM seeds s JOIN wanted w ON w.host = s.host AND w."check" = s."check" AND w.param IS NOT DISTINCT FROM s.param
UNION ALL
SELECT w.id, -1, 'W' FROM seed_pauses s JOIN wanted w ON w.host = s.host AND w."check" = s."check" AND w.param IS NOT DISTINCT FROM s.param;

CREATE TEMP TABLE marked AS
SELECT id, n, kind, sum(begins) OVER (PARTITION BY id ORDER BY n) AS episode
FROM (
    SELECT id, n, kind, CASE WHEN kind = 'F' AND coalesce(last_value(nullif(kind, 'W') IGNORE NULLS) OVER (
        PARTITION BY id ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 'G') <> 'F' THEN 1 ELSE 0 END AS begins
    FROM events
);

CREATE TEMP TABLE spans AS
SELECT id, episode, min(n) FILTER (kind = 'F') AS first_n, max(n) FILTER (kind = 'F') AS last_n,
    min(n) FILTER (kind IN ('G', 'X')) AS end_n, arg_min(kind, n) FILTER (kind IN ('G', 'X')) AS end_kind,
    arg_max(kind, n) FILTER (kind IN ('F', 'W')) AS last_kind
FROM marked WHERE episode > 0 GROUP BY id, episode;

CREATE TEMP TABLE paused AS
SELECT id, episode, n, following FROM (
    SELECT id, episode, n, kind, lag(kind) OVER (PARTITION BY id, episode ORDER BY n) AS before,
        first_value(CASE WHEN kind <> 'W' THEN n END IGNORE NULLS) OVER (
            PARTITION BY id, episode ORDER BY n ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS following
    FROM marked WHERE episode > 0 AND id IN (SELECT id FROM marked WHERE kind = 'W')
) WHERE kind = 'W' AND before = 'F';

CREATE TEMP TABLE episodes AS
SELECT w.host, w."check", w.param, coalesce(o.severity, s.severity) AS severity,
    CASE WHEN p.end_kind = 'G' THEN 'fixed' WHEN p.end_kind = 'X' THEN 'gone' WHEN p.last_kind = 'W' THEN 'waived' ELSE 'open' END AS state,
    coalesce(f.started, s.first_seen) AS first_seen, coalesce(f.run, s.first_run) AS first_run,
    CASE WHEN p.first_n < 0 THEN s.new ELSE b.host IS NOT NULL OR j.n < p.first_n END AS new,
    coalesce(l.started, s.last_seen) AS last_seen, coalesce(l.run, s.last_run) AS last_run,
    e.started AS ended, e.run AS ended_run
FROM spans p
JOIN wanted w USING (id)
LEFT JOIN seeds s ON p.first_n < 0 AND s.host = w.host AND s."check" = w."check" AND s.param IS NOT DISTINCT FROM w.param
LEFT JOIN own o ON o.id = p.id AND o.n = p.last_n
LEFT JOIN todo f ON f.n = p.first_n
LEFT JOIN todo l ON l.n = p.last_n
LEFT JOIN todo e ON e.n = p.end_n
LEFT JOIN judged_before b ON b.host = w.host AND b."check" = w."check"
LEFT JOIN judged_now j ON j.host = w.host AND j."check" = w."check"
UNION ALL
SELECT * FROM known WHERE ended IS NOT NULL AND ended >= getvariable('since');

CREATE TEMP TABLE pauses AS
SELECT w.host, w."check", w.param, coalesce(o.severity, s.severity) AS severity, coalesce(b.started, q.since) AS since,
    e.started AS until
FROM paused p
JOIN wanted w USING (id)
JOIN spans x ON x.id = p.id AND x.episode = p.episode AND (x.end_n IS NULL OR p.n < x.end_n)
LEFT JOIN seeds s ON s.host = w.host AND s."check" = w."check" AND s.param IS NOT DISTINCT FROM w.param
LEFT JOIN seed_pauses q ON p.n < 0 AND q.host = w.host AND q."check" = w."check" AND q.param IS NOT DISTINCT FROM w.param
LEFT JOIN own o ON o.id = x.id AND o.n = x.last_n
LEFT JOIN todo b ON b.n = p.n
LEFT JOIN todo e ON e.n = p.following
UNION ALL
SELECT * FROM known_pauses WHERE until IS NOT NULL AND until >= getvariable('since');

CREATE TEMP TABLE certificates AS
SELECT c.* FROM run_certificates c SEMI JOIN reached r ON r.run = c.run AND r.host = c.host
UNION ALL
SELECT c.* FROM old_certificates c SEMI JOIN hosts h ON h.host = c.host ANTI JOIN reached r ON r.host = c.host;

-- How many hosts were reached on each day.
CREATE TEMP TABLE looks AS
SELECT day, host, bool_or(reached) AS reached FROM (
    SELECT CAST(started AS DATE) AS day, host, reachable AS reached FROM tried
    UNION ALL
    SELECT * FROM old_looks WHERE day >= CAST(getvariable('since') AS DATE)
) GROUP BY ALL;

CREATE TEMP TABLE runs AS
SELECT r.* FROM run_runs r JOIN todo t USING (run)
UNION ALL
SELECT * FROM old_runs WHERE started >= getvariable('since');
