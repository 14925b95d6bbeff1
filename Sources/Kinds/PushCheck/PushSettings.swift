import Base
import Checks
package import Domain

/// When a sender must ping, and to which address.
///
/// All settings except the token share one copy-on-write value.
package struct PushSettings: CheckSettings {
    package typealias Kind = PushKind

    /// The last part of the address for pings; nil until the server has issued one.
    package var token: String?
    private var shared = SharedOptions.standard

    package init() {}

    /// The request methods that count as pings.
    package enum Methods: String, Sendable, CaseIterable { case any, post }

    /// All settings except the token.
    package struct Options: Sendable, Equatable {
        /// The time from one ping to the next; nil uses the monitor's interval.
        package var period: Duration?
        /// When pings are due, in place of a period.
        package var cron: CronExpression?
        /// The time zone of `cron`.
        package var timeZone = "UTC"
        /// How late a ping may be.
        package var grace = Duration.seconds(60)
        package var methods = Methods.any

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

    package static func == (left: PushSettings, right: PushSettings) -> Bool {
        left.token == right.token && (left.shared === right.shared || left.options == right.options)
    }
}
