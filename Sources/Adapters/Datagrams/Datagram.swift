package import Base
import CLinux

/// A received datagram, or a sent one that the network returned.
package struct Datagram: Sendable {
    /// How many bytes of the buffer it fills.
    package let count: Int
    /// The sender, or the destination of a returned datagram; nil when the kernel does not report it.
    package let peer: Endpoint?
    /// The hop limit (TTL) on arrival.
    package let hopLimit: Int?
    /// When the kernel received it, in nanoseconds of the wall clock.
    private let takenAt: Int64
    /// Why it was returned; nil for a received datagram.
    package let refusal: Refusal?

    /// Why the network returned a packet.
    package struct Refusal: Sendable, Equatable {
        /// The `errno` that the kernel derived from it.
        package let code: Int32
        /// The ICMP message's type and code; nil when this host itself refused the packet.
        package let icmp: ICMPCode?
    }

    /// The type and code of an ICMP message.
    package struct ICMPCode: Sendable, Equatable {
        package let family: IPAddress.Family
        package let type: UInt8
        package let code: UInt8
        package init(_ family: IPAddress.Family, type: UInt8, code: UInt8) {
            self.family = family
            self.type = type
            self.code = code
        }
    }

    init(count: Int, _ details: CLinux_datagram) {
        self.count = count
        peer = Endpoint(details)
        hopLimit = details.hop_limit >= 0 ? Int(details.hop_limit) : nil
        takenAt = details.wall_nanoseconds
        guard details.error != 0 else {
            refusal = nil
            return
        }
        let icmp: ICMPCode? =
            switch details.origin {
            case 2: ICMPCode(.v4, type: details.type, code: details.code)
            case 3: ICMPCode(.v6, type: details.type, code: details.code)
            default: nil
            }
        refusal = Refusal(code: details.error, icmp: icmp)
    }

    /// How long after `start` the kernel received it; how long after it was read when the kernel does not report that.
    ///
    /// The kernel's time is of the wall clock. Both clocks are read until nothing came between the two readings; a time
    /// that lies before the start comes from a step of the wall clock and does not count.
    package func elapsed(since start: MonotonicTime) -> Duration {
        var elapsed = MonotonicTime.now - start
        guard takenAt > 0 else { return elapsed }
        for _ in 0..<4 {
            let age = Duration.nanoseconds(max(0, CLinux_wall_nanoseconds() - takenAt))
            let between = MonotonicTime.now - start - elapsed
            if between < .microseconds(20) { return age < elapsed ? elapsed - age : elapsed }
            elapsed += between
        }
        return elapsed
    }
}
