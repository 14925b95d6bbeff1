import Arguments
import Base
import Domain

/// The options for alerting settings and for the period of a preview.
enum PreviewOptions {
    private static let retries = Option<Int>(
        "retries",
        .integer(AlertingLimits.retries),
        help: "Failures in a row that are confirmed before the next one means down."
    )
    private static let recoveries = Option<Int>(
        "recovery-threshold",
        .integer(AlertingLimits.recoveries),
        help: "Successes in a row that end an outage."
    )
    private static let window = Option<VerdictRule.Share>(
        "failure-window",
        .share,
        help: "So many failures among so many checks mean down, such as 3/10."
    )
    private static let degradedAbove = Option<Duration>(
        "degraded-above",
        .duration(AlertingLimits.degradedAbove),
        help: "A success that takes longer is slow."
    )
    private static let alertOnDegraded = Option<Bool>(
        "alert-on-degraded",
        .yesOrNo,
        help: "Whether degraded opens an incident; where nothing says so, with --degraded-above."
    )
    private static let settleTime = Option<Duration>(
        "settle-time",
        .duration(AlertingLimits.settleTime),
        help: "What comes back within this time is the same incident."
    )
    private static let quorum = Option<VerdictRule.Quorum>(
        "quorum",
        .quorum,
        help: "How many regions must see it down: any, majority, all or a number."
    )
    private static let from = Option<Timestamp>(
        "from",
        .past,
        help: "Since when: 2026-11-20T05:00:00Z, or how long ago, such as 7d (default: 30d)."
    )
    private static let to = Option<Timestamp>("to", .past, help: "Until when (default: now).")

    /// The options for the settings.
    static let settings = [
        retries.spec, recoveries.spec, window.spec, degradedAbove.spec, alertOnDegraded.spec, settleTime.spec,
        quorum.spec,
    ]
    static let times = [from.spec, to.spec]

    /// The settings in the API's form: only those on the command line.
    static func alerting(_ invocation: Invocation) -> JSONObject {
        var object = JSONObject()
        object["retries"] = invocation[retries].map { .integer(Int64($0)) }
        object["recovery_threshold"] = invocation[recoveries].map { .integer(Int64($0)) }
        object["failure_window"] = invocation[window].map {
            ["failures": .integer(Int64($0.count)), "checks": .integer(Int64($0.of))]
        }
        object["degraded_above"] = invocation[degradedAbove].map { .number($0.inSeconds) }
        object["alert_on_degraded"] = invocation[alertOnDegraded].map { .bool($0) }
        object["settle_time"] = invocation[settleTime].map { .number($0.inSeconds) }
        object["quorum"] = invocation[quorum].map(\.word)
        return object
    }

    /// The ends of the period, if the command line gives them.
    static func window(_ invocation: Invocation) -> [(key: String, value: JSONValue)] {
        [("from", invocation[from]), ("to", invocation[to])].compactMap { name, time in
            time.map { (key: name, value: .string($0.description)) }
        }
    }
}

extension VerdictRule.Quorum {
    fileprivate var word: JSONValue {
        switch self {
        case .any: "any"
        case .majority: "majority"
        case .all: "all"
        case .atLeast(let count): .integer(Int64(count))
        }
    }
}

extension ValueReader where Value == VerdictRule.Quorum {
    fileprivate static var quorum: Self {
        let words: [String: VerdictRule.Quorum] = ["any": .any, "majority": .majority, "all": .all]
        let numbers = ValueReader<Int>.integer(AlertingLimits.quorum)
        return Self(
            expected: "any, majority, all or \(numbers.expected)",
            placeholder: "any|majority|all|N",
            read: { text in words[text.lowercased()] ?? numbers.read(text).map { .atLeast($0) } },
            write: { $0.word.stringValue ?? $0.word.description }
        )
    }
}

extension ValueReader where Value == Bool {
    fileprivate static var yesOrNo: Self {
        Self(
            expected: "yes or no",
            placeholder: "yes|no",
            read: { ["yes": true, "true": true, "no": false, "false": false][$0.lowercased()] },
            write: { $0 ? "yes" : "no" }
        )
    }
}

extension ValueReader where Value == VerdictRule.Share {
    /// `FAILURES/CHECKS`.
    fileprivate static var share: Self {
        Self(
            expected: "failures and checks such as 3/10, at most \(AlertingLimits.window.upperBound)",
            placeholder: "FAILURES/CHECKS",
            read: { text in
                let parts = text.split(separator: "/", omittingEmptySubsequences: false)
                guard parts.count == 2, let failures = Int(parts[0]), let checks = Int(parts[1]) else { return nil }
                return VerdictRule.Share(failures, of: checks)
            },
            write: { "\($0.count)/\($0.of)" }
        )
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
