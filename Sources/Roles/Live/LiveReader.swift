/// What a reader gets next.
package enum LiveDelivery: Sendable {
    /// In the order of ids; never empty.
    case events([LiveEvent])
    /// Something up to this id is not kept: what the reader has is out of date, it should read everything anew.
    case reset(UInt64)
    /// `wake()` was called, and nothing else is there.
    case woken
    /// Nothing more comes.
    case ended(LiveEnd)
}

/// Why a reader gets nothing more.
package enum LiveEnd: Sendable, Equatable {
    /// It did not take events as fast as they came.
    case slow
    /// The hub was closed.
    case stopping
    /// The task that waits was cancelled, or the reader has left.
    case cancelled

    /// For the reader.
    package var reason: String {
        switch self {
        case .slow: "too slow: events came faster than they were read; come back with the last id"
        case .stopping: "the server is stopping"
        case .cancelled: "the subscription has ended"
        }
    }
}

/// Why the hub takes no further reader.
package enum LiveError: Error, Equatable {
    /// As many readers, or monitors in their filters, as there may be.
    case full
    case stopping
}

/// The state of one reader, within the hub's lock.
struct LiveReader {
    typealias Waiter = CheckedContinuation<Void, Never>

    var filter: LiveFilter
    /// While it catches up, the id up to which it has everything; nil when it gets events as they come.
    var cursor: UInt64?
    /// The id to tell it that its past is not kept.
    var reset: UInt64?
    var end: LiveEnd?
    var isWoken = false
    var waiter: Waiter?
    private(set) var waiting: [LiveEvent] = []
    private(set) var waitingBytes = 0

    init(_ filter: LiveFilter) { self.filter = filter }

    /// Whether it has something to take without waiting.
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
