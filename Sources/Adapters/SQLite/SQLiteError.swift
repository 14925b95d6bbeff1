import CSQLite
import Glibc
import SQL

/// A SQLite result code with the connection's message; never leaves this target.
struct SQLiteError: Error {
    /// The extended code.
    let code: Int32
    /// The `errno` of the failed system call, 0 when there was none.
    let system: Int32
    let message: String

    /// Reads the last error of a connection, or explains a code without one.
    init(_ code: Int32, on connection: OpaquePointer?) {
        let extended = connection.map { sqlite3_extended_errcode($0) } ?? code
        // Codes that the connection did not record (misuse, refusal) have no extended form there.
        self.code = extended & 0xFF == code & 0xFF ? extended : code
        system = connection.map { sqlite3_system_errno($0) } ?? 0
        message = String(cString: connection.map { sqlite3_errmsg($0) } ?? sqlite3_errstr(code))
    }

    /// Whether the connection should be closed and opened again before the next use.
    var needsReopening: Bool {
        switch code & 0xFF {
        case SQLITE_READONLY, SQLITE_IOERR, SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_CANTOPEN, SQLITE_NOMEM: true
        default: false
        }
    }

    /// The port's error for the code.
    var error: SQLError {
        switch code & 0xFF {
        case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL: .busy
        case SQLITE_FULL: .full
        case SQLITE_READONLY: .readOnly
        case SQLITE_CONSTRAINT: constraint
        case SQLITE_CORRUPT, SQLITE_NOTADB: .corrupt(message)
        case SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_NOLFS, SQLITE_NOMEM, SQLITE_INTERRUPT:
            inputOutput
        default: .programming("\(message) (sqlite \(code))")
        }
    }

    /// A full disk appears as an input/output error when the shared memory file could not grow.
    private var inputOutput: SQLError {
        switch system {
        case ENOSPC, EDQUOT, EFBIG: return .full
        case EROFS: return .readOnly
        case 0: return .unavailable("\(message) (sqlite \(code))")
        default: return .unavailable("\(message) (sqlite \(code), \(String(cString: strerror(system))))")
        }
    }

    private var constraint: SQLError {
        switch code {
        case constraintUnique, constraintPrimaryKey, constraintRowID: unique
        case constraintNotNull: .constraint("not null")
        case constraintForeignKey: .constraint("foreign key")
        case constraintCheck: .constraint("check")
        default: .constraint("sqlite \(code)")
        }
    }

    /// Parses `UNIQUE constraint failed: monitors.name, monitors.url`.
    private var unique: SQLError {
        let names = message.split(separator: ":", maxSplits: 1).last ?? ""
        var table = ""
        var columns: [String] = []
        for name in names.split(separator: ",") {
            let parts = name.drop { $0 == " " }.split(separator: ".", maxSplits: 1)
            guard parts.count == 2 else { continue }
            table = String(parts[0])
            columns.append(String(parts[1]))
        }
        return .unique(table: table, columns: columns)
    }
}

// The extended codes are macro expressions, which Swift does not import.
private let constraintCheck = SQLITE_CONSTRAINT | 1 << 8
private let constraintForeignKey = SQLITE_CONSTRAINT | 3 << 8
private let constraintNotNull = SQLITE_CONSTRAINT | 5 << 8
private let constraintPrimaryKey = SQLITE_CONSTRAINT | 6 << 8
private let constraintUnique = SQLITE_CONSTRAINT | 8 << 8
private let constraintRowID = SQLITE_CONSTRAINT | 10 << 8
