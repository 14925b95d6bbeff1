import CSQLite

/// A bounded cache of compiled statements, least recently used first out.
struct StatementCache {
    private var statements: [String: SQLiteStatement] = [:]
    private var uses = 0
    private let capacity: Int

    /// Keeps at most `capacity` statements.
    init(capacity: Int = 64) { self.capacity = capacity }

    /// The compiled statement, from the cache or new.
    mutating func statement(_ sql: String, on connection: OpaquePointer) throws(SQLiteError) -> SQLiteStatement {
        uses += 1
        if let known = statements[sql] {
            known.lastUse = uses
            return known
        }
        let statement = try SQLiteStatement(sql, on: connection)
        statement.lastUse = uses
        if statements.count >= capacity, let oldest = statements.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            statements.removeValue(forKey: oldest.key)
        }
        statements[sql] = statement
        return statement
    }

    /// Finalizes all statements; call it before the connection is closed.
    mutating func removeAll() { statements = [:] }
}
