import CSQLite
import Glibc
import SQL

/// Finds out whose database a file is, without changing anything about it.
package enum DatabaseOwner {
    /// Why a file is not a database of the program that has `table` with these columns; nil when it may be.
    ///
    /// A file that is missing, empty or cannot be read may be one: opening it reports the error. Blocks.
    package static func refusal(_ path: String, table: String, columns: Set<String>) -> String? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else { return nil }
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let code = sqlite3_open_v2(uri(path), &opened, flags, nil)
        defer { sqlite3_close_v2(opened) }
        guard code == SQLITE_OK, let opened else { return nil }
        do throws(SQLiteError) {
            let tables = try texts("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name", opened)
            let found = Set(try texts("SELECT name FROM pragma_table_info('\(table)')", opened))
            if found.isSuperset(of: columns) { return nil }
            let mark = try texts("SELECT application_id FROM pragma_application_id WHERE application_id <> 0", opened)
            if tables.isEmpty, mark.isEmpty { return nil }
            let names = tables.prefix(3).joined(separator: ", ") + (tables.count > 3 ? ", …" : "")
            return "it is a database of another program" + (tables.isEmpty ? "" : ", with the tables \(names)")
        } catch {
            return error.code & 0xFF == SQLITE_NOTADB ? "it is not an SQLite database" : nil
        }
    }

    /// A file without a log is read as it is, so that not even a lock is taken or a log made.
    private static func uri(_ path: String) -> String {
        let hexadecimal = Array("0123456789ABCDEF".utf8)
        var bytes = Array("file:".utf8)
        for byte in path.utf8 {
            if byte == UInt8(ascii: "%") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#") {
                bytes += [UInt8(ascii: "%"), hexadecimal[Int(byte >> 4)], hexadecimal[Int(byte & 15)]]
            } else {
                bytes.append(byte)
            }
        }
        let isLogged = access(path + "-wal", F_OK) == 0 || access(path + "-journal", F_OK) == 0
        return String(decoding: bytes, as: UTF8.self) + (isLogged ? "" : "?immutable=1")
    }

    private static func texts(_ sql: String, _ connection: OpaquePointer) throws(SQLiteError) -> [String] {
        let statement = try SQLiteStatement(sql, on: connection)
        var values: [SQLValue] = []
        while try statement.step() { statement.appendRow(to: &values) }
        return values.map { value in
            if case .text(let text) = value { return text }
            return "\(value)"
        }
    }
}
