import Base
import Domain
import SQL
import Storage
import TestSupport
import Testing

@testable import Alerting

/// A channel that accepts every request and answers none delays only itself.
@Suite(.timeLimit(.minutes(10))) struct HungChannelTests {
    private struct Arrival {
        let channel: String
        let at: Timestamp
        let item: AlertMessage.Item
    }

    /// Opens and ends incidents as the roles do, without checks.
    private func plan(
        _ bench: AlertingBench,
        _ make: @Sendable (IncidentStore) async throws(SQLError) -> IncidentChange
    ) async throws -> Incident {
        let planner = bench.planner
        let incident = try await bench.database.transaction { session throws(SQLError) in
            let change = try await make(IncidentStore(session))
            try await planner.plan([change], session)
            return change.incident
        }
        bench.sender.wake()
        return incident
    }

    @Test func hungChannelDelaysNoneOfTenThousandNotifications() async throws {
        let wall = AlertingBench.Wall()
        let isBack = Locked(false)
        let arrivals = Locked<[Arrival]>([])
        let bench = try await AlertingBench(wall: wall) { message, channel, clock in
            if channel.name == "hung", !isBack.withLock({ $0 }) {
                try? await clock.sleep(for: .seconds(10))
                return .retry(reason: "timed out", after: nil)
            }
            let at = wall.now
            arrivals.withLock { list in list += message.items.map { Arrival(channel: channel.name, at: at, item: $0) } }
            return .delivered(reference: nil)
        }
        let names = (0..<10).map { "good\($0)" } + ["hung"]
        for name in names {
            try await bench.addChannel(name, kind: name == "hung" ? "single" : "webhook") { $0.ratePerMinute = 600 }
        }
        let start = wall.now
        var wanted = 0
        let count = 540
        func settle() async -> Bool {
            wanted += 10
            let isThere = await eventually { arrivals.withLock { $0.count } >= wanted }
            bench.advance(by: .milliseconds(3350))
            return isThere
        }
        // Every tenth continues until the channel is back.
        var running: [Incident] = []
        for number in 0..<count {
            let now = wall.now
            let incident = try await plan(bench) { store throws(SQLError) in
                let opening = IncidentOpening(
                    .monitor,
                    subject: "m\(number)",
                    target: "http://m/",
                    severity: .critical,
                    message: "down",
                    at: now
                )
                return IncidentChange(.opened, try await store.open(opening))
            }
            guard await settle() else { break }
            if number.isMultiple(of: 10) {
                running.append(incident)
            } else {
                let end = wall.now
                _ = try await plan(bench) { store throws(SQLError) in
                    try await store.resolve(incident, "recovered", "Up again", at: end)
                }
                guard await settle() else { break }
            }
        }
        let arrived = arrivals.withLock { $0 }
        #expect(arrived.count == wanted && wanted >= 10_000 && wall.now - start > .seconds(3400))
        #expect(arrived.allSatisfy { $0.channel != "hung" })
        let delays = arrived.map { $0.at - ($0.item.until ?? $0.item.since) }
        #expect((delays.max() ?? .seconds(99)) <= .seconds(1))

        isBack.withLock { $0 = true }
        await eventually {
            bench.advance(by: .seconds(1))
            let rows = try? await bench.database.query(
                """
                SELECT (SELECT COUNT(*) FROM outbox_items WHERE state <> 'told')
                    + (SELECT COUNT(*) FROM notifications WHERE state = 'pending')
                """
            )
            return (try? rows?.first?.integer(0)) == 0
        }
        let late = arrivals.withLock { $0 }.filter { $0.channel == "hung" }.map(\.item)
        #expect(running.allSatisfy { one in late.contains { $0.incidentID == one.id.rawValue } })
        for (id, news) in Dictionary(grouping: late, by: \.incidentID) {
            let isRunning = running.contains { $0.id.rawValue == id }
            #expect(news.map(\.event) == (isRunning ? [.firing] : [.firing, .resolved]))
        }
        let rest = try await bench.notifications.list(state: .pending, limit: 9)
        #expect(rest.isEmpty)
        try await bench.stop()
    }
}
