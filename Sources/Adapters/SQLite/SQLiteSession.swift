import SQL

/// A transaction's access to its connection; unusable once the transaction has ended.
///
/// Not `Sendable`, and its methods do not suspend: a body that runs on the connection's actor stays there.
final class SQLiteSession: SQLSession {
    private let connection: SQLiteConnection
    private let isReadOnly: Bool
    private var isEnded = false

    let rowFaults: RowFaults

    init(_ connection: SQLiteConnection, readOnly: Bool, rowFaults: RowFaults) {
        (self.connection, isReadOnly, self.rowFaults) = (connection, readOnly, rowFaults)
    }

    var dialect: SQLDialect { .sqlite }

    func query(_ sql: String, _ parameters: [SQLValue]) throws(SQLError) -> [Row] {
        try check()
        return try connection.query(sql, parameters, readOnly: isReadOnly)
    }

    func execute(_ sql: String, _ parameters: [SQLValue]) throws(SQLError) -> Int {
        try check()
        guard !isReadOnly else { throw .programming("a read cannot write") }
        return try connection.execute(sql, parameters)
    }

    func executeMany(_ sql: String, columns: Int, values: [SQLValue]) throws(SQLError) -> Int {
        try check()
        guard !isReadOnly else { throw .programming("a read cannot write") }
        return try connection.executeMany(sql, columns: columns, values: values)
    }

    func scan(_ sql: String, _ parameters: [SQLValue], _ row: (Span<Int64>) -> Bool) throws(SQLError) {
        try check()
        try connection.scan(sql, parameters, row)
    }

    /// Makes every later call fail.
    func end() { isEnded = true }

    private func check() throws(SQLError) {
        if isEnded { throw .programming("the transaction has ended") }
    }
}
