package import Base
package import Domain
import Postgres
import Results
package import SQL

/// Stores results in PostgreSQL, in a partition a day; old days are dropped as a whole.
package final class PostgresResults: ResultStore {
    let database: any Database
    let partitions: ResultPartitions
    let cache = Locked(ObservationCache(capacity: cacheCapacity))
    private static let cacheCapacity = 131_072

    /// How much evidence is kept of each monitor.
    private static let evidencePerMonitor = 10

    /// Needs a database whose schema is up to date.
    package init(database: any Database, now: @escaping @Sendable () -> Timestamp = { .now }) {
        self.database = database
        partitions = ResultPartitions(database: database, now: now)
    }

    /// Stores results in one transaction; returns how many were new.
    ///
    /// A result that is stored already, or whose monitor was deleted, is skipped.
    ///
    /// Throws the `SQLError` of the transaction, such as `.full` or `.unavailable`; nothing is stored then.
    package func append(_ results: [CheckResult]) async throws(SQLError) -> Int {
        guard !results.isEmpty else { return 0 }
        do throws(SQLError) { return try await store(results) } catch {
            // A server that was away may have lost what it had confirmed, as a replica that took over does: what this
            // process knows of its partitions and observations no longer counts.
            switch error {
            case .unavailable: forget()
            case .constraint:
                forget()
                return try await store(results)
            default: break
            }
            throw error
        }
    }

    private func forget() {
        partitions.forget()
        cache.withLock { $0 = ObservationCache(capacity: Self.cacheCapacity) }
    }

    private func store(_ results: [CheckResult]) async throws(SQLError) -> Int {
        try await partitions.ensure(results.map(\.scheduledAt))
        // Two writers that store the same rows in one order do not block each other for ever.
        let sorted = results.sorted { ($0.monitorID.rawValue, $0.id) < ($1.monitorID.rawValue, $1.id) }
        let new = cache.withLock { cache in NewObservations(sorted, &cache) }
        let rows = sorted.flatMap { Self.row($0) }
        let inserted = try await database.transaction { session throws(SQLError) in
            // Rows are only added, and each stands for itself: nothing that was read decides what is written.
            _ = try await session.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED", [])
            guard let session = session as? PostgresSession else { throw .programming("not a PostgreSQL database") }
            _ = try await session.executeColumns(
                NewObservations.insert,
                columns: NewObservations.columns,
                values: new.rows
            )
            for result in sorted where result.outcome.evidence != nil {
                try await EvidenceTable.write(result, keep: Self.evidencePerMonitor, session)
            }
            return try await session.executeColumns(Self.insert, columns: 8, values: rows)
        }
        cache.withLock { new.remember(in: &$0) }
        return inserted
    }

    /// Takes columns as arrays: one statement and one answer for a batch, and, unlike `COPY`, no table between, since
    /// results that are stored already are skipped as they are met.
    private static let insert = """
        INSERT INTO results
            (monitor_id, scheduled_at, region, reason, status_code, latency, observation, facts)
        SELECT r.* FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)
            AS r (monitor_id, scheduled_at, region, reason, status_code, latency, observation, facts)
        WHERE EXISTS (SELECT 1 FROM monitors WHERE id = r.monitor_id)
        ORDER BY r.monitor_id, r.scheduled_at, r.region
        ON CONFLICT DO NOTHING
        """

    private static func row(_ result: CheckResult) -> [SQLValue] {
        let outcome = result.outcome
        return [
            .integer(result.monitorID.rawValue), .integer(result.scheduledAt.milliseconds),
            .integer(Int64(result.region.rawValue)), .integer(Int64(outcome.failure?.reason.rawValue ?? 0)),
            .integer(Int64(outcome.statusCode ?? 0)), .integer(outcome.latency.wholeMicroseconds),
            .integer(Observation.isEmpty(result) ? 0 : Observation.digest(result)), .blob(ResultFacts.pack(result)),
        ]
    }

    /// Makes the partitions of the coming days; returns 0, since no result is moved.
    ///
    /// Throws the `SQLError` of a step; the steps before it stay.
    package func maintain(everything: Bool) async throws(SQLError) -> Int {
        try await partitions.prepare()
        return 0
    }
}
