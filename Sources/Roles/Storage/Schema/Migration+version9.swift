import SQL

extension Migration {
    /// What several processes need to write to one database.
    ///
    /// The leases, with the tokens that writes carry (see `LeaseRepository`), and what the store of results needs.
    static let version9 = Migration(version: 9, name: "many_writers") { dialect in
        [
            """
            CREATE TABLE leases (
                name TEXT NOT NULL PRIMARY KEY, holder TEXT NOT NULL, token BIGINT NOT NULL, beat BIGINT NOT NULL,
                progress BIGINT NOT NULL
            )
            """
        ] + dialect.results[9].up
    } down: { dialect in
        dialect.results[9].down + ["DROP TABLE leases"]
    }
}
