-- Adds @count@ monitors of @interval@ seconds each, named @name@ and a number, their URLs being @url@ and the number.
-- Run by sqlite3 on the migrated file while no server runs.
BEGIN IMMEDIATE;
WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < @count@)
INSERT INTO monitors (name, url, interval_seconds, is_active, options, tags, created_at, updated_at, revision, search)
SELECT '@name@' || number, '@url@' || number, @interval@, 1, NULL, NULL, now, now,
    number + (SELECT value FROM monitor_revision), '@name@' || number || char(10) || '@url@' || number
FROM numbers, (SELECT CAST(strftime('%s', 'now') AS INTEGER) * 1000 AS now);
INSERT INTO monitor_status (monitor_id, state, since, scheduled_at, reason)
SELECT id, 'unknown', 1700000000000, 0, 0 FROM monitors WHERE id NOT IN (SELECT monitor_id FROM monitor_status);
UPDATE monitor_revision SET value = value + @count@;
COMMIT;
