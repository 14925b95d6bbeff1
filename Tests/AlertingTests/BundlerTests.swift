import Base
import Domain
import Storage
import Testing

@testable import Alerting

/// How items that are due together are bundled.
@Suite struct BundlerTests {
    private let now = Timestamp(milliseconds: 1_795_000_000_000)

    private func item(
        _ id: Int64,
        _ event: AlertMessage.Event = .firing,
        group: String? = nil,
        severity: Severity = .critical,
        repeats: Duration? = nil,
        waits seconds: Int? = nil
    ) -> OutboxItem {
        var content = AlertMessage.Item(
            event: event,
            key: "k\(id)",
            subject: "m\(id)",
            target: "http://m/",
            severity: severity,
            text: "down",
            since: now
        )
        content.incidentID = id
        var route = Route(ChannelID(rawValue: 1))
        (route.group, route.groupInterval, route.repeatInterval) = (group, .seconds(30), repeats)
        var item = OutboxItem(route, IncidentID(rawValue: id), content, dueAt: now, now: now)
        (item.id, item.waitUntil) = (id, seconds.map { now + .seconds($0) })
        return item
    }

    private func bundle(
        _ items: [OutboxItem],
        burst: Int = 30,
        isDigesting: Bool = true,
        isComplete: Bool = false,
        lastNotified: [String: Timestamp] = [:],
        silenced: Set<Int64> = []
    ) -> Bundling {
        let bundler = Bundler(
            options: .init(isDigesting: isDigesting, isComplete: isComplete, prefix: "p"),
            now: now,
            lastNotified: lastNotified,
            silencedUntil: { silenced.contains($0.id) ? now + .seconds(60) : nil }
        )
        var bucket = TokenBucket(perMinute: 60, burst: burst, now: now)
        return bundler.bundle(items, &bucket)
    }

    @Test func theFirstMessageOfAGroupWaitsForCompany() {
        let waiting = bundle([item(1, group: "g", waits: 10), item(2, group: "g", waits: 20)])
        #expect(waiting.messages.isEmpty)
        #expect(waiting.putOff.map(\.until) == [now + .seconds(10), now + .seconds(10)], "no longer than the first")
        let due = bundle([item(1, group: "g", waits: 0), item(2, group: "g", waits: 15)])
        #expect(due.messages.map(\.items) == [[1, 2]] && due.putOff.isEmpty)
        let mixed = bundle([item(1, .resolved, group: "g"), item(2, group: "g", waits: 20)])
        #expect(mixed.messages.map { $0.items.sorted() } == [[1, 2]], "what does not wait takes the others along")
        let later = bundle([item(1, group: "g", waits: 5)], lastNotified: ["g": now - .seconds(10)])
        #expect(later.putOff.map(\.until) == [now + .seconds(20)], "the interval counts as well")
    }

    @Test func fewItemsAreSentSeparately() {
        let bundling = bundle((1...5).map { item($0) })
        #expect(bundling.messages.map(\.items) == [[1], [2], [3], [4], [5]])
        #expect(bundling.messages.map(\.message.id) == ["p-1", "p-2", "p-3", "p-4", "p-5"])
        #expect(bundling.putOff.isEmpty && bundling.reminders.isEmpty)
    }

    @Test func manyItemsBecomeADigestOfTheWorst() throws {
        let bundling = bundle((1...5000).map { item($0, severity: $0 == 4321 ? .critical : .warning) })
        let message = try #require(bundling.messages.first?.message)
        #expect(bundling.messages.count == 1 && bundling.messages[0].items.count == 5000)
        #expect(message.items.count == Bundler.listed && message.omitted == 5000 - Bundler.listed)
        #expect(message.items.first?.incidentID == 4321 && message.items[1].incidentID == 1)
    }

    @Test("channels that track incidents get all of them, if needed in several messages")
    func completeDigests() {
        let bundling = bundle((1...250).map { item($0) }, isComplete: true)
        #expect(bundling.messages.map(\.message.items.count) == [100, 100, 50])
        #expect(bundling.messages.allSatisfy { $0.message.omitted == 0 })
        #expect(Set(bundling.messages.flatMap(\.items)) == Set(1...250))
        #expect(Set(bundling.messages.map(\.message.id)).count == 3)
    }

