import HTTPServer
import TestSupport
import Testing

/// RFC 6455 as a table: a client's bytes in, the echo server's bytes out until it ends the connection.
@Suite struct WebSocketTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let sent: [UInt8]
        let expected: [UInt8]

        init(_ name: String, _ sent: [UInt8], _ expected: [UInt8]) {
            (testDescription, self.sent, self.expected) = (name, sent, expected)
        }
    }

    private static func text(_ text: String) -> [UInt8] { Array(text.utf8) }
    private static func code(_ code: Int) -> [UInt8] { [UInt8(code >> 8), UInt8(code & 255)] }
    private static let close = clientFrame(0x88, code(1000))
    private static let closed = serverFrame(0x88, code(1000))
    private static func failed(_ number: Int) -> [UInt8] { serverFrame(0x88, code(number)) }

    static let messages: [Case] = [0, 125, 126, 127, 65_535, 65_536, 1 << 20].map { size in
        let payload = [UInt8](repeating: UInt8(ascii: "m"), count: size)
        return Case("\(size) bytes", clientFrame(0x82, payload) + close, serverFrame(0x82, payload) + closed)
    }

    static let frames = [
        Case("text", clientFrame(0x81, text("grüß")) + close, serverFrame(0x81, text("grüß")) + closed),
        Case(
            "fragments",
            clientFrame(0x01, text("a")) + clientFrame(0x00, text("b")) + clientFrame(0x80, text("c")) + close,
            serverFrame(0x81, text("abc")) + closed
        ),
        Case(
            "a character across fragments",
            clientFrame(0x01, [0xC3]) + clientFrame(0x80, [0xBC]) + close,
            serverFrame(0x81, text("ü")) + closed
        ),
        Case(
            "ping between fragments",
            clientFrame(0x01, text("a")) + clientFrame(0x89, text("p")) + clientFrame(0x80, text("b")) + close,
            serverFrame(0x8A, text("p")) + serverFrame(0x81, text("ab")) + closed
        ),
        Case("unasked pong", clientFrame(0x8A, text("x")) + close, closed),
        Case("close without a code", clientFrame(0x88, []), serverFrame(0x88, [])),
        Case("close with a reason", clientFrame(0x88, code(4000) + text("bye")), serverFrame(0x88, code(4000))),
        Case("close with a code of one byte", clientFrame(0x88, [3]), failed(1002)),
        Case("close with 1005", clientFrame(0x88, code(1005)), failed(1002)),
        Case("close with 2000", clientFrame(0x88, code(2000)), failed(1002)),
        Case("close with a reason that is no text", clientFrame(0x88, code(1000) + [0xFF]), failed(1007)),
        Case("unmasked frame", serverFrame(0x81, text("a")), failed(1002)),
        Case("reserved bit", clientFrame(0xC1, text("a")), failed(1002)),
        Case("reserved opcode", clientFrame(0x83, text("a")), failed(1002)),
        Case("reserved control opcode", clientFrame(0x8B, []), failed(1002)),
        Case("fragmented ping", clientFrame(0x09, []), failed(1002)),
        Case("ping of 126 bytes", clientFrame(0x89, [UInt8](repeating: 0, count: 126)), failed(1002)),
        Case("continuation of nothing", clientFrame(0x80, text("a")), failed(1002)),
        Case("text within fragments", clientFrame(0x01, text("a")) + clientFrame(0x81, text("b")), failed(1002)),
        Case("length not in its shortest form", [0x82, 0x80 | 126, 0, 5, 1, 2, 3, 4], failed(1002)),
        Case("length with the top bit", [0x82, 0x80 | 127, 0x80, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4], failed(1002)),
        Case("text that is no UTF-8", clientFrame(0x81, [0xC3, 0x28]), failed(1007)),
        Case("overlong UTF-8", clientFrame(0x81, [0xC0, 0xAF]), failed(1007)),
        Case("message over the limit", [0x82, 0x80 | 127, 0, 0, 0, 0, 0, 16, 0, 1, 1, 2, 3, 4], failed(1009)),
        Case(
            "fragments over the limit",
            clientFrame(0x02, [UInt8](repeating: 0, count: 1 << 20)) + clientFrame(0x80, [0]),
            failed(1009)
        ),
    ]

    @Test(arguments: messages + frames)
    func framesFollowTheRFC(_ test: Case) async throws {
        try await TestServer.run { server in
            let port = server.port
            let answer = try await onThread {
                let client = try RawClient(port: port)
                try client.openWebSocket("/socket")
                try client.send(test.sent)
                return try client.receiveToEnd()
            }
            #expect(answer == test.expected)
        }
    }

    @Test(arguments: frames.filter { $0.sent.count < 1000 })
    func framesFollowTheRFCByteByByteAndWithTheHandshake(_ test: Case) async throws {
        try await TestServer.run { server in
            let port = server.port
            let answers = try await onThread {
                let slow = try RawClient(port: port)
                try slow.openWebSocket("/socket")
                do { for byte in test.sent { try slow.send([byte]) } } catch RawClient.ReadError.closed {}
                let quick = try RawClient(port: port)
                try quick.openWebSocket("/socket", then: test.sent)
                return [try slow.receiveToEnd(), try quick.receiveToEnd()]
            }
            #expect(answers == [test.expected, test.expected])
        }
    }

    @Test(arguments: [
        ("GET", "websocket", "Upgrade", "13", "dGhlIHNhbXBsZSBub25jZQ==", 101),
        ("GET", "WebSocket", "keep-alive, upgrade", "13", "dGhlIHNhbXBsZSBub25jZQ==", 101),
        ("GET", "h2c", "Upgrade", "13", "dGhlIHNhbXBsZSBub25jZQ==", 426),
        ("GET", "websocket", "keep-alive", "13", "dGhlIHNhbXBsZSBub25jZQ==", 426),
        ("GET", "websocket", "Upgrade", "8", "dGhlIHNhbXBsZSBub25jZQ==", 426),
        ("GET", "websocket", "Upgrade", "13", "short", 400),
        ("POST", "websocket", "Upgrade", "13", "dGhlIHNhbXBsZSBub25jZQ==", 405),
    ])
    func handshakesAreValidated(
        _ method: String,
        _ upgrade: String,
        _ connection: String,
        _ version: String,
        _ key: String,
        _ status: Int
    ) async throws {
        try await TestServer.run { server in
            let port = server.port
            let answer = try await onThread {
                let client = try RawClient(port: port)
                let fields = [
                    "Host: a", "Upgrade: \(upgrade)", "Connection: \(connection)",
                    "Sec-WebSocket-Version: \(version)", "Sec-WebSocket-Key: \(key)",
                ]
                try client.send("\(method) /socket HTTP/1.1\r\n" + fields.joined(separator: "\r\n") + "\r\n\r\n")
                return try client.receiveHead().status
            }
            #expect(answer == status)
        }
    }

    /// The client has to wait while its echoes are not read, and loses nothing.
    @Test func manyUnreadMessagesAreEchoedCompletely() async throws {
        try await TestServer.run { server in
            let port = server.port
            let frame = clientFrame(0x82, [UInt8](repeating: 7, count: 1000))
            let (accepted, echoed) = try await onThread {
                let client = try RawClient(port: port, receiveBuffer: 65_536)
                try client.openWebSocket("/socket")
                let accepted = client.flood(frame, until: 64 << 20)
                // The last frame may be incomplete; the rest is sent while reading.
                let rest = (frame.count - accepted % frame.count) % frame.count
                var bytes = 0
                while bytes < (accepted / frame.count) * 1004 { bytes += try client.receive(1004).count }
                try client.send(Array(frame.suffix(rest)))
                if rest > 0 { bytes += try client.receive(1004).count }
                return ((accepted + rest) / frame.count, bytes / 1004)
            }
            #expect(accepted > 100)
            #expect(echoed == accepted)
        }
    }
}
