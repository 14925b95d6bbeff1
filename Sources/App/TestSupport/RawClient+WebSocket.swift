extension RawClient {
    /// Sends the opening handshake; the key is RFC 6455's own example.
    package func openWebSocket(
        _ path: String,
        host: String = "a",
        headers: [String] = [],
        then bytes: [UInt8] = []
    ) throws(ReadError) {
        let fields =
            headers + [
                "Host: \(host)", "Upgrade: websocket", "Connection: keep-alive, Upgrade", "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            ]
        let request = "GET \(path) HTTP/1.1\r\n" + fields.joined(separator: "\r\n") + "\r\n\r\n"
        try send(Array(request.utf8) + bytes)
        let (status, headers) = try receiveHead()
        guard status == 101, headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" else {
            throw .malformed("handshake answered \(status) \(headers)")
        }
    }

    /// Reads one frame of the server: its first byte and its payload.
    package func receiveFrame() throws(ReadError) -> (first: UInt8, payload: [UInt8]) {
        let head = try receive(2)
        var count = Int(head[1])
        if count >= 126 {
            count = try receive(count == 126 ? 2 : 8).reduce(0) { $0 << 8 | Int($1) }
        }
        return (head[0], try receive(count))
    }
}

/// A client's frame, masked.
package func clientFrame(_ first: UInt8, _ payload: [UInt8], mask: [UInt8] = [1, 2, 3, 4]) -> [UInt8] {
    var frame = [first]
    switch payload.count {
    case ..<126: frame.append(0x80 | UInt8(payload.count))
    case ..<65_536: frame += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
    default: frame += [0x80 | 127] + (0..<8).map { UInt8(payload.count >> (56 - 8 * $0) & 255) }
    }
    return frame + mask + payload.enumerated().map { $1 ^ mask[$0 & 3] }
}

/// A server's frame.
package func serverFrame(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
    switch payload.count {
    case ..<126: [first, UInt8(payload.count)] + payload
    case ..<65_536: [first, 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)] + payload
    default: [first, 127] + (0..<8).map { UInt8(payload.count >> (56 - 8 * $0) & 255) } + payload
    }
}
