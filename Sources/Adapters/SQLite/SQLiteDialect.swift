import SQL

extension SQLDialect {
    /// The dialect of SQLite 3.40 and later.
    static let sqlite = SQLDialect(
        blob: "BLOB",
        identity: "INTEGER PRIMARY KEY AUTOINCREMENT",
        integerPrimaryKey: "INTEGER PRIMARY KEY",
        orderedByKey: " WITHOUT ROWID",
        // A transaction of SQLite excludes other writers itself.
        migrationLock: [],
        lastNumber: "SELECT seq FROM sqlite_sequence WHERE name = $1",
        setLastNumber: [
            "UPDATE sqlite_sequence SET seq = $2 WHERE name = $1",
            """
            INSERT INTO sqlite_sequence (name, seq)
            SELECT $1, $2 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = $1)
            """,
        ],
        results: .sqlite
    )
}

extension ResultTables {
    /// Results in the order of their key, and those that have not been folded into it.
    ///
    /// `results` is stored in the order of its key, so that a monitor's history lies together, and has neither nulls
    /// nor a second index. New results go to `recent_results` first, in the order of arrival. An observation holds what
    /// seldom changes between the results of a monitor; `facts` packs the rest.
    fileprivate static let sqlite = ResultTables([
        1: Step(
            up: [
                """
                CREATE TABLE results (
                    monitor_id BIGINT NOT NULL, scheduled_at BIGINT NOT NULL, region INTEGER NOT NULL,
                    reason SMALLINT NOT NULL, status_code SMALLINT NOT NULL, latency BIGINT NOT NULL,
                    observation BIGINT NOT NULL, facts BLOB NOT NULL,
                    PRIMARY KEY (monitor_id, scheduled_at, region)
                ) WITHOUT ROWID
                """,
                """
                CREATE TABLE recent_results (
                    sequence INTEGER PRIMARY KEY, previous BIGINT NOT NULL,
                    monitor_id BIGINT NOT NULL, scheduled_at BIGINT NOT NULL, region INTEGER NOT NULL,
                    reason SMALLINT NOT NULL, status_code SMALLINT NOT NULL, latency BIGINT NOT NULL,
                    observation BIGINT NOT NULL, facts BLOB NOT NULL
                )
                """,
                """
                CREATE TABLE observations (
                    monitor_id BIGINT NOT NULL, number BIGINT NOT NULL, digest BIGINT NOT NULL, last_seen BIGINT NOT NULL,
                    content TEXT NOT NULL, PRIMARY KEY (monitor_id, number), UNIQUE (monitor_id, digest)
                ) WITHOUT ROWID
                """,
                """
                CREATE TABLE failure_evidence (
                    monitor_id BIGINT NOT NULL, scheduled_at BIGINT NOT NULL, region INTEGER NOT NULL,
                    headers TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (monitor_id, scheduled_at, region)
                ) WITHOUT ROWID
                """,
            ],
            down: [
                "DROP TABLE failure_evidence", "DROP TABLE recent_results", "DROP TABLE results",
                "DROP TABLE observations",
            ]
        ),
        // The last sequence number of results, for several processes that append.
        9: Step(
            up: [
                "CREATE TABLE result_sequence (value BIGINT NOT NULL)",
                """
                INSERT INTO result_sequence (value)
                SELECT COALESCE(MAX(sequence), 0) FROM recent_results WHERE sequence <= 1152921504606846976
                """,
            ],
            down: ["DROP TABLE result_sequence"]
        ),
    ])
}
