import Arguments
import Base
import Domain

/// The options for alerting settings and for the period of a preview.
enum PreviewOptions {
    private static let table = SettingFlags(
        MonitorAlerting.fields.flags.filter { !isWithoutEffect.contains($0.name) }
    )
    /// What changes nothing about when an incident would have opened.
    private static let isWithoutEffect: Set<String> = ["retry_interval", "severity", "repeat_interval", "depends_on"]
    private static let from = Option<Timestamp>(
        "from",
        .past,
        help: "Since when: 2026-11-20T05:00:00Z, or how long ago, such as 7d (default: 30d)."
    )
    private static let to = Option<Timestamp>("to", .past, help: "Until when (default: now).")

    /// The options for the settings.
    static let settings = table.specs
    static let times = [from.spec, to.spec]

    /// The settings in the API's form: only those on the command line; throws a usage error for a value that does not
    /// fit.
    static func alerting(_ invocation: Invocation) throws -> JSONObject { try table.members(invocation) }

    /// The ends of the period, if the command line gives them.
    static func window(_ invocation: Invocation) -> [(key: String, value: JSONValue)] {
        [("from", invocation[from]), ("to", invocation[to])].compactMap { name, time in
            time.map { (key: name, value: .string($0.description)) }
        }
    }
}

extension ValueReader where Value == Timestamp {
    /// An instant, or a duration before now.
    fileprivate static var past: Self {
        Self(
            expected: "a time such as 2026-11-20T05:00:00Z, or how long ago, such as 7d",
            placeholder: "TIME",
            read: { text in
                if let ago = Duration(text: text) { return .now - ago }
                return Timestamp(iso8601: text).flatMap { $0.milliseconds >= 0 ? $0 : nil }
            },
            write: { $0.description }
        )
    }
}
