-- Fills the store with @count@ monitors of @interval@ seconds each, their URLs being @url@ followed by a number.
-- Run by sqlite3 on the migrated file while no server runs.
BEGIN IMMEDIATE;
WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < @count@)
INSERT INTO monitors (name, url, interval_seconds, is_active, options, tags, created_at, updated_at, revision, search)
SELECT 'bench-' || number, '@url@' || number, @interval@, 1, NULL, NULL, 1700000000000, 1700000000000, number,
    'bench-' || number || char(10) || '@url@' || number
FROM numbers;
INSERT INTO monitor_status (monitor_id, state, since, scheduled_at, reason)
SELECT id, 'unknown', 1700000000000, 0, 0 FROM monitors;
UPDATE monitor_revision SET value = @count@;
COMMIT;
