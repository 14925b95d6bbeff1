-- Gives each of @monitors@ monitors @results@ results, @spacing@ milliseconds apart from @start@ on: 0.5 % fail alone, every
-- monitor has some outages of up to 40 minutes, some results are slow. Folded, as a running server leaves them.
-- Run by sqlite3 on the migrated file while no server runs.
BEGIN IMMEDIATE;
WITH RECURSIVE
    monitors (monitor) AS (SELECT 1 UNION ALL SELECT monitor + 1 FROM monitors WHERE monitor < @monitors@),
    minutes (minute) AS (SELECT 0 UNION ALL SELECT minute + 1 FROM minutes WHERE minute < @results@ - 1)
INSERT INTO results (monitor_id, scheduled_at, region, reason, status_code, latency, observation, facts)
SELECT monitor, @start@ + minute * @spacing@, 0, CASE WHEN fails THEN 70 ELSE 0 END, 200, latency, 1,
    CASE WHEN fails THEN x'3f0cd201b401bc052864e40407' ELSE x'3f0cd201b401bc052864e404' END
FROM (
    SELECT monitor, minute, (minute + monitor * 577) % 9000 < monitor % 40 OR abs(random()) % 200 = 0 AS fails,
        20000 + abs(random()) % 60000 + CASE WHEN abs(random()) % 50 = 0 THEN 300000 ELSE 0 END AS latency
    FROM monitors, minutes LIMIT -1 OFFSET 0
);
COMMIT;
