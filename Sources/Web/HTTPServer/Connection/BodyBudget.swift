import Base

/// Limits what the request bodies of one loop's connections hold together; confined to the loop.
///
/// When they hold more, the body that has been arriving longest is refused: a slow sender holds its bytes longest.
final class BodyBudget {
    private struct Arrival {
        let connection: Connection
        let exchange: UInt32
    }

    private let limit: Int
    private var used = 0
    /// Arriving bodies, oldest first; ended ones are removed when they come up.
    private var arrivals = RingBuffer<Arrival>()
    private var compactionCount = BodyBudget.leastCompaction

    private static let leastCompaction = 64

    /// `limit` is in bytes.
    init(limit: Int) { self.limit = limit }

    var isExceeded: Bool { used > limit }

    func take(_ count: Int) { used += count }
    func giveBack(_ count: Int) { used -= count }

    /// Adds a body that has not fully arrived.
    func enroll(_ connection: Connection, exchange: UInt32) {
        if arrivals.count >= compactionCount { compact() }
        arrivals.append(Arrival(connection: connection, exchange: exchange))
    }

    /// The connection whose body has been arriving longest; nil when every body has arrived.
    func oldest() -> Connection? {
        while let first = arrivals.first {
            if Self.isArriving(first) { return first.connection }
            _ = arrivals.popFirst()
        }
        return nil
    }

    private func compact() {
        var remaining = RingBuffer<Arrival>()
        while let next = arrivals.popFirst() {
            if Self.isArriving(next) { remaining.append(next) }
        }
        arrivals = remaining
        compactionCount = max(Self.leastCompaction, 2 * remaining.count)
    }

    private static func isArriving(_ arrival: Arrival) -> Bool {
        var result = false
        arrival.connection.onLoop { result = $0.isReceivingBody(of: arrival.exchange) }
        return result
    }
}
