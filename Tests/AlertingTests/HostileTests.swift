import Messages
import Base
import Broker
import Domain
import Pipeline
import SQL
import Storage
import TestSupport
import Testing

@testable import Alerting

/// Actions of people and machines between the beginning and the end of an incident.
@Suite(.timeLimit(.minutes(10))) struct HostileTests {
    /// Lets time pass in steps until everything has been sent.
    private func pass(_ bench: AlertingBench, _ count: Int = 5) async throws {
        for _ in 0..<count {
            bench.advance(by: .seconds(60))
            try await bench.drain()
        }
    }

    // MARK: Channels

    @Test func deletedChannelDropsItsPendingNotifications() async throws {
        let bench = try await AlertingBench()
        let gone = try await bench.addChannel("gone")
        try await bench.addChannel("stays")
        bench.receiver.answer("gone") { _ in .retry(reason: "busy", after: nil) }
        let (first, second) = (try await bench.add("first"), try await bench.add("second"))
        try await bench.tell(first, "x")
        await bench.tried(2)
        #expect(try await bench.channels.delete(gone.id, at: bench.wall.now) != nil)
        bench.sender.channelsChanged()
        try await bench.tell(first, ".")
        try await bench.tell(second, "x")
        try await bench.drain()
        try await bench.tell(second, ".")
        try await pass(bench)
        #expect(bench.receiver.log.count == 4 && bench.receiver.log.allSatisfy { $0.hasPrefix("stays ") })
        let rows = try await bench.database.query(
            "SELECT COUNT(*) FROM outbox_items WHERE channel_id = $1 AND state <> 'told'",
            [.integer(gone.id.rawValue)]
        )
        #expect(try rows.first?.integer(0) == 0)
        #expect(try await bench.notifications.list(channel: gone.id, limit: 9).allSatisfy { $0.finishedAt != nil })
        try await bench.stop()
    }

    @Test func enabledChannelGetsEverythingHeldWhileDisabled() async throws {
        let bench = try await AlertingBench()
        var channel = try await bench.addChannel("ops")
        bench.receiver.answer("ops") { _ in .retry(reason: "busy", after: nil) }
        let monitor = try await bench.add("shop")
        try await bench.tell(monitor, "x")
        await bench.tried(1)
        channel.isEnabled = false
        try await bench.channels.update(channel)
        bench.sender.channelsChanged()
        try await bench.tell(monitor, ".")
        for _ in 0..<20 { bench.advance(by: .seconds(60)) }
        #expect(bench.receiver.log.isEmpty)
        (channel.isEnabled, channel.name) = (true, "operators")
        try await bench.channels.update(channel)
        bench.sender.channelsChanged()
        await eventually { bench.receiver.log.count == 2 }
        #expect(bench.receiver.log == ["operators firing shop", "operators resolved shop"])
        try await bench.stop()
    }

    @Test func channelWithUnreadableSettingsKeepsItsMessages() async throws {
        let bench = try await AlertingBench()
        let channel = try await bench.addChannel("ops")
        let monitor = try await bench.add("shop")
        let good = try await bench.database.query("SELECT settings FROM channels").first?.text(0)
        _ = try await bench.database.execute("UPDATE channels SET settings = 'x'")
        #expect(try await bench.channels.channel(channel.id)?.fault != nil)
        bench.sender.channelsChanged()
        try await bench.tell(monitor, "x")
        for _ in 0..<48 { bench.advance(by: .seconds(3600)) }
        _ = try await bench.database.execute("UPDATE channels SET settings = $1", [.text(try #require(good))])
        bench.sender.channelsChanged()
        await eventually { bench.receiver.log == ["ops firing shop"] }
        #expect(bench.receiver.log == ["ops firing shop"])
        try await bench.stop()
    }

    @Test func resolvedGoesToNotifiedChannelsWhateverPoliciesSay() async throws {
        let bench = try await AlertingBench()
        let (old, new) = (try await bench.addChannel("old"), try await bench.addChannel("new"))
        let policy = try await bench.policies.insert(Policy(id: 0, name: "all", channels: [old.id]))
        let (shop, other) = (try await bench.add("shop"), try await bench.add("other"))
        try await bench.tell(shop, "x")
        try await bench.drain()
        _ = try await bench.policies.change(policy.id) { ($0.channels, $0.delay) = ([new.id], .seconds(600)) }
        try await bench.tell(shop, ".")
        try await bench.drain()
        #expect(try await bench.policies.delete(policy.id))
        try await bench.tell(other, "x")
        try await pass(bench)
        let both = ["new firing other", "old firing other"]
        #expect(bench.receiver.log.prefix(2) == ["old firing shop", "old resolved shop"])
        #expect(bench.receiver.log.dropFirst(2).sorted() == both)
        try await bench.stop()
    }

    /// A receiver that got the end must not be left with the beginning.
    @Test func resentFiringIsFollowedByResolved() async throws {
        let bench = try await AlertingBench()
        let ops = try await bench.addChannel("ops")
        var policy = Policy(id: 0, name: "all", channels: [ops.id])
        policy.repeatInterval = .seconds(60)
        _ = try await bench.policies.insert(policy)
        bench.receiver.answer("ops") { _ in .refused(reason: "no such token") }
        let monitor = try await bench.add("shop")
        try await bench.tell(monitor, "x")
        await eventually { (try? await bench.notifications.list(state: .dead, limit: 9).count) == 1 }
        let dead = try #require(try await bench.notifications.list(state: .dead, limit: 9).first)
        bench.receiver.answer("ops") { _ in .delivered(reference: nil) }
        bench.advance(by: .seconds(60))
        try await bench.drain()
        try await bench.tell(monitor, ".")
        try await bench.drain()
        #expect(bench.receiver.log == ["ops reminder shop", "ops resolved shop"])
        #expect(try await bench.notifications.revive(dead.id, at: bench.wall.now))
        bench.sender.wake()
        try await bench.drain()
        await eventually { bench.receiver.log.count == 4 }
        #expect(bench.receiver.log.suffix(2) == ["ops firing shop", "ops resolved shop"])
        #expect(Set(bench.receiver.messages.map(\.message.id)).count == 4)
        try await bench.stop()
    }

    @Test func resolvedItemsFollowTheirDigest() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        bench.receiver.answer("ops") { $0 < 3 ? .retry(reason: "busy", after: nil) : .delivered(reference: nil) }
        var monitors: [Monitor] = []
        for number in 0..<9 { monitors.append(try await bench.add("m\(number)")) }
        bench.advance(by: .seconds(1))
        try await bench.broker.publish(monitors.map { bench.result($0, up: false) }, to: Topics.results)
        await bench.tried(1)
        for monitor in monitors.prefix(3) { try await bench.tell(monitor, ".") }
        try await pass(bench)
        let log = bench.receiver.log
        #expect(log.count == 12 && log.prefix(9).allSatisfy { $0.hasPrefix("ops firing") })
        #expect(log.suffix(3).sorted() == ["ops resolved m0", "ops resolved m1", "ops resolved m2"])
        try await bench.stop()
    }

    /// Thousands of items are sent one by one on a channel with a rate limit: each pass handles few of them.
    @Test func channelsWithoutDigestsSendManyItemsOneByOne() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("pager", kind: "single") { $0.ratePerMinute = 600 }
        var monitors: [Monitor] = []
        for number in 0..<300 { monitors.append(try await bench.add("m\(number)")) }
        bench.advance(by: .seconds(1))
        try await bench.broker.publish(monitors.map { bench.result($0, up: false) }, to: Topics.results)
        await eventually { bench.receiver.items.count == 30 }
        for _ in 0..<27 {
            let count = bench.receiver.items.count
            bench.advance(by: .seconds(1))
            await eventually { bench.receiver.items.count >= count + 10 }
        }
        #expect(bench.receiver.log.sorted() == monitors.map { "pager firing \($0.name)" }.sorted())
        try await bench.stop()
    }

    // MARK: Monitors

    @Test func incidentsOfMonitorsDeletedWhileStoppedEnd() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let (gone, paused, stays) = (
            try await bench.add("gone"), try await bench.add("paused"), try await bench.add("stays")
        )
        for monitor in [gone, paused, stays] { try await bench.tell(monitor, "x") }
        try await bench.drain()
        try await bench.stop()
        #expect(try await bench.monitors.delete(gone.id, now: bench.wall.now))
        _ = try await bench.monitors.update(paused.id, now: bench.wall.now) { $0.isActive = false }
        let second = try await AlertingBench(bench.database, wall: bench.wall)
        await eventually { second.receiver.log.count == 2 }
        #expect(second.receiver.log.sorted() == ["ops resolved gone", "ops resolved paused"])
        #expect(try await second.incidentList().map(\.resolution) == ["deleted", "paused", nil])
        try await second.stop()
    }

    @Test func pendingConfirmationsAreCheckedSoonAfterARestart() async throws {
        let bench = try await AlertingBench()
        let slow = try await bench.add("slow") { ($0.rule.retries, $0.rule.retryInterval) = (1, .seconds(5)) }
        let patient = try await bench.add("patient") { ($0.rule.retries, $0.rule.retryInterval) = (1, nil) }
        for monitor in [slow, patient] { try await bench.tell(monitor, ".x") }
        try await bench.stop()
        let second = try await AlertingBench(bench.database, wall: bench.wall)
        let wanted = await second.broker.listen(Topics.confirmations)
        let asked = Locked<[MonitorID]>([])
        let listening = Task {
            for await case .message(let confirmation) in wanted { asked.withLock { $0.append(confirmation.monitorID) } }
        }
        await eventually {
            second.advance(by: .seconds(1))
            return asked.withLock { !$0.isEmpty }
        }
        #expect(asked.withLock { $0 } == [slow.id])
        listening.cancel()
        try await second.stop()
    }

    @Test func unstorableStateAffectsNoOtherMonitor() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops") { $0.ratePerMinute = 600 }
        var monitors: [Monitor] = []
        for number in 0..<4 { monitors.append(try await bench.add("m\(number)")) }
        try await bench.tell(monitors[2], "x")
        try await bench.drain()
        // Whatever the reason may be.
        _ = try await bench.database.execute(
            "CREATE TRIGGER refusal BEFORE UPDATE ON incidents BEGIN SELECT RAISE(ABORT, 'refused'); END"
        )
        bench.advance(by: .seconds(1))
        let results = monitors.map { bench.result($0, up: $0.id == monitors[2].id) }
        try await bench.broker.publish(results, to: Topics.results)
        await eventually { bench.receiver.log.count == 4 }
        #expect(bench.receiver.log.sorted() == (0..<4).map { "ops firing m\($0)" })
        try await bench.stop()
    }

    // MARK: Silences, maintenance, reminders

    @Test func laterSilenceHoldsRemindersButNotTheEnd() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let monitor = try await bench.add("shop") { ($0.rule.retries, $0.repeatInterval) = (0, .seconds(60)) }
        try await bench.tell(monitor, "x")
        try await bench.drain()
        let (start, end) = (bench.wall.now, bench.wall.now + .seconds(3600))
        let matchers = [try LabelMatcher("name=shop")]
        let silence = Silence(id: 0, matchers: matchers, startsAt: start, endsAt: end, comment: "known")
        _ = try await bench.silences.insert(silence)
        try await pass(bench)
        #expect(bench.receiver.log == ["ops firing shop"])
        try await bench.tell(monitor, ".")
        try await pass(bench, 80)
        #expect(bench.receiver.log == ["ops firing shop", "ops resolved shop"])
        try await bench.stop()
    }

    @Test func silenceEndingDuringMaintenanceSendsNothing() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let monitor = try await bench.add("shop")
        let (start, end) = (bench.wall.now, bench.wall.now + .seconds(300))
        let matchers = [try LabelMatcher("name=shop")]
        let silence = Silence(id: 0, matchers: matchers, startsAt: start, endsAt: end, comment: "known")
        _ = try await bench.silences.insert(silence)
        try await bench.tell(monitor, "x")
        try await bench.drain()
        let plan = MaintenancePlan(
            name: "work",
            schedule: .once(start: bench.wall.now, end: bench.wall.now + .seconds(1200)),
            createdAt: bench.wall.now
        )
        let stored = try await bench.maintenance.insert(plan)
        await bench.broker.broadcast(MaintenanceChanged(id: stored.id), on: Topics.maintenanceChanges)
        await eventually { await bench.alerter.entry(monitor.id)?.verdict.state == .maintenance }
        await bench.alerter.settle()
        try await pass(bench, 10)
        #expect(bench.receiver.log.isEmpty)
        try await pass(bench, 15)
        await eventually { !bench.receiver.log.isEmpty }
        #expect(bench.receiver.log == ["ops firing shop"])
        try await bench.stop()
    }

    @Test func incidentReopenedBeforeItsEndWasSentKeepsReminders() async throws {
        let bench = try await AlertingBench()
        let ops = try await bench.addChannel("ops") { $0.isDefault = false }
        var policy = Policy(id: 0, name: "all", channels: [ops.id])
        (policy.groupBy, policy.groupInterval, policy.repeatInterval) = (["name"], .seconds(300), .seconds(600))
        _ = try await bench.policies.insert(policy)
        let monitor = try await bench.add("shop") { ($0.rule.retries, $0.rule.settleTime) = (0, .seconds(600)) }
        try await bench.tell(monitor, "x")
        try await bench.drain()
        // The end waits for the group's interval, and the incident is reopened before that.
        try await bench.tell(monitor, ".x")
        try await pass(bench, 12)
        #expect(bench.receiver.log == ["ops firing shop", "ops reminder shop"])
        try await bench.tell(monitor, ".")
        try await pass(bench, 30)
        #expect(bench.receiver.log == ["ops firing shop", "ops reminder shop", "ops resolved shop"])
        try await bench.stop()
    }

    @Test func incidentsAtTheSameInstantAreSeparate() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let monitors = [try await bench.add("a"), try await bench.add("b")]
        bench.advance(by: .seconds(1))
        for isUp in [false, true] {
            try await bench.broker.publish(monitors.map { bench.result($0, up: isUp) }, to: Topics.results)
            await eventually { bench.alerter.counts[isUp ? .up : .down] == 2 }
            await bench.alerter.settle()
            try await bench.drain()
            bench.advance(by: .seconds(1))
        }
        await eventually { bench.receiver.log.count == 4 }
        for name in ["a", "b"] {
            let own = bench.receiver.log.filter { $0.hasSuffix(name) }
            #expect(own == ["ops firing \(name)", "ops resolved \(name)"])
        }
        try await bench.stop()
    }
}
