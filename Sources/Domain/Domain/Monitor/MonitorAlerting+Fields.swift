package import Base
package import Checks

extension MonitorAlerting {
    /// When people are notified; the store holds what differs from the default.
    package static let fields: FieldTable<MonitorAlerting> = [
        Field(
            "regions",
            \.regions,
            .regions,
            default: [],
            flag: "region",
            "The regions that check it, each by its name; empty for the default region."
        ),
        Field(
            "retries",
            \.rule.retries,
            .integer(AlertingLimits.retries).stored(in: 0...10_000),
            default: VerdictRule.standard.retries,
            "How many failures in a row are checked again before the next one means down."
        ),
        Field(
            "retry_interval",
            \.rule.retryInterval,
            .optional(.seconds(AlertingLimits.retryInterval, example: 5).storedInMilliseconds),
            default: VerdictRule.standard.retryInterval,
            storage: .named("retry_interval_ms"),
            "Seconds from a failure to its confirmation; null waits for the next regular check."
        ),
        Field(
            "recovery_threshold",
            \.rule.recoveries,
            .integer(AlertingLimits.recoveries).stored(in: 0...10_000),
            default: 1,
            storage: .named("recoveries"),
            "Successes in a row after which a monitor that is down is up again."
        ),
        Field(
            "failure_window",
            \.rule.failures,
            .optional(.failureWindow),
            default: nil,
            storage: .named("failures"),
            "Failures that mean down even when they are not in a row: flapping."
        ),
        Field(
            "degraded_above",
            \.rule.degradedAbove,
            .optional(.seconds(AlertingLimits.degradedAbove, example: 0.5).storedInMilliseconds),
            default: nil,
            storage: .named("degraded_above_ms"),
            "Seconds above which a success counts as degraded."
        ),
        Field(
            "alert_on_degraded",
            \.rule.alertOnDegraded,
            .optional(.flag),
            default: nil,
            "Whether degraded opens an incident of severity warning; null does where degraded_above is set."
        ),
        Field(
            "quorum",
            \.rule.quorum,
            .quorum,
            default: .majority,
            "How many of the fresh regions must see it down: any, majority, all, a number, or a share such as 50%."
        ),
        Field(
            "min_fresh",
            \.rule.minimumFresh,
            .integer(AlertingLimits.minimumFresh).stored(in: 1...10_000),
            default: 1,
            "With fewer regions whose newest result is fresh the state is unknown."
        ),
        Field(
            "settle_time",
            \.rule.settleTime,
            .seconds(AlertingLimits.settleTime, example: 120).storedInMilliseconds,
            default: .zero,
            storage: .named("settle_time_ms"),
            "Seconds after its end in which the same outage reopens an incident."
        ),
        Field(
            "severity",
            \.severity,
            .choice,
            default: .critical,
            "The severity of its incidents when it is down."
        ),
        Field(
            "repeat_interval",
            \.repeatInterval,
            .optional(.seconds(AlertingLimits.repeatInterval, example: 3600).storedInMilliseconds),
            default: nil,
            storage: .named("repeat_interval_ms"),
            "Seconds from one reminder to the next while nobody has acknowledged; null sends no reminders."
        ),
        Field(
            "depends_on",
            \.dependsOn,
            .dependencies,
            default: [],
            "Ids of monitors that it needs: while one of them is down, nobody is notified of its own incident."
        ),
    ]
}

extension FieldType<VerdictRule.Share> {
    /// So many failures among so many checks; `3/5` on a command line, a pair in the store.
    fileprivate static var failureWindow: Self {
        let number = Schema.integer(Int64(AlertingLimits.window.lowerBound)...Int64(AlertingLimits.window.upperBound))
        var type = Self(
            schema: .object(
                "FailureWindow",
                [
                    .required("failures", number, "This many failures"),
                    .required("checks", number, "among this many of the latest checks."),
                ]
            ),
            placeholder: "N/M",
            write: { ["failures": .integer(Int64($0.count)), "checks": .integer(Int64($0.of))] },
            read: { share($0["failures"], $0["checks"]) },
            parse: { text in
                let numbers = text.split(separator: "/", omittingEmptySubsequences: false).map { Int64($0) }
                guard numbers.count == 2, let count = numbers[0], let all = numbers[1] else { return nil }
                let value: JSONValue = ["failures": .integer(count), "checks": .integer(all)]
                guard share(value["failures"], value["checks"]) != nil else { return nil }
                return value
            }
        )
        type.fault = { _ in FieldValueError("failures cannot be more than checks", at: ["failures"]) }
        type.stored = Stored(
            write: { [.integer(Int64($0.count)), .integer(Int64($0.of))] },
            read: { value in
                guard let pair = value.arrayValue, pair.count == 2 else { return nil }
                return share(pair[0], pair[1])
            }
        )
        return type
    }

