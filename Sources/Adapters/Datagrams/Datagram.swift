package import Base
import CLinux

/// What is known of a received datagram, or of one that was given back.
package struct Datagram: Sendable {
    /// How many bytes of the buffer it fills.
    package let count: Int
    /// Who sent it; of one that was given back, whom it was for; nil when the kernel does not say.
    package let peer: Endpoint?
    /// The hop limit (TTL) that it arrived with.
    package let hopLimit: Int?
    /// Nanoseconds of the wall clock at which the kernel took it in.
    private let takenAt: Int64
    /// Why it was given back; nil for one that was received.
    package let refusal: Refusal?

    /// Why the network gave a packet back.
    package struct Refusal: Sendable, Equatable {
        /// The `errno` that the kernel made of it.
        package let code: Int32
        /// The ICMP message's type and code; nil when this host refused the packet by itself.
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

    /// How long ago the kernel took it in, at most `limit`; zero when it does not say.
    ///
    /// The wall clock is read, so a step of it in between is cut to the limits.
    package func age(atMost limit: Duration) -> Duration {
        guard takenAt > 0 else { return .zero }
        let age = CLinux_wall_nanoseconds() - takenAt
        return .nanoseconds(min(max(0, age), max(0, limit.wholeNanoseconds)))
    }
}