    @Test func channelsWithoutDigestsGetItemsSeparately() {
        let bundling = bundle((1...40).map { item($0, group: "g") }, isDigesting: false)
        // Items that do not fit stay due and are not written.
        #expect(bundling.messages.count == 30 && bundling.putOff.isEmpty)
    }

    @Test func resolvedItemsComeLast() {
        let items = [item(1, .resolved), item(2, .firing, severity: .info)] + (3...8).map { item($0, .resolved) }
        #expect(bundle(items).messages.first?.message.items.first?.incidentID == 2)
    }

    @Test func groupsAreSentTogetherAtTheirInterval() {
        let items = [item(1, group: "a"), item(2, group: "b"), item(3, group: "a")]
        #expect(bundle(items).messages.map(\.items) == [[1, 3], [2]])
        let bundling = bundle(items, lastNotified: ["a": now - .seconds(10), "b": now - .seconds(30)])
        #expect(bundling.messages.map(\.items) == [[2]] && bundling.messages[0].group == "b")
        #expect(bundling.putOff.map(\.item) == [1, 3])
        #expect(bundling.putOff.allSatisfy { $0.until == now + .seconds(20) && $0.state == .queued })
    }

    @Test func rateLimitTurnsManyItemsIntoOneDigest() {
        let none = bundle((1...3).map { item($0) }, burst: 0)
        #expect(none.messages.isEmpty && none.putOff.count == 3 && none.putOff.allSatisfy { $0.until > now })
        // Too few tokens for separate messages, enough for one.
        #expect(bundle((1...3).map { item($0) }, burst: 2).messages.map(\.items) == [[1, 2, 3]])
    }

    @Test func silencesHoldFiringButNotResolvedItems() {
        let bundling = bundle([item(1), item(2, .reminder), item(3, .resolved), item(4)], silenced: [1, 2, 3])
        #expect(bundling.messages.flatMap(\.items) == [3, 4])
        #expect(bundling.putOff.map(\.item) == [1, 2])
        #expect(bundling.putOff.allSatisfy { $0.state == .silenced && $0.until == now + .seconds(60) })
    }

    @Test func openIncidentsGetReminders() {
        let bundling = bundle([
            item(1, repeats: .seconds(300)), item(2), item(3, .resolved, repeats: .seconds(300)),
            item(4, .reminder, repeats: .seconds(60)),
        ])
        #expect(bundling.reminders.map(\.incident.rawValue) == [1, 4])
        #expect(bundling.reminders.allSatisfy { $0.event == .reminder && $0.content.event == .reminder })
        #expect(bundling.reminders.map(\.dueAt) == [now + .seconds(300), now + .seconds(60)])
    }

    @Test func tokenBucketRefillsOverTime() {
        var bucket = TokenBucket(perMinute: 60, burst: 2, now: now)
        #expect(bucket.available(at: now) == 2)
        bucket.take(2)
        #expect(bucket.available(at: now + .milliseconds(999)) == 0)
        #expect(bucket.next(after: now + .milliseconds(999)) > now + .milliseconds(999))
        #expect(bucket.available(at: now + .milliseconds(1001)) == 1)
        #expect(bucket.available(at: now + .seconds(3600)) == 2)
    }

    @Test func retriesBackOffAndEnd() {
        let rule = RetryRule()
        let message = AlertMessage(id: "x", items: [item(1).content], createdAt: now)
        var notification = Notification(
            id: 1,
            channel: ChannelID(rawValue: 1),
            state: .pending,
            createdAt: now,
            attempts: 1,
            nextAt: now,
            message: message
        )
        func next(_ attempts: Int, wish: Duration? = nil, at time: Timestamp? = nil) -> Duration? {
            notification.attempts = attempts
            let time = time ?? now
            return rule.next(notification, wish: wish, at: time, jitter: 0.5).map { $0 - time }
        }
        #expect(next(1) == .seconds(5) && next(2) == .seconds(10) && next(3) == .seconds(20))
        #expect(next(20) == .seconds(600) && next(199) == .seconds(600) && next(200) == nil)
        #expect(next(1, wish: .seconds(90)) == .seconds(90) && next(1, wish: .seconds(99_999)) == .seconds(3600))
        #expect(next(10, at: now + .seconds(86_399)) == nil)
        // Old, but hardly tried: the process was not running.
        #expect(next(9, at: now + .seconds(86_399)) == .seconds(600))
    }
}
