-- The number of stored results, for the disk benchmark: those in their places and those that wait to be folded.
SELECT (SELECT count(*) FROM results) + (SELECT count(*) FROM recent_results);
