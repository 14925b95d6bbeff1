import Base
package import Domain
import Runtime
package import SQL
import Results

/// Stores results in SQLite: appends them in the order of arrival, and folds them by monitor later.
package final class SQLiteResults: ResultStore {
    let database: any Database
    let cache = Locked(ObservationCache(capacity: 131_072))
    let recent = Locked(RecentIndex())
    /// Sequence numbers are assigned, stored and noted under this lock.
    let gate = AsyncLock()
    /// How many calls of `maintain` there were since results were folded.
    let rounds = Locked(0)

    /// Needs a database whose schema is up to date; one per process, because it caches what it wrote.
    package init(database: any Database) { self.database = database }

    /// How much evidence is kept of each monitor.
    package static let evidencePerMonitor = 10

    /// Stores results in one transaction; returns how many were new.
    ///
    /// A result that is stored already, or whose monitor was deleted, is skipped.
    ///
    /// Throws the `SQLError` of the transaction, such as `.busy`, `.full` or `.readOnly`; nothing is stored then.
    package func append(_ results: [CheckResult]) async throws(SQLError) -> Int {
        guard !results.isEmpty else { return 0 }
        try await loadRecent()
        await gate.enter()
        defer { gate.leave() }
        return try await store(results)
    }

    /// One batch at a time: each batch is noted before the next begins.
    private func store(_ results: [CheckResult]) async throws(SQLError) -> Int {
        let batch = cache.withLock { cache in ResultBatch(results, &cache) }
        let (known, expected) = recent.withLock { recent in
            (results.map { recent.heads[$0.monitorID.rawValue] }, recent.nextSequence)
        }
        let done = try await database.transaction { session throws(SQLError) in
            let first = try await ResultSequence.reserve(results.count, session)
            let foreign = try await RecentIndex.heads(from: expected, before: first, session)
            let known =
                foreign.heads.isEmpty
                ? known : zip(results, known).map { foreign.heads[$0.monitorID.rawValue] ?? $1 }
            var learned = try await batch.resolve(session)
            let placed = try await Placement.of(results, known: known, from: first, session)
            var inserted = try await Self.insert(batch, placed, learned, session)
            if inserted < results.count, try await StatusRows.renew(of: results.map(\.monitorID), session) {
                learned = try await batch.resolve(session)
                inserted += try await Self.insert(batch, placed, learned, session)
            }
            for result in results where result.outcome.evidence != nil {
                try await EvidenceTable.write(result, keep: Self.evidencePerMonitor, session)
            }
            return Stored(inserted: inserted, learned: learned, placed: placed, foreign: foreign, first: first)
        }
        recent.withLock { recent in
            recent.note(done.foreign.heads, appended: done.foreign.count, next: done.first)
            let next = done.first + Int64(results.count)
            recent.note(done.placed.heads, appended: done.placed.recent.count, next: next)
        }
        if !done.learned.isEmpty {
            cache.withLock { cache in
                for (key, entry) in done.learned { cache.remember(key, number: entry.number, day: entry.day) }
            }
        }
        return done.inserted
    }

    /// The outcome of one transaction.
    private struct Stored: Sendable {
        let inserted: Int
        let learned: [ObservationKey: ResultBatch.Learned]
        let placed: Placement
        /// What other processes have appended since this one's last batch.
        let foreign: (heads: [Int64: RecentIndex.Head], count: Int)
        let first: Int64
    }

    /// Notes what other processes have appended, within a read.
    ///
    /// Throws the `SQLError` of the read.
    func follow(_ session: any SQLSession) async throws(SQLError) {
        let next = try await ResultSequence.last(session) + 1
        let expected = recent.withLock { $0.nextSequence }
        guard next > expected else { return }
        let foreign = try await RecentIndex.heads(from: expected, before: next, session)
        recent.withLock { $0.note(foreign.heads, appended: foreign.count, next: next) }
    }

    /// Appends new results in the order of time, and inserts late ones at their place.
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
