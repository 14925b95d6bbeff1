import Base
import Domain
import SQL
import SQLite
import SQLiteResults
import Storage
import TestSupport
import Testing
import Results

@testable import Alerting

/// Previews over a store with two connections for long reads.
@Suite struct MonitorPreviewTests {
    private static let start = Timestamp(milliseconds: 1_790_000_000_000)

    private struct Bench {
        let file = DatabaseFile()
        let database: SQLiteDatabase
        let monitors: MonitorRepository
        let results: SQLiteResults
        let preview: MonitorPreview

        init() async throws {
            database = try await SQLiteDatabase.open(path: file.path)
            _ = try await Migrator(database: database, migrations: StorageSchema.migrations).up()
            monitors = MonitorRepository(database: database, settings: .forTests)
            results = SQLiteResults(database: database)
            preview = MonitorPreview(monitors: monitors, results: results)
        }

        func add(_ number: Int) async throws -> Monitor {
            let spec = CheckSpec.http("http://shop-\(number).test/")
            return try await monitors.insert(MonitorDraft(name: "Shop \(number)", spec: spec), now: start)
        }

        func end() async {
            await database.close()
            file.remove()
        }
    }

    /// Folded and recent results of many monitors, interleaved, compared with reading each history whole.
    @Test(arguments: 0..<3 as Range<UInt64>) func previewReplaysEachHistory(_ seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let bench = try await Bench()
        var monitors: [Monitor] = []
        for number in 1...9 { monitors.append(try await bench.add(number)) }
        for part in 0..<6 {
            var batch: [CheckResult] = []
            for second in part * 100..<part * 100 + 100 {
                for monitor in monitors {
                    let due = Self.start + .seconds(second)
                    var outcome = Outcome(latency: .microseconds(Int.random(in: 0...3000, using: &random)))
                    let sickness = UInt64(second / 30) &* UInt64(monitor.id.rawValue) % 5
                    if UInt64.random(in: 0..<8, using: &random) < sickness {
                        outcome.failure = .init(.connectRefused, in: .connect, "refused")
                    }
                    batch.append(
                        CheckResult(
                            monitorID: monitor.id,
                            region: .local,
                            scheduledAt: due,
                            checkedAt: due,
                            outcome: outcome
                        )
                    )
                }
            }
            _ = try await bench.results.append(batch)
            if part % 2 == 0 { _ = try await bench.results.foldRecent() }
        }
        var proposed = VerdictRule.standard
        (proposed.retries, proposed.recoveries, proposed.degradedAbove) = (2, 2, .milliseconds(2))
        let end = Self.start + .seconds(550)
        let window = try PreviewWindow(from: Self.start + .seconds(20), to: end, now: end + .seconds(1))
        let rule = proposed
        var alerting = MonitorAlerting()
        alerting.rule = rule
        let subjects = monitors.map { [alerting] in MonitorPreview.Subject($0, proposed: alerting) }
        let findings = try await bench.preview.replay(subjects, over: window)
        #expect(findings.map(\.id) == monitors.map(\.id))
        for (monitor, finding) in zip(monitors, findings) {
            let range = ResultWindow(from: window.from, to: window.to)
            let history = try await bench.results.history(monitor.id, in: range, limit: 10_000)
            #expect(finding.checks == history.count && finding.checks == 530)
            for (side, rule) in [(finding.current, VerdictRule.standard), (finding.proposed, proposed)] {
                var verdict = MonitorVerdict()
                var times: [Timestamp] = []
                for result in history.reversed() {
                    for action in verdict.apply(.checked(CheckSummary(result)), at: result.scheduledAt, rule) {
                        switch action {
                        case .opened, .closed: times.append(result.scheduledAt)
                        case .changed, .escalated, .confirm, .confirmElsewhere: break
                        }
                    }
                }
                let found = side.outages.flatMap { [$0.startedAt, $0.endedAt].compactMap(\.self) }
                #expect(found == times, "seed \(seed), monitor \(monitor.id)")
            }
        }
        await bench.end()
    }

    @Test func cancelledPreviewThrows() async throws {
        let bench = try await Bench()
        let monitor = try await bench.add(1)
        let window = try PreviewWindow(from: nil, to: nil, now: Self.start)
        let (preview, subject) = (bench.preview, MonitorPreview.Subject(monitor, proposed: MonitorAlerting()))
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await preview.replay([subject], over: window)
        }
        await #expect(throws: PreviewError.cancelled) { try await task.value }
        await bench.end()
        await #expect(throws: PreviewError.store(.database(.unavailable("the database was closed")))) {
            try await preview.replay([subject], over: window)
        }
    }

    @Test func gateAdmitsOnePreviewAtATime() async throws {
        let gate = PreviewGate()
        struct Broken: Error {}
        let inner = await gate.run { await gate.run { 1 } }
        #expect(inner == .some(nil))
        await #expect(throws: Broken.self) { try await gate.run { () async throws(Broken) -> Int in throw Broken() } }
        #expect(await gate.run { 2 } == 2)
    }
}
