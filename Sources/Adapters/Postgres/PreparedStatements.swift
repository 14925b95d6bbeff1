import CPostgres

/// The names under which a connection has prepared its statements; bounded, least recently used first out.
struct PreparedStatements {
    /// A statement together with the types of its parameters: the server fixes them when it prepares.
    struct Key: Hashable {
        let sql: String
        let types: [Oid]
    }

    private struct Entry {
        let name: String
        var lastUse: Int
    }

    private var entries: [Key: Entry] = [:]
    private var evicted: [String] = []
    private var uses = 0
    private var made = 0
    private let capacity: Int

    /// Keeps at most `capacity` statements.
    init(capacity: Int = 256) { self.capacity = capacity }

    /// The name of a prepared statement; nil when it is not prepared.
    mutating func name(_ key: Key) -> String? {
        uses += 1
        entries[key]?.lastUse = uses
        return entries[key]?.name
    }

    /// A name that was never used.
    mutating func nextName() -> String {
        made += 1
        return "s\(made)"
    }

    /// Notes that the server has prepared a statement.
    mutating func insert(_ key: Key, _ name: String) {
        if entries.count >= capacity, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            evicted.append(oldest.value.name)
            entries.removeValue(forKey: oldest.key)
        }
        entries[key] = Entry(name: name, lastUse: uses)
    }

    /// The names that the server should forget.
    mutating func takeEvicted() -> [String] {
        defer { evicted = [] }
        return evicted
    }
}
