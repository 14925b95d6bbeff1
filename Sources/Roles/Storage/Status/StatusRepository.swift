package import Base
package import Domain
import Results
package import SQL

/// Reads and writes the states of all monitors; changes are written in the transaction of their effects.
package struct StatusRepository: Sendable {
    private let database: any Database
    private let settings: CheckSettingsColumn?

    /// Needs a database whose schema is up to date.
    ///
    /// `settings` decodes the settings of checks: the verdicts of monitors with regions need their time limit.
    package init(database: any Database, settings: CheckSettingsColumn? = nil) {
        self.database = database
        self.settings = settings
    }

    private static let columns = "s.monitor_id, s.state, s.since, s.scheduled_at, s.reason, s.verdict"
    static let table = StoredTable("monitor_status", columns: columns + ", m.alerting, m.is_active, m.id", key: 8)
    /// The settings of checks are long, and needed only of monitors with regions.
    private static let checks =
        ", m.interval_seconds, m.kind, CASE WHEN m.alerting LIKE '%\"regions\"%' THEN m.settings END"
    /// A monitor whose status row is missing gets an empty one.
    private static let verdict = """
        SELECT \(columns), m.alerting, m.is_active, m.id\(checks)
        FROM monitors m LEFT JOIN monitor_status s ON s.monitor_id = m.id
        """

    /// The stored verdicts of monitors with an id above `after`, in ascending order, at most `limit`.
    ///
    /// A value that cannot be read is left out, and `fault` says so. Throws `.database` when the database cannot be
    /// read.
    package func verdicts(after: MonitorID?, limit: Int) async throws(StorageError) -> [StoredVerdict] {
        try await verdicts(
            " WHERE m.id > $1 ORDER BY m.id LIMIT $2",
            [.integer(after?.rawValue ?? 0), .integer(Int64(limit))]
        )
    }

    /// The stored verdicts of these monitors; those that do not exist are left out.
    ///
    /// A value that cannot be read is left out, and `fault` says so. Throws `.database` when the database cannot be
    /// read.
    package func verdicts(of ids: [MonitorID]) async throws(StorageError) -> [StoredVerdict] {
        var found: [StoredVerdict] = []
        for start in stride(from: 0, to: ids.count, by: 500) {
            let part = ids[start..<min(start + 500, ids.count)]
            let places = (1...part.count).map { "$\($0)" }.joined(separator: ", ")
            found += try await verdicts(" WHERE m.id IN (\(places))", part.map { .integer($0.rawValue) })
        }
        return found
    }

    private func verdicts(
        _ condition: String,
        _ values: [SQLValue]
    ) async throws(StorageError) -> [StoredVerdict] {
        do throws(SQLError) {
            var found: [StoredVerdict] = []
            for row in try await database.query(Self.verdict + condition, values) {
                found.append(try verdict(row.named(Self.table.columns)))
            }
            note(found)
            return found
        } catch { throw StorageError(error) }
    }

    /// An unreadable value is noted too, although its row is returned.
    private func note(_ verdicts: [StoredVerdict]) {
        var (faults, sound): ([RowFault], [String]) = ([], [])
        for verdict in verdicts {
            let row = "\(verdict.status.monitorID)"
            if let fault = verdict.fault {
                faults.append(RowFault(table: Self.table.name, row: row, problem: fault))
            } else if database.rowFaults.hasFaults(in: Self.table.name) {
                sound.append(row)
            }
        }
        database.rowFaults.forget(sound, of: Self.table.name)
        database.rowFaults.note(faults)
    }

    /// A value that cannot be read counts as never stored: it must not keep the other monitors from being evaluated.
    private func verdict(_ row: Row) throws(SQLError) -> StoredVerdict {
        let never = Timestamp(milliseconds: 0)
        var verdict = StoredVerdict(
            status: MonitorStatus(
                monitorID: MonitorID(rawValue: try row.integer(8)),
                state: .unknown,
                since: never,
                scheduledAt: never
            ),
            alerting: MonitorAlerting(),
            isActive: (try? row.flag(7)) ?? true
        )
        do throws(SQLError) {
            if case .null = row[0] {} else { verdict.status = try Self.status(row) }
        } catch { verdict.fault = error.text }
        do throws(SQLError) {
            verdict.alerting = judging(try AlertingCodec.decode(try row.optionalText(6)), row)
        } catch { verdict.fault = verdict.fault ?? "alerting of the monitor is not what it should be" }
        return verdict
    }

    /// Settings with what follows from the monitor's checks.
    ///
    /// A time limit that cannot be read is taken for the longest.
    private func judging(_ alerting: MonitorAlerting, _ row: Row) -> MonitorAlerting {
        guard !alerting.regions.isEmpty else { return alerting }
        let interval = (try? row.integer(9)).map { Duration.seconds($0) } ?? MonitorLimits.interval.upperBound
        let (kind, text) = (try? row.text(10), try? row.optionalText(11))
        var timeout: Duration?
        if let settings, let kind, let text { timeout = (try? settings.decode(text, kind: kind))?.timeout }
        return alerting.judging(every: interval, within: timeout ?? CheckLimits.timeout.upperBound)
    }

    /// The state of one monitor; nil when there is no such monitor.
    ///
    /// Throws `.unreadable` when its row cannot be read, `.database` when the database cannot be.
    package func status(_ id: MonitorID) async throws(StorageError) -> MonitorStatus? {
        do throws(SQLError) {
            return try await database.readableFirst(
                StoredTable(Self.table.name, columns: Self.columns),
                "SELECT \(Self.columns) FROM monitor_status s WHERE s.monitor_id = $1",
                [.integer(id.rawValue)]
            ) { row throws(SQLError) in try Self.status(row) }
        } catch { throw StorageError(error) }
    }

    /// The same within the caller's transaction, without the rest of the row.
    ///
    /// A state that cannot be read counts as nil. Throws the `SQLError` of the read, such as `.corrupt` or
    /// `.unavailable`.
    package static func state(of id: MonitorID, _ session: any SQLSession) async throws(SQLError) -> MonitorState? {
        let sql = "SELECT s.state FROM monitor_status s WHERE s.monitor_id = $1"
        guard let row = try await session.query(sql, [.integer(id.rawValue)]).first else { return nil }
        guard case .text(let word) = row[0] else { return nil }
        return MonitorState(rawValue: word)
    }

    private static func status(_ row: Row) throws(SQLError) -> MonitorStatus {
        let state: MonitorState = try row.word(1)
        return MonitorStatus(
            monitorID: MonitorID(rawValue: try row.integer(0)),
            state: state,
            since: try row.time(2),
            scheduledAt: try row.time(3),
            reason: try Reason(stored: try row.integer(4)),
            verdict: try row.optionalJSON(5)
        )
    }

    /// Writes a change within a transaction, unless a newer one is stored; whether it was written.
    ///
    /// A stored time that is more than a minute ahead does not count as newer: the clock was set back since. Nothing is
    /// written for a monitor that does not exist.
    ///
    /// Throws the `SQLError` of the write, such as `.full` or `.readOnly`.
    package static func apply(
        _ status: MonitorStatus,
        at time: Timestamp,
        in session: any SQLSession
    ) async throws(SQLError) -> Bool {
        try await session.execute(
            """
            INSERT INTO monitor_status (monitor_id, state, since, scheduled_at, reason, verdict)
            SELECT $1, $2, $3, $4, $5, $6 WHERE EXISTS (SELECT 1 FROM monitors WHERE id = $1)
            ON CONFLICT (monitor_id) DO UPDATE SET state = excluded.state, since = excluded.since,
                scheduled_at = excluded.scheduled_at, reason = excluded.reason, verdict = excluded.verdict
            WHERE monitor_status.scheduled_at <= $4 OR monitor_status.scheduled_at > $7
            """,
            [
                .integer(status.monitorID.rawValue), .text(status.state.rawValue), .integer(status.since.milliseconds),
                .integer(status.scheduledAt.milliseconds), .integer(Int64(status.reason?.rawValue ?? 0)),
                .text(status.verdict?.description), .integer((time + .seconds(60)).milliseconds),
            ]
        ) > 0
    }
}
