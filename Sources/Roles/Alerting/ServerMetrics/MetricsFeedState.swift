import Domain

/// The feed's state behind its lock: the watched servers, their loops and their watchers.
struct MetricsFeedState {
    private struct Channel {
        /// The number of the current loop; a loop with another number has to end.
        var loop: Int
        var task: Task<Void, Never>?
        var latest: [UInt8]?
        var watchers: [Int: MetricsWatcher] = [:]
    }

    private let limits: MetricsLimits
    private var channels: [ServerID: Channel] = [:]
    private var lastNumber = 0
    private(set) var watcherCount = 0
    private(set) var dropped = 0
    private var isClosed = false

    init(_ limits: MetricsLimits) { self.limits = limits }

    var serverCount: Int { channels.count }
    var servers: [ServerID] { Array(channels.keys) }

    /// Adds a watcher; returns its number, and that of the loop to start if there is none.
    ///
    /// The watcher gets the latest message at once.
    mutating func enter(_ server: ServerID, _ watcher: MetricsWatcher) throws(MetricsFeedError) -> (Int, loop: Int?) {
        if isClosed { throw .stopping }
        guard watcherCount < limits.watchers else { throw .full }
        let isKnown = channels[server] != nil
        guard isKnown || channels.count < limits.servers else { throw .full }
        lastNumber += 1
        let number = lastNumber
        watcherCount += 1
        channels[server, default: Channel(loop: number)].watchers[number] = watcher
        if let latest = channels[server]?.latest { watcher.send(latest) }
        return (number, isKnown ? nil : number)
    }

    /// Removes a watcher, even one whose watch has ended; the loop goes on until its next slot.
    mutating func leave(_ server: ServerID, _ number: Int) {
        watcherCount -= 1
        channels[server]?.watchers[number] = nil
    }

    // MARK: Loops

    /// Keeps a loop's task to cancel it later; cancels it when the loop has ended already.
    mutating func keep(_ task: Task<Void, Never>, of server: ServerID, _ loop: Int) {
        if channels[server]?.loop == loop { channels[server]?.task = task } else { task.cancel() }
    }

    /// Ends the loop of a watched server; returns the number of the one to start, nil when nobody watches.
    mutating func restart(_ server: ServerID) -> Int? {
        guard let channel = channels[server] else { return nil }
        channel.task?.cancel()
        guard !channel.watchers.isEmpty else {
            channels[server] = nil
            return nil
        }
        lastNumber += 1
        channels[server] = Channel(loop: lastNumber, watchers: channel.watchers)
        return lastNumber
    }

    /// Sends a message to every watcher; false when the loop has ended.
    mutating func publish(_ message: [UInt8], of server: ServerID, _ loop: Int) -> Bool {
        guard let channel = channels[server], channel.loop == loop else { return false }
        channels[server]?.latest = message
        for (number, watcher) in channel.watchers where !watcher.send(message) {
            watcher.end(.slow)
            dropped += 1
            channels[server]?.watchers[number] = nil
        }
        return true
    }

    /// Whether a loop should query once more; ends it when nobody watches.
    mutating func shouldContinue(_ server: ServerID, _ loop: Int) -> Bool {
        guard let channel = channels[server], channel.loop == loop else { return false }
        if channel.watchers.isEmpty { channels[server] = nil }
        return !channel.watchers.isEmpty
    }

    /// Ends a loop and its watches.
    mutating func end(_ server: ServerID, _ loop: Int, _ end: MetricsEnd) {
        guard let channel = channels[server], channel.loop == loop else { return }
        channels[server] = nil
        for watcher in channel.watchers.values { watcher.end(end) }
    }

    /// Ends everything and accepts no more watchers.
    mutating func close() {
        isClosed = true
        for (server, channel) in channels {
            channel.task?.cancel()
            end(server, channel.loop, .stopping)
        }
    }
}
