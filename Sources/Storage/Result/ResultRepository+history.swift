package import Base
package import Domain
package import SQL

extension ResultRepository {
    /// Which results of a monitor a history shows; nil members do not restrict it.
    package struct Window: Sendable, Equatable {
        /// Results older than the one with this id (`CheckResult.id`).
        package var before: Int64?
        /// Due then or later.
        package var from: Timestamp?
        /// Due earlier than that.
        package var to: Timestamp?

        /// A window; without arguments all results are in it.
        package init(before: Int64? = nil, from: Timestamp? = nil, to: Timestamp? = nil) {
            (self.before, self.from, self.to) = (before, from, to)
        }

        /// The smallest key (due time, region) that is not in the window any more.
        var end: (Int64, Int64) {
            let byID = before.map { ($0 / 1000, $0 % 1000) } ?? (.max, 0)
            let byTime = to.map { ($0.milliseconds, Int64(0)) } ?? (.max, 0)
            return byID < byTime ? byID : byTime
        }
    }

    private static let columns = """
        SELECT r.scheduled_at, r.region, r.reason, r.status_code, r.latency, r.facts, r.observation, o.content
        FROM results r LEFT JOIN observations o ON o.monitor_id = r.monitor_id AND o.number = r.observation
        WHERE r.monitor_id = $1
        """

    /// A monitor's results, newest first, without evidence, at most `limit`.
    package func history(
        _ monitor: MonitorID,
        in window: Window = Window(),
        limit: Int
    ) async throws(SQLError) -> [CheckResult] {
        let end = window.end
        let rows = try await database.query(
            Self.columns
                + " AND (r.scheduled_at, r.region) < ($2, $3) AND r.scheduled_at >= $4"
                + " ORDER BY r.scheduled_at DESC, r.region DESC LIMIT $5",
            [
                .integer(monitor.rawValue), .integer(end.0), .integer(end.1),
                .integer(window.from?.milliseconds ?? 0), .integer(Int64(limit)),
            ]
        )
        return try Self.results(rows, of: monitor)
    }

    /// The newest result of each of these monitors that has one, without evidence.
    package func latest(for monitors: [MonitorID]) async throws(SQLError) -> [MonitorID: CheckResult] {
        try await database.read { session throws(SQLError) in
            var found: [MonitorID: CheckResult] = [:]
            for monitor in monitors {
                let rows = try await session.query(
                    Self.columns + " ORDER BY r.scheduled_at DESC, r.region DESC LIMIT 1",
                    [.integer(monitor.rawValue)]
                )
                found[monitor] = try Self.results(rows, of: monitor).first
            }
            return found
        }
    }

    /// One result with its evidence; nil when there is none.
    package func result(_ monitor: MonitorID, id: Int64) async throws(SQLError) -> CheckResult? {
        try await database.read { session throws(SQLError) in
            let rows = try await session.query(
                Self.columns + " AND r.scheduled_at = $2 AND r.region = $3",
                [.integer(monitor.rawValue), .integer(id / 1000), .integer(id % 1000)]
            )
            guard var result = try Self.results(rows, of: monitor).first else { return nil }
            result.outcome.evidence = try await Evidence.read(result, session)
            return result
        }
    }

    /// Decodes rows; an observation that several share is read once.
    private static func results(_ rows: [Row], of monitor: MonitorID) throws(SQLError) -> [CheckResult] {
        var observations: [Int64: Observation] = [:]
        var results: [CheckResult] = []
        results.reserveCapacity(rows.count)
        for row in rows {
            var result = try decode(row, of: monitor)
            let number = try row.integer(6)
            if let text = try row.optionalText(7) {
                let observation: Observation
                if let known = observations[number] {
                    observation = known
                } else {
                    observation = try Observation(json: text)
                    observations[number] = observation
                }
                observation.restore(&result)
            }
            results.append(result)
        }
        return results
    }

    private static func decode(_ row: Row, of monitor: MonitorID) throws(SQLError) -> CheckResult {
        let due = Timestamp(milliseconds: try row.integer(0))
        var outcome = ProbeOutcome(latency: .microseconds(try row.integer(4)))
        // The phase follows from the packed facts.
        outcome.failure = try Reason(stored: try row.integer(2)).map { .init($0, in: .internal, "") }
        outcome.statusCode = Int(try row.integer(3))
        var result = CheckResult(
            monitorID: monitor,
            region: RegionID(rawValue: UInt16(clamping: try row.integer(1))),
            scheduledAt: due,
            checkedAt: due,
            outcome: outcome
        )
        try ResultFacts.unpack(try row.blob(5), into: &result)
        return result
    }
}
