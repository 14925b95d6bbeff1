package import SQL

/// The identifier of this installation: eight hexadecimal digits, drawn once.
package enum Installation {
    /// The stored digits, or new ones.
    ///
    /// Throws `.database` when the database cannot be read or written, or holds something else than text.
    package static func id(_ database: any Database) async throws(StorageError) -> String {
        do throws(SQLError) {
            return try await database.transaction { session throws(SQLError) in
                if let row = try await session.query("SELECT id FROM installation").first { return try row.text(0) }
                let digits = String(UInt32.random(in: .min ... .max), radix: 16)
                let id = String(repeating: "0", count: 8 - digits.count) + digits
                _ = try await session.execute("INSERT INTO installation (id) VALUES ($1)", [.text(id)])
                return id
            }
        } catch { throw StorageError(error) }
    }
}
