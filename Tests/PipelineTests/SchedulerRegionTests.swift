import Base
import Broker
import Domain
import Messages
import Pipeline
import Runtime
import Storage
import TestSupport
import Testing

/// Jobs of monitors that several regions check.
@Suite(.timeLimit(.minutes(10))) struct SchedulerRegionTests {
    private typealias Bench = SchedulerTests.Bench

    /// The jobs of a region, as its workers get them.
    private func jobs(of region: RegionName, _ bench: Bench) async throws -> any Subscription<CheckJob> {
        try await bench.broker.consume(Topics.checkJobs(in: region), group: "workers", redelivery: .seconds(60))
    }

    private func eu() throws -> RegionName { try #require(RegionName(rawValue: "eu")) }

    private func count(_ reason: SkipReason, _ bench: Bench) -> Int {
        let line = "sentinel_checks_skipped_total{reason=\"\(reason.rawValue)\"} "
        let found = bench.registry.prometheusText().split(separator: "\n").first { $0.hasPrefix(line) }
        return found.flatMap { Int($0.dropFirst(line.count)) } ?? 0
    }

    private func scheduled(_ jobs: any Subscription<CheckJob>) async -> [CheckJob] {
        let reading = Task { await jobs.receive(upTo: 100_000).messages }
        reading.cancel()
        return await reading.value
    }

    /// What the scheduler says of regions.
    private func report(_ bench: Bench) -> Health.Status? {
        bench.health.snapshot.first { $0.component == "regions" }?.status
    }

    @Test func jobsOfARegionThatNobodyServesAreSkipped() async throws {
        let bench = try await Bench()
        let eu = try eu()
        let remote = try await jobs(of: eu, bench)
        var draft = MonitorDraft(name: "ten", spec: CheckSpec.http("http://ten/"), interval: .seconds(10), tags: [])
        draft.alerting.regions = [.local, eu]
        let monitor = try await bench.monitors.insert(draft, now: bench.wall.now)
        let running = await bench.start(expecting: 1)
        // Nothing is known of workers at first: jobs are published, and then no more.
        await bench.advance(by: .seconds(120))
        #expect((11...14).contains(await bench.scheduled().count))
        let first = await scheduled(remote)
        #expect((2...4).contains(first.count) && first.allSatisfy { $0.region.name == eu && $0.region.id != .local })
        #expect(count(.unserved, bench) >= 7)
        #expect(report(bench) == .degraded("no worker serves eu: their checks are skipped"))
        // A worker comes.
        await eventually {
            await bench.broker.broadcast(RegionBeat(region: eu, process: "a"), on: Topics.regionBeats)
            await bench.advance(by: .seconds(5))
            return await !scheduled(remote).isEmpty
        }
        for _ in 0..<6 {
            await bench.broker.broadcast(RegionBeat(region: eu, process: "a"), on: Topics.regionBeats)
            await bench.advance(by: .seconds(5))
        }
        let local = await bench.scheduled().map(\.scheduledAt)
        let other = await scheduled(remote)
        #expect(other.count >= 2 && other.allSatisfy { $0.monitorID == monitor.id && local.contains($0.scheduledAt) })
        #expect(report(bench) == .ok)
        bench.shutdown.trigger()
        try await running.value
    }

    @Test func aNewRegionIsCheckedAtOnce() async throws {
        let bench = try await Bench()
        let eu = try eu()
        let remote = try await jobs(of: eu, bench)
        let running = await bench.start(expecting: 0)
        var monitor = try await bench.add("day", seconds: 86_400)
        await bench.broker.broadcast(.changed(monitor), on: Topics.monitorEvents)
        #expect(await bench.jobs.receive(upTo: 10).messages.map(\.region) == [.local])
        await bench.advance(by: .seconds(5))
        monitor = try await bench.monitors.update(monitor.id, now: bench.wall.now) { $0.alerting.regions = [eu] }
        await bench.broker.broadcast(.changed(monitor), on: Topics.monitorEvents)
        let jobs = await remote.receive(upTo: 10).messages
        #expect(jobs.map(\.region.name) == [eu] && jobs.first?.region.id != .local)
        // Only the regions that are asked confirm.
        await bench.broker.broadcast(
            Confirmation(monitorID: monitor.id, at: bench.wall.now + .seconds(3), regions: [.local]),
            on: Topics.confirmations
        )
        let at = bench.wall.now + .seconds(4)
        await bench.broker.broadcast(
            Confirmation(monitorID: monitor.id, at: at, regions: [eu]),
            on: Topics.confirmations
        )
        #expect(await remote.receive(upTo: 10).messages.map(\.scheduledAt) == [at])
        #expect(await bench.scheduled().isEmpty)
        bench.shutdown.trigger()
        try await running.value
    }

    @Test func theDefaultRegionOfOneProcessKeepsItsTopic() throws {
        let eu = try eu()
        #expect(Topics.checkJobs(in: .local).name == "check-jobs")
        #expect(Topics.checkJobs(in: eu).name == "check-jobs.eu")
        #expect(Topics.checkJobs(in: eu, unnamed: eu).name == "check-jobs")
    }
}
