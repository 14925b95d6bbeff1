import Base
import CLinux
import COpenSSL
import Glibc

/// A loopback TCP server that handles each connection as the test wants, on its own thread.
package final class LoopbackTarget: Sendable {
    /// Where it listens.
    package let port: UInt16
    private let descriptor: Int32
    private let isV6: Bool
    private let state = Locked(State())

    private struct State {
        var requests: [String] = []
        var connections = 0
    }

    /// Starts listening; with `tls` each connection begins with a handshake, and is dropped if that fails.
    package init(
        v6: Bool = false,
        tls: TLSServerContext? = nil,
        _ handler: @escaping @Sendable (TargetConnection) -> Void
    ) {
        signal(SIGPIPE, SIG_IGN)
        (descriptor, port) = TestSocket.bind(type: SOCK_STREAM, v6: v6)
        isV6 = v6
        precondition(descriptor >= 0 && listen(descriptor, 1024) == 0, "no loopback socket")
        let descriptor = descriptor
        runThread { [weak self] in
            while true {
                let accepted = TestSocket.accept(descriptor)
                guard accepted >= 0, let self else {
                    if accepted >= 0 { close(accepted) }
                    // Closed by the thread that uses it, so that the number cannot be reused by another target before.
                    close(descriptor)
                    return
                }
                state.withLock { $0.connections += 1 }
                // A target that hangs must not time out before its test ends.
                TestSocket.limit(accepted, seconds: Patience.seconds)
                runThread {
                    guard let tls else { return handler(TargetConnection(descriptor: accepted, tls: nil)) }
                    if let session = tls.accept(accepted) {
                        handler(TargetConnection(descriptor: accepted, tls: session))
                    } else {
                        close(accepted)
                    }
                }
            }
        }
    }

    deinit {
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// A target that notes and answers each request, and keeps connections open.
    package static func answering(
        v6: Bool = false,
        tls: TLSServerContext? = nil,
        _ answer: @escaping @Sendable (String, TargetConnection) -> Void = { _, connection in
            connection.respond(body: "ok")
        }
    ) -> LoopbackTarget {
        let box = Locked<WeakTarget>(WeakTarget())
        let shared = Shared(box)
        let target = LoopbackTarget(v6: v6, tls: tls) { connection in
            while true {
                let request = connection.readRequest()
                if request.isEmpty { return }
                shared.note(request)
                answer(request, connection)
            }
        }
        shared.set(target)
        return target
    }

    private struct WeakTarget { weak var target: LoopbackTarget? }
    private final class Shared: Sendable {
        let box: Locked<WeakTarget>
        init(_ box: consuming Locked<WeakTarget>) { self.box = box }
        func set(_ target: LoopbackTarget) { box.withLock { $0.target = target } }
        func note(_ request: String) { box.withLock { $0.target }?.note(request) }
    }

    /// Records a request for the test.
    ///
    /// Ignores a connection that was closed without a request: a test of a closed port may reach this target by chance.
    package func note(_ request: String) {
        guard !request.isEmpty else { return }
        state.withLock { $0.requests.append(request) }
    }

    /// The recorded requests.
    package var requests: [String] { state.withLock { $0.requests } }

    /// How many connections were accepted.
    package var connectionCount: Int { state.withLock { $0.connections } }

    /// `127.0.0.1:PORT` or `[::1]:PORT`.
    package var authority: String { isV6 ? "[::1]:\(port)" : "127.0.0.1:\(port)" }

    /// The URL of a path on it.
    package func url(_ path: String = "/", scheme: String = "http", host: String? = nil) -> String {
        "\(scheme)://\(host.map { "\($0):\(port)" } ?? authority)\(path)"
    }

    /// A loopback port without a listener, reserved so that no other socket gets it.
    package static func closedPort() -> UInt16 { heldPort }

    private static let heldPort = TestSocket.bind(type: SOCK_STREAM).port
}

/// A loopback port that neither accepts nor refuses connections: its backlog is full.
package final class SilentTarget: Sendable {
    /// The port on which connections hang.
    package let port: UInt16
    private let descriptors: [Int32]

    package init() {
        let (listener, port) = TestSocket.bind(type: SOCK_STREAM)
        listen(listener, 0)
        self.port = port
        var held = [listener]
        for _ in 0..<4 {
            let client = socket(
                AF_INET,
                Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue),
                0
            )
            var address = sockaddr_in()
            address.sin_family = UInt16(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            address.sin_port = port.bigEndian
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = connect(client, $0, 16) }
            }
            held.append(client)
        }
        descriptors = held
    }

    /// Accepts waiting connections, and resets each one at once.
    package func startResetting() {
        let held = Array(descriptors.dropFirst())
        let listener = dup(descriptors[0])
        for descriptor in held { shutdown(descriptor, Int32(SHUT_RDWR)) }
        runThread { [weak self] in
            TestSocket.limit(listener, seconds: 10)
            while self != nil {
                let accepted = TestSocket.accept(listener)
                guard accepted >= 0 else { break }
                TargetConnection(descriptor: accepted, tls: nil).reset()
            }
            close(listener)
        }
    }

    deinit { for descriptor in descriptors { close(descriptor) } }
}
