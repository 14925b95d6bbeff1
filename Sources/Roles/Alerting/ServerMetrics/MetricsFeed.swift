package import Base
package import Domain
package import Storage

/// Sends servers' metrics from Prometheus to their watchers, with one query at a time per server, however many watch.
///
/// A server's loop begins with its first watcher and ends at the first slot without one. A watcher that comes in
/// between gets the last message at once, so that reconnecting causes no more queries than staying.
package final class MetricsFeed: Sendable {
    /// Reads a server; nil when it does not exist.
    typealias Look = @Sendable (ServerID) async throws(StorageError) -> MonitoredServer?
    /// Queries a server's figures; returns the message, which says so when they cannot be had.
    package typealias Ask = @Sendable (MonitoredServer) async -> [UInt8]

    private let interval: Duration
    private let limits: MetricsLimits
    private let clock: any Clock<Duration>
    private let look: Look
    private let ask: Ask
    private let state: Locked<MetricsFeedState>

    /// `interval` is the time from one message of a server to the next.
    package convenience init(
        _ servers: ServerRepository,
        interval: Duration = .seconds(5),
        limits: MetricsLimits = MetricsLimits(),
        clock: any Clock<Duration> = ContinuousClock(),
        ask: @escaping Ask
    ) {
        let look: Look = { id async throws(StorageError) in try await servers.server(id) }
        self.init(interval: interval, limits: limits, clock: clock, look: look, ask: ask)
    }

    init(
        interval: Duration,
        limits: MetricsLimits,
        clock: any Clock<Duration>,
        look: @escaping Look,
        ask: @escaping Ask
    ) {
        (self.interval, self.limits, self.clock, self.look, self.ask) = (interval, limits, clock, look, ask)
        state = Locked(MetricsFeedState(limits))
    }

    /// Shows the number of watchers and of those that were dropped.
    package func register(in registry: MetricsRegistry) {
        registry.gauge("sentinel_server_watchers", "Watchers of servers' metrics.") { Double(self.watcherCount) }
        registry.counter(
            "sentinel_server_watchers_dropped_total",
            "Watchers of servers' metrics that were dropped as too slow."
        ) { Double(self.droppedCount) }
    }

    /// How many watchers there are.
    package var watcherCount: Int { state.withLock { $0.watcherCount } }
    /// How many servers are queried, or were within the last interval.
    package var serverCount: Int { state.withLock { $0.serverCount } }
    /// How many watchers were ever dropped as too slow.
    package var droppedCount: Int { state.withLock { $0.dropped } }

    /// Begins to watch a server; when it does not exist, the watch ends with that reason.
    ///
    /// Throws `.full` when there are too many watchers or servers watched, `.stopping` when the feed is closed.
    package func watch(_ server: ServerID) throws(MetricsFeedError) -> MetricsWatch {
        let (messages, continuation) = AsyncStream.makeStream(
            of: [UInt8].self,
            bufferingPolicy: .bufferingOldest(limits.waitingMessages)
        )
        let watcher = MetricsWatcher(continuation)
        let (number, loop) = try state.withLock { state throws(MetricsFeedError) in try state.enter(server, watcher) }
        if let loop { start(loop, of: server) }
        return MetricsWatch(self, server, number, messages, watcher)
    }

    /// Reads a server again at once that was changed or deleted.
    package func changed(_ server: ServerID) {
        if let loop = state.withLock({ $0.restart(server) }) { start(loop, of: server) }
    }

    /// Reads every watched server again, when it is not known which of them changed.
    package func allChanged() { for server in state.withLock({ $0.servers }) { changed(server) } }

    /// Ends all watchers and takes no more.
    package func close() { state.withLock { $0.close() } }

    func leave(_ server: ServerID, _ number: Int) { state.withLock { $0.leave(server, number) } }

    // MARK: Loops

    private func start(_ loop: Int, of server: ServerID) {
        let task = Task { await follow(server, loop, clock) }
        state.withLock { $0.keep(task, of: server, loop) }
    }

    /// Sends messages about a server until nobody watches it any more or another loop takes over.
    private func follow(_ id: ServerID, _ loop: Int, _ clock: some Clock<Duration>) async {
        var known: MonitoredServer?
        var due = clock.now
        repeat {
            do throws(StorageError) {
                known = try await look(id)
                guard let server = known else { return end(id, loop, .noServer) }
                guard server.isActive else { return end(id, loop, .inactive) }
            } catch {
                // A store that cannot be read now is no reason to end a working feed.
                if known == nil { return end(id, loop, .unavailable) }
            }
            guard let server = known else { return }
            let message = await ask(server)
            guard state.withLock({ $0.publish(message, of: id, loop) }) else { return }
            due = max(due.advanced(by: interval), clock.now)
            try? await clock.sleep(until: due, tolerance: nil)
        } while state.withLock({ $0.shouldContinue(id, loop) })
    }

    private func end(_ id: ServerID, _ loop: Int, _ end: MetricsEnd) { state.withLock { $0.end(id, loop, end) } }
}
