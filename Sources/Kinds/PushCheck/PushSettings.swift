import Base
import Checks
package import Domain

/// When a sender is to report, and under which address.
///
/// All but the token lives in one shared, copy-on-write value.
package struct PushSettings: CheckSettings {
    package typealias Kind = PushKind

    /// The last part of the address that is pinged; nil until the server has handed one out.
    package var token: String?
    private var shared = SharedOptions.standard

    package init() {}

    /// Which requests count as pings.
    package enum Methods: String, Sendable, CaseIterable { case any, post }

    /// All settings but the token.
    package struct Options: Sendable, Equatable {
        /// From one ping to the next; nil means the monitor's interval.
        package var period: Duration?
        /// When pings are due, instead of a period.
        package var cron: CronExpression?
        /// The zone in which `cron` is read.
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
