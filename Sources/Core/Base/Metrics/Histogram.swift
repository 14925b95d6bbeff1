import Synchronization

/// Counts observations by size; cumulative only when rendered, so that observing touches one bucket.
package final class Histogram: Sendable {
    /// Upper bounds, ascending; the last bucket (+Inf) is implied.
    package let bounds: [Double]
    private let state: Locked<State>

    private struct State {
        var counts: [UInt64]
        var sum = 0.0
    }

    package init(bounds: [Double]) {
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "bounds ascend")
        self.bounds = bounds
        state = Locked(State(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    package func observe(_ value: Double) {
        let index = bucket(of: value)
        state.withLock {
            $0.counts[index] += 1
            $0.sum += value
        }
    }

    /// Observes many values under one lock.
    package func observe(_ values: [Double]) {
        guard !values.isEmpty else { return }
        state.withLock {
            for value in values {
                $0.counts[bucket(of: value)] += 1
                $0.sum += value
            }
        }
    }

    /// Counts by bucket (not cumulative, +Inf last) and the sum of all values.
    package var snapshot: (counts: [UInt64], sum: Double) { state.withLock { ($0.counts, $0.sum) } }

    private func bucket(of value: Double) -> Int {
        var low = 0
        var high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            if value <= bounds[middle] { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// 1 ms to 10 s, for latencies in seconds.
    package static let latencyBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
    /// 0.5 ms to 1 s, for lateness in seconds.
    package static let latenessBounds = [
        0.0005, 0.001, 0.002, 0.003, 0.004, 0.005, 0.0075, 0.01, 0.02, 0.05, 0.1, 0.25, 1,
    ]
    /// 1 to 1,000, for batch sizes.
    package static let batchBounds: [Double] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
}
