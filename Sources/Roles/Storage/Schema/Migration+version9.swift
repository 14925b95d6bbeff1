import SQL

extension Migration {
    /// Who holds what only one process may do, with the token that its writes carry (see `LeaseRepository`).
    static let version9 = Migration(version: 9, name: "leases") { _ in
        [
            """
            CREATE TABLE leases (
                name TEXT NOT NULL PRIMARY KEY, holder TEXT NOT NULL, token BIGINT NOT NULL, beat BIGINT NOT NULL,
                progress BIGINT NOT NULL
            )
            """
        ]
    } down: { _ in
        ["DROP TABLE leases"]
    }
}
