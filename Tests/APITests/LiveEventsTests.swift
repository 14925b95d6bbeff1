import API
import Base
import Domain
import Glibc
import HTTPServer
import Live
import Runtime
import TestSupport
import Testing

/// Server-sent events over real connections.
@Suite(.timeLimit(.minutes(10))) struct LiveEventsTests {
    static func state(_ monitor: Int64) -> LiveBatch {
        LiveBatch(
            states: [
                LiveState(
                    monitorID: MonitorID(rawValue: monitor),
                    state: .down,
                    previous: .up,
                    since: Timestamp(milliseconds: 0)
                )
            ]
        )
    }

    /// The hub and server of one test.
    static func run(
        _ hub: LiveHub,
        _ configure: @escaping (inout APIDependencies) -> Void = { _ in },
        _ body: (TestApplication, UInt16) async throws -> Void
    ) async throws {
        try await Transport.loopback.run { dependencies in
            dependencies.live = hub
            configure(&dependencies)
        } _: { app in
            try await body(app, try #require(app.port))
        }
    }

    @Test func eventsArriveAsTheyHappen() async throws {
        let hub = LiveHub(lastID: 10)
        try await Self.run(hub) { _, port in
            let texts = try await onThread {
                let client = try RawClient(port: port)
                try client.send("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
                let (status, headers) = try client.receiveHead()
                guard status == 200, headers["content-type"] == "text/event-stream",
                    headers["cache-control"] == "no-store", headers["x-accel-buffering"] == "no"
                else { throw RawClient.ReadError.malformed("\(status) \(headers)") }
                let opening = try client.receiveChunk()
                hub.publish(Self.state(4))
                return [opening, try client.receiveChunk()].map { String(decoding: $0, as: UTF8.self) }
            }
            #expect(texts[0] == "retry: 3000\nid: 10\n\n")
            #expect(texts[1].hasPrefix("id: 11\nevent: monitor\ndata: {\"id\":11,\"topic\":\"monitor\","))
            #expect(texts[1].hasSuffix("}}\n\n"))
            #expect(await eventually { hub.readerCount == 0 })
        }
    }

    @Test(
        arguments: [
            ("last_event_id=11", nil, "id: 12\nevent: monitor"), ("", "11", "id: 12\nevent: monitor"),
            ("last_event_id=11", "10", "id: 11\nevent: monitor"), ("", "3", "id: 12\nevent: reset"),
            ("", "nonsense", "id: 12\nevent: reset"), ("last_event_id=13", nil, "id: 12\nevent: reset"),
            ("last_event_id=10&monitor_id=2", nil, "id: 12\nevent: monitor"),
            ("last_event_id=10&tag=Web", nil, "id: 11\nevent: monitor"),
        ] as [(String, String?, String)]
    )
    func readersResumeAfterTheirLastEvent(query: String, header: String?, expected: String) async throws {
        let hub = LiveHub(lastID: 10)
        let first = try hub.subscribe(LiveFilter())
        hub.publish(Self.state(1))
        hub.publish(Self.state(2))
        try await Self.run(hub) { app, port in
            let monitor: JSONValue = ["name": "A", "url": "http://a/", "tags": ["web"]]
            #expect(await app.send(.post, "/api/v1/monitors", monitor).json["id"] == 1)
            let text = try await onThread {
                let client = try RawClient(port: port)
                let fields = header.map { "Last-Event-ID: \($0)\r\n" } ?? ""
                try client.send("GET /api/v1/events?\(query) HTTP/1.1\r\nHost: localhost\r\n\(fields)\r\n")
                _ = try client.receiveHead()
                _ = try client.receiveChunk()
                return String(decoding: try client.receiveChunk(), as: UTF8.self)
            }
            #expect(text.hasPrefix(expected), "\(text)")
        }
        _ = first
    }

    @Test(
        arguments: [
            ("topics=monitors", "value_error query.topics"), ("topics=", "string_too_short query.topics"),
            ("topics=monitor,", "value_error query.topics"), ("monitor_id=0", "value_error query.monitor_id"),
            ("monitor_id=1,x", "value_error query.monitor_id"), ("last_event_id=-1", "value_error query.last_event_id"),
            ("topic=monitor", "extra_forbidden query.topic"),
        ]
    )
    func invalidParametersAreRefused(query: String, fault: String) async throws {
        let app = try await TestApplication()
        for path in ["/api/v1/events", "/ws/live"] {
            let answer = await app.send(.get, "\(path)?\(query)")
            #expect(answer.status == 422 && answer.faults == [fault], "\(answer)")
        }
        let many = (1...1001).map(String.init).joined(separator: ",")
        #expect(await app.send(.get, "/api/v1/events?monitor_id=\(many)").status == 422)
    }

    @Test func readersAreBounded() async throws {
        var limits = LiveLimits()
        limits.readers = 1
        let hub = LiveHub(limits: limits)
        let app = try await TestApplication { $0.live = hub }
        let reader = try hub.subscribe(LiveFilter())
        let answer = await app.send(.get, "/api/v1/events")
        #expect(answer.status == 503 && answer.headers["Retry-After"] == "5")
        _ = reader
    }

    /// The reader's connection is full, and more events arrive than may wait.
    @Test func slowReadersAreDisconnectedWithAReason() async throws {
        let hub = LiveHub()
        try await Self.run(hub) { _, port in
            let gate = GracefulShutdown()
            async let end = onThread {
                let client = try RawClient(port: port, receiveBuffer: 65_536)
                try client.send("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
                _ = try client.receiveHead()
                let isOpen = client.hasInput(within: .seconds(60))
                gate.trigger()
                let deadline = MonotonicTime.now + .seconds(60)
                while hub.droppedCount == 0, MonotonicTime.now < deadline { usleep(1000) }
                var last: [UInt8] = []
                while case let chunk = try client.receiveChunk(), !chunk.isEmpty { last = chunk }
                return (isOpen, String(decoding: last, as: UTF8.self))
            }
            await gate.wait()
            let batch = LiveBatch(states: Array(repeating: Self.state(1).states[0], count: 200))
            while hub.droppedCount == 0 {
                hub.publish(batch)
                await Task.yield()
            }
            let (isOpen, rest) = try await end
            #expect(isOpen && rest.hasPrefix("event: dropped\ndata: {\"reason\":\"too slow"))
        }
    }

    @Test func stoppingNotifiesReadersAndEndsInTime() async throws {
        let hub = LiveHub()
        try await Self.run(hub) { _, port in
            let asked = GracefulShutdown()
            async let ends = onThread {
                let events = try RawClient(port: port)
                try events.send("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
                _ = try events.receiveHead()
                _ = try events.receiveChunk()
                let socket = try RawClient(port: port)
                try socket.openWebSocket("/ws/live", host: "localhost")
                _ = try socket.receiveFrame()
                asked.trigger()
                let text = String(decoding: try events.receiveChunk(), as: UTF8.self)
                let last = try events.receiveChunk()
                return (text, last, try socket.receiveFrame())
            }
            try await LiveService(hub).run(until: asked)
            let (text, last, frame) = try await ends
            #expect(text == "event: closed\ndata: {\"reason\":\"the server is stopping\"}\n\n")
            #expect(last.isEmpty)
            #expect(frame.first == 0x88)
            #expect(frame.payload == [0x03, 0xE9] + Array("the server is stopping".utf8))
            #expect(await eventually { hub.readerCount == 0 })
        }
    }
}
