import Messages
import Base
import Domain
import Live
import TestSupport
import Testing

/// Which events readers get, and when they are notified of missing ones.
@Suite(.timeLimit(.minutes(10))) struct LiveHubTests {
    private static func hub(_ change: (inout LiveLimits) -> Void = { _ in }) -> LiveHub {
        var limits = LiveLimits()
        change(&limits)
        return LiveHub(region: "eu", limits: limits, lastID: 100)
    }

    private func text(_ event: LiveEvent?) -> String { String(decoding: event?.json ?? [], as: UTF8.self) }

    @Test func eventsAreCompleteAndInOrder() async throws {
        let hub = Self.hub()
        let reader = try hub.subscribe(LiveFilter(topics: [.monitor, .result, .incident]))
        hub.publish(
            LiveBatch(
                results: [LiveFixtures.result(3)],
                states: [LiveFixtures.state(3, at: 9)],
                incidents: [LiveFixtures.incident(3)]
            )
        )
        let events = try #require(await reader.events())
        #expect(events.map(\.topic) == [.result, .monitor, .incident])
        #expect(events.map(\.id) == [101, 102, 103])
        #expect(
            text(events[1]) == #"{"id":102,"topic":"monitor","type":"changed","at":"1970-01-01T00:00:00.009Z","#
                + #""data":{"monitor_id":3,"state":"down","previous":"up","since":"1970-01-01T00:00:00.009Z","#
                + #""reason":"http_status"}}"#
        )
        let result = try JSONValue(parsing: events[0].json)
        #expect(result["type"] == "checked" && result["data"]?["region"] == "eu")
        #expect(result["data"]?["monitor_id"] == 3 && result["data"]?["response"] == nil)
        let incident = try JSONValue(parsing: events[2].json)["data"]
        #expect(incident?["id"] == 7 && incident?["event"] == "opened" && incident?["state"] == "open")
        #expect(incident?["subject"] == "shop" && incident?["resolved_at"] == .null)
    }

    @Test(
        arguments: [
            (LiveTopics.standard, nil, [102, 103, 105]), (.result, nil, [101, 104]), (.incident, nil, [103, 105]),
            ([.result, .monitor], [2], [104]), (.standard, [1, 9], [102, 103]), (.standard, [], []),
        ] as [(LiveTopics, Set<Int64>?, [UInt64])]
    )
    func filtersSelectEvents(topics: LiveTopics, monitors: Set<Int64>?, expected: [UInt64]) async throws {
        let hub = Self.hub()
        let everything = try hub.subscribe(LiveFilter(topics: [.monitor, .result, .incident]))
        let reader = try hub.subscribe(LiveFilter(topics: topics, monitors: monitors))
        let (one, two) = (LiveFixtures.result(1), LiveFixtures.result(2))
        hub.publish(
            LiveBatch(results: [one], states: [LiveFixtures.state(1)], incidents: [LiveFixtures.incident(1)])
        )
        hub.publish(LiveBatch(results: [two], incidents: [LiveFixtures.incident(nil)]))
        #expect(await everything.events()?.count == 5)
        let resumed = try hub.subscribe(LiveFilter(topics: topics, monitors: monitors), resume: 100)
        // A resumed reader gets the same events as one that stayed.
        for reader in [reader, resumed] {
            var ids: [UInt64] = []
            while ids.count < expected.count, let events = await reader.events() { ids += events.map(\.id) }
            #expect(ids == expected)
            let rest = Task { await reader.next() }
            rest.cancel()
            guard case .ended(.cancelled) = await rest.value else { return #expect(Bool(false), "more came") }
        }
    }

    @Test func resumingHasNoGapAndNoRepetition() async throws {
        let hub = Self.hub { ($0.replayedEvents, $0.scannedEvents) = (7, 10) }
        let first = try hub.subscribe(LiveFilter())
        hub.publish(LiveFixtures.states(50))
        #expect(await first.events()?.count == 50)
        let back = try hub.subscribe(LiveFilter(), resume: 110)
        #expect(back.startID == 110)
        var ids: [UInt64] = []
        for round in 0..<40 where ids.last != 150 + UInt64(round) {
            ids += await back.events()?.map(\.id) ?? []
            // More events arrive while it catches up.
            if round < 5 { hub.publish(LiveFixtures.states(3)) }
            if ids.count == 55 { break }
        }
        #expect(ids == Array(111...165))
    }

    @Test func filteredReaderSkipsOtherEventsWhileCatchingUp() async throws {
        let hub = Self.hub { $0.scannedEvents = 10 }
        let first = try hub.subscribe(LiveFilter())
        hub.publish(LiveFixtures.states(95, of: 2))
        hub.publish(LiveFixtures.states(1, of: 1))
        _ = first
        let back = try hub.subscribe(LiveFilter(monitors: [1]), resume: 100)
        #expect(await back.events()?.map(\.id) == [196])
        hub.publish(LiveFixtures.states(1, of: 1))
        #expect(await back.events()?.map(\.id) == [197])
    }

    /// The id that a reader resumes with, after a hundred events of which the last ten are kept.
    @Test(arguments: [(0, true), (100, true), (189, true), (190, false), (200, false), (201, true), (.max, true)])
    func resumingBeyondTheKeptEventsReportsAReset(resume: UInt64, isReset: Bool) async throws {
        let hub = Self.hub { $0.keptEvents = 10 }
        let first = try hub.subscribe(LiveFilter())
        hub.publish(LiveFixtures.states(100))
        _ = first
        let back = try hub.subscribe(LiveFilter(), resume: resume)
        if isReset {
            guard case .reset(200) = await back.next() else { return #expect(Bool(false), "no reset") }
            #expect(back.startID == 200)
        } else if resume < 200 {
            #expect(await back.events()?.count == Int(200 - resume))
        }
        hub.publish(LiveFixtures.states(1))
        #expect(await back.events()?.map(\.id) == [201])
    }

    @Test func keptBytesAreBounded() async throws {
        let hub = Self.hub { $0.keptBytes = 2000 }
        let first = try hub.subscribe(LiveFilter())
        hub.publish(LiveFixtures.states(100))
        _ = first
        guard case .reset = await (try hub.subscribe(LiveFilter(), resume: 150)).next() else {
            return #expect(Bool(false), "no reset")
        }
        #expect(await (try hub.subscribe(LiveFilter(), resume: 195)).events()?.count == 5)
    }

    @Test func resumingAfterUnrecordedEventsReportsAReset() async throws {
        let time = Locked(MonotonicTime(nanoseconds: 0))
        let hub = LiveHub(lastID: 0, now: { time.withLock { $0 } })
        hub.publish(LiveBatch(results: [LiveFixtures.result(1)]))
        #expect(hub.lastID == 1)
        do {
            let reader = try hub.subscribe(LiveFilter(topics: .result))
            hub.publish(LiveBatch(results: [LiveFixtures.result(1)]))
            #expect(await reader.events()?.map(\.id) == [2])
        }
        // It has left; the topic is kept for a while, in case it resumes.
        time.withLock { $0 = $0 + .seconds(59) }
        hub.publish(LiveBatch(results: [LiveFixtures.result(1)], states: [LiveFixtures.state(1)]))
        #expect(hub.lastID == 4)
        #expect(await (try hub.subscribe(LiveFilter(topics: .result), resume: 2)).events()?.map(\.id) == [3])
        time.withLock { $0 = $0 + .seconds(61) }
        hub.publish(LiveBatch(results: [LiveFixtures.result(1)]))
        let late = try hub.subscribe(LiveFilter(topics: .result), resume: 3)
        guard case .reset(5) = await late.next() else { return #expect(Bool(false), "no reset") }
        // The other topic has had no event since.
        hub.publish(LiveBatch(results: [LiveFixtures.result(1)]))
        #expect(await (try hub.subscribe(LiveFilter(topics: [.incident, .result]), resume: 5)).events()?.count == 1)
    }

    @Test func onlySlowReadersAreDropped() async throws {
        let hub = Self.hub { $0.waitingEvents = 20 }
        let slow = try hub.subscribe(LiveFilter())
        let quick = try hub.subscribe(LiveFilter())
        let filtered = try hub.subscribe(LiveFilter(monitors: [5]))
        // A reader with room takes a whole batch.
        for round in 1...3 {
            hub.publish(LiveFixtures.states(19))
            #expect(await quick.events()?.count == 19)
            #expect(hub.droppedCount == (round < 3 ? 0 : 1))
        }
        guard case .ended(.slow) = await slow.next() else { return #expect(Bool(false), "not dropped") }
        hub.publish(LiveFixtures.states(1, of: 5))
        #expect(await quick.events()?.count == 1)
        #expect(await filtered.events()?.count == 1)
        #expect(hub.readerCount == 3 && hub.droppedCount == 1)
    }

    @Test func tooManyWaitingBytesDropTheReader() async throws {
        let hub = Self.hub { $0.waitingBytes = 300 }
        let slow = try hub.subscribe(LiveFilter())
        for _ in 0..<3 { hub.publish(LiveFixtures.states(1)) }
        guard case .ended(.slow) = await slow.next() else { return #expect(Bool(false), "not dropped") }
    }

    @Test func readerThatFallsBehindTheLogIsDropped() async throws {
        let hub = Self.hub { ($0.keptEvents, $0.replayedEvents) = (20, 5) }
        let first = try hub.subscribe(LiveFilter())
        hub.publish(LiveFixtures.states(20))
        _ = first
        let back = try hub.subscribe(LiveFilter(), resume: 100)
        #expect(await back.events()?.map(\.id) == [101, 102, 103, 104, 105])
        hub.publish(LiveFixtures.states(20))
        guard case .ended(.slow) = await back.next() else { return #expect(Bool(false), "not dropped") }
    }

    @Test func readersCanChangeTheirFilter() async throws {
        let hub = Self.hub()
        let reader = try hub.subscribe(LiveFilter(topics: .monitor))
        #expect(reader.change(LiveFilter(topics: .incident, monitors: [2])))
        hub.publish(LiveBatch(states: [LiveFixtures.state(2)], incidents: [LiveFixtures.incident(1)]))
        hub.publish(LiveBatch(incidents: [LiveFixtures.incident(2)]))
        #expect(await reader.events()?.map(\.id) == [103])
        #expect(reader.change(LiveFilter(topics: .monitor)))
        hub.publish(LiveBatch(states: [LiveFixtures.state(9)], incidents: [LiveFixtures.incident(2)]))
        #expect(await reader.events()?.map(\.id) == [104])
    }

    @Test func readersAndFiltersAreBounded() async throws {
        let hub = Self.hub { ($0.readers, $0.filteredMonitors) = (2, 5) }
        let one = try hub.subscribe(LiveFilter(monitors: [1, 2, 3]))
        #expect(throws: LiveError.full) { _ = try hub.subscribe(LiveFilter(monitors: [1, 2, 3])) }
        do {
            let two = try hub.subscribe(LiveFilter(monitors: [1]))
            #expect(two.change(LiveFilter(monitors: [1, 2])))
            #expect(!two.change(LiveFilter(monitors: [1, 2, 3])))
            #expect(two.filter.monitors == [1, 2])
            #expect(throws: LiveError.full) { _ = try hub.subscribe(LiveFilter()) }
        }
        _ = try hub.subscribe(LiveFilter(monitors: [1, 2]))
        #expect(hub.readerCount == 1)
        _ = one
        hub.close()
        #expect(throws: LiveError.stopping) { _ = try hub.subscribe(LiveFilter()) }
    }

    @Test func cancelledWaitEnds() async throws {
        let hub = Self.hub()
        let reader = try hub.subscribe(LiveFilter())
        let waiting = Task { await reader.next() }
        waiting.cancel()
        guard case .ended(.cancelled) = await waiting.value else { return #expect(Bool(false)) }
        hub.publish(LiveFixtures.states(1))
        #expect(await reader.events()?.count == 1)
    }
}
