import Base

/// A stored thing that keeps the members which this release does not know.
package protocol KeepsNewerMembers {
    /// Their names; empty for nearly everything.
    var newerMembers: [String] { get }
}

/// The rows of a database with settings of a newer release, as they were when they were last read.
///
/// Such a setting is kept, but has no effect here: whoever goes back to an older release must hear of it.
package final class NewerRows: Sendable {
    private struct State {
        /// The names of the settings, by table and row.
        var tables: [String: [String: [String]]] = [:]
        var count = 0
        var listener: (@Sendable (String?) -> Void)?
    }

    /// How many rows are remembered at most.
    private static let limit = 1000
    private let state = Locked(State())
    /// Held while the listener is called, so that after concurrent changes its last call has the latest state.
    private let notifying = Locked(())

    init() {}

    /// How many rows are remembered.
    package var count: Int { state.withLock { $0.count } }

    /// Whether any row of a table is remembered.
    func hasRows(in table: String) -> Bool { state.withLock { $0.tables[table] != nil } }

    /// Notes the settings of a row that are not known; forgets the row when there are none.
    package func note(_ names: [String], row: String, of table: String) {
        let isNews = state.withLock { state in
            let known = state.tables[table]?[row]
            guard known ?? [] != names, known != nil || state.count < Self.limit else { return false }
            if names.isEmpty {
                state.tables[table]?[row] = nil
                if state.tables[table]?.isEmpty == true { state.tables[table] = nil }
                state.count -= 1
            } else {
                state.tables[table, default: [:]][row] = names
                if known == nil { state.count += 1 }
            }
            return true
        }
        if isNews { notifyListener() }
    }

    /// Forgets a row that was deleted or written over.
    func forget(_ row: String, of table: String) {
        if hasRows(in: table) { note([], row: row, of: table) }
    }

    /// Calls a body with the state for people, nil for none, now and after every change.
    func listen(_ body: @escaping @Sendable (String?) -> Void) {
        state.withLock { $0.listener = body }
        notifyListener()
    }

    private func notifyListener() {
        notifying.withLock { _ in
            let (listener, text) = state.withLock { ($0.listener, Self.text($0)) }
            listener?(text)
        }
    }

    private static func text(_ state: State) -> String? {
        guard let table = state.tables.keys.min(), let rows = state.tables[table], let row = rows.keys.min(),
            let names = rows[row]
        else { return nil }
        let what = state.count == 1 ? "1 stored row has" : "\(state.count) stored rows have"
        return
            "\(what) settings of a newer release, which are kept and have no effect here; for example \(table) \(row): "
            + names.prefix(5).map { String($0.prefix(50)) }.joined(separator: ", ")
    }
}
