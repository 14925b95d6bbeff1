import Base
import Runtime
import Results
package import SQL

extension SQLiteResults {
    /// For how many monitors at most one transaction folds results: each takes a few pages.
    private static let monitorsPerStep = 2000
    /// After this many calls of `maintain` recent results are folded, however few they are.
    private static let roundsWithoutFolding = 120
    /// How many folded rows one transaction removes at most.
    private static let rowsPerStep: Int64 = 20_000

    /// Folds recent results when there are enough of them, or they were folded long ago.
    ///
    /// Throws as `foldRecent` does.
    package func maintain(everything: Bool) async throws(SQLError) -> Int {
        if everything { return try await foldRecent() }
        let isDue = rounds.withLock { rounds in
            rounds += 1
            if wantsFolding || rounds >= Self.roundsWithoutFolding { rounds = 0 }
            return rounds == 0
        }
        return isDue ? try await foldRecent() : 0
    }

    /// Whether enough recent results have gathered to be folded.
    package var wantsFolding: Bool { recent.withLock { $0.isFull } }

    /// Moves every result stored so far to its monitor's place, in short steps; returns how many.
    ///
    /// It may be interrupted at any point and started again: a result that is in both tables counts as one result.
    ///
    /// Throws the `SQLError` of a step, such as `.busy` or `.full`; the steps before it stay.
    @discardableResult
    package func foldRecent() async throws(SQLError) -> Int {
        try await loadRecent()
        guard let bounds = try await foldBounds() else { return 0 }
        for start in stride(from: 0, to: bounds.monitors.count, by: Self.monitorsPerStep) {
            let part = bounds.monitors[start..<min(start + Self.monitorsPerStep, bounds.monitors.count)]
            guard let first = part.first, let last = part.last else { break }
            let range = first...last
            try await database.transaction { session throws(SQLError) in
                try await Self.fold(upTo: bounds.sequence, monitors: range, session)
            }
        }
        let removed = try await remove(through: bounds.sequence)
        recent.withLock { $0.forget(through: bounds.sequence, removed: removed) }
        return removed
    }

    /// Removes folded rows in steps; returns how many.
    private func remove(through last: Int64) async throws(SQLError) -> Int {
        // Rows with impossible numbers were folded with the others.
        let strays: [SQLValue] = [.integer(RecentIndex.lastSequence)]
        var removed = try await database.execute("DELETE FROM recent_results WHERE sequence > $1", strays)
        while true {
            // By rows, not by numbers: a corrupt number may be far below the others.
            let step = try await database.transaction { session throws(SQLError) -> Int in
                let ends = try await session.query(
                    """
                    SELECT MAX(sequence) FROM
                        (SELECT sequence FROM recent_results WHERE sequence <= $1 ORDER BY sequence LIMIT $2) AS step
                    """,
                    [.integer(last), .integer(Self.rowsPerStep)]
                )
                guard let end = try ends.first?.optionalInteger(0) else { return 0 }
                return try await session.execute("DELETE FROM recent_results WHERE sequence <= $1", [.integer(end)])
            }
            if step == 0 { return removed }
            removed += step
        }
    }

    private struct FoldBounds: Sendable {
        let sequence: Int64
        /// Ascending.
        let monitors: [Int64]
    }

    /// The rows stored so far; every later number is greater.
    private func foldBounds() async throws(SQLError) -> FoldBounds? {
        let found = try await gate.withLock { () async throws(SQLError) -> (last: Int64, monitors: [Int64])? in
            // Monitors with results of other processes only are folded too.
            try await database.read { session throws(SQLError) in try await follow(session) }
            return recent.withLock { recent in
                recent.count == 0 && recent.heads.isEmpty ? nil : (recent.nextSequence - 1, Array(recent.heads.keys))
            }
        }
        // Up to a million monitors are sorted while other tasks append.
        return found.map { FoldBounds(sequence: $0.last, monitors: $0.monitors.sorted()) }
    }

    /// Copies recent results of some monitors into `results`; skips those of deleted monitors.
    static func fold(
        upTo sequence: Int64,
        monitors: ClosedRange<Int64>,
        _ session: any SQLSession
    ) async throws(SQLError) {
        _ = try await session.execute(
            """
            INSERT INTO results
                (monitor_id, scheduled_at, region, reason, status_code, latency, observation, facts)
            SELECT r.monitor_id, r.scheduled_at, r.region, r.reason, r.status_code, r.latency, r.observation, r.facts
            FROM recent_results r
            WHERE (r.sequence <= $1 OR r.sequence > \(RecentIndex.lastSequence)) AND r.monitor_id BETWEEN $2 AND $3
                AND r.scheduled_at BETWEEN 0 AND \(Timestamp.distantFuture.milliseconds)
                AND EXISTS (SELECT 1 FROM monitor_status s WHERE s.monitor_id = r.monitor_id)
            ORDER BY r.monitor_id, r.scheduled_at, r.region
            ON CONFLICT DO NOTHING
            """,
            [.integer(sequence), .integer(monitors.lowerBound), .integer(monitors.upperBound)]
        )
    }

    /// Reads back once where the chains of an earlier process end.
    func loadRecent() async throws(SQLError) {
        guard !recent.withLock({ $0.isLoaded }) else { return }
        let (found, next) = try await database.read { session throws(SQLError) in
            let next = try await ResultSequence.last(session) + 1
            return (try await RecentIndex.heads(from: 1, before: next, session), next)
        }
        recent.withLock { $0.load(found.heads, count: found.count, next: next) }
    }
}
