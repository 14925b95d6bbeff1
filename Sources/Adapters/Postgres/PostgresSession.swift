import CPostgres
package import SQL

/// A transaction's access to its connection; unusable once the transaction has ended.
///
/// Not `Sendable`. `BEGIN` travels with the first statement.
package final class PostgresSession: SQLSession {
    private let connection: PostgresConnection
    private let isReadOnly: Bool
    private var hasBegun = false
    private var isEnded = false

    package let rowFaults: RowFaults

    init(_ connection: PostgresConnection, readOnly: Bool, rowFaults: RowFaults) {
        (self.connection, isReadOnly, self.rowFaults) = (connection, readOnly, rowFaults)
    }

    package var dialect: SQLDialect { .postgres }

    package func query(_ sql: String, _ parameters: [SQLValue]) async throws(SQLError) -> [Row] {
        var rows: [Row] = []
        try await run([.init(sql, parameters)]) { result throws(SQLError) in rows = try ResultRows(result).rows() }
        return rows
    }

    package func execute(_ sql: String, _ parameters: [SQLValue]) async throws(SQLError) -> Int {
        guard !isReadOnly else { throw .programming("a read cannot write") }
        var count = 0
        try await run([.init(sql, parameters)]) { result throws(SQLError) in count = result.changedRows }
        return count
    }

    /// Runs one statement whose parameters are the columns of rows, each as an array for `unnest`; returns the rows
    /// changed.
    ///
    /// The columns hold integers, texts or bytes, and no nulls.
    ///
    /// Throws as `execute` does, and `.programming` when the values do not make such rows.
    package func executeColumns(_ sql: String, columns: Int, values: [SQLValue]) async throws(SQLError) -> Int {
        guard !isReadOnly else { throw .programming("a read cannot write") }
        guard columns > 0, values.count.isMultiple(of: columns) else {
            throw .programming("\(values.count) values do not make rows of \(columns)")
        }
        guard !values.isEmpty else { return 0 }
        var count = 0
        let parameters = try StatementParameters(columns: columns, of: values)
        try await run([.init(sql, parameters)]) { result throws(SQLError) in count = result.changedRows }
        return count
    }

    /// How many rows are sent together: what libpq and the server keep of them is bounded.
    private static let rowsTogether = 500

    package func executeMany(_ sql: String, columns: Int, values: [SQLValue]) async throws(SQLError) -> Int {
        guard !isReadOnly else { throw .programming("a read cannot write") }
        guard columns > 0, values.count.isMultiple(of: columns) else {
            throw .programming("\(values.count) values do not make rows of \(columns)")
        }
        var count = 0
        let step = columns * Self.rowsTogether
        for first in stride(from: 0, to: values.count, by: step) {
            let commands = stride(from: first, to: min(first + step, values.count), by: columns).map { start in
                PostgresConnection.Command(sql, StatementParameters(values, start: start, count: columns))
            }
            try await run(commands) { result throws(SQLError) in count += result.changedRows }
        }
        return count
    }

    package func scan(
        _ sql: String,
        _ parameters: [SQLValue],
        _ row: (Span<Int64>) -> Bool
    ) async throws(SQLError) {
        var values: [Int64] = []
        var isEnough = false
        try await run([.init(sql, parameters)], rowByRow: true) { result throws(SQLError) in
            let rows = ResultRows(result)
            for index in 0..<rows.rowCount where !isEnough {
                values.removeAll(keepingCapacity: true)
                for column in 0..<rows.columnCount { values.append(try rows.integer(index, column)) }
                isEnough = !row(values.span)
            }
        }
    }

    private func run(
        _ commands: [PostgresConnection.Command],
        rowByRow: Bool = false,
        _ see: (OpaquePointer) throws(SQLError) -> Void
    ) async throws(SQLError) {
        if isEnded { throw .programming("the transaction has ended") }
        guard !commands.isEmpty else { return }
        let begin = hasBegun ? [] : [PostgresConnection.Command("BEGIN")]
        hasBegun = true
        try await connection.run(begin + commands, rowByRow: rowByRow) { index, result throws(SQLError) in
            if index >= begin.count { try see(result) }
        }
    }

    /// Commits what was written.
    ///
    /// Throws the error of the server; nothing was kept then, unless the connection was lost meanwhile.
    func commit() async throws(SQLError) {
        isEnded = true
        guard hasBegun else { return }
        var isCommitted = false
        try await connection.run([.init("COMMIT")]) { _, result throws(SQLError) in
            isCommitted = String(cString: PQcmdStatus(result)) == "COMMIT"
        }
        // The server answers ROLLBACK when a statement had failed and the body went on.
        if !isCommitted { throw .programming("a transaction went on after one of its statements had failed") }
    }

    /// Takes back what was written; a connection that cannot do so is replaced.
    func rollback() async {
        isEnded = true
        guard hasBegun, !connection.isBroken else { return }
        // A connection that fails here is broken, and is replaced before its next use.
        try? await connection.run([.init("ROLLBACK")])
    }
}

extension OpaquePointer {
    /// How many rows a statement inserted, changed or deleted; the pointer is a result.
    fileprivate var changedRows: Int {
        // Invariant: libpq's own text of digits, valid until the result is cleared.
        Int(String(cString: PQcmdTuples(self))) ?? 0
    }
}
