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

    /// Attaches a table made beforehand: this takes no lock that stops readers or writers of the others.
    private func attach(_ day: Int64) async throws(SQLError) {
        let name = "results_\(day)"
        let (from, to) = (day * Self.day, (day + 1) * Self.day)
        try await database.transaction { session throws(SQLError) in
            for lock in ["SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "SELECT pg_advisory_xact_lock(7311)"] {
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
    /// Detaches first, beside readers and writers, and then drops what nobody uses any more.
    ///
    /// Throws the `SQLError` of a step; the steps before it stay.
    func drop(before cutoff: Timestamp) async throws(SQLError) -> Int {
        let days = try await database.read { session throws(SQLError) in try await Self.attached(session) }
        var dropped = 0
        for day in days.sorted() where day < Self.day(of: cutoff) {
            let name = "results_\(day)"
            let rows = try await database.query("SELECT COUNT(*) FROM \(name)")
            known.withLock { _ = $0.remove(day) }
            if let server = database as? PostgresDatabase {
                try await server.executeAlone("ALTER TABLE results DETACH PARTITION \(name) CONCURRENTLY")
            }
            try await database.execute("DROP TABLE \(name)")
            dropped += Int(try rows.first?.integer(0) ?? 0)
        }
        return dropped
    }
}
