/// The table and columns of a query, to name them in errors about unreadable rows.
package struct StoredTable: Sendable {
    package let name: String
    /// The selected columns in order, without the prefix of the table.
    package let columns: [String]
    /// The position of the column that identifies the row.
    package let key: Int

    /// The columns as they follow `SELECT`.
    package init(_ name: String, columns list: String, key: Int = 0) {
        self.name = name
        self.key = key
        columns = list.split(separator: ",").map { part in
            String(part.filter { !$0.isWhitespace }.split(separator: ".").last ?? "")
        }
    }

    /// The identifier of a row, for errors.
    func id(_ row: Row) -> String {
        switch row[key] {
        case .integer(let number): "\(number)"
        case .text(let text): String(text.prefix(100))
        default: "?"
        }
    }
}

/// The rows that could be read, and the problems of the others.
package struct ReadRows<Value> {
    package private(set) var values: [Value] = []
    package private(set) var faults: [RowFault] = []

    /// Reads each row separately, and notes those that cannot be read in `notes`.
    ///
    /// An error that `make` throws for a row becomes one of the `faults`; the other rows are read.
    package init(
        _ rows: [Row],
        of table: StoredTable,
        _ notes: RowFaults,
        _ make: (Row) throws(SQLError) -> Value
    ) {
        values.reserveCapacity(rows.count)
        let isTroubled = notes.hasFaults(in: table.name)
        let keepsNewer = Value.self is any KeepsNewerMembers.Type
        let hasNewer = keepsNewer && notes.newer.hasRows(in: table.name)
        var sound: [String] = []
        for row in rows {
            do throws(SQLError) {
                let value = try make(row.named(table.columns))
                values.append(value)
                if keepsNewer, let names = (value as? any KeepsNewerMembers)?.newerMembers, hasNewer || !names.isEmpty {
                    notes.newer.note(names, row: table.id(row), of: table.name)
                }
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
    /// The rows that can be read; the others are noted and skipped.
    ///
    /// Throws as `query` does; an error of `make` only affects its row.
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
