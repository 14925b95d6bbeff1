import Base
import SQL

/// The mark in a database that another one is being copied into it, with how far that has come.
struct CopyProgress: Sendable {
    private static let table = "copy_progress"
    let database: any Database

    /// Whether a copy into a database has begun and not ended.
    static func isUnfinished(_ database: any Database) async -> Bool {
        // Without the table the query fails: the usual case.
        (try? await database.query("SELECT 1 FROM \(table)"))?.isEmpty == false
    }

    /// Marks the database; refuses one that another source was being copied into.
    func begin(_ source: String) async throws {
        _ = try await database.execute(
            "CREATE TABLE IF NOT EXISTS \(Self.table) (source TEXT NOT NULL, monitor BIGINT NOT NULL)"
        )
        if let known = try await database.query("SELECT source FROM \(Self.table)").first?.text(0) {
            guard known == source else { throw CommandError("a copy of '\(known)' into it has begun, and not ended") }
        } else {
            _ = try await database.execute(
                "INSERT INTO \(Self.table) (source, monitor) VALUES ($1, 0)",
                [.text(source)]
            )
        }
    }

    /// The monitor whose results, and those of all before it, were copied and found to be the same.
    func last() async throws -> Int64 {
        try await database.query("SELECT monitor FROM \(Self.table)").first?.integer(0) ?? 0
    }

    func note(_ monitor: Int64) async throws {
        _ = try await database.execute("UPDATE \(Self.table) SET monitor = $1", [.integer(monitor)])
    }

    func end() async throws { _ = try await database.execute("DROP TABLE \(Self.table)") }
}
