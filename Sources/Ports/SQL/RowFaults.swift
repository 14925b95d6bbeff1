import Base

/// The rows of a database that could not be read when they were last tried.
///
/// A reader skips such a row, so that the others are not affected, and notes it here, so that it is reported.
package final class RowFaults: Sendable {
    private struct State {
        /// The problem, by table and row.
        var tables: [String: [String: String]] = [:]
        var count = 0
        var listener: (@Sendable (Summary) -> Void)?
    }

    /// How many rows of which tables cannot be read, with an example.
    package struct Summary: Sendable, Equatable {
        package var counts: [String: Int] = [:]
        package var example: RowFault?

        package init() {}
    }

    /// How many rows are remembered at most; further ones are only counted.
    private static let limit = 1000
    /// The rows that could be read, and have settings of a newer release.
    package let newer = NewerRows()
    private let state = Locked(State())
    private let passed = Locked(0)
    /// Held while the listener is called, so that after concurrent changes its last call has the latest state.
    private let notifying = Locked(())

    package init() {}

    /// How many times a row was skipped since the start.
    package var passedOver: Int { passed.withLock { $0 } }

    /// The rows that cannot be read.
    package var summary: Summary { state.withLock { Self.summary($0) } }

    /// All remembered rows, by table and row.
    package var all: [RowFault] {
        state.withLock { state in
            state.tables.flatMap { table, rows in
                rows.map { RowFault(table: table, row: $0.key, problem: $0.value) }
            }
        }.sorted { ($0.table, $0.row) < ($1.table, $1.row) }
    }

    /// Calls a body with the current state, and after every change.
    package func listen(_ body: @escaping @Sendable (Summary) -> Void) {
        state.withLock { $0.listener = body }
        notifyListener()
    }

    /// The remembered rows of a table.
    package func rows(in table: String) -> [String] { state.withLock { Array($0.tables[table, default: [:]].keys) } }

    /// Whether any row of a table is remembered.
    package func hasFaults(in table: String) -> Bool { state.withLock { $0.tables[table] != nil } }

    /// Notes rows that were skipped.
    package func note(_ faults: [RowFault]) {
        guard !faults.isEmpty else { return }
        passed.withLock { $0 += faults.count }
        change { state in
            for fault in faults where state.tables[fault.table]?[fault.row] != fault.problem {
                let isNew = state.tables[fault.table]?[fault.row] == nil
                if isNew, state.count >= Self.limit { continue }
                if isNew { state.count += 1 }
                state.tables[fault.table, default: [:]][fault.row] = fault.problem
            }
        }
    }

    /// Forgets rows that could be read, or were deleted.
    package func forget(_ rows: some Sequence<String>, of table: String) {
        guard hasFaults(in: table) else { return }
        change { state in
            for row in rows where state.tables[table]?.removeValue(forKey: row) != nil { state.count -= 1 }
            if state.tables[table]?.isEmpty == true { state.tables[table] = nil }
        }
    }

    /// Forgets a row that was deleted.
    package func forget(_ row: Int64, of table: String) {
        forget(CollectionOfOne("\(row)"), of: table)
        newer.forget("\(row)", of: table)
    }

    private func change(_ body: (inout State) -> Void) {
        let isNews = state.withLock { state in
            let before = Self.summary(state)
            body(&state)
            return before != Self.summary(state)
        }
        if isNews { notifyListener() }
    }

    private func notifyListener() {
        notifying.withLock { _ in
            let (listener, summary) = state.withLock { ($0.listener, Self.summary($0)) }
            listener?(summary)
        }
    }

    private static func summary(_ state: State) -> Summary {
        var summary = Summary()
        summary.counts = state.tables.mapValues(\.count)
        if let table = state.tables.keys.min(), let rows = state.tables[table], let row = rows.keys.min() {
            summary.example = RowFault(table: table, row: row, problem: rows[row] ?? "")
        }
        return summary
    }
}

extension RowFaults.Summary {
    /// The summary for people; nil when every row can be read.
    package var text: String? {
        guard let example else { return nil }
        let total = counts.values.reduce(0, +)
        let tables = counts.sorted { $0.key < $1.key }.map { "\($0.value) in \($0.key)" }.joined(separator: ", ")
        return "\(total) stored \(total == 1 ? "row" : "rows") cannot be read and \(total == 1 ? "is" : "are")"
            + " passed over: \(tables); for example \(example)"
    }
}
