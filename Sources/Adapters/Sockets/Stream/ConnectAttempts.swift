import Base
import Runtime

/// Connection attempts to the addresses of one family, one after the other.
struct ConnectAttempts {
    private(set) var addresses: [IPAddress] = []
    /// The index of the next address.
    private var next = 0
    /// The socket of the current attempt; -1 without one.
    var descriptor: Int32 = -1
    var registration: EventLoop.Registration?
    private(set) var address = IPAddress(v4: 0)
    /// When the current attempt gives way to the next address.
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

    /// The next address; the remaining time is shared equally among the remaining addresses.
    mutating func advance(now: MonotonicTime, until end: MonotonicTime) -> IPAddress? {
        guard hasMore else { return nil }
        address = addresses[next]
        let left = max(0, end.nanoseconds - now.nanoseconds)
        deadline = MonotonicTime(nanoseconds: now.nanoseconds + left / Int64(addresses.count - next))
        next += 1
        return address
    }
}
