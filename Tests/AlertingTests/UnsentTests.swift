import Base
import Domain
import Storage
import TestSupport
import Testing

@testable import Alerting

/// What is not sent leaves a trace in the timeline and the log.
@Suite(.timeLimit(.minutes(10))) struct UnsentTests {
    /// The lines of the newest incident that say what was not sent.
    private func unsent(_ bench: AlertingBench) async throws -> [String] {
        let incident = try #require(try await bench.incidentList().last)
        return try await bench.incidents.events(of: incident.id, limit: 100)
            .filter { $0.kind == .suppressed }.map(\.text)
    }

    @Test func timelineSaysWhyNobodyIsNotified() async throws {
        let bench = try await AlertingBench()
        let monitor = try await bench.add("shop", tags: ["web"])
        try await bench.tell(monitor, "x")
        #expect(try await unsent(bench) == ["Nobody is notified: there is no channel"])
        try await bench.tell(monitor, ".")
        try await bench.addChannel("ops") { $0.isDefault = false }
        try await bench.tell(monitor, "x")
        let noDefault = "Nobody is notified: no policy fits, and no channel takes what no policy routes"
        #expect(try await unsent(bench) == [noDefault])
        try await bench.tell(monitor, ".")
        _ = try await bench.policies.insert(Policy(id: 0, name: "quiet", channels: []))
        try await bench.tell(monitor, "x")
        #expect(try await unsent(bench) == ["Nobody is notified: the policy 'quiet' names no channel"])
        let log = bench.records.messages
        #expect(log.contains { $0.contains("there is no channel") && $0.contains("incidents=1") }, "\(log)")
        try await bench.stop()
    }

    @Test func timelineNamesDisabledChannels() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        try await bench.addChannel("night") { $0.isEnabled = false }
        try await bench.tell(try await bench.add("shop"), "x")
        try await bench.drain()
        await eventually { bench.receiver.log == ["ops firing shop"] }
        #expect(try await unsent(bench) == ["Not sent to night (webhook): the channel is disabled"])
        try await bench.stop()
    }

    @Test func itemsOfDisabledOrDeletedChannelsAreNoted() async throws {
        let bench = try await AlertingBench()
        var ops = try await bench.addChannel("ops")
        var policy = Policy(id: 0, name: "slow", channels: [ops.id])
        policy.delay = .seconds(600)
        _ = try await bench.policies.insert(policy)
        try await bench.tell(try await bench.add("shop"), "x")
        (ops.isEnabled, ops.updatedAt) = (false, bench.wall.now)
        try await bench.channels.update(ops)
        try await bench.channels.update(ops)
        #expect(try await unsent(bench) == ["Kept back: the channel ops (webhook) was disabled"])
        #expect(try await bench.channels.delete(ops.id, at: bench.wall.now) == 1)
        #expect(try await unsent(bench).last == "Not sent to ops (webhook): the channel was deleted")
        #expect(try await bench.channels.delete(ops.id, at: bench.wall.now) == nil)
        try await bench.stop()
    }

    @Test func channelWithoutTheBeginningGetsNoEnd() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        try await bench.addChannel("gone")
        bench.receiver.answer("gone") { _ in .refused(reason: "404") }
        let monitor = try await bench.add("shop")
        try await bench.tell(monitor, "x")
        try await bench.drain()
        await eventually { (try? await bench.notifications.list(state: .dead, limit: 9).count) == 1 }
        try await bench.tell(monitor, ".")
        try await bench.drain()
        await eventually { bench.receiver.log == ["ops firing shop", "ops resolved shop"] }
        #expect(bench.receiver.tries.count == 3, "nothing else was tried")
        let line = "The end is not sent, since the beginning could not be sent, to gone (webhook)"
        #expect(try await unsent(bench) == [line])
        bench.receiver.answer("gone") { _ in .delivered(reference: nil) }
        // Sent again by hand, the beginning is followed by its end.
        let dead = try #require(try await bench.notifications.list(state: .dead, limit: 9).first)
        #expect(try await bench.notifications.revive(dead.id, at: bench.wall.now))
        bench.sender.wake()
        await eventually { bench.receiver.log.count == 4 }
        #expect(bench.receiver.log.suffix(2) == ["gone firing shop", "gone resolved shop"])
        try await bench.stop()
    }

    @Test func endIsNotSentWhenItsBeginningIsGivenUp() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let isGone = Locked(false)
        bench.receiver.answer("ops") { _ in
            isGone.withLock { $0 } ? .refused(reason: "404") : .retry(reason: "503", after: nil)
        }
        let monitor = try await bench.add("shop")
        try await bench.tell(monitor, "x")
        await bench.tried(1)
        try await bench.tell(monitor, ".")
        isGone.withLock { $0 = true }
        bench.advance(by: .seconds(60))
        await eventually { ((try? await unsent(bench)) ?? []).count == 1 }
        let line = "The end is not sent, since the beginning could not be sent, to ops (webhook)"
        #expect(try await unsent(bench) == [line])
        try await bench.drain()
        #expect(try await bench.notifications.list(limit: 9).map(\.state) == [.dead])
        try await bench.stop()
    }

    @Test func partlyDeliveredBeginningIsFollowedByTheEnd() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let isFirst = Locked(true)
        bench.receiver.answer("ops") { count in
            guard isFirst.withLock({ $0 }) else { return .delivered(reference: nil) }
            return count == 1
                ? .partly(reference: nil, left: ["b@x.test"], reason: "later") : .refused(reason: "no such mailbox")
        }
        let monitor = try await bench.add("shop")
        try await bench.tell(monitor, "x")
        await bench.tried(1)
        bench.advance(by: .seconds(60))
        await eventually { (try? await bench.notifications.list(state: .dead, limit: 9).count) == 1 }
        isFirst.withLock { $0 = false }
        try await bench.tell(monitor, ".")
        await eventually { bench.receiver.log == ["ops resolved shop"] }
        #expect(bench.receiver.log == ["ops resolved shop"])
        try await bench.stop()
    }

    @Test func incidentEndingBeforeItsMessageIsDueIsNoted() async throws {
        let bench = try await AlertingBench()
        let ops = try await bench.addChannel("ops")
        var policy = Policy(id: 0, name: "all", channels: [ops.id])
        (policy.groupBy, policy.groupInterval) = (["kind"], .seconds(300))
        _ = try await bench.policies.insert(policy)
        try await bench.tell(try await bench.add("first"), "x")
        try await bench.drain()
        await eventually { bench.receiver.log == ["ops firing first"] }
        let brief = try await bench.add("brief")
        try await bench.tell(brief, "x")
        try await bench.drain()
        try await bench.tell(brief, ".")
        let line = "Not sent to ops (webhook): the incident ended before the message was due"
        #expect(try await unsent(bench) == [line])
        bench.advance(by: .seconds(300))
        try await bench.drain()
        #expect(bench.receiver.log == ["ops firing first"])
        #expect(bench.records.messages.contains { $0.contains("ended before the message was due") })
        try await bench.stop()
    }
}
