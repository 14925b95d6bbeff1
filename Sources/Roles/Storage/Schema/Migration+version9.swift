import SQL

extension Migration {
    /// What several processes need to write to one database.
    ///
    /// The leases, with the tokens that writes carry (see `LeaseRepository`), and the last sequence number of results
    /// (see `ResultSequence`).
    static let version9 = Migration(version: 9, name: "many_writers") { _ in
        [
            """
            CREATE TABLE leases (
                name TEXT NOT NULL PRIMARY KEY, holder TEXT NOT NULL, token BIGINT NOT NULL, beat BIGINT NOT NULL,
                progress BIGINT NOT NULL
            )
            """,
            "CREATE TABLE result_sequence (value BIGINT NOT NULL)",
            """
            INSERT INTO result_sequence (value)
            SELECT COALESCE(MAX(sequence), 0) FROM recent_results WHERE sequence <= 1152921504606846976
            """,
        ]
    } down: { _ in
        ["DROP TABLE result_sequence", "DROP TABLE leases"]
    }
}
