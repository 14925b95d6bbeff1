import Base
import SQL
import SQLite
import Storage

/// A table that is copied row by row, as the migrations make it.
struct CopiedTable: Sendable {
    let name: String
    let columns: [String]
    /// The columns of the primary key, in its order; empty for tables of one row.
    let key: [String]
    /// Whether the database generates its ids.
    let isNumbered: Bool

    /// What is not copied: the results' own tables, which differ between databases and are copied as results, and what
    /// belongs to the processes of one database.
    static let others: Set = [
        "schema_migrations", "leases", "results", "recent_results", "observations", "result_sequence",
    ]

    /// All tables that are copied, found in an empty database with all migrations.
    ///
    /// Throws when the migrations fail there.
    static func all() async throws -> [CopiedTable] {
        let reference = try await SQLiteDatabase.open(path: ":memory:")
        _ = try await Migrator(database: reference, migrations: StorageSchema.migrations).up()
        var tables: [CopiedTable] = []
        let found = try await reference.query(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        )
        for row in found {
            let name = try row.text(0)
            guard !others.contains(name) else { continue }
            let isNumbered = try row.text(1).contains("AUTOINCREMENT")
            var columns: [String] = []
            var key: [(position: Int64, name: String)] = []
            for column in try await reference.query("SELECT name, pk FROM pragma_table_info($1)", [.text(name)]) {
                columns.append(try column.text(0))
                if try column.integer(1) > 0 { key.append((try column.integer(1), try column.text(0))) }
            }
            let names = key.sorted { $0.position < $1.position }.map(\.name)
            tables.append(CopiedTable(name: name, columns: columns, key: names, isNumbered: isNumbered))
        }
        await reference.close()
        return tables
    }

    private var list: String { columns.joined(separator: ", ") }

    /// Passes all rows on in pages.
    func pages(of database: any Database, _ see: ([Row]) async throws -> Void) async throws {
        guard !key.isEmpty else { return try await see(try await database.query("SELECT \(list) FROM \(name)")) }
        let places = key.compactMap { columns.firstIndex(of: $0) }
        let order = key.joined(separator: ", ")
        let marks = (1...key.count).map { "$\($0)" }.joined(separator: ", ")
        var last: [SQLValue] = []
        while true {
            let condition = last.isEmpty ? "" : " WHERE (\(order)) > (\(marks))"
            let rows = try await database.query(
                "SELECT \(list) FROM \(name)\(condition) ORDER BY \(order) LIMIT 1000",
                last
            )
            guard let end = rows.last else { return }
            try await see(rows)
            last = places.map { end[$0] }
        }
    }

    /// Replaces all rows of the target by those of the source; returns how many they are.
    func copy(from source: any Database, to target: any Database) async throws -> Int {
        _ = try await target.execute("DELETE FROM \(name)")
        let marks = (1...columns.count).map { "$\($0)" }.joined(separator: ", ")
        let insert = "INSERT INTO \(name) (\(list)) VALUES (\(marks))"
        var count = 0
        try await pages(of: source) { rows in
            let values = rows.flatMap { row in columns.indices.map { row[$0] } }
            _ = try await target.executeMany(insert, columns: columns.count, values: values)
            count += rows.count
        }
        guard isNumbered, let last = try await lastNumber(of: source), last > 0 else { return count }
        try await target.transaction { session throws(SQLError) in
            for statement in target.dialect.setLastNumber {
                _ = try await session.query(statement, [.text(name), .integer(last)])
            }
        }
        return count
    }

    private func lastNumber(of database: any Database) async throws -> Int64? {
        try await database.query(database.dialect.lastNumber, [.text(name)]).first?.optionalInteger(0)
    }

    /// Throws when the rows of two databases are not the same.
    func verify(_ source: any Database, _ target: any Database) async throws {
        let (left, right) = (try await digest(of: source), try await digest(of: target))
        guard left.count == right.count else {
            throw CommandError("the table \(name) has \(left.count) rows in the source, and \(right.count) in the copy")
        }
        guard left.sum == right.sum else {
            throw CommandError("rows of the table \(name) differ from those of the source")
        }
        guard isNumbered else { return }
        let (last, copied) = (try await lastNumber(of: source) ?? 0, try await lastNumber(of: target) ?? 0)
        guard last == copied else { throw CommandError("the next number of the table \(name) differs") }
    }

    /// The number of rows, and the sum of their fingerprints, which does not depend on an order of texts.
    private func digest(of database: any Database) async throws -> (count: Int, sum: UInt64) {
        var (count, sum) = (0, UInt64(0))
        try await pages(of: database) { rows in
            for row in rows { sum &+= fingerprint(row) }
            count += rows.count
        }
        return (count, sum)
    }

    private func fingerprint(_ row: Row) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func mix(_ bytes: some Sequence<UInt8>) {
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        }
        for column in columns.indices {
            switch row[column] {
            case .null: mix([0])
            case .integer(let integer): mix("i\(integer)".utf8)
            case .double(let double): mix("d\(double.bitPattern)".utf8)
            case .text(let text): mix("t\(text)".utf8)
            case .blob(let blob): mix([98] + blob)
            }
            mix([0xFF])
        }
        return hash
    }
}
