import Base
import Foundation

/// A blocking keep-alive HTTP/1.1 connection to a loopback port, for one thread; requests may be pipelined.
final class HTTPConnection {
    /// One response.
    struct Response {
        let status: Int
        let body: [UInt8]
    }

    private static let patience: Int32 = 30_000  // milliseconds without a byte
    private let fd: Int32
    private let host: String
    private var buffer: [UInt8] = []

    /// Connects.
    ///
    /// Throws when nothing listens on the port.
    init(port: Int) throws(BenchError) {
        host = "127.0.0.1:\(port)"
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = in_addr_t(UInt32(0x7f00_0001).bigEndian)
        fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        let code = withUnsafeBytes(of: &address) { bytes in
            connect(fd, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
        }
        guard fd >= 0, code == 0 else { throw BenchError("could not connect to \(host)") }
        var on: Int32 = 1
        setsockopt(fd, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
    }

    deinit { if fd >= 0 { close(fd) } }

    /// Sends a request and waits for its response.
    func request(_ method: String, _ path: String, body: [UInt8]? = nil) throws(BenchError) -> Response {
        try send(encoded(method, path, body: body))
        return try receive()
    }

    /// Sends all requests at once, then waits for their responses, which arrive in the same order.
    func pipeline(_ requests: [(method: String, path: String, body: [UInt8]?)]) throws(BenchError) -> [Response] {
        var bytes: [UInt8] = []
        for request in requests { bytes += encoded(request.method, request.path, body: request.body) }
        try send(bytes)
        var responses: [Response] = []
        for _ in requests { responses.append(try receive()) }
        return responses
    }

    private func encoded(_ method: String, _ path: String, body: [UInt8]?) -> [UInt8] {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: \(host)\r\n"
        if let body { head += "Content-Type: application/json\r\nContent-Length: \(body.count)\r\n" }
        return Array("\(head)\r\n".utf8) + (body ?? [])
    }

    private func send(_ bytes: [UInt8]) throws(BenchError) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { write(fd, $0.baseAddress, $0.count) }
            guard count > 0 else { throw BenchError("\(host) closed the connection") }
            sent += count
        }
    }

    private func receive() throws(BenchError) -> Response {
        let head = try readLine(terminator: "\r\n\r\n")
        let lines = head.components(separatedBy: "\r\n")
        let status = lines[0].split(separator: " ").dropFirst().first.flatMap { Int($0) }
        guard let status else { throw BenchError("\(host) answered '\(lines[0])'") }
        var count = 0
        var isChunked = false
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1).map {
                $0.trimmingCharacters(in: .whitespaces).lowercased()
            }
            if parts.first == "content-length" { count = parts.last.flatMap { Int($0) } ?? 0 }
            if parts.first == "transfer-encoding" { isChunked = parts.last == "chunked" }
        }
        return Response(status: status, body: isChunked ? try readChunks() : try read(count))
    }

    private func readChunks() throws(BenchError) -> [UInt8] {
        var body: [UInt8] = []
        while true {
            guard let count = Int(try readLine(terminator: "\r\n"), radix: 16) else {
                throw BenchError("\(host) sent a malformed chunk")
            }
            body += try read(count)
            _ = try read(2)
            if count == 0 { return body }
        }
    }

    private func readLine(terminator: String) throws(BenchError) -> String {
        let terminator = Array(terminator.utf8)
        while true {
            if let range = buffer.firstRange(of: terminator) {
                defer { buffer.removeFirst(range.upperBound) }
                return String(decoding: buffer[..<range.lowerBound], as: UTF8.self)
            }
            try fill()
        }
    }

    private func read(_ count: Int) throws(BenchError) -> [UInt8] {
        while buffer.count < count { try fill() }
        defer { buffer.removeFirst(count) }
        return Array(buffer[..<count])
    }

    private func fill() throws(BenchError) {
        var wait = pollfd(fd: fd, events: Int16(POLLIN), revents: 0)
        guard poll(&wait, 1, Self.patience) == 1 else { throw BenchError("\(host) did not answer within 30 s") }
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = recv(fd, &bytes, bytes.count, 0)
        guard count > 0 else { throw BenchError("\(host) closed the connection") }
        buffer += bytes[..<count]
    }
}
