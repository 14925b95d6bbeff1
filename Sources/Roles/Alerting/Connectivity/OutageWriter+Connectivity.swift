package import Base
import Domain
package import SQL
package import Storage

/// The single incident which says that nearly all checks fail at once.
extension OutageWriter {
    /// Opens or ends it; does nothing when it is already open or ended.
    ///
    /// Throws the `SQLError` of the transaction, such as `.busy` or `.full`. Nothing is written then.
    package func write(
        connectivityIsLost: Bool,
        _ words: String,
        at now: Timestamp
    ) async throws(SQLError) -> [IncidentChange] {
        try await incidents.database.transaction { session throws(SQLError) in
            let store = IncidentStore(session)
            let running = try await store.running(.connectivity)
            var changes: [IncidentChange] = []
            if connectivityIsLost, running == nil {
                var opening = IncidentOpening(
                    .connectivity,
                    subject: "Own connectivity",
                    target: "",
                    severity: .critical,
                    message: "\(words): incidents of monitors wait until it is known whether it is them",
                    at: now
                )
                opening.failures = 0
                let incident = try await store.open(opening)
                try await store.add([IncidentEvent(.opened, at: now, words)], to: incident.id)
                changes.append(IncidentChange(.opened, incident))
            } else if !connectivityIsLost, let running {
                changes.append(try await store.resolve(running, "recovered", "Connected again: \(words)", at: now))
            }
            try await planner.plan(changes, session)
            return changes
        }
    }

    /// Whether the incident was open before the start.
    ///
    /// Throws `.database` when the database cannot be read.
    package func isConnectivityLost() async throws(StorageError) -> Bool {
        do throws(SQLError) { return try await IncidentStore(incidents.database).running(.connectivity) != nil } catch {
            throw StorageError(error)
        }
    }
}
