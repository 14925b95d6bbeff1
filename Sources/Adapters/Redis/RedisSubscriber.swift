import Base
import Checks
package import Runtime
import Sockets

/// One connection that listens to channels, opened again whenever it breaks.
package actor RedisSubscriber {
    /// What a listener hears: a message, or that some may have been lost meanwhile (nil).
    package typealias Listener = @Sendable (_ message: [UInt8]?) -> Void

    private let url: RedisURL
    private let name: String
    private let loop: EventLoop
    private let pause: Duration
    private lazy var context = StreamContext(loop: loop, configuration: ProbeConfiguration())
    private var connection: RedisConnection?
    private var listeners: [String: Listener] = [:]
    /// Channels that the server has confirmed on the current connection.
    private var confirmed: Set<String> = []
    private var waiters: [String: [CheckedContinuation<Void, Never>]] = [:]
    private var isConnecting = false
    private var failures = 0
    /// How many connections were opened.
    private var opened = 0
    private var isClosed = false
    /// When the server last said anything.
    private var heardAt = MonotonicTime.now

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// `pause` is how long the server may be silent before it is asked for a sign of life.
    package init(_ url: RedisURL, name: String = "sentinel-listener", on loop: EventLoop, pause: Duration = .seconds(5))
    {
        (self.url, self.name, self.loop, self.pause) = (url, name, loop, pause)
    }

    /// Listens to a channel from now on; returns when the server has confirmed it, or cannot be reached.
    ///
    /// The listener is called on the loop, also with nil after each time that the connection was lost.
    package func listen(to channel: String, _ listener: @escaping Listener) async {
        if isClosed { return }
        listeners[channel] = listener
        // What is broadcast before the confirmation could be lost.
        await withCheckedContinuation { waiter in
            if isClosed { return waiter.resume() }
            waiters[channel, default: []].append(waiter)
            if let connection, connection.failure == nil {
                connection.post(RedisCommand("SUBSCRIBE", channel))
            } else {
                connect()
            }
        }
    }

    /// Ends the connection.
    package func close() {
        guard !isClosed else { return }
        isClosed = true
        listeners = [:]
        connection?.fail(.closed)
        connection = nil
        release(nil)
        context.close()
    }

    private func connect() {
        guard !isConnecting, !isClosed, !listeners.isEmpty else { return }
        isConnecting = true
        Task { await open() }
    }

    private func open() async {
        defer { isConnecting = false }
        do throws(RedisError) {
            let opened = try await RedisConnection.open(url, name: name, within: .seconds(5), context)
            guard !isClosed else { return opened.fail(.closed) }
            // A server may answer the sign-in, and break the connection with the next byte.
            if let failure = opened.failure { throw failure }
            connection = opened
            (confirmed, failures, heardAt) = ([], 0, .now)
            opened.push = { [weak self] answer in
                self?.assumeIsolated { $0.take(answer) }  // Invariant: connections call on their loop.
            }
            opened.broke = { [weak self] error in
                self?.assumeIsolated { $0.lost(error) }  // Invariant: connections call on their loop.
            }
            for channel in listeners.keys.sorted() { opened.post(RedisCommand("SUBSCRIBE", channel)) }
            self.opened += 1
            watch(self.opened)
        } catch {
            failures += 1
            release(nil)
            retry()
        }
    }

    private func lost(_ error: RedisError) {
        connection = nil
        confirmed = []
        guard !isClosed else { return }
        failures += 1
        for listener in listeners.values { listener(nil) }
        release(nil)
        retry()
    }

    private func retry() {
        guard !isClosed else { return }
        loop.arm(after: Backoff.standard.delay(after: failures)) { [weak self] in
            self?.assumeIsolated { $0.connect() }  // Invariant: timers run on this actor's executor.
        }
    }

    /// Asks a silent server for a sign of life; gives it up after the second silence.
    private func watch(_ number: Int) {
        loop.arm(after: pause) { [weak self] in
            self?.assumeIsolated { $0.check(number) }  // Invariant: timers run on this actor's executor.
        }
    }

    private func check(_ number: Int) {
        guard let connection, opened == number, !isClosed else { return }
        let silence = MonotonicTime.now - heardAt
        if silence > pause * 3 { return connection.fail(.unavailable("Redis said nothing for \(silence.text)")) }
        connection.post(RedisCommand("PING"))
        watch(number)
    }

    private func take(_ answer: RedisValue) {
        heardAt = .now
        guard let parts = answer.array, parts.count >= 2, let kind = parts[0].text, let channel = parts[1].text else {
            if case .error(let text) = answer { connection?.fail(RedisError(answer: text)) }
            return
        }
        switch kind {
        case "message": if let message = parts.last?.bytes { listeners[channel]?(message) }
        case "subscribe":
            confirmed.insert(channel)
            // Something may have been said between two connections.
            if waiters[channel] == nil { listeners[channel]?(nil) }
            release(channel)
        default: break
        }
    }

    /// Resumes those who wait for a channel; nil for all.
    private func release(_ channel: String?) {
        let freed = channel.map { waiters.removeValue(forKey: $0) ?? [] } ?? waiters.values.flatMap { $0 }
        if channel == nil { waiters = [:] }
        for waiter in freed { waiter.resume() }
    }
}
