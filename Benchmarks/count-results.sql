-- The number of stored results, for the disk benchmark.
SELECT count(*) FROM results;
