import Base
import Domain
import Results
import SQL
import Storage

/// Copies an installation from one store to another.
struct StoreCopy: Sendable {
    let source: OpenedStore
    let target: OpenedStore
    /// The source's name, without a password.
    let name: String
    let report: @Sendable (String) -> Void
    private static let page = 2000

    /// Copies everything and compares it; may be interrupted at any point, and goes on when it is run again.
    func run() async throws {
        let migrations = StorageSchema.migrations
        let status = try await Migrator(database: source.database, migrations: migrations).status()
        guard status.allSatisfy({ $0.appliedAt != nil }) else {
            throw CommandError("the schema of the source is older than this program: 'sentinel migrate up' first")
        }
        _ = try await Migrator(database: target.database, migrations: migrations).up()
        let tables = try await CopiedTable.all()
        let progress = CopyProgress(database: target.database)
        if await !CopyProgress.isUnfinished(target.database) { try await refuseFull(tables) }
        try await progress.begin(name)
        for table in tables {
            let count = try await table.copy(from: source.database, to: target.database)
            report("\(table.name): \(count) rows\n")
        }
        let total = try await copyResults(progress)
        for table in tables { try await table.verify(source.database, target.database) }
        try await progress.end()
        report("Copied \(tables.count) tables and \(total) results; all rows are the same.\n")
    }

    /// Nothing that anybody made may be in the target.
    private func refuseFull(_ tables: [CopiedTable]) async throws {
        for table in tables where !table.key.isEmpty {
            let rows = try await target.database.query("SELECT 1 FROM \(table.name) LIMIT 1")
            guard rows.isEmpty else { throw CommandError("the target is not empty: its table \(table.name) has rows") }
        }
    }

    private func copyResults(_ progress: CopyProgress) async throws -> Int {
        let monitors = try await source.database.query("SELECT id FROM monitors ORDER BY id")
        let last = try await progress.last()
        var total = 0
        for (index, row) in monitors.enumerated() {
            let monitor = MonitorID(rawValue: try row.integer(0))
            let isDone = monitor.rawValue <= last
            if isDone, try await isCurrent(monitor) { continue }
            total += try await copyResults(of: monitor)
            try await progress.note(max(last, monitor.rawValue))
            if index % 100 == 99 || index == monitors.count - 1 {
                report("results: \(index + 1) of \(monitors.count) monitors, \(total) results\n")
            }
        }
        return total
    }

    /// Whether no result was added since a monitor was copied.
    private func isCurrent(_ monitor: MonitorID) async throws -> Bool {
        let (newest, copied) = (
            try await source.results.latest(for: [monitor])[monitor],
            try await target.results.latest(for: [monitor])[monitor]
        )
        return newest == copied
    }

    /// Copies the results of a monitor, and compares each with the source's.
    private func copyResults(of monitor: MonitorID) async throws -> Int {
        var window = ResultWindow()
        var count = 0
        while true {
            let results = try await source.results.history(monitor, in: window, limit: Self.page)
            guard let oldest = results.last else { break }
            _ = try await target.results.append(results)
            guard try await target.results.history(monitor, in: window, limit: Self.page) == results else {
                throw CommandError("results of monitor \(monitor.rawValue) differ from those of the source")
            }
            count += results.count
            window.before = oldest.id
        }
        _ = try await target.results.maintain(everything: true)
        guard try await target.results.history(monitor, in: window, limit: 1).isEmpty else {
            throw CommandError("the copy has results of monitor \(monitor.rawValue) that the source has not")
        }
        return count
    }
}
