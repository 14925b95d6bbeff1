import Base
import Checks
import Domain
import Foundation
import Postgres
import PostgresResults
import Results
import SQL
import Storage

extension Subject {
    /// Stores results as the processor does, in batches of 1,000, and reads a day of one monitor among them.
    ///
    /// Each monitor has a result a minute for a week, so 20,160,000 rows are 2,000 monitors.
    func measurePostgres(_ options: Options, _ report: inout Report) throws {
        guard !options.database.isEmpty else { throw BenchError("--database URL names an empty PostgreSQL database") }
        let finished = DispatchSemaphore(value: 0)
        let outcome = Locked<Result<PostgresFigures, any Error>?>(nil)
        Task.detached {
            do {
                let figures = try await PostgresFigures(url: options.database, rows: options.rows)
                outcome.withLock { $0 = .success(figures) }
            } catch {
                outcome.withLock { $0 = .failure(error) }
            }
            finished.signal()
        }
        finished.wait()
        guard let figures = try outcome.withLock({ $0 })?.get() else { return }
        report.add("postgres: stored results", Double(figures.rows), "")
        report.add("postgres: results a second", figures.perSecond, "/s")
        report.add(
            "postgres: results a second of Sentinel's own CPU",
            figures.perProcessorSecond,
            "/s",
            .atLeast(must: 20_000, aim: 50_000)
        )
        report.add("postgres: a day of one monitor", figures.day, "ms", .atMost(must: 10, aim: 3))
        report.add("postgres: the newest results of 100 monitors", figures.newest, "ms")
    }
}

/// What was measured on one server.
private struct PostgresFigures: Sendable {
    private(set) var rows = 0
    private(set) var perSecond = 0.0
    private(set) var perProcessorSecond = 0.0
    private(set) var day = 0.0
    private(set) var newest = 0.0
    private static let perMonitor = 7 * 1440

    init(url: String, rows wanted: Int) async throws {
        let database = try await PostgresDatabase.open(try PostgresConfiguration(url: url))
        _ = try await Migrator(database: database, migrations: StorageSchema.migrations).up()
        let monitors = max(1, wanted / Self.perMonitor)
        _ = try await database.execute(
            """
            INSERT INTO monitors (id, name, url, interval_seconds, is_active, created_at, updated_at, revision, search)
            SELECT n, 'm' || n, 'http://m/', 60, 1, 0, 0, 0, '' FROM generate_series(1, $1::bigint) AS n
            """,
            [.integer(Int64(monitors))]
        )
        let results = PostgresResults(database: database)
        let start = Timestamp(milliseconds: Timestamp.now.milliseconds / 86_400_000 * 86_400_000) - .seconds(7 * 86_400)
        let began = MonotonicTime.now
        let processor = clock()
        var batch: [CheckResult] = []
        for minute in 0..<Self.perMonitor where rows < wanted {
            for monitor in 1...monitors where rows < wanted {
                batch.append(Self.result(monitor, start + .seconds(60 * minute) + .milliseconds(monitor % 60_000)))
                rows += 1
                guard batch.count == 1000 || rows == wanted else { continue }
                guard try await results.append(batch) == batch.count else { throw BenchError("results were there") }
                batch.removeAll(keepingCapacity: true)
            }
            if minute % 1440 == 1439 { say("  \(rows) results after \((MonotonicTime.now - began).text)") }
        }
        perSecond = Double(rows) / (MonotonicTime.now - began).inSeconds
        perProcessorSecond = Double(rows) / (Double(clock() - processor) / Double(CLOCKS_PER_SEC))
        try await database.executeAlone("VACUUM ANALYZE")
        var days: [Double] = []
        for index in 0..<50 {
            let monitor = MonitorID(rawValue: Int64(index * 37 % monitors + 1))
            let from = start + .seconds(86_400 * (index % 6) + 43_200)
            let before = MonotonicTime.now
            let window = ResultWindow(from: from, to: from + .seconds(86_400))
            let found = try await results.history(monitor, in: window, limit: 2000)
            days.append((MonotonicTime.now - before).inSeconds * 1000)
            if rows >= wanted, wanted >= monitors * Self.perMonitor, found.count != 1440 {
                throw BenchError("a day has \(found.count) results")
            }
        }
        day = days.sorted()[days.count / 2]
        let before = MonotonicTime.now
        let some = (1...100).map { MonitorID(rawValue: Int64($0 % monitors + 1)) }
        _ = try await results.latest(for: some)
        newest = (MonotonicTime.now - before).inSeconds * 1000
        await database.close()
    }

    private static func result(_ monitor: Int, _ time: Timestamp) -> CheckResult {
        var outcome = Outcome(latency: .microseconds(20_000 + monitor % 977))
        outcome.statusCode = 200
        outcome.phases.dns = .microseconds(800)
        outcome.phases.connect = .microseconds(5000)
        outcome.phases.firstByte = .microseconds(12_000)
        outcome.remoteAddress = "192.0.2.1:80"
        outcome.httpVersion = "1.1"
        return CheckResult(
            monitorID: MonitorID(rawValue: Int64(monitor)),
            region: RegionID(rawValue: 0),
            scheduledAt: time,
            checkedAt: time,
            outcome: outcome,
            taskID: nil,
            revision: 0,
            url: nil
        )
    }
}
