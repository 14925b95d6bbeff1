import Base
package import Domain
package import SQL

/// The states of all monitors; changes are written by `ResultRepository.append`, together with their cause.
package struct StatusRepository: Sendable {
    private let database: any Database

    /// Works on a database whose schema is up to date.
    package init(database: any Database) { self.database = database }

    /// The states of monitors with an id above `after`, in ascending order, at most `limit`.
    package func statuses(after: MonitorID?, limit: Int) async throws(StorageError) -> [MonitorStatus] {
        try await rows(
            "SELECT monitor_id, state, since, scheduled_at, reason FROM monitor_status"
                + " WHERE monitor_id > $1 ORDER BY monitor_id LIMIT $2",
            [.integer(after?.rawValue ?? 0), .integer(Int64(limit))]
        )
    }

    /// Paused monitors with an id above `after`, in ascending order, at most `limit`.
    package func paused(after: MonitorID?, limit: Int) async throws(StorageError) -> [MonitorID] {
        do throws(SQLError) {
            let rows = try await database.query(
                "SELECT id FROM monitors WHERE id > $1 AND is_active = 0 ORDER BY id LIMIT $2",
                [.integer(after?.rawValue ?? 0), .integer(Int64(limit))]
            )
            var found: [MonitorID] = []
            for row in rows { found.append(MonitorID(rawValue: try row.integer(0))) }
            return found
        } catch { throw StorageError(error) }
    }

    /// The state of one monitor; nil when there is no such monitor.
    package func status(_ id: MonitorID) async throws(StorageError) -> MonitorStatus? {
        try await rows(
            "SELECT monitor_id, state, since, scheduled_at, reason FROM monitor_status WHERE monitor_id = $1",
            [.integer(id.rawValue)]
        ).first
    }

    private func rows(_ sql: String, _ parameters: [SQLValue]) async throws(StorageError) -> [MonitorStatus] {
        do throws(SQLError) {
            let rows = try await database.query(sql, parameters)
            var found: [MonitorStatus] = []
            found.reserveCapacity(rows.count)
            for row in rows { found.append(try Self.status(row)) }
            return found
        } catch { throw StorageError(error) }
    }

    private static func status(_ row: Row) throws(SQLError) -> MonitorStatus {
        guard let state = MonitorState(rawValue: try row.text(1)) else { throw .corrupt("unknown monitor state") }
        return MonitorStatus(
            monitorID: MonitorID(rawValue: try row.integer(0)),
            state: state,
            since: Timestamp(milliseconds: try row.integer(2)),
            scheduledAt: Timestamp(milliseconds: try row.integer(3)),
            reason: try Reason(stored: try row.integer(4))
        )
    }

    /// Writes a change within a transaction, unless a newer one is stored.
    static func apply(_ status: MonitorStatus, in session: any SQLSession) async throws(SQLError) {
        _ = try await session.execute(
            """
            UPDATE monitor_status SET state = $2, since = $3, scheduled_at = $4, reason = $5
            WHERE monitor_id = $1 AND scheduled_at <= $4
            """,
            [
                .integer(status.monitorID.rawValue), .text(status.state.rawValue), .integer(status.since.milliseconds),
                .integer(status.scheduledAt.milliseconds), .integer(Int64(status.reason?.rawValue ?? 0)),
            ]
        )
    }
}

extension Reason {
    /// The reason of a stored number, nil for 0; `.corrupt` for one that does not exist.
    init?(stored number: Int64) throws(SQLError) {
        if number == 0 { return nil }
        guard let raw = UInt8(exactly: number), let reason = Reason(rawValue: raw) else {
            throw .corrupt("unknown reason \(number)")
        }
        self = reason
    }
}
