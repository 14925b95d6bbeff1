import Base
import CLinux
import Glibc

/// A TCP proxy before a loopback port, whose network a test can break: silent, slow, reset or refusing.
///
/// Two threads a connection, one for each direction.
package final class FaultyLink: Sendable {
    /// What the network does with bytes.
    package enum Condition: Sendable, Equatable {
        case working
        /// Bytes vanish, in both directions; nobody is told. New connections are accepted and are as silent.
        case silent
        /// Every piece arrives so many milliseconds late, each way.
        case slow(milliseconds: Int)
        /// New connections are reset.
        case refusing
    }

    fileprivate struct Connection {
        let client: Int32
        let server: Int32
        /// It has lost bytes: nothing passes any more, whatever the network does later.
        var isDead = false
        /// How many of its two threads run.
        var users = 2
    }

    fileprivate struct State {
        var condition = Condition.working
        var connections: [Int: Connection] = [:]
        var made = 0
    }

    /// Where it listens.
    package let port: UInt16
    private let listener: Int32
    private let shared: Shared

    fileprivate final class Shared: Sendable {
        let state = Locked(State())
        let target: UInt16
        init(target: UInt16) { self.target = target }
    }

    /// Begins to listen, and passes everything to that port.
    package init(to target: UInt16) {
        signal(SIGPIPE, SIG_IGN)
        (listener, port) = TestSocket.bind(type: SOCK_STREAM)
        precondition(listener >= 0 && listen(listener, 1024) == 0, "no loopback socket")
        shared = Shared(target: target)
        let (listener, shared) = (listener, shared)
        runThread {
            while true {
                let accepted = TestSocket.accept(listener)
                guard accepted >= 0 else { return _ = close(listener) }
                shared.begin(accepted)
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        shared.end(resetting: false)
    }

    /// What the network does from now on; connections that have lost bytes stay silent.
    package var condition: Condition {
        get { shared.state.withLock { $0.condition } }
        set {
            shared.state.withLock { state in
                state.condition = newValue
                guard newValue == .silent else { return }
                for key in state.connections.keys { state.connections[key]?.isDead = true }
            }
        }
    }

    /// Resets all connections, on both sides.
    package func reset() { shared.end(resetting: true) }

    /// How many connections there are.
    package var connectionCount: Int { shared.state.withLock { $0.connections.count } }
}

extension FaultyLink.Shared {
    /// Connects to the target, and passes bytes both ways.
    fileprivate func begin(_ client: Int32) {
        let condition = state.withLock { $0.condition }
        let server = condition == .refusing ? -1 : TestSocket.connect(to: target)
        guard server >= 0 else { return Self.abort(client) }
        var one: Int32 = 1
        for descriptor in [client, server] { setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4) }
        let number = state.withLock { state in
            state.made += 1
            state.connections[state.made] = .init(client: client, server: server, isDead: condition == .silent)
            return state.made
        }
        runThread { self.pass(number, from: client, to: server) }
        runThread { self.pass(number, from: server, to: client) }
    }

    private func pass(_ number: Int, from source: Int32, to sink: Int32) {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(source, &bytes, bytes.count, 0)
            guard count > 0 else { break }
            let (isDead, condition) = state.withLock { state in
                (state.connections[number]?.isDead ?? true, state.condition)
            }
            if isDead { continue }
            if case .slow(let milliseconds) = condition { usleepMilliseconds(milliseconds) }
            guard Self.send(bytes[..<count], to: sink) else { break }
        }
        finish(number, from: source, to: sink)
    }

    /// Passes the end of one direction on, unless the network is silent; the last of both threads closes the sockets.
    private func finish(_ number: Int, from source: Int32, to sink: Int32) {
        let ended = state.withLock { state -> FaultyLink.Connection? in
            guard var connection = state.connections[number] else { return nil }
            connection.users -= 1
            // While locked: nobody else closes them meanwhile.
            if !connection.isDead { shutdown(sink, Int32(SHUT_WR)) }
            state.connections[number] = connection.users == 0 ? nil : connection
            return connection.users == 0 ? connection : nil
        }
        guard let ended else { return }
        close(ended.client)
        close(ended.server)
    }

    /// Ends the reads of all connections, whose threads close them then.
    fileprivate func end(resetting: Bool) {
        state.withLock { state in
            for (key, connection) in state.connections {
                state.connections[key]?.isDead = true
                for descriptor in [connection.client, connection.server] {
                    if resetting { TestSocket.lingerNot(descriptor) }
                    shutdown(descriptor, Int32(SHUT_RD))
                }
            }
        }
    }

    private static func send(_ bytes: ArraySlice<UInt8>, to sink: Int32) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var sent = 0
            while sent < bytes.count {
                let count = Glibc.send(
                    sink,
                    bytes.baseAddress.map { $0 + sent },
                    bytes.count - sent,
                    Int32(MSG_NOSIGNAL)
                )
                guard count > 0 else { return false }
                sent += count
            }
            return true
        }
    }

    private static func abort(_ descriptor: Int32) {
        TestSocket.lingerNot(descriptor)
        close(descriptor)
    }
}
