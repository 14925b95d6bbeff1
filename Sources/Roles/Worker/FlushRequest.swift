import Base

/// Decides when the next batch is published; used by one actor only, so that asking wakes no other thread.
struct FlushRequest {
    private(set) var isDue = false
    private(set) var isEnded = false
    private var isScheduled = false
    private var last: MonotonicTime?
    private var waiter: CheckedContinuation<Void, Never>?

    /// The delay after which to call `fire`; nil when that is scheduled already.
    mutating func schedule(now: MonotonicTime, interval: Duration) -> Duration? {
        guard !isScheduled, !isDue else { return nil }
        isScheduled = true
        guard let last, now - last < interval else { return .zero }
        return interval - (now - last)
    }

    /// Asks for a batch now.
    mutating func fire() {
        isScheduled = false
        isDue = true
        waiter.take()?.resume()
    }

    /// Notes that a batch is being published.
    mutating func begin(now: MonotonicTime) {
        isDue = false
        last = now
    }

    /// Keeps the continuation that waits for the next batch; resumes it at once when a batch is due.
    mutating func wait(_ continuation: CheckedContinuation<Void, Never>) {
        if isDue || isEnded { continuation.resume() } else { waiter = continuation }
    }

    /// There will be no more batches.
    mutating func end() {
        isEnded = true
        waiter.take()?.resume()
    }
}
