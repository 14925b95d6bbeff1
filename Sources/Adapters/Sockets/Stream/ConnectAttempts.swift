import Base
import Runtime

/// The addresses of one family, tried one after the other.
struct ConnectAttempts {
    private(set) var addresses: [IPAddress] = []
    /// The next one to try.
    private var next = 0
    /// The attempt under way; -1 without one.
    var descriptor: Int32 = -1
    var registration: EventLoop.Registration?
    private(set) var address = IPAddress(v4: 0)
    /// When the next address gets its turn.
    private(set) var deadline = MonotonicTime(nanoseconds: 0)

    var isTrying: Bool { descriptor >= 0 }
    var hasMore: Bool { next < addresses.count }
    var hasStarted: Bool { next > 0 }

    mutating func reset(_ addresses: [IPAddress]) {
        self.addresses = addresses
        next = 0
        descriptor = -1
        registration = nil
    }

    /// The next address; each has an equal share of the time that is left.
    mutating func advance(now: MonotonicTime, until end: MonotonicTime) -> IPAddress? {
        guard hasMore else { return nil }
        address = addresses[next]
        let left = max(0, end.nanoseconds - now.nanoseconds)
        deadline = MonotonicTime(nanoseconds: now.nanoseconds + left / Int64(addresses.count - next))
        next += 1
        return address
    }
}
