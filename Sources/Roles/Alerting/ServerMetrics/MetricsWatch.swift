import Base
import Domain

/// One watcher's place in the feed; letting go of it leaves.
package final class MetricsWatch: Sendable {
    private let feed: MetricsFeed
    private let server: ServerID
    private let number: Int
    private let watcher: MetricsWatcher
    /// What is to be sent, the latest message first; ends with the watch or the task that waits.
    package let messages: AsyncStream<[UInt8]>

    init(
        _ feed: MetricsFeed,
        _ server: ServerID,
        _ number: Int,
        _ messages: AsyncStream<[UInt8]>,
        _ watcher: MetricsWatcher
    ) {
        (self.feed, self.server, self.number) = (feed, server, number)
        (self.messages, self.watcher) = (messages, watcher)
    }

    deinit { feed.leave(server, number) }

    /// Why there are no more messages; nil while there are.
    package var end: MetricsEnd? { watcher.ending }
}

/// Why a watcher gets nothing more.
package enum MetricsEnd: Sendable, Equatable {
    /// There is no such server, or it was deleted.
    case noServer
    /// The server is not active, or was paused.
    case inactive
    /// The watcher did not take messages as they came.
    case slow
    /// The store cannot be read, so nothing is known of the server.
    case unavailable
    /// The feed was closed.
    case stopping
}

/// Why the feed takes no further watcher.
package enum MetricsFeedError: Error, Equatable {
    /// As many watchers, or watched servers, as there may be.
    case full
    case stopping
}

/// The bounds of the feed.
package struct MetricsLimits: Sendable {
    package var watchers = 10_000
    /// Servers that are watched at once: each is asked about with five queries.
    package var servers = 200
    /// Messages that may wait for a watcher; with more it is dropped.
    package var waitingMessages = 16

    package init() {}
}

/// The feed's end of a watch.
final class MetricsWatcher: Sendable {
    private let continuation: AsyncStream<[UInt8]>.Continuation
    private let reason = Locked<MetricsEnd?>(nil)

    init(_ continuation: AsyncStream<[UInt8]>.Continuation) { self.continuation = continuation }

    var ending: MetricsEnd? { reason.withLock { $0 } }

    /// false when too many messages wait already.
    @discardableResult
    func send(_ message: [UInt8]) -> Bool {
        if case .dropped = continuation.yield(message) { return false }
        return true
    }

    func end(_ end: MetricsEnd) {
        reason.withLock { $0 = end }
        continuation.finish()
    }
}
