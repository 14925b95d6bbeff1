import CSQLite
import SQL

/// One prepared statement, finalized exactly once; the cache shares it, so it is confined to its connection's actor.
final class SQLiteStatement {
    private let handle: OpaquePointer  // sqlite3_stmt *
    private let connection: OpaquePointer  // sqlite3 *
    /// For each of SQLite's parameters, from 1, the index of its value: `$7` may be SQLite's first parameter.
    private let positions: [Int]
    /// Whether it does not change the database.
    let isReadOnly: Bool
    /// When it was last used, by the cache's counter.
    var lastUse = 0

    /// Compiles exactly one statement.
    init(_ sql: String, on connection: OpaquePointer) throws(SQLiteError) {
        var statement: OpaquePointer?
        let code = sqlite3_prepare_v3(connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
        guard code == SQLITE_OK else { throw SQLiteError(code, on: connection) }
        guard let statement else { throw SQLiteError(SQLITE_MISUSE, on: nil) }
        handle = statement
        self.connection = connection
        isReadOnly = sqlite3_stmt_readonly(statement) != 0
        positions = (0..<max(0, sqlite3_bind_parameter_count(statement))).map { index in
            guard let name = sqlite3_bind_parameter_name(statement, index + 1) else { return Int(index) }
            return (Int(String(cString: name + 1)) ?? Int(index) + 1) - 1
        }
    }

    deinit { sqlite3_finalize(handle) }

    /// Binds the values `start ..< start + count`; `$1` is the first of them.
    func bind(_ values: [SQLValue], start: Int, count: Int) throws(SQLiteError) {
        for (index, position) in positions.enumerated() {
            guard position >= 0, position < count else { throw SQLiteError(SQLITE_RANGE, on: nil) }
            let code = bind(values[start + position], at: Int32(index + 1))
            guard code == SQLITE_OK else { throw SQLiteError(code, on: connection) }
        }
    }

    private func bind(_ value: SQLValue, at index: Int32) -> Int32 {
        switch value {
        case .null: return sqlite3_bind_null(handle, index)
        case .integer(let integer): return sqlite3_bind_int64(handle, index, integer)
        case .double(let double): return sqlite3_bind_double(handle, index, double)
        case .text(var text):
            return text.withUTF8 { utf8 in
                utf8.withMemoryRebound(to: CChar.self) { chars in
                    // A non-null address even for an empty text: a null address would bind NULL.
                    guard let address = chars.baseAddress else { return sentinel_bind_text(handle, index, "", 0) }
                    return sentinel_bind_text(handle, index, address, Int32(clamping: chars.count))
                }
            }
        case .blob(let bytes):
            guard !bytes.isEmpty else { return sqlite3_bind_zeroblob(handle, index, 0) }
            return bytes.withUnsafeBytes {
                sentinel_bind_blob(handle, index, $0.baseAddress, Int32(clamping: $0.count))
            }
        }
    }

    /// Advances one row; false at the end.
    func step() throws(SQLiteError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw SQLiteError(code, on: connection)
        }
    }

    /// Resets it for the next use and releases the bound values.
    func reset() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    /// Resets it for the next row of values.
    func rewind() { sqlite3_reset(handle) }

    /// The number of columns; 0 for a statement without rows.
    var columnCount: Int { Int(sqlite3_column_count(handle)) }

    /// Appends the current row's values.
    func appendRow(to values: inout [SQLValue]) {
        for column in 0..<sqlite3_column_count(handle) { values.append(value(column)) }
    }

    /// Passes the integers of each row to a body without creating values; the body returns false to stop.
    func scan(_ row: (Span<Int64>) -> Bool) throws(SQLiteError) {
        var values = [Int64](repeating: 0, count: columnCount)
        while try step() {
            for column in values.indices { values[column] = sqlite3_column_int64(handle, Int32(column)) }
            guard row(values.span) else { return }
        }
    }

    private func value(_ column: Int32) -> SQLValue {
        switch sqlite3_column_type(handle, column) {
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(handle, column))
        case SQLITE_FLOAT: return .double(sqlite3_column_double(handle, column))
        case SQLITE_TEXT:
            guard let bytes = sqlite3_column_text(handle, column) else { return .text("") }
            let count = Int(sqlite3_column_bytes(handle, column))
            return .text(String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self))
        case SQLITE_BLOB:
            guard let bytes = sqlite3_column_blob(handle, column) else { return .blob([]) }
            return .blob(
                Array(UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(handle, column))))
            )
        default: return .null
        }
    }
}
