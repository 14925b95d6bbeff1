package import Base
package import Checks
package import Runtime
import ZoneInfo

/// Waits for pings of a job and fails when one is missing.
package enum PushKind: CheckKind {
    package static let name = "push"
    package static let summary = "Waits for pings of a job, and fails when one is missing or reports a failure."
    package static let blank = PushSettings()
    package static let phases: [Phase] = [.push]
    package static let reasons: [Reason] = [.pushMissing, .pushReported]
    package static let isActive = false
    package static let hasExclusiveTarget = true

    /// The time from one ping to the next.
    package static let period: ClosedRange<Duration> = .seconds(10)...(.seconds(30 * 86_400))
    /// How late a ping may be.
    package static let grace: ClosedRange<Duration> = .seconds(1)...(.seconds(30 * 86_400))

    package static let fields: [Field<PushSettings>] = [
        Field(
            "token",
            \.token,
            .optional(.pushToken),
            default: nil,
            "The secret part of the address that is pinged; null has the server make one up. Lists answer null."
        ),
        Field(
            "period",
            \.options.period,
            .optional(.seconds(period, example: 300)),
            default: nil,
            "Seconds from one ping to the next; null means the monitor's interval."
        ),
        Field(
            "cron",
            \.options.cron,
            .optional(.cron),
            default: nil,
            "When pings are due, instead of a period: five fields of cron."
        ),
        Field("time_zone", \.options.timeZone, .timeZone, default: "UTC", "The time zone in which cron is read."),
        Field("grace", \.options.grace, .seconds(grace), default: .seconds(60), "Seconds that a ping may be late."),
        Field(
            "methods",
            \.options.methods,
            .choice,
            default: .any,
            "Which requests count as pings: any, or post alone."
        ),
    ]

    package static let facts: [Schema.Field] = [
        .required("event", .oneOf(["success", "fail", "exit", "missing"]), "What was reported, or that nothing was."),
        .required("exit_status", Schema.integer(0...255).nullable, "The exit status that was reported."),
        .required("message", Schema.string().nullable, "What the sender said, in one line."),
        .required("run_id", Schema.string().nullable, "The run that was reported on."),
        .required("duration_ms", Schema.number().nullable, "From the run's start to its end."),
        .required("source", Schema.string().nullable, "The address of the sender."),
        .required("last_ping_at", Schema.timestamp.nullable, "When the sender was last heard."),
        .required("expected_at", Schema.timestamp.nullable, "By when a missing ping was due, without the grace."),
    ]

    private static let zones = ZoneFiles()

    package static func target(of settings: PushSettings) -> String { "push/\(settings.token ?? "")" }
    /// The token is all that who pings has to know.
    package static func shownTarget(of settings: PushSettings) -> String { "push/\(SecretMask.text)" }
    package static let unlisted = ["token"]
    package static func targetKey(of settings: PushSettings) -> UInt64 { TargetKey.hash(target(of: settings)) }
    package static func timeout(of settings: PushSettings) -> Duration { CheckLimits.standardTimeout }
    package static func members(ofTarget text: String) -> JSONObject {
        text.isEmpty ? JSONObject() : JSONObject([("token", .string(text))])
    }

    package static func prepared(_ settings: PushSettings, stored: PushSettings?) -> PushSettings {
        var settings = settings
        settings.token = settings.token ?? stored?.token ?? UUID().description
        return settings
    }

    package static func conflicts(in settings: PushSettings) -> [FieldError] {
        let options = settings.options
        var errors: [FieldError] = []
        if options.cron != nil, options.period != nil {
            errors.append(FieldError(field: "cron", reason: "does not go with a period: give one of both"))
        }
        // Reads a small file once a zone.
        do throws(ZoneError) {
            _ = try zones.rules(options.timeZone)
        } catch {
            errors.append(FieldError(field: "time_zone", reason: "cannot be used: \(error)"))
        }
        return errors
    }

    /// A push check has no prober: it connects to nothing.
    package static func makeProber(on loop: EventLoop, _ configuration: ProbeConfiguration) -> (any Prober)? { nil }
}
