import SQL

/// A process's connection to the store, on which anything may go wrong that the port allows.
struct FaultyDatabase: Database {
    let inner: any Database
    let node: Node
    let chance: Chance
    /// Whether the process may die or be suspended on purpose before a commit.
    var hasFuse = true

    private static let patience: Duration = .seconds(5)
    private static let delays: ClosedRange<Duration> = .milliseconds(1)...(.seconds(5))

    var dialect: SQLDialect { inner.dialect }
    var faults: DatabaseFaults { inner.faults }
    var rowFaults: RowFaults { inner.rowFaults }

    /// Waits for the store, which may not be reached.
    private func begin() async throws(SQLError) {
        guard await node.reach(.store, within: Self.patience) else { throw .unavailable("simulated: cut off") }
        if chance.strikes(.storeDelayed) { try? await node.clock.sleep(for: chance.duration(Self.delays)) }
        if chance.strikes(.storeRefused) { throw .unavailable("simulated: refused") }
        await node.pass()
    }

    func query(_ sql: String, _ parameters: [SQLValue]) async throws(SQLError) -> [Row] {
        try await begin()
        let rows = try await inner.query(sql, parameters)
        await node.pass()
        return rows
    }

    func execute(_ sql: String, _ parameters: [SQLValue]) async throws(SQLError) -> Int {
        try await attempt { session throws(SQLError) in try await session.execute(sql, parameters) }
    }

    func executeMany(_ sql: String, columns: Int, values: [SQLValue]) async throws(SQLError) -> Int {
        try await attempt { session throws(SQLError) in
            try await session.executeMany(sql, columns: columns, values: values)
        }
    }

    func scan(_ sql: String, _ parameters: [SQLValue], _ row: (Span<Int64>) -> Bool) async throws(SQLError) {
        try await begin()
        try await inner.scan(sql, parameters, row)
        await node.pass()
    }

    func read<R: Sendable>(
        _ body: @Sendable (any SQLSession) async throws(SQLError) -> R
    ) async throws(SQLError) -> R {
        try await begin()
        let result = try await inner.read(body)
        await node.pass()
        return result
    }

    func attempt<R: Sendable>(
        _ body: @Sendable (any SQLSession) async throws(SQLError) -> R
    ) async throws(SQLError) -> R {
        try await begin()
        if chance.strikes(.storeConflict) { throw .conflict }
        if chance.strikes(.storeFull) { throw .full }
        if hasFuse { await node.enterTransaction() }
        let limit = chance.strikes(.storeFailsMidway) ? chance.number(0...12) : nil
        let result = try await inner.attempt { session throws(SQLError) in
            guard let limit else { return try await body(session) }
            let breaking = BreakingSession(session, after: limit)
            let result = try await body(breaking)
            // It breaks off before the commit at the latest.
            try breaking.end()
            return result
        }
        await node.pass()
        if chance.strikes(.storeAnswerLost) { throw .unavailable("simulated: no answer to the commit") }
        return result
    }

    func size() async throws(SQLError) -> Int { try await inner.size() }
    func close() async {}
}

/// A transaction whose connection breaks after some statements.
private final class BreakingSession: SQLSession {
    private let inner: any SQLSession
    private var left: Int

    init(_ inner: any SQLSession, after statements: Int) {
        self.inner = inner
        left = statements
    }

    var dialect: SQLDialect { inner.dialect }
    var rowFaults: RowFaults { inner.rowFaults }

    func end() throws(SQLError) { throw .unavailable("simulated: the connection broke") }

    private func step() throws(SQLError) {
        left -= 1
        if left < 0 { try end() }
    }

    func query(_ sql: String, _ parameters: [SQLValue]) async throws(SQLError) -> [Row] {
        try step()
        return try await inner.query(sql, parameters)
    }

    func execute(_ sql: String, _ parameters: [SQLValue]) async throws(SQLError) -> Int {
        try step()
        return try await inner.execute(sql, parameters)
    }

    func executeMany(_ sql: String, columns: Int, values: [SQLValue]) async throws(SQLError) -> Int {
        try step()
        return try await inner.executeMany(sql, columns: columns, values: values)
    }

    func scan(_ sql: String, _ parameters: [SQLValue], _ row: (Span<Int64>) -> Bool) async throws(SQLError) {
        try step()
        try await inner.scan(sql, parameters, row)
    }
}
