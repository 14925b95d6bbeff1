import Results
import SQLiteResults
import Base
import Domain
import Glibc
import SQL
import SQLite
import Storage
import TestSupport
import Testing

/// A measurement, not a test: run with SENTINEL_MEASURE=1 and `-c release`.
@Suite(.enabled(if: getenv("SENTINEL_MEASURE") != nil), .serialized) struct AppendCostTests {
    /// User and system CPU time of the process, in seconds.
    static func cpu() -> Double { Double(clock()) / 1e6 }

    static func results(_ monitors: Int, round: Int, _ random: inout SeededGenerator) -> [CheckResult] {
        var results: [CheckResult] = []
        for monitor in 1...monitors {
            let offset = Int64(mix64(UInt64(monitor)) % 60_000)
            let time = Timestamp(milliseconds: 1_795_000_020_000 + Int64(round) * 60_000 + offset)
            var result = CheckResult.sample(MonitorID(rawValue: Int64(monitor)), at: time)
            result.outcome.latency = .microseconds(Int64.random(in: 800...60_000, using: &random))
            result.outcome.phases.dns = .microseconds(Int64.random(in: 50...2000, using: &random))
            result.outcome.phases.connect = .microseconds(Int64.random(in: 100...20_000, using: &random))
            result.outcome.phases.firstByte = .microseconds(Int64.random(in: 300...40_000, using: &random))
            result.outcome.phases.transfer = .microseconds(Int64.random(in: 10...500, using: &random))
            results.append(result)
        }
        return results.sorted { $0.scheduledAt < $1.scheduledAt }
    }

    @Test(arguments: [(1000, 300, 100), (5000, 100, 100), (5000, 100, 1000), (100_000, 6, 100)])
    func appendCost(_ monitors: Int, _ rounds: Int, _ batch: Int) async throws {
        let file = DatabaseFile()
        defer { file.remove() }
        let database = try await SQLiteDatabase.open(path: file.path)
        let store = try await Store(database)
        var start = MonotonicTime.now
        for number in 1...monitors { _ = try await store.add(number) }
        print("insert of a monitor: \((MonotonicTime.now - start).inSeconds / Double(monitors) * 1e6) µs")
        start = .now
        var loaded = 0
        var cursor: MonitorID?
        while true {
            let page = try await store.monitors.active(after: cursor, limit: 5000)
            loaded += page.monitors.count
            guard let next = page.next else { break }
            cursor = next
        }
        print("load of \(loaded) monitors: \((MonotonicTime.now - start).inSeconds * 1e3) ms")
        var random = SeededGenerator(seed: 1)
        var (used, rows) = (0.0, 0)
        for round in 0..<rounds {
            let results = Self.results(monitors, round: round, &random)
            let before = Self.cpu()
            for start in stride(from: 0, to: results.count, by: batch) {
                let part = Array(results[start..<min(start + batch, results.count)])
                rows += try await store.results.append(part)
            }
            // The first round stores the observations.
            if round == 0 { print("first round: \((Self.cpu() - before) / Double(rows) * 1e6) µs/row") }
            if round > 0 { used += Self.cpu() - before }
        }
        #expect(loaded == monitors && rows == monitors * rounds)
        let perRow = used / Double(rows - monitors) * 1e6
        await database.close()
        let bytes = DatabaseFile.bytes(of: file.path).count
        print(
            "\(monitors) monitors, batches of \(batch): \(perRow) µs CPU/row, \(Double(bytes) / Double(rows)) B/row (\(rows))"
        )
    }
}
