import Base
import Domain

extension MonitorSchema {
    private static func seconds(_ range: ClosedRange<Duration>, example: Double? = nil) -> Schema {
        .number(range.lowerBound.inSeconds...range.upperBound.inSeconds, example: example)
    }

    private static func integer(_ range: ClosedRange<Int>) -> Schema {
        .integer(Int64(range.lowerBound)...Int64(range.upperBound))
    }

    private static let window = Schema.object(
        "FailureWindow",
        [
            .required("failures", integer(AlertingLimits.window), "This many failures"),
            .required("checks", integer(AlertingLimits.window), "among this many of the latest checks."),
        ]
    )

    var alertingFields: [Schema.Field] {
        let standard = MonitorAlerting()
        let quorum = Schema.either(Self.integer(AlertingLimits.quorum), .oneOf(["any", "majority", "all"]))
        return [
            .optional(
                "retries",
                Self.integer(AlertingLimits.retries),
                default: .integer(Int64(standard.rule.retries)),
                "How many failures in a row are checked again before the next one means down."
            ),
            .optional(
                "retry_interval",
                Self.seconds(AlertingLimits.retryInterval, example: 5).nullable,
                default: standard.rule.retryInterval.map { .number($0.inSeconds) } ?? .null,
                "Seconds from a failure to its confirmation; null waits for the next regular check."
            ),
            .optional(
                "recovery_threshold",
                Self.integer(AlertingLimits.recoveries),
                default: .integer(Int64(standard.rule.recoveries)),
                "Successes in a row after which a monitor that is down is up again."
            ),
            .optional(
                "failure_window",
                Self.window.nullable,
                default: .null,
                "Failures that mean down even when they are not in a row: flapping."
            ),
            .optional(
                "degraded_above",
                Self.seconds(AlertingLimits.degradedAbove, example: 0.5).nullable,
                default: .null,
                "Seconds above which a success counts as degraded."
            ),
            .optional(
                "alert_on_degraded",
                Schema.boolean.nullable,
                default: .null,
                "Whether degraded opens an incident of severity warning; null does where degraded_above is set."
            ),
            .optional(
                "quorum",
                quorum,
                default: "majority",
                "How many regions must see it down: any, majority, all, or a number."
            ),
            .optional(
                "settle_time",
                Self.seconds(AlertingLimits.settleTime, example: 120),
                default: 0,
                "Seconds after its end in which the same outage reopens an incident."
            ),
            .optional(
                "severity",
                .oneOf(Severity.allCases.map(\.rawValue)),
                default: .string(standard.severity.rawValue),
                "The severity of its incidents when it is down."
            ),
            .optional(
                "repeat_interval",
                Self.seconds(AlertingLimits.repeatInterval, example: 3600).nullable,
                default: .null,
                "Seconds from one reminder to the next while nobody has acknowledged; null sends no reminders."
            ),
            .optional(
                "depends_on",
                .array(.integer(1...Int64.max), maximumCount: AlertingLimits.dependencies),
                default: [],
                "Ids of monitors that it needs: while one of them is down, nobody is notified of its own incident."
            ),
        ]
    }
}
