/// What a reader gets next.
package enum LiveDelivery: Sendable {
    /// In the order of ids; never empty.
    case events([LiveEvent])
    /// Events up to this id are not kept: the reader's data is out of date, and it should read everything again.
    case reset(UInt64)
    /// `wake()` was called, and there is no event.
    case woken
    /// The subscription has ended.
    case ended(LiveEnd)
}

/// Why a subscription has ended.
package enum LiveEnd: Sendable, Equatable {
    /// The reader did not take events as fast as they came.
    case slow
    /// The hub was closed.
    case stopping
    /// The waiting task was cancelled, or the reader has left.
    case cancelled

    /// The reason as text for the reader.
    package var reason: String {
        switch self {
        case .slow: "too slow: events came faster than they were read; come back with the last id"
        case .stopping: "the server is stopping"
        case .cancelled: "the subscription has ended"
        }
    }
}

/// Why the hub accepts no further reader.
package enum LiveError: Error, Equatable {
    /// The limit of readers, or of monitors in their filters, is reached.
    case full
    case stopping
}

/// The state of one reader, within the hub's lock.
struct LiveReader {
    typealias Waiter = CheckedContinuation<Void, Never>

    var filter: LiveFilter
    /// While it catches up, the id up to which it has all events; nil when it gets events as they come.
    var cursor: UInt64?
    /// The id of the reset that it still has to get.
    var reset: UInt64?
    var end: LiveEnd?
    var isWoken = false
    var waiter: Waiter?
    private(set) var waiting: [LiveEvent] = []
    private(set) var waitingBytes = 0

    init(_ filter: LiveFilter) { self.filter = filter }

    /// Whether it can take something without waiting.
    var isReady: Bool { !waiting.isEmpty || cursor != nil || reset != nil || end != nil || isWoken }

    mutating func push(_ event: LiveEvent) {
        waiting.append(event)
        waitingBytes += event.byteCount
    }

    mutating func takeWaiting() -> [LiveEvent] {
        defer { discardWaiting() }
        return waiting
    }

    mutating func discardWaiting() { (waiting, waitingBytes) = ([], 0) }

    func isBehind(_ limits: LiveLimits) -> Bool {
        waiting.count >= limits.waitingEvents || waitingBytes >= limits.waitingBytes
    }
}
