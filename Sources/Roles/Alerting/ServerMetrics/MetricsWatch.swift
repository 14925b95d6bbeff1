import Base
import Domain

/// One watcher's place in the feed; releasing it ends the watch.
package final class MetricsWatch: Sendable {
    private let feed: MetricsFeed
    private let server: ServerID
    private let number: Int
    private let watcher: MetricsWatcher
    /// The messages to send, the latest one first; ends with the watch, or when the waiting task is cancelled.
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

/// Why a watch has ended.
package enum MetricsEnd: Sendable, Equatable {
    /// The server does not exist, or was deleted.
    case noServer
    /// The server is not active, or was paused.
    case inactive
    /// The watcher did not read messages fast enough.
    case slow
    /// The store cannot be read.
    case unavailable
    /// The feed was closed.
    case stopping
}

/// Why the feed accepts no further watcher.
package enum MetricsFeedError: Error, Equatable {
    /// The limit of watchers or of watched servers is reached.
    case full
    case stopping
}

/// The limits of the feed.
package struct MetricsLimits: Sendable {
    package var watchers = 10_000
    /// Servers that are watched at once: each is queried with five queries.
    package var servers = 200
    /// Messages that may wait for a watcher; with more it is dropped.
    package var waitingMessages = 16

    package init() {}
}

/// The feed's side of a watch.
final class MetricsWatcher: Sendable {
    private let continuation: AsyncStream<[UInt8]>.Continuation
    private let reason = Locked<MetricsEnd?>(nil)

    init(_ continuation: AsyncStream<[UInt8]>.Continuation) { self.continuation = continuation }

    var ending: MetricsEnd? { reason.withLock { $0 } }

    /// False when too many messages are waiting already.
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
