import Base
package import Runtime

/// An HTTP/1.1 and WebSocket server on event loops.
///
/// A connection stays on one loop, and its handler runs there too, so a request needs neither lock nor hop.
package final class HTTPServer: Sendable {
    let core: ServerCore
    let loops: [LoopContext]

    /// Serves with `handler` on `loops` (at least one); `onResponse` is called on a loop after each response.
    package init(
        loops: [EventLoop],
        limits: Limits = Limits(),
        onResponse: (@Sendable (ResponseSummary) -> Void)? = nil,
        handler: @escaping Handler
    ) {
        precondition(!loops.isEmpty, "a server needs an event loop")
        let core = ServerCore(limits: limits, handler: handler, onResponse: onResponse)
        self.core = core
        let share = limits.heldBodyBytes / loops.count
        self.loops = loops.map { LoopContext(loop: $0, core: core, heldBodyBytes: share) }
        Self.warmUpDispatch()
    }

    /// The server's counters; from any thread.
    package var counters: ServerCounters { core.counters }
    /// How many connections are open, lingering ones included.
    package var connectionCount: Int { core.connectionCount }

    /// Makes Dispatch open its epoll descriptor now, with a timer: later, when descriptors have run out, it would trap.
    private static func warmUpDispatch() {
        Task.detached { try? await Task.sleep(for: .milliseconds(1)) }
    }

    /// Listens on a numeric IPv4 or IPv6 address ("::" takes both) or "localhost", and returns the bound port.
    ///
    /// Port 0 picks a free one. Throws `.addressInvalid` and `.listenFailed`.
    @discardableResult
    package func bind(host: String, port: UInt16) throws(HTTPServerError) -> UInt16 {
        let socket = try ListeningSocket(host: host, port: port)
        try listen(socket)
        return socket.port
    }

    /// Listens on a Unix socket; a stale socket file is replaced, any other file is not.
    ///
    /// Throws `.addressInvalid` for a path over 107 bytes, and `.listenFailed`.
    package func bind(unixPath path: String) throws(HTTPServerError) {
        try listen(try ListeningSocket(unixPath: path))
    }

    /// Every loop watches its own duplicate; the kernel wakes one of them for each new connection.
    private func listen(_ socket: ListeningSocket) throws(HTTPServerError) {
        var duplicates: [Int32] = []
        for _ in loops.dropFirst() {
            do throws(Errno) {
                duplicates.append(try socket.duplicate())
            } catch {
                for descriptor in duplicates + [socket.descriptor] { ListeningSocket.close(descriptor) }
                throw .listenFailed(address: socket.address, cause: error)
            }
        }
        for (context, descriptor) in zip(loops, [socket.descriptor] + duplicates) {
            context.loop.execute { context.listen(on: descriptor) }
        }
    }

    /// Stops accepting, closes idle connections, gives running exchanges at most `grace`, then cuts the rest.
    ///
    /// Server-sent events end with a proper last chunk, WebSockets are closed with 1001, downloads finish.
    /// Cancellation ends the wait at once.
    package func shutdown(grace: Duration) async {
        core.beginDraining()
        await onEachLoop { $0.drain() }
        if core.connectionCount > 0 { _ = await core.emptied.sleep(for: grace) }
        await onEachLoop { $0.closeAll() }
    }

    private func onEachLoop(_ body: @escaping @Sendable (LoopContext) -> Void) async {
        for context in loops {
            await withCheckedContinuation { continuation in
                context.loop.execute {
                    body(context)
                    continuation.resume()
                }
            }
        }
    }
}
