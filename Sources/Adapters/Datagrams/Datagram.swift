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

    /// How long ago the kernel received it, at most `limit`; zero when the kernel does not report it.
    ///
    /// Computed from the wall clock; the limits hide a step of that clock in between.
    package func age(atMost limit: Duration) -> Duration {
        guard takenAt > 0 else { return .zero }
        let age = CLinux_wall_nanoseconds() - takenAt
        return .nanoseconds(min(max(0, age), max(0, limit.wholeNanoseconds)))
    }
}
