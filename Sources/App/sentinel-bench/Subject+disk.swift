import Base
import Foundation

extension Subject {
    /// How much the database file grows for each stored result, after a checkpoint of the write-ahead log.
    func measureDisk(_ options: Options, _ report: inout Report) throws {
        let rate = options.rates[0]
        let interval = 10
        let folder = try WorkFolder()
        let target = try LoopbackTarget(options, in: folder)
        let first = try SentinelServer(options, in: folder)
        try first.api.create(rate * interval, interval: interval, at: target)
        let before = try stored(first)

        let second = try SentinelServer(options, in: folder)
        Thread.sleep(forTimeInterval: TimeInterval(options.seconds * options.repeats))
        let after = try stored(second)
        let rows = after.rows - before.rows
        guard rows > 0 else { throw BenchError("no result was stored") }
        report.add("stored results that were weighed", Double(rows), "")
        let bytes = Double(after.bytes - before.bytes) / Double(rows)
        report.add("disk: bytes a stored result", bytes, "B", .atMost(must: 60, aim: 30))
    }

    /// Stops the server; returns the rows of its results table and the size of its file.
    private func stored(_ server: SentinelServer) throws -> (rows: Int, bytes: Int) {
        let checks = try server.sample().checks
        try server.stop()
        try SQLScript(text: "PRAGMA wal_checkpoint(TRUNCATE)").run(on: server.database)
        let counted = try SQLScript("count-results")?.run(on: server.database)
        let attributes = try FileManager.default.attributesOfItem(atPath: server.database)
        guard let bytes = attributes[.size] as? Int else { throw BenchError("\(server.database) has no size") }
        return (counted.flatMap { Int($0) } ?? Int(checks), bytes)
    }
}
