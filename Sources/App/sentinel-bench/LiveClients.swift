import Base
import Foundation

/// Many open connections that subscribe to live events and read nothing.
final class LiveClients {
    /// The protocol of a subscription.
    enum Kind: String, CaseIterable {
        case events = "SSE"
        case socket = "WebSocket"

        fileprivate var request: String {
            switch self {
            case .events: "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n"
            case .socket:
                "GET /ws/live HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            }
        }
        fileprivate var status: String { self == .events ? "HTTP/1.1 200" : "HTTP/1.1 101" }
    }

    private var descriptors: [Int32] = []
    /// The server accepts this many from one address; the loopback network has many addresses.
    private static let perAddress = 900

    /// Raises this process's limit, which its children inherit, as far as possible; returns it.
    static func raiseDescriptorLimit() -> Int {
        var limit = rlimit()
        let resource = __rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue))
        getrlimit(resource, &limit)
        var wanted = rlimit(rlim_cur: 65_536, rlim_max: max(65_536, limit.rlim_max))
        if setrlimit(resource, &wanted) == 0 { return 65_536 }
        limit.rlim_cur = limit.rlim_max
        setrlimit(resource, &limit)
        return Int(clamping: limit.rlim_cur)
    }

    /// Opens connections and waits until the server has accepted each.
    ///
    /// Throws when one is refused.
    init(_ count: Int, _ kind: Kind, port: Int) throws(BenchError) {
        let request = Array(kind.request.utf8)
        for start in stride(from: 0, to: count, by: 100) {
            let group = start..<min(start + 100, count)
            for index in group {
                let fd = try Self.connect(from: UInt32(index / Self.perAddress), port: port)
                descriptors.append(fd)
                guard send(fd, request, request.count, 0) == request.count else {
                    throw BenchError("reader \(index) could not ask")
                }
            }
            for index in group { try awaitAnswer(descriptors[index], kind, index) }
        }
    }

    deinit { close() }

    private static func address(_ host: UInt32, _ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = in_addr_t(host.bigEndian)
        return address
    }

    private static func connect(from number: UInt32, port: Int) throws(BenchError) -> Int32 {
        let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var (own, server) = (address(0x7f00_0002 + number, 0), address(0x7f00_0001, port))
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        func call(_ address: inout sockaddr_in, _ body: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
            withUnsafeBytes(of: &address) { bytes in
                bytes.baseAddress.map { body(fd, $0.assumingMemoryBound(to: sockaddr.self), size) } ?? -1
            }
        }
        guard fd >= 0, call(&own, { bind($0, $1, $2) }) == 0, call(&server, { Glibc.connect($0, $1, $2) }) == 0 else {
            throw BenchError("a reader could not connect: \(String(cString: strerror(errno)))")
        }
        return fd
    }

    private func awaitAnswer(_ fd: Int32, _ kind: Kind, _ index: Int) throws(BenchError) {
        var wait = pollfd(fd: fd, events: Int16(POLLIN), revents: 0)
        var bytes = [UInt8](repeating: 0, count: 4096)
        guard poll(&wait, 1, 30_000) == 1 else { throw BenchError("reader \(index) was not answered within 30 s") }
        let count = recv(fd, &bytes, bytes.count, 0)
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        guard text.hasPrefix(kind.status) else {
            throw BenchError("reader \(index) was answered '\(text.prefix(200))'")
        }
    }

    /// How many the server has not closed; discards what they have received.
    func stillOpen() -> Int {
        var bytes = [UInt8](repeating: 0, count: 4096)
        return descriptors.count { fd in
            while true {
                let count = recv(fd, &bytes, bytes.count, Int32(MSG_DONTWAIT))
                if count <= 0 { return count < 0 && errno == EAGAIN }
            }
        }
    }

    /// Closes them all; may be called twice.
    func close() {
        for fd in descriptors { _ = Glibc.close(fd) }
        descriptors = []
    }
}
