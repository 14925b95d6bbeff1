import CPostgres
import SQL

/// An error of the server or of libpq; never leaves this target.
struct PostgresError: Error {
    /// Five characters; empty when the server did not answer.
    let state: String
    let message: String
    /// The table of a constraint; empty when there is none.
    var table = ""
    /// What the server says about the values: `Key (name)=(a) already exists.`, for instance.
    var detail = ""

    /// The error of a result.
    init(_ result: OpaquePointer) {
        func field(_ code: Int) -> String {
            PQresultErrorField(result, Int32(code)).map { String(cString: $0) } ?? ""
        }
        state = field(Int(SENTINEL_PG_SQLSTATE))
        table = field(Int(SENTINEL_PG_TABLE))
        detail = field(Int(SENTINEL_PG_DETAIL))
        let text = field(Int(SENTINEL_PG_MESSAGE))
        message = text.isEmpty ? String(cString: PQresultErrorMessage(result)).firstLine : text
    }

    /// The last error of a connection; while one is being established, with the server's code if it is verbose.
    init(connection: OpaquePointer) {
        let line = String(cString: PQerrorMessage(connection)).firstLine
        // `connection to server at "…", port … failed: FATAL:  3D000: database "…" does not exist`
        guard let mark = line.firstMatch(of: #/(FATAL|ERROR): +([0-9A-Z]{5}): /#) else {
            (state, message) = ("", line)
            return
        }
        state = String(mark.2)
        message = line.replacingCharacters(in: mark.range, with: "")
    }

    /// An error without the server.
    init(_ message: String) { (state, self.message) = ("", message) }

    /// Whether the connection can be used on.
    var endsConnection: Bool {
        // 0A000: a prepared statement was made before the schema changed; 57P: the server ends the connection.
        state.isEmpty || state.hasPrefix("57P") || state.hasPrefix("08") || state == "0A000" || state.hasPrefix("XX")
    }

    /// The port's error.
    var error: SQLError {
        switch state {
        case "23505": return .unique(table: table, columns: columns)
        case "23502": return .constraint("not null")
        case "23503": return .constraint("foreign key")
        case "23514": return .constraint("check")
        case "40001", "40P01": return .conflict
        case "55P03": return .busy
        case "53100": return .full
        case "25006": return .readOnly
        case "0A000" where message.contains("cached plan"): return .conflict
        // Somebody has to grant it; until then nothing is lost.
        case "42501": return .unavailable("\(message), which its owner has to grant")
        default: break
        }
        switch state.prefix(2) {
        case "", "08", "28", "3D", "53", "57": return .unavailable(message)
        case "23": return .constraint(state)
        // Only these are the fault of the statement or of its values, whoever runs it and whenever.
        case "0A", "21", "22", "26", "42", "54": return .programming("\(message) (SQLSTATE \(state))")
        // Everything else may pass: nothing may be given up for it.
        default: return .unavailable("\(message) (SQLSTATE \(state))")
        }
    }

    /// The columns of `Key (a, b)=(1, 2) already exists.`, whatever the server's language.
    private var columns: [String] {
        guard let open = detail.firstIndex(of: "("), let end = detail[open...].firstIndex(of: ")") else { return [] }
        return detail[detail.index(after: open)..<end].split(separator: ",").map { name in
            String(name.drop { $0 == " " })
        }
    }
}

extension String {
    /// The text up to the first line break.
    fileprivate var firstLine: String { String(prefix { $0 != "\n" }) }

    fileprivate func replacingCharacters(in range: Range<Index>, with text: String) -> String {
        String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
    }
}
