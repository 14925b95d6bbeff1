import Base
import Foundation

/// A target that fails on request, and a receiver of webhooks, on one loopback port and one thread.
final class AlertPeer: Sendable {
    /// A received notification.
    struct Arrival: Sendable {
        let at: MonotonicTime
        /// The idempotency key, the same for a repetition.
        let key: String
        let body: JSONValue
    }

    private struct State {
        var failing: Set<String> = []
        var failedAt: [String: MonotonicTime] = [:]
        var arrivals: [Arrival] = []
        var requests: [String: [MonotonicTime]] = [:]
    }

    let port: Int
    private let state = Locked(State())

    /// Listens for as long as the process lives.
    init() throws(BenchError) {
        signal(SIGPIPE, SIG_IGN)
        let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(UInt32(0x7f00_0001).bigEndian)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(fd, pointer, size) | listen(fd, 4096) | getsockname(fd, pointer, &size)
            }
        }
        guard fd >= 0, code == 0 else { throw BenchError("could not listen on the loopback") }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [self] in
            while true {
                let connection = accept(fd, nil, nil)
                guard connection >= 0 else { continue }
                serve(connection)
                close(connection)
            }
        }
    }

    /// The URL of a path.
    func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }

    /// Makes these paths answer 503 from now on.
    func fail(_ paths: [String]) { state.withLock { $0.failing.formUnion(paths) } }

    /// Makes these paths answer 200 again.
    func heal(_ paths: [String]) {
        state.withLock { state in
            state.failing.subtract(paths)
            for path in paths { state.failedAt[path] = nil }
        }
    }

    /// When each path was asked for, oldest first.
    var requests: [String: [MonotonicTime]] { state.withLock { $0.requests } }

    /// When each failing path first answered 503.
    var failedAt: [String: MonotonicTime] { state.withLock { $0.failedAt } }

    /// The notifications received at `/hook`, oldest first.
    var arrivals: [Arrival] { state.withLock { $0.arrivals } }

    private func serve(_ fd: Int32) {
        var bytes: [UInt8] = []
        while bytes.firstRange(of: Array("\r\n\r\n".utf8)) == nil {
            guard Self.read(fd, into: &bytes) else { return }
        }
        let end = bytes.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound ?? bytes.count
        let lines = String(decoding: bytes[..<end], as: UTF8.self).components(separatedBy: "\r\n")
        let path = lines[0].split(separator: " ").dropFirst().first.map(String.init) ?? ""
        guard path == "/hook" else { return answer(path, on: fd) }
        func header(_ name: String) -> String {
            let line = lines.first { $0.lowercased().hasPrefix("\(name):") } ?? ""
            return line.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces)
        }
        let (key, length) = (header("idempotency-key"), Int(header("content-length")) ?? 0)
        while bytes.count < end + length { guard Self.read(fd, into: &bytes) else { return } }
        let now = MonotonicTime.now
        if let body = try? JSONValue(parsing: Array(bytes[end...])) {
            state.withLock { $0.arrivals.append(Arrival(at: now, key: key, body: body)) }
        }
        Self.write(fd, "200 OK")
    }

    private func answer(_ path: String, on fd: Int32) {
        let isFailing = state.withLock { state in
            state.requests[path, default: []].append(.now)
            guard state.failing.contains(path) else { return false }
            if state.failedAt[path] == nil { state.failedAt[path] = .now }
            return true
        }
        Self.write(fd, isFailing ? "503 Service Unavailable" : "200 OK")
    }

    private static func read(_ fd: Int32, into bytes: inout [UInt8]) -> Bool {
        var wait = pollfd(fd: fd, events: Int16(POLLIN), revents: 0)
        guard poll(&wait, 1, 1000) == 1 else { return false }
        var piece = [UInt8](repeating: 0, count: 65_536)
        let count = recv(fd, &piece, piece.count, 0)
        guard count > 0 else { return false }
        bytes += piece[..<count]
        return true
    }

    private static func write(_ fd: Int32, _ status: String) {
        let text = Array("HTTP/1.1 \(status)\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok".utf8)
        _ = send(fd, text, text.count, 0)
    }
}
