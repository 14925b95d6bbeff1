import Messages
import Base
import Broker
import Domain
import Lease
import Pipeline
import SQL
import SQLite
import Storage
import TestSupport
import Testing

@testable import Alerting

/// How channels affect notifications, and how they must not.
@Suite(.timeLimit(.minutes(10))) struct DeliveryTests {
    /// A lease that the test gives and takes.
    private final class SwitchedLease: LeaderLease {
        let isHeld = Locked(false)
        func token() async -> FencingToken? { isHeld.withLock { $0 } ? .unfenced : nil }
        func position() async -> Int64? { nil }
        func note(_ position: Int64) async {}
    }

    @Test func onlyTheHolderOfTheLeaseSends() async throws {
        let lease = SwitchedLease()
        let first = try await AlertingBench(lease: lease)
        try await first.addChannel("ops")
        let monitor = try await first.add("shop")
        try await first.tell(monitor, ".x")
        try await eventually { try await !first.database.query("SELECT 1 FROM outbox_items").isEmpty }
        for _ in 0..<5 { first.advance(by: .seconds(1)) }
        // Another process with the lease sends what waits.
        let second = try await AlertingBench(first.database, wall: first.wall)
        await eventually { second.receiver.log == ["ops firing shop"] }
        try await second.stop()
        #expect(first.receiver.log.isEmpty)
        // The lease passes on, and what was sent is not sent again.
        lease.isHeld.withLock { $0 = true }
        try await first.tell(monitor, ".")
        first.advance(by: .seconds(1))
        await eventually { first.receiver.log == ["ops resolved shop"] }
        try await first.stop()
    }

    @Test func resolvedNeverOvertakesFiring() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        bench.receiver.answer("ops") { $0 < 4 ? .retry(reason: "busy", after: nil) : .delivered(reference: "r\($0)") }
        let monitor = try await bench.add("shop")
        try await bench.tell(monitor, ".x")
        await eventually { bench.receiver.tries.values.contains(1) }
        try await bench.tell(monitor, ".")
        for _ in 0..<200 where bench.receiver.log.count < 2 {
            bench.advance(by: .seconds(5))
            try await bench.drain()
        }
        await eventually { bench.receiver.log.count == 2 }
        #expect(bench.receiver.log == ["ops firing shop", "ops resolved shop"])
        let stored = try await bench.notifications.list(limit: 9)
        #expect(stored.map(\.state) == [.delivered, .delivered] && stored.last?.attempts == 4)
        #expect(stored.last?.reference == "r4")
        let tries = try await bench.notifications.tries(of: try #require(stored.last).id)
        #expect(tries.map(\.outcome) == ["retry", "retry", "retry", "delivered"] && tries[0].detail == "busy")
        try await bench.stop()
    }

    /// The backoff of a channel that was broken for long is long.
    @Test(arguments: [true, false]) func changedChannelRetriesWaitingNotificationsAtOnce(_ isChanged: Bool) async throws
    {
        let bench = try await AlertingBench()
        var channel = try await bench.addChannel("ops")
        let isMended = Locked(false)
        bench.receiver.answer("ops") { _ in
            isMended.withLock { $0 } ? .delivered(reference: nil) : .retry(reason: "401", after: .seconds(3600))
        }
        try await bench.tell(try await bench.add("shop"), "x")
        await eventually { bench.receiver.tries.values.contains(1) }
        try await bench.drain()
        isMended.withLock { $0 = true }
        if isChanged {
            channel.settings["url"] = "http://new.test/"
            try await bench.channels.update(channel)
            bench.sender.channelsChanged()
        } else {
            bench.sender.hurry(channel.id)
        }
        await eventually { bench.receiver.log == ["ops firing shop"] }
        try await bench.stop()
    }

    @Test func hungChannelDelaysNoOther() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("good") { $0.ratePerMinute = 600 }
        try await bench.addChannel("bad") { $0.ratePerMinute = 600 }
        let isBack = Locked(false)
        bench.receiver.answer("bad") { _ in
            isBack.withLock { $0 } ? .delivered(reference: nil) : .retry(reason: "timed out", after: nil)
        }
        let start = bench.wall.now
        var monitors: [Monitor] = []
        for number in 0..<60 {
            monitors.append(try await bench.add("m\(number)"))
            try await bench.tell(monitors[number], "x")
            await eventually { bench.receiver.items.count == number + 1 }
            bench.advance(by: .seconds(60))
        }
        #expect(bench.wall.now - start >= .seconds(3600))
        #expect(bench.receiver.messages.allSatisfy { $0.channel == "good" })
        for sent in bench.receiver.messages {
            #expect(sent.message.createdAt - sent.message.items[0].since <= .seconds(1))
        }
        isBack.withLock { $0 = true }
        for _ in 0..<500 where bench.receiver.items.count < 120 {
            bench.advance(by: .seconds(60))
            try await bench.drain()
        }
        await eventually { bench.receiver.items.count == 120 }
        let late = bench.receiver.messages.filter { $0.channel == "bad" }.flatMap(\.message.items)
        #expect(Set(late.compactMap(\.incidentID)).count == 60, "what waited arrives after all")
        try await bench.stop()
    }

    /// Recipients that have it get no second copy, even when the process ends between the tries.
    @Test func remainingRecipientsAreKeptBetweenTries() async throws {
        let inner = try await SQLiteDatabase.open(path: ":memory:")
        let sent = Locked<[[String]]>([])
        let deliver: AlertingBench.Delivery = { message, _, _ in
            let count = sent.withLock {
                $0.append(message.recipients)
                return $0.count
            }
            switch count {
            case 1: return .partly(reference: "r1", left: ["b@x.test", "c@x.test"], reason: "later")
            case 2: return .retry(reason: "down", after: nil)
            case 3: return .partly(reference: "r3", left: ["c@x.test"], reason: "later")
            default: return .delivered(reference: "r4")
            }
        }
        let first = try await AlertingBench(inner, deliver: deliver)
        try await first.addChannel("ops")
        try await first.tell(try await first.add("shop"), "x")
        await first.tried(1)
        let stored = try #require(try await first.notifications.list(limit: 1).first)
        #expect(stored.state == .pending && stored.message.recipients == ["b@x.test", "c@x.test"])
        #expect(stored.error == "later" && stored.reference == "r1")
        try await first.stop()
        let next = try await AlertingBench(inner, wall: first.wall, deliver: deliver)
        for _ in 0..<50 where sent.withLock({ $0.count }) < 4 {
            next.advance(by: .seconds(10))
            try await next.drain()
        }
        #expect(sent.withLock { $0 } == [[], ["b@x.test", "c@x.test"], ["b@x.test", "c@x.test"], ["c@x.test"]])
        await eventually { (try? await next.notifications.list(state: .delivered, limit: 1))?.first != nil }
        #expect(try await next.notifications.list(limit: 1).first?.message.recipients == [])
        let tries = try await next.notifications.tries(of: stored.id)
        #expect(tries.map(\.outcome) == ["partly", "retry", "partly", "delivered"])
        try await next.stop()
    }

    @Test func refusedNotificationsAreDeadAndCanBeResent() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        bench.receiver.answer("ops") { $0 == 1 ? .refused(reason: "no such token") : .delivered(reference: nil) }
        let monitor = try await bench.add("shop")
        try await bench.tell(monitor, "x")
        await eventually { (try? await bench.notifications.list(state: .dead, limit: 9).count) == 1 }
        let dead = try #require(try await bench.notifications.list(state: .dead, limit: 9).first)
        #expect(dead.error == "no such token" && dead.attempts == 1)
        #expect(try await bench.notifications.revive(dead.id, at: bench.wall.now))
        bench.sender.wake()
        await eventually { bench.receiver.log == ["ops firing shop"] }
        #expect(try await !bench.notifications.revive(dead.id, at: bench.wall.now), "only dead ones")
        try await bench.stop()
    }

    @Test func policiesDelayGroupAndRepeat() async throws {
        let bench = try await AlertingBench()
        let ops = try await bench.addChannel("ops") { $0.isDefault = false }
        try await bench.addChannel("rest")
        var slow = Policy(id: 0, name: "web", channels: [ops.id])
        slow.matchers = [try LabelMatcher("tag=web")]
        (slow.delay, slow.repeatInterval) = (.seconds(60), .seconds(300))
        _ = try await bench.policies.insert(slow)
        let brief = try await bench.add("brief", tags: ["web"])
        try await bench.tell(brief, "x.")
        bench.advance(by: .seconds(120))
        let long = try await bench.add("long", tags: ["web"])
        let other = try await bench.add("other")
        try await bench.tell(long, "x")
        try await bench.tell(other, "x")
        await eventually { bench.receiver.log == ["rest firing other"] }
        bench.advance(by: .seconds(61))
        await eventually { bench.receiver.log.count == 2 }
        bench.advance(by: .seconds(301))
        await eventually { bench.receiver.log.count == 3 }
        #expect(bench.receiver.log == ["rest firing other", "ops firing long", "ops reminder long"])
        try await bench.stop()
    }

    @Test func aGroupWaitPutsTheFirstIncidentsIntoOneMessage() async throws {
        let bench = try await AlertingBench()
        let ops = try await bench.addChannel("ops")
        var policy = Policy(id: 0, name: "all", channels: [ops.id])
        (policy.groupBy, policy.groupWait) = (["kind"], .seconds(30))
        #expect(try await bench.policies.insert(policy).groupWait == .seconds(30))
        for name in ["a", "b", "c"] {
            try await bench.tell(try await bench.add(name), "x")
            try await bench.drain()
        }
        #expect(bench.receiver.log == [])
        bench.advance(by: .seconds(28))
        await eventually { bench.receiver.messages.count == 1 }
        #expect(bench.receiver.log == ["ops firing a", "ops firing b", "ops firing c"])
        try await bench.stop()
    }

    @Test func silencesHoldNotificationsUntilTheyEnd() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let draft = Silence(
            id: 0,
            matchers: [try LabelMatcher("name~sh*")],
            startsAt: bench.wall.now,
            endsAt: bench.wall.now + .seconds(3600),
            comment: "known"
        )
        let silence = try await bench.silences.insert(draft)
        let (shop, other) = (try await bench.add("shop"), try await bench.add("other"))
        try await bench.tell(shop, "x")
        try await bench.tell(other, "x")
        await eventually { bench.receiver.log == ["ops firing other"] }
        let incident = try #require(try await bench.incidentList().first)
        await eventually {
            (try? await bench.incidents.events(of: incident.id, limit: 99))?.last?.kind == .suppressed
        }
        #expect(try await bench.silences.end(silence.id, at: bench.wall.now))
        bench.sender.wake()
        await eventually { bench.receiver.log == ["ops firing other", "ops firing shop"] }
        #expect(bench.receiver.log == ["ops firing other", "ops firing shop"])
        try await bench.stop()
    }

    @Test func incidentsCausedByADependencyAreNotNotified() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let router = try await bench.add("router")
        let shop = try await bench.add("shop") { ($0.rule.retries, $0.dependsOn) = (0, [router.id]) }
        // The child is seen first, its parent within the child's waiting time.
        try await bench.tell(shop, ".x")
        try await bench.tell(router, ".x")
        await eventually { bench.receiver.log == ["ops firing router"] }
        bench.advance(by: .seconds(60))
        try await bench.drain()
        #expect(bench.receiver.log == ["ops firing router"])
        let child = try #require(try await bench.incidentList().first { $0.subject == "shop" })
        #expect(child.causedBy != nil && child.state == .open)
        // The parent recovers, the child does not: then the child is notified.
        try await bench.tell(router, ".")
        bench.advance(by: NotificationPlanner.returnTime + .seconds(1))
        await eventually { bench.receiver.log.count == 3 }
        #expect(Set(bench.receiver.log.suffix(2)) == ["ops resolved router", "ops firing shop"])
        try await bench.stop()
    }

    @Test func fiveThousandFailuresAreFewNotifications() async throws {
        let bench = try await AlertingBench()
        let ops = try await bench.addChannel("ops")
        var policy = Policy(id: 0, name: "all", channels: [ops.id])
        policy.groupBy = ["kind"]
        _ = try await bench.policies.insert(policy)
        var monitors: [Monitor] = []
        for number in 0..<5000 { monitors.append(try await bench.add("m\(number)")) }
        for start in stride(from: 0, to: 5000, by: 1000) {
            let results = monitors[start..<start + 1000].map { bench.result($0, up: false) }
            try await bench.broker.publish(results, to: Topics.results)
        }
        await eventually { bench.alerter.counts[.down] == 5000 }
        await bench.alerter.settle()
        #expect(try await bench.incidents.list(limit: 9999).count == 5000)
        bench.advance(by: .seconds(31))
        await eventually {
            bench.receiver.messages.map { $0.message.items.count + $0.message.omitted }.reduce(0, +) == 5000
        }
        #expect(bench.receiver.messages.count <= 10, "\(bench.receiver.messages.count)")
        try await bench.stop()
    }

    /// The process dies at any of its steps; the next one sends what was pending, once by its key.
    @Test(arguments: 1...60) func killedProcessLosesAndRepeatsNothing(_ steps: Int) async throws {
        let inner = try await SQLiteDatabase.open(path: ":memory:")
        let first = try await AlertingBench(inner)
        try await first.addChannel("ops")
        let monitors = [try await first.add("a"), try await first.add("b")]
        try await first.stop()
        let life = Lifeline()
        let dying = try await AlertingBench(inner, life: life)
        life.set(steps: 3 * steps)
        dying.advance(by: .seconds(10))
        let story = [(0, false), (1, false), (0, true), (1, true)].map { index, isUp in
            dying.advance(by: .seconds(1))
            return dying.result(monitors[index], up: isUp)
        }
        for result in story {
            try await dying.broker.publish([result], to: Topics.results)
            await dying.judged(result)
            try await dying.drain()
        }
        try await dying.stop()
        // The next process receives every unacknowledged message again; here all of them.
        let next = try await AlertingBench(inner)
        next.wall.advance(by: .seconds(100))
        for result in story {
            try await next.broker.publish([result], to: Topics.results)
            await next.judged(result)
            await next.alerter.settle()
            try await next.drain()
        }
        for _ in 0..<20 {
            next.advance(by: .seconds(60))
            try await next.drain()
        }
        let all = dying.receiver.messages + next.receiver.messages
        var seen: Set<String> = []
        let received = all.filter { seen.insert($0.message.id).inserted }.flatMap { sent in
            sent.message.items.map { "\($0.event.rawValue) \($0.subject)" }
        }
        for name in ["a", "b"] {
            #expect(received.filter { $0.hasSuffix(name) } == ["firing \(name)", "resolved \(name)"], "\(received)")
        }
        try await next.stop()
    }
}
