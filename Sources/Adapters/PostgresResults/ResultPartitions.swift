import Base
import Postgres
import SQL

/// The partitions of `results`, one a day, named `results_DAY` by the number of the day since 1970.
final class ResultPartitions: Sendable {
    private let database: any Database
    private let now: @Sendable () -> Timestamp
    /// The days whose partitions are known to be attached.
    private let known = Locked<Set<Int64>>([])
    private static let day: Int64 = 86_400_000
    /// The most partitions: ten years.
    ///
    /// A result beyond them comes from a broken clock.
    private static let limit = 3660

    init(database: any Database, now: @escaping @Sendable () -> Timestamp) {
        (self.database, self.now) = (database, now)
    }

    static func day(of time: Timestamp) -> Int64 {
        let (quotient, remainder) = time.milliseconds.quotientAndRemainder(dividingBy: day)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// Makes the partitions of today and the next three days.
    func prepare() async throws(SQLError) {
        let time = now()
        try await ensure((0...3).map { time + .seconds(86_400 * $0) })
    }

    /// Makes the partitions of these times that do not exist yet.
    ///
    /// Throws the `SQLError` of a step, and `.constraint` when there would be too many partitions.
    func ensure(_ times: [Timestamp]) async throws(SQLError) {
        let days = Set(times.map(Self.day(of:)))
        let missing = known.withLock { days.subtracting($0) }
        guard !missing.isEmpty else { return }
        for day in missing.sorted() {
            try await attach(day)
            known.withLock { _ = $0.insert(day) }
        }
    }

    /// Looks at all partitions anew when they are needed next.
    func forget() { known.withLock { $0 = [] } }

    /// Attaches a table made beforehand: this takes no lock that stops readers or writers of the others.
    private func attach(_ day: Int64) async throws(SQLError) {
        let name = "results_\(day)"
        let (from, to) = (day * Self.day, (day + 1) * Self.day)
        try await database.transaction { session throws(SQLError) in
            // It waits for nobody for long: what waits for a table stops those who come after.
            for lock in [
                "SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "SET LOCAL lock_timeout = '5s'",
                "SELECT pg_advisory_xact_lock(7311, hashtext(current_schema()))",
            ] {
                _ = try await session.query(lock)
            }
            let attached = try await Self.attached(session)
            guard !attached.contains(day) else { return }
            guard attached.count < Self.limit else { throw .constraint("results of more than ten years") }
            try await session.execute(
                """
                CREATE TABLE IF NOT EXISTS \(name) (LIKE results INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
                    CHECK (scheduled_at >= \(from) AND scheduled_at < \(to)))
                """
            )
            try await session.execute(
                "ALTER TABLE results ATTACH PARTITION \(name) FOR VALUES FROM (\(from)) TO (\(to))"
            )
        }
    }

    /// The days of the attached partitions.
    static func attached(_ session: any SQLSession) async throws(SQLError) -> Set<Int64> {
        let rows = try await session.query(
            """
            SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = to_regclass('results') AND NOT i.inhdetachpending
            """
        )
        var days: Set<Int64> = []
        for row in rows {
            if let day = Int64(try row.text(0).dropFirst("results_".count)) { days.insert(day) }
        }
        return days
    }

    /// Drops the partitions of days that ended before a time; returns how many results they held, as far as known.
    ///
    /// Detaches first, beside readers and writers, and then drops what nobody uses any more. What a process that died
    /// meanwhile left between is finished, too.
    ///
    /// Throws the `SQLError` of a step; the steps before it stay.
    func drop(before cutoff: Timestamp) async throws(SQLError) -> Int {
        let first = Self.day(of: cutoff)
        var dropped = 0
        for (day, state) in try await days() where day < first {
            let name = "results_\(day)"
            let rows = try await count(name)
            known.withLock { _ = $0.remove(day) }
            // A day that is being detached prevents that any other is.
            if let server = database as? PostgresDatabase, state != .detached {
                let how = state == .detaching ? "FINALIZE" : "CONCURRENTLY"
                try await server.executeAlone("ALTER TABLE results DETACH PARTITION \(name) \(how)")
            }
            try await database.execute("DROP TABLE \(name)")
            dropped += rows
        }
        return dropped
    }

    private enum State { case attached, detaching, detached }

    /// The days that have a table, those that are being detached first, and then the oldest.
    private func days() async throws(SQLError) -> [(day: Int64, state: State)] {
        let rows = try await database.query(
            """
            SELECT c.relname, i.inhrelid IS NOT NULL, COALESCE(i.inhdetachpending, false) FROM pg_class c
            LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
            WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relname ~ '^results_-?[0-9]+$'
            """
        )
        var days: [(day: Int64, state: State)] = []
        for row in rows {
            guard let day = Int64(try row.text(0).dropFirst("results_".count)) else { continue }
            let isDetaching = try row.integer(2) == 1
            days.append((day, isDetaching ? .detaching : try row.integer(1) == 1 ? .attached : .detached))
        }
        return days.sorted { left, right in
            let order = (left.state != .detaching ? 1 : 0, right.state != .detaching ? 1 : 0)
            return order.0 != order.1 ? order.0 < order.1 : left.day < right.day
        }
    }

    /// How many rows a table has by the server's own estimate, or counted where it has none.
    private func count(_ table: String) async throws(SQLError) -> Int {
        let estimate = "SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass('\(table)')"
        if let rows = try await database.query(estimate).first?.integer(0), rows >= 0 { return Int(rows) }
        return Int(try await database.query("SELECT COUNT(*) FROM \(table)").first?.integer(0) ?? 0)
    }
}
