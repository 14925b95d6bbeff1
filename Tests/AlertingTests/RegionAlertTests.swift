import Base
import Broker
import Domain
import Messages
import Results
import Runtime
import Storage
import TestSupport
import Testing

@testable import Alerting

/// Incidents of monitors that several regions check.
@Suite(.timeLimit(.minutes(10))) struct RegionAlertTests {
    private let names: [RegionName]

    init() throws {
        names = [.local, try #require(RegionName(rawValue: "eu")), try #require(RegionName(rawValue: "us"))]
    }

    private func bench() async throws -> AlertingBench {
        let bench = try await AlertingBench(hasRegions: true)
        try await bench.addChannel("ops")
        return bench
    }

    /// Adds a monitor that three regions check every ten seconds, with a time limit of 10 s.
    private func add(_ bench: AlertingBench, _ change: (inout MonitorDraft) -> Void = { _ in }) async throws -> Monitor
    {
        var draft = MonitorDraft(
            name: "shop",
            spec: CheckSpec.http("http://shop.test/"),
            interval: .seconds(10),
            tags: []
        )
        draft.alerting.regions = names
        (draft.alerting.rule.retries, draft.alerting.rule.retryInterval) = (0, .seconds(5))
        change(&draft)
        let monitor = try await bench.monitors.insert(draft, now: bench.wall.now)
        await bench.broker.broadcast(.changed(monitor), on: Topics.monitorEvents)
        try await bench.regions.refresh()
        await eventually { await bench.alerter.entry(monitor.id) != nil }
        return monitor
    }

    /// A round of checks: `.` success, `x` failure, `-` nothing from each region; then ten seconds pass.
    private func tell(_ bench: AlertingBench, _ monitor: Monitor, _ word: String) async throws {
        for (name, letter) in zip(names, word) where letter != "-" {
            var result = bench.result(monitor, up: letter == ".")
            let region = try #require(bench.regions.region(name))
            (result.region, result.regionName) = (region.id, name)
            _ = try await bench.results.append([result])
            try await bench.broker.publish([result], to: Topics.results)
            await eventually {
                await bench.alerter.entry(monitor.id)?.verdict.verdict(of: region.id)?.scheduledAt == result.scheduledAt
            }
            await bench.alerter.settle()
        }
        bench.advance(by: .seconds(10))
    }

    private func state(_ bench: AlertingBench, _ monitor: Monitor) async -> MonitorState? {
        await bench.alerter.entry(monitor.id)?.verdict.state
    }

    @Test func theQuorumOpensOneIncidentAndSaysFromWhere() async throws {
        let bench = try await bench()
        let monitor = try await add(bench)
        try await tell(bench, monitor, "...")
        try await tell(bench, monitor, ".x.")
        #expect(await state(bench, monitor) == .degraded)
        #expect(try await bench.incidentList().isEmpty)
        try await tell(bench, monitor, ".xx")
        try await tell(bench, monitor, "xxx")
        #expect(await state(bench, monitor) == .down)
        try await bench.drain()
        let fired = bench.receiver.items.filter { $0.event == .firing }
        #expect(fired.count == 1)
        #expect(fired.first?.facts.first { $0.name == "From" }?.value == "2 of 3 regions: eu, us", "\(fired)")
        try await tell(bench, monitor, "..x")
        try await tell(bench, monitor, "...")
        try await bench.drain()
        #expect(bench.receiver.log == ["ops firing shop", "ops resolved shop"])
        try await bench.stop()
    }

    @Test("a region that decides alone is named, and how many are silent")
    func regionThatDecidesAloneIsNamed() async throws {
        let bench = try await bench()
        let monitor = try await add(bench)
        try await tell(bench, monitor, "...")
        for _ in 0..<5 { try await tell(bench, monitor, ".--") }
        try await tell(bench, monitor, "x--")
        try await bench.drain()
        let fired = bench.receiver.items.filter { $0.event == .firing }
        let from = fired.first?.facts.first { $0.name == "From" }?.value
        #expect(from == "1 of 3 regions: local; silent: 2", "\(fired)")
        try await bench.stop()
    }

    @Test func silenceIsNeitherGoodNorBadNews() async throws {
        let bench = try await bench()
        let monitor = try await add(bench) { $0.alerting.rule.minimumFresh = 2 }
        try await tell(bench, monitor, "...")
        try await tell(bench, monitor, "xxx")
        #expect(await state(bench, monitor) == .down)
        // For 30 s the last results count; the watch looks once a second.
        for _ in 0..<4 { try await tell(bench, monitor, ".--") }
        await eventually {
            bench.advance(by: .seconds(1))
            return await state(bench, monitor) == .unknown
        }
        let list = try await bench.incidentList()
        #expect(list.count == 1 && list.first?.state == .open)
        let metrics = bench.registry.prometheusText()
        #expect(metrics.contains(#"sentinel_region_monitors{region="local",state="fresh"} 1"#))
        #expect(metrics.contains(#"sentinel_region_monitors{region="eu",state="silent"} 1"#))
        #expect(metrics.contains(#"sentinel_region_results_total{region="eu"} 2"#))
        try await tell(bench, monitor, "..-")
        await bench.alerter.settle()
        #expect(try await bench.incidentList().first?.state == .resolved)
        try await bench.stop()
    }

    @Test func aRegionThatNoLongerChecksHasNoSay() async throws {
        let bench = try await bench()
        var monitor = try await add(bench) { $0.alerting.rule.quorum = .any }
        try await tell(bench, monitor, "..x")
        #expect(await state(bench, monitor) == .down)
        try await bench.drain()
        monitor = try await bench.monitors.update(monitor.id, now: bench.wall.now) { [names] in
            $0.alerting.regions = [names[0], names[1]]
        }
        await bench.broker.broadcast(.changed(monitor), on: Topics.monitorEvents)
        await eventually { await state(bench, monitor) == .up }
        // What comes from it late does not count either.
        let us = try #require(bench.regions.region(names[2]))
        var late = bench.result(monitor, up: false)
        (late.region, late.regionName) = (us.id, us.name)
        try await bench.broker.publish([late], to: Topics.results)
        try await tell(bench, monitor, "..-")
        #expect(await state(bench, monitor) == .up)
        try await bench.drain()
        #expect(bench.receiver.log == ["ops firing shop", "ops resolved shop"])
        try await bench.stop()
    }

    @Test func aRegionWithoutAnyCanaryHasNoSay() async throws {
        let bench = try await bench()
        let monitor = try await add(bench) { $0.alerting.rule.quorum = .any }
        try await tell(bench, monitor, "...")
        func say(_ isOnline: Bool?) async {
            let beat = RegionBeat(region: names[1], process: "a", isOnline: isOnline)
            await bench.broker.broadcast(beat, on: Topics.regionBeats)
            await eventually { await bench.alerter.presence.isOnline(names[1], at: bench.wall.now) == isOnline }
        }
        await say(false)
        let eu = try #require(bench.regions.region(names[1]))
        var result = bench.result(monitor, up: false)
        (result.region, result.regionName) = (eu.id, eu.name)
        try await bench.broker.publish([result], to: Topics.results)
        await eventually { await bench.alerter.entry(monitor.id)?.verdict.verdict(of: eu.id)?.isFresh == false }
        #expect(await state(bench, monitor) == .up)
        // A monitor without regions is the guard's business, as before.
        let plain = try await bench.add("plain")
        await bench.broker.broadcast(.changed(plain), on: Topics.monitorEvents)
        await say(true)
        try await tell(bench, monitor, ".x.")
        #expect(await state(bench, monitor) == .down)
        try await bench.stop()
    }

    @Test func theFirstFailureHasTheOthersCheckNow() async throws {
        let bench = try await bench()
        let requests = await bench.broker.listen(Topics.confirmations).makeAsyncIterator()
        let monitor = try await add(bench) { $0.alerting.rule.retries = 1 }
        try await tell(bench, monitor, "...")
        let at = bench.wall.now
        try await tell(bench, monitor, ".x.")
        var found: [Domain.Confirmation] = []
        while found.count < 2, case .message(let request)? = await requests.next() { found.append(request) }
        #expect(found.map(\.regions) == [[names[1]], [names[0], names[2]]])
        #expect(found.map(\.at) == [at + .seconds(5), at])
        try await bench.stop()
    }

    /// A timer that waits for long does not hide that the monitor is checked more often now.
    @Test func silenceWatchLooksAtTheEarlierDeadline() {
        let (id, start) = (MonitorID(rawValue: 1), Timestamp(milliseconds: 1_795_000_000_000))
        var watch = SilenceWatch()
        watch.watch(id, at: start + .seconds(86_400), now: start)
        watch.watch(id, at: start + .seconds(30), now: start)
        watch.watch(id, at: start + .seconds(60), now: start)
        #expect(watch.due(at: start + .seconds(29)).isEmpty)
        #expect(watch.due(at: start + .seconds(31)) == [id])
        #expect(watch.due(at: start + .seconds(90_000)).isEmpty, "each monitor has one timer")
        // The clock is set back: everything is looked at again.
        watch.watch(id, at: start + .seconds(90_100), now: start + .seconds(90_000))
        #expect(watch.due(at: start).isEmpty)
        #expect(watch.due(at: start + .seconds(1)) == [id])
    }
}
