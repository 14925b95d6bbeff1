import Base
package import Domain
package import SQL

/// The results of checks: appended in batches, read by monitor.
package final class ResultRepository: Sendable {
    let database: any Database
    let cache = Locked(ObservationCache(capacity: 131_072))

    /// Works on a database whose schema is up to date; one per process, for it caches what it wrote.
    package init(database: any Database) { self.database = database }

    /// How many pieces of evidence are kept of a monitor.
    package static let evidencePerMonitor = 10

    /// Stores results and changes of state in one transaction; returns how many results were new.
    ///
    /// A result that is stored already, or whose monitor is gone, is passed over.
    package func append(
        _ results: [CheckResult],
        statusChanges: [MonitorStatus] = []
    ) async throws(SQLError) -> Int {
        guard !results.isEmpty || !statusChanges.isEmpty else { return 0 }
        let batch = cache.withLock { cache in ResultBatch(results, &cache) }
        let (inserted, learned) = try await database.transaction { session throws(SQLError) in
            let learned = try await batch.resolve(session)
            let inserted = try await session.executeMany(
                ResultBatch.insert,
                columns: ResultBatch.columns,
                values: batch.values(learned)
            )
            for result in results where result.outcome.evidence != nil {
                try await Evidence.write(result, keep: Self.evidencePerMonitor, session)
            }
            for change in statusChanges { try await StatusRepository.apply(change, in: session) }
            return (inserted, learned)
        }
        if !learned.isEmpty {
            cache.withLock { cache in
                for (key, entry) in learned { cache.remember(key, number: entry.number, day: entry.day) }
            }
        }
        return inserted
    }
}
