import Base
import Broker
import Domain
import Messages
import Results
import SQL
import TestSupport
import Testing

@testable import Alerting

/// A database whose transactions take long, or whose answers get lost after the commit.
private final class TryingDatabase: ForwardingDatabase {
    struct Trouble: Sendable {
        /// By how much each transaction moves the clock.
        var duration = Duration.zero
        var losesAnswers = false
        var lost = 0
    }

    let inner: any Database
    let trouble = Locked(Trouble())
    private let clock: ManualClock

    init(_ inner: any Database, _ clock: ManualClock) { (self.inner, self.clock) = (inner, clock) }

    func call<R>(_ kind: DatabaseCall, _ body: () async throws(SQLError) -> R) async throws(SQLError) -> R {
        let answer = try await body()
        guard kind == .transaction else { return answer }
        let (duration, isLost) = trouble.withLock { trouble in
            if trouble.losesAnswers { trouble.lost += 1 }
            return (trouble.duration, trouble.losesAnswers)
        }
        if duration > .zero { clock.advance(by: duration) }
        if isLost { throw .unavailable("the answer to the commit was lost") }
        return answer
    }
}

/// Many verdicts are written in parts, and some of them again: each counts once.
@Suite(.timeLimit(.minutes(10)), .everyDatabase) struct PartedWriteTests {
    private let wall = AlertingBench.Wall()

    private func bench() async throws -> (AlertingBench, TryingDatabase) {
        let database = TryingDatabase(try await DatabaseBackend.current.open(), wall.clock)
        return (try await AlertingBench(database, wall: wall), database)
    }

    /// Publishes one result of each monitor together.
    private func tell(_ bench: AlertingBench, _ monitors: [Monitor], up: Bool) async throws {
        bench.advance(by: .seconds(1))
        let results = monitors.map { bench.result($0, up: up) }
        _ = try await bench.results.append(results)
        try await bench.broker.publish(results, to: Topics.results)
        for result in results { await bench.judged(result) }
        await bench.alerter.settle()
    }

    /// The size of a part follows from how long the last one took, and changes while the parts are written.
    @Test(arguments: [Duration.zero, .seconds(2), .seconds(60)])
    func partsOfChangingSizeLeaveOutAndRepeatNothing(_ later: Duration) async throws {
        let (bench, database) = try await bench()
        var monitors: [Monitor] = []
        for number in 0..<40 { monitors.append(try await bench.add("m\(number)")) }
        try await tell(bench, monitors, up: true)
        database.trouble.withLock { $0.duration = .seconds(10) }
        try await tell(bench, monitors, up: false)
        #expect(await bench.alerter.writeSize < 40)
        database.trouble.withLock { $0.duration = later }
        try await tell(bench, monitors, up: true)
        database.trouble.withLock { $0.duration = .zero }
        let incidents = try await bench.incidentList()
        #expect(incidents.count == 40)
        #expect(incidents.allSatisfy { $0.state == .resolved })
        try await bench.stop()
    }

    /// A transaction that was committed without an answer is run again: what was over by then does not open again.
    @Test func writtenOutagesAreNotWrittenAgain() async throws {
        let (bench, database) = try await bench()
        let monitor = try await bench.add("shop")
        try await tell(bench, [monitor], up: true)
        var results: [CheckResult] = []
        for up in [false, true, false, true, false] {
            bench.advance(by: .seconds(1))
            results.append(bench.result(monitor, up: up))
        }
        _ = try await bench.results.append(results)
        database.trouble.withLock { $0.losesAnswers = true }
        try await bench.broker.publish(results, to: Topics.results)
        await eventually {
            bench.advance(by: .seconds(30))
            return database.trouble.withLock { $0.lost } > 3
        }
        database.trouble.withLock { $0.losesAnswers = false }
        try await eventually {
            bench.advance(by: .seconds(30))
            return try await bench.incidentList().map(\.state) == [.resolved, .resolved, .open]
        }
        #expect(try await bench.incidentList().map(\.openedAt) == [0, 2, 4].map { results[$0].checkedAt })
        try await bench.stop()
    }
}
