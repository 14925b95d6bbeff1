import Base
import Checks

/// Whom to ping, how often, and how much of it must come back.
///
/// Most monitors differ only in their host, so all else lives in one shared, copy-on-write value.
package struct ICMPSettings: CheckSettings {
    package typealias Kind = ICMPKind

    /// A name, or an IPv4 or IPv6 address.
    package var host = ""
    private var shared = SharedOptions.standard

    package init() {}

    /// Which address family is used.
    package enum IPVersion: String, Sendable, CaseIterable { case any, v4 = "4", v6 = "6" }

    /// All settings but the host.
    package struct Options: Sendable, Equatable {
        /// How many packets are sent.
        package var count = 3
        /// Bytes of a packet after the ICMP header.
        package var packetSize = 56
        /// From one packet to the next.
        package var spacing = Duration.milliseconds(200)
        /// For the whole check.
        package var timeout = Duration.seconds(5)
        package var ipVersion = IPVersion.any
        /// The share of packets that may be lost, from 0 to 1.
        package var maximumLoss = 0.5
        /// Of the average round trip; nil means any.
        package var maximumLatency: Duration?
        /// The hop limit that packets are sent with; nil means the system's.
        package var ttl: Int?

        package init() {}
    }

    package var options: Options {
        _read { yield shared.options }
        _modify {
            var options = shared.options
            defer { shared = options == Options() ? .standard : SharedOptions(options) }
            yield &options
        }
    }

    private final class SharedOptions: Sendable {
        let options: Options
        init(_ options: Options) { self.options = options }
        static let standard = SharedOptions(Options())
    }

    package static func == (left: ICMPSettings, right: ICMPSettings) -> Bool {
        left.host == right.host && (left.shared === right.shared || left.options == right.options)
    }
}