    private static func share(_ count: JSONValue?, _ all: JSONValue?) -> VerdictRule.Share? {
        guard let count = count?.integerValue.flatMap(Int.init(exactly:)),
            let all = all?.integerValue.flatMap(Int.init(exactly:))
        else { return nil }
        return VerdictRule.Share(count, of: all)
    }
}

extension FieldType<VerdictRule.Quorum> {
    /// A word or a number of regions.
    fileprivate static var quorum: Self {
        let bounds = Int64(AlertingLimits.quorum.lowerBound)...Int64(AlertingLimits.quorum.upperBound)
        let words = Schema.string(
            length: 0...100,
            pattern: "^(any|majority|all|[1-9][0-9]?%|100%)$",
            example: "majority",
            rule: {
                VerdictRule.Quorum(json: .string($0)) == nil
                    ? .init("write any, majority, all, a share from 1% to 100%, or a number of regions without quotes")
                    : nil
            }
        )
        var type = Self(
            schema: .either(.integer(bounds), words),
            placeholder: "any|majority|all|N|N%",
            write: \.json,
            read: VerdictRule.Quorum.init(json:),
            parse: { text in Int64(text).map { .integer($0) } ?? .string(text) }
        )
        type.stored = Stored(write: type.write, read: type.read)
        return type
    }
}

extension FieldType<[RegionName]> {
    /// Names of regions, each once, in their order.
    fileprivate static var regions: Self {
        let name = FieldType<RegionName>(
            schema: .string(
                length: 1...50,
                pattern: "^[a-z0-9_-]+$",
                example: "eu-west",
                rule: { text in
                    guard RegionName(rawValue: text) == nil else { return nil }
                    return .init("a region's name is made of lower-case letters, digits, - and _")
                }
            ),
            placeholder: "REGION",
            write: { .string($0.rawValue) },
            read: { $0.stringValue.flatMap(RegionName.init(rawValue:)) }
        )
        var type = list(name, maximum: MonitorLimits.regionCount)
        type.read = { value in
            guard let names = value.arrayValue, names.count <= MonitorLimits.regionCount else { return nil }
            var regions: [RegionName] = []
            for name in names {
                guard let region = name.stringValue.flatMap(RegionName.init(rawValue:)) else { return nil }
                if !regions.contains(region) { regions.append(region) }
            }
            return regions
        }
        type.stored = Stored(write: type.write, read: type.read)
        return type
    }
}

extension FieldType<[MonitorID]> {
    /// Ids of monitors, sorted, each once.
    fileprivate static var dependencies: Self {
        let id = FieldType<MonitorID>(
            schema: .integer(1...Int64.max),
            placeholder: "NAME|ID",
            write: { .integer($0.rawValue) },
            read: { $0.integerValue.map(MonitorID.init(rawValue:)) },
            parse: { Int64($0).map { .integer($0) } }
        )
        var type = list(id, maximum: AlertingLimits.dependencies)
        type.read = { value in
            value.arrayValue.map { ids in
                Set(ids.compactMap(\.integerValue).map(MonitorID.init(rawValue:))).sorted()
            }
        }
        type.stored = Stored(write: type.write, read: type.read)
        return type
    }
}

extension VerdictRule.Quorum {
    /// A word, a number, or a share as text.
    package var json: JSONValue {
        switch self {
        case .any: "any"
        case .majority: "majority"
        case .all: "all"
        case .atLeast(let count): .integer(Int64(count))
        case .percent(let share): .string("\(share)%")
        }
    }

    /// Reads what `json` wrote.
    package init?(json value: JSONValue) {
        switch value {
        case "any": self = .any
        case "majority": self = .majority
        case "all": self = .all
        case .string(let text):
            guard text.hasSuffix("%"), let share = Int(text.dropLast()), (1...100).contains(share),
                "\(share)%" == text
            else { return nil }
            self = .percent(share)
        default:
            guard let count = value.integerValue, let whole = Int(exactly: count), whole > 0 else { return nil }
            self = .atLeast(whole)
        }
    }
}
