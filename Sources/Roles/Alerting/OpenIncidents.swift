package import Base
import Domain
import SQL
package import Storage

/// Tells channels of the open incidents that they would have been told of, had they been there when those began.
///
/// For channels that were made, enabled or named by a policy since. Who was told once is not told again, and nobody is
/// told anew of what somebody has acknowledged.
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

    /// Plans what is missing; how many notifications that were.
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
                        "channels cannot be told of an open incident",
                        ["incident": "\(incident.id)", "error": "\(error)"]
                    )
                }
                return (planned, page.last?.id)
            }
        } catch { throw StorageError(error) }
    }
}
