import Synchronization

/// A number that only grows.
package final class Counter: Sendable {
    private let count = Atomic<UInt64>(0)

    package init() {}
    package func increment(by amount: Int = 1) { count.wrappingAdd(UInt64(amount), ordering: .relaxed) }
    package var value: UInt64 { count.load(ordering: .relaxed) }
}

/// A number that goes up and down.
package final class Gauge: Sendable {
    private let bits = Atomic<UInt64>(0)

    package init() {}
    package func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }
    package var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }
}
