package import SQL

/// Finds out whether a database can be written, by writing what nobody reads.
package enum WriteProbe {
    private static let name = "write probe"
    /// More than most writes need, so that there is room for those when it succeeds.
    private static let filler = String(repeating: "0123456789abcdef", count: 4096)

    /// Writes a row among the leases, which no process holds, and removes it again.
    ///
    /// Throws the `SQLError` of the write, such as `.full` or `.readOnly`.
    package static func run(_ database: any Database) async throws(SQLError) {
        _ = try await database.execute(
            """
            INSERT INTO leases (name, holder, token, beat, progress) VALUES ($1, $2, 0, 0, 0)
            ON CONFLICT (name) DO UPDATE SET holder = excluded.holder
            """,
            [.text(name), .text(filler)]
        )
        _ = try await database.execute("DELETE FROM leases WHERE name = $1", [.text(name)])
    }
}
