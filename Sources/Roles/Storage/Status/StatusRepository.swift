package import Base
package import Domain
package import SQL

/// The states of all monitors; changes are written in the transaction of what follows from them.
package struct StatusRepository: Sendable {
    private let database: any Database

    /// Works on a database whose schema is up to date.
    package init(database: any Database) { self.database = database }

    private static let columns = "s.monitor_id, s.state, s.since, s.scheduled_at, s.reason, s.verdict"
    private static let standing =
        "SELECT \(columns), m.alerting, m.is_active FROM monitor_status s JOIN monitors m ON m.id = s.monitor_id"

    /// What is stored of monitors with an id above `after`, in ascending order, at most `limit`.
    package func standings(after: MonitorID?, limit: Int) async throws(StorageError) -> [StoredVerdict] {
        try await standings(
            " WHERE s.monitor_id > $1 ORDER BY s.monitor_id LIMIT $2",
            [.integer(after?.rawValue ?? 0), .integer(Int64(limit))]
        )
    }

    /// What is stored of these monitors; those that do not exist are left out.
    package func standings(of ids: [MonitorID]) async throws(StorageError) -> [StoredVerdict] {
        var found: [StoredVerdict] = []
        for start in stride(from: 0, to: ids.count, by: 500) {
            let part = ids[start..<min(start + 500, ids.count)]
            let places = (1...part.count).map { "$\($0)" }.joined(separator: ", ")
            found += try await standings(" WHERE s.monitor_id IN (\(places))", part.map { .integer($0.rawValue) })
        }
        return found
    }

    private func standings(
        _ condition: String,
        _ values: [SQLValue]
    ) async throws(StorageError) -> [StoredVerdict] {
        do throws(SQLError) {
            var found: [StoredVerdict] = []
            for row in try await database.query(Self.standing + condition, values) {
                found.append(try Self.standing(row))
            }
            return found
        } catch { throw StorageError(error) }
    }

    /// What cannot be read of a monitor is as if it had never been stored: it must not keep the others from being judged.
    private static func standing(_ row: Row) throws(SQLError) -> StoredVerdict {
        let never = Timestamp(milliseconds: 0)
        var standing = StoredVerdict(
            status: MonitorStatus(
                monitorID: MonitorID(rawValue: try row.integer(0)),
                state: .unknown,
                since: never,
                scheduledAt: never
            ),
            alerting: MonitorAlerting(),
            isActive: try row.flag(7)
        )
        do throws(SQLError) {
            standing.status = try status(row)
            standing.alerting = try AlertingCodec.decode(try row.optionalText(6))
        } catch { standing.fault = "\(error)" }
        return standing
    }

    /// The state of one monitor; nil when there is no such monitor.
    package func status(_ id: MonitorID) async throws(StorageError) -> MonitorStatus? {
        try await rows(
            "SELECT \(Self.columns) FROM monitor_status s WHERE s.monitor_id = $1",
            [.integer(id.rawValue)]
        ).first
    }

    /// The same within somebody's transaction, without the rest of the row.
    package static func state(of id: MonitorID, _ session: any SQLSession) async throws(SQLError) -> MonitorState? {
        let sql = "SELECT s.state FROM monitor_status s WHERE s.monitor_id = $1"
        guard let row = try await session.query(sql, [.integer(id.rawValue)]).first else { return nil }
        guard let state = MonitorState(rawValue: try row.text(0)) else { throw .corrupt("unknown monitor state") }
        return state
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
            reason: try Reason(stored: try row.integer(4)),
            verdict: try row.optionalText(5).map { text throws(SQLError) in
                do throws(JSONError) { return try JSONValue(parsing: text) } catch {
                    throw SQLError.corrupt("a stored verdict: \(error)")
                }
            }
        )
    }

    /// Writes a change of a time within a transaction, unless a newer one is stored.
    ///
    /// What is stored of a time after that, by more than a minute, is not newer: clocks were set back since.
    package static func apply(
        _ status: MonitorStatus,
        at time: Timestamp,
        in session: any SQLSession
    ) async throws(SQLError) {
        _ = try await session.execute(
            """
            UPDATE monitor_status SET state = $2, since = $3, scheduled_at = $4, reason = $5, verdict = $6
            WHERE monitor_id = $1 AND (scheduled_at <= $4 OR scheduled_at > $7)
            """,
            [
                .integer(status.monitorID.rawValue), .text(status.state.rawValue), .integer(status.since.milliseconds),
                .integer(status.scheduledAt.milliseconds), .integer(Int64(status.reason?.rawValue ?? 0)),
                .text(status.verdict?.description), .integer((time + .seconds(60)).milliseconds),
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
