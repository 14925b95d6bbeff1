import Base
package import Domain
import Runtime
package import SQL

/// The results of checks: appended in batches, read by monitor.
package final class ResultRepository: Sendable {
    let database: any Database
    let cache = Locked(ObservationCache(capacity: 131_072))
    let recent = Locked(RecentIndex())
    /// Numbers are given out, stored and noted together.
    let gate = AsyncLock()

    /// Works on a database whose schema is up to date; one per process, for it caches what it wrote.
    package init(database: any Database) { self.database = database }

    /// How many pieces of evidence are kept of a monitor.
    package static let evidencePerMonitor = 10

    /// Stores results in one transaction; returns how many were new.
    ///
    /// A result that is stored already, or whose monitor is gone, is passed over.
    ///
    /// Throws the `SQLError` of the transaction, such as `.busy`, `.full` or `.readOnly`; nothing is stored then.
    package func append(_ results: [CheckResult]) async throws(SQLError) -> Int {
        guard !results.isEmpty else { return 0 }
        try await loadRecent()
        await gate.enter()
        defer { gate.leave() }
        return try await store(results)
    }

    /// One batch at a time: nobody else may give out numbers between this one's and what is noted of them.
    private func store(_ results: [CheckResult]) async throws(SQLError) -> Int {
        let batch = cache.withLock { cache in ResultBatch(results, &cache) }
        let first = recent.withLock { $0.reserve(results.count) }
        let known = recent.withLock { recent in
            results.map { recent.heads[$0.monitorID.rawValue] }
        }
        let (inserted, learned, placed) = try await database.transaction { session throws(SQLError) in
            var learned = try await batch.resolve(session)
            let placed = try await Placement.of(results, known: known, from: first, session)
            var inserted = try await Self.insert(batch, placed, learned, session)
            if inserted < results.count, try await StatusRepository.renew(of: results.map(\.monitorID), session) {
                learned = try await batch.resolve(session)
                inserted += try await Self.insert(batch, placed, learned, session)
            }
            for result in results where result.outcome.evidence != nil {
                try await Evidence.write(result, keep: Self.evidencePerMonitor, session)
            }
            return (inserted, learned, placed)
        }
        recent.withLock { $0.note(placed.heads, appended: placed.recent.count) }
        if !learned.isEmpty {
            cache.withLock { cache in
                for (key, entry) in learned { cache.remember(key, number: entry.number, day: entry.day) }
            }
        }
        return inserted
    }

    /// Appends what is new in time order, and puts the rest where it belongs.
    private static func insert(
        _ batch: ResultBatch,
        _ placed: Placement,
        _ learned: [ObservationKey: ResultBatch.Learned],
        _ session: any SQLSession
    ) async throws(SQLError) -> Int {
        var inserted = 0
        if !placed.recent.isEmpty {
            inserted += try await session.executeMany(
                ResultBatch.append,
                columns: ResultBatch.columns + 2,
                values: batch.values(learned, of: placed.recent)
            )
        }
        guard !placed.late.isEmpty else { return inserted }
        return try await inserted
            + session.executeMany(
                ResultBatch.insert,
                columns: ResultBatch.columns,
                values: batch.values(learned, of: placed.late)
            )
    }
}
