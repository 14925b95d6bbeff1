import Base
import Checks

/// The host to ping, the packets, and the accepted loss and latency.
///
/// Most monitors differ only in their host, so all other settings share one copy-on-write value.
package struct ICMPSettings: CheckSettings {
    package typealias Kind = ICMPKind

    /// A name, or an IPv4 or IPv6 address.
    package var host = ""
    private var shared = SharedOptions.standard

    package init() {}

    /// The address families to use.
    package enum IPVersion: String, Sendable, CaseIterable { case any, v4 = "4", v6 = "6" }

    /// All settings except the host.
    package struct Options: Sendable, Equatable {
        /// How many packets are sent.
        package var count = 3
        /// The bytes of a packet after the ICMP header.
        package var packetSize = 56
        /// The time between two packets.
        package var spacing = Duration.milliseconds(200)
        /// The limit for the whole check.
        package var timeout = Duration.seconds(5)
        package var ipVersion = IPVersion.any
        /// The accepted fraction of lost packets, from 0 to 1.
        package var maximumLoss = 0.5
        /// The limit for the average round trip; nil sets none.
        package var maximumLatency: Duration?
        /// The hop limit of the packets; nil uses the system's.
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
