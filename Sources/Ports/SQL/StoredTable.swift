/// A table as a reader selects from it, so that what cannot be read is told by its names.
package struct StoredTable: Sendable {
    package let name: String
    /// The selected columns in their order, without the table's short name.
    package let columns: [String]
    /// Which of them says what row it is.
    package let key: Int

    /// The columns as they stand behind `SELECT`.
    package init(_ name: String, columns list: String, key: Int = 0) {
        self.name = name
        self.key = key
        columns = list.split(separator: ",").map { part in
            String(part.filter { !$0.isWhitespace }.split(separator: ".").last ?? "")
        }
    }

    /// The name of a row, for faults.
    func id(_ row: Row) -> String {
        switch row[key] {
        case .integer(let number): "\(number)"
        case .text(let text): String(text.prefix(100))
        default: "?"
        }
    }
}

/// The rows that could be read, and what was wrong with the others.
package struct ReadRows<Value> {
    package private(set) var values: [Value] = []
    package private(set) var faults: [RowFault] = []

    /// Reads every row by itself, and has `notes` remember those that cannot be read.
    ///
    /// What `make` throws of a row is one of the `faults`; the other rows are read.
    package init(
        _ rows: [Row],
        of table: StoredTable,
        _ notes: RowFaults,
        _ make: (Row) throws(SQLError) -> Value
    ) {
        values.reserveCapacity(rows.count)
        let isTroubled = notes.hasFaults(in: table.name)
        var sound: [String] = []
        for row in rows {
            do throws(SQLError) {
                values.append(try make(row.named(table.columns)))
                if isTroubled { sound.append(table.id(row)) }
            } catch {
                faults.append(Self.fault(error, table, row))
            }
        }
        if isTroubled {
            let damaged = Set(faults.map(\.row))
            notes.forget(sound.filter { !damaged.contains($0) }, of: table.name)
        }
        notes.note(faults)
    }

    /// Reads one row; nil when there is none.
    ///
    /// Throws `.unreadable` when it cannot be read.
    package static func first(
        _ rows: [Row],
        of table: StoredTable,
        _ notes: RowFaults,
        _ make: (Row) throws(SQLError) -> Value
    ) throws(SQLError) -> Value? {
        let read = ReadRows(Array(rows.prefix(1)), of: table, notes, make)
        if let fault = read.faults.first { throw .unreadable(fault) }
        return read.values.first
    }

    private static func fault(_ error: SQLError, _ table: StoredTable, _ row: Row) -> RowFault {
        RowFault(table: table.name, row: table.id(row), problem: error.text)
    }
}

extension SQLSession {
    /// The rows that can be read; the others are noted and passed over.
    ///
    /// Throws as `query` does; an error of `make` only costs the row.
    package func readable<Value>(
        _ table: StoredTable,
        _ sql: String,
        _ parameters: [SQLValue] = [],
        _ make: (Row) throws(SQLError) -> Value
    ) async throws(SQLError) -> [Value] {
        ReadRows(try await query(sql, parameters), of: table, rowFaults, make).values
    }

    /// One row; nil when there is none.
    ///
    /// Throws `.unreadable` when `make` cannot read it, and otherwise as `query` does.
    package func readableFirst<Value>(
        _ table: StoredTable,
        _ sql: String,
        _ parameters: [SQLValue] = [],
        _ make: (Row) throws(SQLError) -> Value
    ) async throws(SQLError) -> Value? {
        try ReadRows.first(try await query(sql, parameters), of: table, rowFaults, make)
    }
}
