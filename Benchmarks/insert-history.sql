-- Gives each of @monitors@ monitors @results@ results, @spacing@ milliseconds apart from @start@ on: 0.5 % fail alone, every
-- monitor has some outages of up to 40 minutes, some results are slow. Folded, as a running server leaves them.
-- Run by sqlite3 on the migrated file while no server runs.
BEGIN IMMEDIATE;
WITH RECURSIVE
    monitors (monitor) AS (SELECT 1 UNION ALL SELECT monitor + 1 FROM monitors WHERE monitor < @monitors@),
    minutes (minute) AS (SELECT 0 UNION ALL SELECT minute + 1 FROM minutes WHERE minute < @results@ - 1)
INSERT INTO results (monitor_id, scheduled_at, region, reason, status_code, latency, observation, facts)
SELECT monitor, @start@ + minute * @spacing@, 0,
    CASE WHEN (minute + monitor * 577) % 9000 < monitor % 40 OR abs(random()) % 200 = 0 THEN 70 ELSE 0 END,
    200, 20000 + abs(random()) % 60000 + CASE WHEN abs(random()) % 50 = 0 THEN 300000 ELSE 0 END,
    1, x'3e0cd201b401bc052864'
FROM monitors, minutes;
COMMIT;
