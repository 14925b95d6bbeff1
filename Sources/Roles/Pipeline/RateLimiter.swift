package import Base

/// Limits how often something is done, by token buckets.
package protocol RateLimiter: Sendable {
    /// Takes one of the `perMinute` tokens of a key, which come back evenly over the minute.
    ///
    /// Returns nil when there was one, and otherwise after how long there will be.
    func take(_ key: String, perMinute: Int) async -> Duration?
}

/// Token buckets in this process, for the 10,000 keys used last.
package final class MemoryRateLimiter: RateLimiter {
    private struct Bucket {
        var tokens: Double
        var at: MonotonicTime
    }

    private let buckets = Locked<[String: Bucket]>([:])
    private let now: @Sendable () -> MonotonicTime
    private let capacity: Int

    package init(capacity: Int = 10_000, now: @escaping @Sendable () -> MonotonicTime = { .now }) {
        (self.capacity, self.now) = (capacity, now)
    }

    /// How many keys have a bucket.
    package var count: Int { buckets.withLock { $0.count } }

    package func take(_ key: String, perMinute: Int) -> Duration? {
        let (time, full) = (now(), Double(perMinute))
        return buckets.withLock { buckets in
            if buckets.count >= capacity, buckets[key] == nil { Self.makeRoom(&buckets, time) }
            var bucket = buckets[key] ?? Bucket(tokens: full, at: time)
            bucket.tokens = min(full, bucket.tokens + (time - bucket.at).inSeconds * full / 60)
            bucket.at = time
            defer { buckets[key] = bucket }
            guard bucket.tokens < 1 else {
                bucket.tokens -= 1
                return nil
            }
            return .milliseconds(Int64(((1 - bucket.tokens) * 60_000 / full).rounded(.up)))
        }
    }

    /// Removes buckets that are full again, or the half that was used least recently.
    private static func makeRoom(_ buckets: inout [String: Bucket], _ time: MonotonicTime) {
        let count = buckets.count
        buckets = buckets.filter { time - $0.value.at < .seconds(60) }
        guard buckets.count > count / 2 else { return }
        let times = buckets.values.map(\.at).sorted()
        let middle = times[times.count / 2]
        buckets = buckets.filter { $0.value.at > middle }
    }
}
