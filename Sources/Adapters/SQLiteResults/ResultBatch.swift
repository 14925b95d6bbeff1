import Base
import Domain
import Results
import SQL

/// Results that are being stored.
struct ResultBatch: Sendable {
    /// An observation that is not in the cache.
    private struct Miss: Sendable {
        let key: ObservationKey
        let day: Int32
        let observation: Observation
    }
    /// The number of an observation that was found or stored.
    struct Learned: Sendable {
        let number: Int64
        let day: Int32
    }

    /// Skips results that are stored already, and those of deleted monitors.
    static let insert = """
        INSERT INTO results
            (monitor_id, scheduled_at, region, reason, status_code, latency, observation, facts)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8 WHERE EXISTS (SELECT 1 FROM monitor_status WHERE monitor_id = $1)
        ON CONFLICT DO NOTHING
        """
    /// Appends in the order of arrival; skips results of deleted monitors.
    static let append = """
        INSERT INTO recent_results
            (monitor_id, scheduled_at, region, reason, status_code, latency, observation, facts, sequence, previous)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10
        WHERE EXISTS (SELECT 1 FROM monitor_status WHERE monitor_id = $1)
        ON CONFLICT DO NOTHING
        """
    /// The number of columns of a result.
    static let columns = 8

    private let results: [CheckResult]
    /// The number of each result's observation; -1 - n stands for the n-th miss.
    private var numbers: [Int64] = []
    private var misses: [Miss] = []

    /// Looks up the observations in the cache.
    init(_ results: [CheckResult], _ cache: inout ObservationCache) {
        self.results = results
        numbers.reserveCapacity(results.count)
        var missing: [ObservationKey: Int] = [:]
        for result in results {
            guard !Observation.isEmpty(result) else {
                numbers.append(0)
                continue
            }
            let monitor = result.monitorID.rawValue
            let key = ObservationKey(monitor: monitor, digest: Observation.digest(result))
            let day = ObservationCache.day(of: result.scheduledAt.milliseconds, monitor: monitor)
            if let number = cache.number(key, day: day) {
                numbers.append(number)
            } else {
                let index = missing[key] ?? misses.count
                if index == misses.count {
                    missing[key] = index
                    misses.append(Miss(key: key, day: day, observation: Observation(result)))
                }
                numbers.append(-1 - Int64(index))
            }
        }
    }

    /// Finds or stores the observations that are not in the cache; leaves out those of deleted monitors.
    func resolve(_ session: any SQLSession) async throws(SQLError) -> [ObservationKey: Learned] {
        var learned: [ObservationKey: Learned] = [:]
        for miss in misses {
            if let number = try await Self.find(miss, session) {
                learned[miss.key] = Learned(number: number, day: miss.day)
            }
        }
        return learned
    }

    private static func find(_ miss: Miss, _ session: any SQLSession) async throws(SQLError) -> Int64? {
        let key: [SQLValue] = [.integer(miss.key.monitor), .integer(miss.key.digest)]
        let known = try await session.query(
            "SELECT number, last_seen, content FROM observations WHERE monitor_id = $1 AND digest = $2",
            key
        )
        if let row = known.first, let number = try? row.integer(0), let seen = try? row.integer(1) {
            if (try? Observation(json: try row.text(2))) == nil {
                // One that was damaged is mended, or every result that it belongs to could not be read.
                _ = try await session.execute(
                    "UPDATE observations SET last_seen = $3, content = $4 WHERE monitor_id = $1 AND number = $2",
                    [
                        .integer(miss.key.monitor), .integer(number), .integer(max(seen, Int64(miss.day))),
                        .text(miss.observation.json),
                    ]
                )
            } else if seen < Int64(miss.day) {
                _ = try await session.execute(
                    "UPDATE observations SET last_seen = $3 WHERE monitor_id = $1 AND number = $2",
                    [.integer(miss.key.monitor), .integer(number), .integer(Int64(miss.day))]
                )
            }
            return number
        }
        if !known.isEmpty {
            // An observation that cannot be read is written again.
            _ = try await session.execute("DELETE FROM observations WHERE monitor_id = $1 AND digest = $2", key)
        }
        let rows = try await session.query(
            """
            INSERT INTO observations (monitor_id, number, digest, last_seen, content)
            SELECT $1, COALESCE((SELECT MAX(number) FROM observations
                WHERE monitor_id = $1 AND number <= 1000000000000), 0) + 1, $2, $3, $4
            WHERE EXISTS (SELECT 1 FROM monitor_status WHERE monitor_id = $1) RETURNING number
            """,
            key + [.integer(Int64(miss.day)), .text(miss.observation.json)]
        )
        return try rows.first?.integer(0)
    }

    /// The rows as one flat array, for `append`, or for `insert` when they have no sequence number.
    func values(_ learned: [ObservationKey: Learned], of rows: [Placement.Row]) -> [SQLValue] {
        let found = misses.map { learned[$0.key]?.number ?? 0 }
        var values: [SQLValue] = []
        values.reserveCapacity(rows.count * (Self.columns + 2))
        for row in rows {
            let (result, number) = (results[row.index], numbers[row.index])
            values.append(.integer(result.monitorID.rawValue))
            values.append(.integer(result.scheduledAt.milliseconds))
            values.append(.integer(Int64(result.region.rawValue)))
            values.append(.integer(Int64(result.outcome.failure?.reason.rawValue ?? 0)))
            values.append(.integer(Int64(result.outcome.statusCode ?? 0)))
            values.append(.integer(result.outcome.latency.wholeMicroseconds))
            values.append(.integer(number < 0 ? found[Int(-1 - number)] : number))
            values.append(.blob(ResultFacts.pack(result)))
            guard row.sequence > 0 else { continue }
            values.append(.integer(row.sequence))
            values.append(.integer(row.previous))
        }
        return values
    }
}
