package import Base
import Domain
import SQL
package import Storage

/// Notifies channels of open incidents that they missed because the channel or its policy did not exist at the time.
///
/// For channels that were created, enabled or named by a policy since. A channel that was notified once is not notified
/// again, and nobody is newly notified of an acknowledged incident.
package struct OpenIncidents: Sendable {
    private let incidents: IncidentRepository
    private let planner: NotificationPlanner
    private let logger: Logger
    /// How many incidents one transaction looks at.
    private static let pageSize = 200

    package init(incidents: IncidentRepository, planner: NotificationPlanner, logger: Logger) {
        self.incidents = incidents
        self.planner = planner
        self.logger = logger
    }

    /// Plans the missing notifications; returns how many.
    ///
    /// Throws `StorageError` when the store cannot be read or written; what was planned until then stays.
    @discardableResult
    package func planMissing(at now: Timestamp) async throws(StorageError) -> Int {
        var after = IncidentID(rawValue: 0)
        var count = 0
        while true {
            let page = try await planPage(after: after, at: now)
            count += page.planned
            guard let last = page.last else { return count }
            after = last
        }
    }

    private func planPage(
        after: IncidentID,
        at now: Timestamp
    ) async throws(StorageError) -> (planned: Int, last: IncidentID?) {
        do throws(SQLError) {
            return try await incidents.database.transaction { session throws(SQLError) in
                let page = try await IncidentStore(session).open(after: after, limit: Self.pageSize)
                let planned = try await planner.planMissing(page, at: now, session) { incident, error in
                    logger.error(
                        "channels cannot be notified of an open incident",
                        ["incident": "\(incident.id)", "error": "\(error)"]
                    )
                }
                return (planned, page.last?.id)
            }
        } catch { throw StorageError(error) }
    }
}
