import Base
import Domain
import SQL
import Storage
import TestSupport
import Testing

@testable import Alerting

/// What a channel cannot deliver goes through its fallback channel.
@Suite(.timeLimit(.minutes(10))) struct FallbackTests {
    /// Makes channels of which each falls back to the next; those with a name that ends in `!` refuse everything.
    private func chain(_ bench: AlertingBench, _ names: String...) async throws -> [Channel] {
        var channels: [Channel] = []
        for name in names.reversed() {
            let title = name.filter { $0 != "!" }
            let next = channels.first?.id
            let channel = try await bench.addChannel(title) { channel in
                (channel.fallback, channel.isDefault) = (next, title == names[0].filter { $0 != "!" })
            }
            if name.hasSuffix("!") { bench.receiver.answer(title) { _ in .refused(reason: "404 from \(title)") } }
            channels.insert(channel, at: 0)
        }
        return channels
    }

    private func lines(_ bench: AlertingBench) async throws -> [String] {
        let incident = try #require(try await bench.incidentList().last)
        return try await bench.incidents.events(of: incident.id, limit: 100).map(\.text)
    }

    @Test func whatIsDeadIsSentThroughTheFallbackAndSoIsTheEnd() async throws {
        let bench = try await AlertingBench()
        _ = try await chain(bench, "ops!", "mail")
        let monitor = try await bench.add("shop")
        try await bench.tell(monitor, "x")
        await eventually { bench.receiver.log == ["mail firing shop"] }
        try await bench.tell(monitor, ".")
        await eventually { bench.receiver.log == ["mail firing shop", "mail resolved shop"] }
        try await bench.drain()
        #expect(bench.receiver.log.count == 2)
        await eventually { ((try? await lines(bench)) ?? []).contains("Sent to mail (webhook): resolved") }
        let texts = try await lines(bench)
        #expect(texts.contains("Could not be sent to ops (webhook), given up: firing (404 from ops)"), "\(texts)")
        #expect(texts.contains("Goes to the fallback channel mail (webhook) instead: firing"), "\(texts)")
        #expect(texts.contains("The end is not sent, since the beginning could not be sent, to ops (webhook)"))
        #expect(bench.records.messages.contains { $0.contains("goes to its fallback channel channel=ops") })
        try await bench.stop()
    }

    @Test func aChainIsFollowedLinkByLinkAndPassesOverDisabledChannels() async throws {
        let bench = try await AlertingBench()
        var channels = try await chain(bench, "a!", "b!", "c", "d")
        channels[2].isEnabled = false
        try await bench.channels.update(channels[2])
        bench.sender.channelsChanged()
        try await bench.tell(try await bench.add("shop"), "x")
        await eventually { bench.receiver.log == ["d firing shop"] }
        #expect(try await bench.notifications.list(state: .dead, limit: 9).count == 2)
        try await bench.stop()
    }

    @Test func aChainEndsAtItsLastChannel() async throws {
        let bench = try await AlertingBench()
        _ = try await chain(bench, "a!", "b!")
        try await bench.tell(try await bench.add("shop"), "x")
        await eventually { (try? await bench.notifications.list(state: .dead, limit: 9).count) == 2 }
        try await bench.drain()
        #expect(try await bench.notifications.list(limit: 9).count == 2)
        try await bench.stop()
    }

    /// Whoever changes the links while a message is on its way makes no loop of it.
    @Test func aMessageComesToNoChannelTwice() async throws {
        let bench = try await AlertingBench()
        let channels = try await chain(bench, "a!", "b!")
        // Past the check, as two that write at once may get.
        _ = try await bench.database.execute(
            "UPDATE channels SET fallback_id = $1 WHERE id = $2",
            [.integer(channels[0].id.rawValue), .integer(channels[1].id.rawValue)]
        )
        try await bench.tell(try await bench.add("shop"), "x")
        await eventually { (try? await bench.notifications.list(state: .dead, limit: 9).count) == 2 }
        try await bench.drain()
        #expect(try await bench.notifications.list(limit: 9).count == 2)
        let line = "No fallback channel is left: a (webhook) is disabled or could not deliver it either"
        #expect(try await lines(bench).contains(line))
        try await bench.stop()
    }

    @Test func whoIsNotifiedAnywayIsNotNotifiedTwice() async throws {
        let bench = try await AlertingBench()
        var channels = try await chain(bench, "ops!", "mail")
        channels[1].isDefault = true
        try await bench.channels.update(channels[1])
        try await bench.tell(try await bench.add("shop"), "x")
        await eventually { (try? await bench.notifications.list(state: .dead, limit: 9).count) == 1 }
        try await bench.drain()
        await eventually { bench.receiver.log == ["mail firing shop"] }
        #expect(try await bench.notifications.list(limit: 9).count == 2)
        try await bench.stop()
    }

    @Test func anEndThatCannotBeDeliveredGoesThroughTheFallback() async throws {
        let bench = try await AlertingBench()
        _ = try await chain(bench, "ops", "mail")
        let monitor = try await bench.add("shop")
        try await bench.tell(monitor, "x")
        await eventually { bench.receiver.log == ["ops firing shop"] }
        bench.receiver.answer("ops") { _ in .refused(reason: "401") }
        try await bench.tell(monitor, ".")
        await eventually { bench.receiver.log == ["ops firing shop", "mail resolved shop"] }
        try await bench.stop()
    }

    @Test func whatWaitedBehindADeadBeginningFollowsItThere() async throws {
        let bench = try await AlertingBench()
        _ = try await chain(bench, "ops", "mail")
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
        await eventually { bench.receiver.log.count == 2 }
        #expect(bench.receiver.log == ["mail firing shop", "mail resolved shop"])
        try await bench.stop()
    }

    @Test func theFallbackRemindsInPlaceOfItsChannel() async throws {
        let bench = try await AlertingBench()
        let channels = try await chain(bench, "ops!", "mail")
        var policy = Policy(id: 0, name: "all", channels: [channels[0].id])
        policy.repeatInterval = .seconds(60)
        _ = try await bench.policies.insert(policy)
        try await bench.tell(try await bench.add("shop"), "x")
        await eventually { bench.receiver.log == ["mail firing shop"] }
        bench.advance(by: .seconds(60))
        await eventually { bench.receiver.log.count == 2 }
        try await bench.drain()
        #expect(bench.receiver.log == ["mail firing shop", "mail reminder shop"])
        try await bench.stop()
    }

    @Test func aLinkEndsWithItsChannel() async throws {
        let bench = try await AlertingBench()
        let channels = try await chain(bench, "ops", "mail")
        #expect(try await bench.channels.delete(channels[1].id, at: bench.wall.now) == 0)
        #expect(try await bench.channels.channel(channels[0].id)?.fallback == nil)
        try await bench.stop()
    }
}
