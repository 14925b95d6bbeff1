import API
import Base
import Domain
import Glibc
import HTTPServer
import Live
import TestSupport
import Testing

/// Live events over a WebSocket.
@Suite(.timeLimit(.minutes(10))) struct LiveSocketTests {
    private static func say(_ client: RawClient, _ text: String) throws {
        try client.send(clientFrame(0x81, Array(text.utf8)))
    }

    private static func hear(_ client: RawClient) throws -> JSONValue {
        var frame = try client.receiveFrame()
        // On a busy machine pings arrive in between.
        while frame.first == 0x89 { frame = try client.receiveFrame() }
        guard frame.first == 0x81 else { throw RawClient.ReadError.malformed("frame \(frame.first) \(frame.payload)") }
        return try JSONValue(parsing: frame.payload)
    }

    @Test func clientsCanChangeTheirFilter() async throws {
        let hub = LiveHub(lastID: 10)
        try await LiveEventsTests.run(hub) { _, port in
            let said = try await onThread {
                let client = try RawClient(port: port)
                try client.openWebSocket("/ws/live?topics=incident", host: "localhost")
                var said = [try Self.hear(client)]
                try Self.say(client, #"{"action":"subscribe","topics":["monitor"],"monitors":[7,3]}"#)
                said.append(try Self.hear(client))
                hub.publish(LiveEventsTests.state(5))
                hub.publish(LiveEventsTests.state(7))
                said.append(try Self.hear(client))
                try Self.say(client, #"{"action":"unsubscribe","monitors":[7]}"#)
                said.append(try Self.hear(client))
                hub.publish(LiveEventsTests.state(7))
                try Self.say(client, #"{"action":"ping"}"#)
                said.append(try Self.hear(client))
                return said
            }
            #expect(said[0]["type"] == "subscribed" && said[0]["id"] == 10)
            #expect(said[0]["data"] == ["topics": ["incident"], "monitors": .null])
            #expect(said[1]["data"] == ["topics": ["monitor", "incident"], "monitors": [3, 7]])
            #expect(said[2]["id"] == 12 && said[2]["topic"] == "monitor" && said[2]["data"]?["monitor_id"] == 7)
            #expect(said[3]["data"]?["monitors"] == [3])
            #expect(said[4]["type"] == "pong")
            #expect(await eventually { hub.readerCount == 0 })
        }
    }

    @Test func clientsResumeAfterTheirLastEvent() async throws {
        let hub = LiveHub(lastID: 10)
        let first = try hub.subscribe(LiveFilter())
        hub.publish(LiveEventsTests.state(1))
        try await LiveEventsTests.run(hub) { _, port in
            let (event, reset) = try await onThread {
                let clients = try ["10", "5"].map { id in
                    let client = try RawClient(port: port)
                    try client.openWebSocket("/ws/live?last_event_id=\(id)", host: "localhost")
                    _ = try Self.hear(client)
                    return try Self.hear(client)
                }
                return (clients[0], clients[1])
            }
            #expect(event["id"] == 11 && event["topic"] == "monitor")
            #expect(reset["type"] == "reset" && reset["id"] == 11 && reset["data"]?["reason"]?.stringValue != nil)
        }
        _ = first
    }

    static let faults = [
        "", "x", "[]", "{}", #"{"action":"stop"}"#, #"{"action":"subscribe"}"#, #"{"action":"subscribe","topics":1}"#,
        #"{"action":"subscribe","topics":["x"]}"#, #"{"action":"subscribe","monitors":[0]}"#,
        #"{"action":"unsubscribe","monitors":[1]}"#, #"{"action":"ping","x":1}"#,
        #"{"action":"subscribe","monitors":["# + (1...1001).map(String.init).joined(separator: ",") + "]}",
    ]

    @Test(arguments: faults.indices)
    func invalidMessagesAreAnsweredThenClosed(index: Int) async throws {
        try await LiveEventsTests.run(LiveHub()) { _, port in
            let (answers, pong, close) = try await onThread {
                let client = try RawClient(port: port)
                try client.openWebSocket("/ws/live", host: "localhost")
                _ = try Self.hear(client)
                var answers: [JSONValue] = []
                for _ in 0..<9 {
                    try Self.say(client, Self.faults[index])
                    answers.append(try Self.hear(client))
                }
                try Self.say(client, #"{"action":"ping"}"#)
                let pong = try Self.hear(client)
                try client.send(clientFrame(0x82, [1]))
                answers.append(try Self.hear(client))
                return (answers, pong, try client.receiveFrame())
            }
            #expect(answers.allSatisfy { $0["type"] == "error" && $0["data"]?["reason"]?.stringValue != nil })
            #expect(pong["type"] == "pong")
            #expect(close.first == 0x88 && close.payload.prefix(2) == [0x03, 0xF0])
        }
    }

    @Test(
        arguments: [
            ("http://evil.example", 403), ("http://localhost", 101), ("https://status.example", 101), ("null", 403),
        ]
    )
    func otherOriginsAreRefused(origin: String, status: Int) async throws {
        let trusted = AccessPolicy(trustedOrigins: ["https://status.example"])
        try await LiveEventsTests.run(LiveHub(), { $0.access = trusted }) { app, _ in
            let headers: Headers = [
                "Host": "localhost", "Origin": origin, "Upgrade": "websocket", "Connection": "Upgrade",
                "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            ]
            let answer = try await onThread {
                let client = try RawClient(port: try #require(app.port))
                let lines = headers.map { "\($0.name): \($0.value)\r\n" }.joined()
                try client.send("GET /ws/live HTTP/1.1\r\n\(lines)\r\n")
                return try client.receiveHead().status
            }
            #expect(answer == status)
            #expect(await app.send(.get, "/ws/live").status == 426)
        }
    }

    @Test func slowClientsAreClosedWithAReason() async throws {
        let hub = LiveHub()
        try await LiveEventsTests.run(hub) { _, port in
            async let code = onThread {
                let client = try RawClient(port: port, receiveBuffer: 65_536)
                try client.openWebSocket("/ws/live", host: "localhost")
                let deadline = MonotonicTime.now + .seconds(60)
                while hub.droppedCount == 0, MonotonicTime.now < deadline { usleep(1000) }
                while true {
                    let frame = try client.receiveFrame()
                    if frame.first == 0x88 { return frame.payload }
                }
            }
            #expect(await eventually { hub.readerCount == 1 })
            let batch = LiveBatch(states: Array(repeating: LiveEventsTests.state(1).states[0], count: 200))
            while hub.droppedCount == 0 {
                hub.publish(batch)
                await Task.yield()
            }
            let payload = try await code
            #expect(payload.prefix(2) == [0x03, 0xF5])
            #expect(String(decoding: payload.dropFirst(2), as: UTF8.self).hasPrefix("too slow"))
        }
    }
}
