/// A response, for tests.
package struct RawResponse: Sendable, Equatable {
    package let status: Int
    /// Lower-case names.
    package let headers: [String: String]
    package let body: [UInt8]

    package var text: String { String(decoding: body, as: UTF8.self) }
}

extension RawClient {
    /// Sends a request with `Host`, further header lines and a body with `Content-Length`, and reads its response.
    package func request(
        _ method: String = "GET",
        _ target: String,
        headers: [String] = [],
        body: String? = nil
    ) throws(ReadError) -> RawResponse {
        var lines = ["\(method) \(target) HTTP/1.1", "Host: test"] + headers
        if let body { lines.append("Content-Length: \(body.utf8.count)") }
        try send(lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? ""))
        return try receiveResponse(hasBody: method != "HEAD")
    }

    /// Reads one response and skips interim ones; `hasBody` is false for the answer to HEAD.
    package func receiveResponse(hasBody: Bool = true) throws(ReadError) -> RawResponse {
        var (status, headers) = try receiveHead()
        while status == 100 { (status, headers) = try receiveHead() }
        guard hasBody, status >= 200, status != 204, status != 304 else {
            return RawResponse(status: status, headers: headers, body: [])
        }
        if headers["transfer-encoding"] == "chunked" {
            return RawResponse(status: status, headers: headers, body: try receiveChunks())
        }
        if let length = headers["content-length"].flatMap({ Int($0) }) {
            return RawResponse(status: status, headers: headers, body: try receive(length))
        }
        return RawResponse(status: status, headers: headers, body: try receiveToEnd())
    }

    /// Reads a status line and header fields.
    package func receiveHead() throws(ReadError) -> (status: Int, headers: [String: String]) {
        let head = try receive(through: "\r\n\r\n")
        let lines = head.split(separator: "\r\n")
        guard let line = lines.first, line.hasPrefix("HTTP/1.1 "), let status = Int(line.dropFirst(9).prefix(3)) else {
            throw .malformed(head)
        }
        var headers: [String: String] = [:]
        for field in lines.dropFirst() {
            guard let colon = field.firstIndex(of: ":") else { throw .malformed(head) }
            let value = field[field.index(after: colon)...].drop { $0 == " " }
            headers[field[..<colon].lowercased(), default: ""] += String(value)
        }
        return (status, headers)
    }

    /// Reads one chunk; empty at the end of the body.
    package func receiveChunk() throws(ReadError) -> [UInt8] {
        let line = try receive(through: "\r\n")
        guard let count = Int(line.dropLast(), radix: 16) else { throw .malformed(line) }
        let chunk = try receive(count)
        guard try receive(2) == [13, 10] else { throw .malformed("a chunk without its end") }
        return chunk
    }

    private func receiveChunks() throws(ReadError) -> [UInt8] {
        var body: [UInt8] = []
        while true {
            let chunk = try receiveChunk()
            if chunk.isEmpty { return body }
            body.append(contentsOf: chunk)
        }
    }
}
