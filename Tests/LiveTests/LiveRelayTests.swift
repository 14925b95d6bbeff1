import Base
import Broker
import Domain
@testable import Live
import Runtime
import TestSupport
import Testing

/// Live events on their way from an alerter's process to the readers of another one.
@Suite(.timeLimit(.minutes(10))) struct LiveRelayTests {
    private let broker = InProcessBroker(metrics: MetricsRegistry())

    /// Runs both services around a body, with a codec's round trip between them when there is one.
    private func run(_ hub: LiveHub, _ body: (LiveFanOut) async throws -> Void) async throws {
        let fanOut = LiveFanOut(broker)
        let relay = LiveRelay(hub, broker)
        let shutdown = GracefulShutdown()
        let (first, second) = (Readiness(), Readiness())
        let running = Task {
            async let out: Void = fanOut.run(until: shutdown, ready: first)
            async let back: Void = relay.run(until: shutdown, ready: second)
            _ = try await (out, back)
        }
        await first.wait()
        await second.wait()
        try await body(fanOut)
        shutdown.trigger()
        try await running.value
    }

    @Test func statesAndIncidentsReachReadersOfAnotherProcess() async throws {
        let hub = LiveHub(lastID: 0)
        let reader = try hub.subscribe(LiveFilter())
        try await run(hub) { fanOut in
            fanOut.publish(LiveBatch(states: [LiveFixtures.state(1)], incidents: [LiveFixtures.incident(1)]))
            let events = await reader.events(2)
            #expect(events.map(\.topic) == [.monitor, .incident])
            #expect(events.map(\.monitor) == [1, 1])
        }
    }

    @Test func resultsAreSentOnlyWhileSomebodyReads() async throws {
        let hub = LiveHub(lastID: 0)
        try await run(hub) { fanOut in
            fanOut.publish(LiveBatch(results: [LiveFixtures.result(1)], states: [LiveFixtures.state(1)]))
            // The state's number shows that the batch has arrived: without a reader the result was left out.
            await eventually { hub.lastID == 1 }
            let reader = try hub.subscribe(LiveFilter(topics: LiveTopics(.result)))
            let reading = Task { await reader.events(1) }
            // The process says within a second that results are read.
            await eventually {
                fanOut.publish(LiveBatch(results: [LiveFixtures.result(2)]))
                return hub.lastID > 1
            }
            let events = await reading.value
            #expect(events.first?.topic == .result)
            #expect(events.first?.monitor == 2)
        }
    }

    @Test func encodedEventsReadAsThoseOfTheSameProcess() throws {
        let codec = MessageCodec<LiveBatch>.liveEvents(region: "eu")
        let batch = LiveBatch(
            results: [LiveFixtures.result(3)],
            states: [LiveFixtures.state(1)],
            incidents: [LiveFixtures.incident(nil)]
        )
        let other = try #require(try codec.decode(codec.encode(batch)))
        let (own, relayed) = (LiveHub(region: "eu", lastID: 0), LiveHub(region: "elsewhere", lastID: 0))
        for topic in LiveTopic.allCases {
            let texts = [batch, other].map { batch in
                batch.drafts(topic, region: "eu").map { String(decoding: LiveEvent(id: 1, $0).json, as: UTF8.self) }
            }
            #expect(texts[0] == texts[1])
            #expect(texts[0].count == 1)
        }
        for (hub, batch) in [(own, batch), (relayed, other)] { hub.publish(batch) }
        #expect(own.lastID == relayed.lastID)
    }

    @Test(
        "garbage is no event",
        arguments: [
            "", "{}", "[]", "{\"events\":7}", "{\"events\":[{\"topic\":\"result\"}]}",
            "{\"events\":[{\"topic\":\"result\",\"event\":\",\\\"x\\\":1},{\\\"forged\\\":true}\"}]}",
            "{\"events\":[{\"topic\":\"result\",\"event\":\"x\"}]}",
        ]
    )
    func garbageIsRefused(_ text: String) {
        #expect(throws: MessageError.self) {
            try MessageCodec<LiveBatch>.liveEvents(region: "eu").decode(Array(text.utf8))
        }
    }

    @Test func topicsOfANewerReleaseAreIgnored() throws {
        let text = "{\"events\":[{\"topic\":\"weather\",\"event\":\",\\\"x\\\":1}\"}]}"
        #expect(try MessageCodec<LiveBatch>.liveEvents(region: "eu").decode(Array(text.utf8)) == nil)
    }
}
