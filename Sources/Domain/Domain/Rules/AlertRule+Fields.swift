package import Base
package import Checks

extension AlertRule {
    /// A rule at its defaults, for people's settings to be taken over.
    package init(id: AlertRuleID = AlertRuleID(rawValue: 0), at now: Timestamp) {
        self.init(id: id, name: "", metricName: "", query: "", threshold: ThresholdRule(), createdAt: now)
    }

    package static let fields = FieldTable<AlertRule>(basicFields + ownFields)

    private static let basicFields: [Field<AlertRule>] = [
        Field("name", \.name, label("CPU is busy"), default: "", isRequired: true, storage: .nowhere, "Its name."),
        Field(
            "server_id",
            \.serverID,
            .optional(.server),
            default: nil,
            storage: .nowhere,
            "The server that it is about; a rule on Prometheus needs one."
        ),
        Field(
            "metric_name",
            \.metricName,
            label("cpu_usage_percent"),
            default: "",
            isRequired: true,
            storage: .nowhere,
            "What the value is called in messages."
        ),
        Field(
            "promql",
            \.query,
            .text(1...queryLength, example: "node_load1 / 4"),
            default: "",
            isRequired: true,
            storage: .nowhere,
            "The query; of a rule on Sentinel's own results a metric such as latency_p95(5m){tag=\"shop\"}."
        ),
        Field(
            "threshold",
            \.threshold.threshold,
            .number(example: 80.5),
            default: 0,
            isRequired: true,
            storage: .nowhere,
            "What each series' value is held against, in the query's unit; of Sentinel's own metrics latencies are "
                + "milliseconds, certificate_days days, and a success_ratio is from 0 to 1."
        ),
        Field(
            "comparison",
            \.threshold.comparison,
            .comparison,
            default: .greater,
            isRequired: true,
            storage: .nowhere,
            "One of > < >= <= == !=."
        ),
        Field(
            "repeat_interval_sec",
            \.threshold.repeatInterval,
            .optional(.wholeSeconds(ThresholdRule.Limits.repeatInterval, example: 300)),
            default: defaultRepeat,
            storage: .always("repeat_ms"),
            "Seconds from one reminder to the next; null reminds nobody."
        ),
        Field("is_active", \.isActive, .flag, default: true, storage: .nowhere, "Whether it is evaluated."),
        Field(
            "channel",
            \.channel,
            label("telegram"),
            default: defaultChannel,
            storage: .nowhere,
            "The kind or name of the channels that are notified where no policy fits; without such a channel the default ones."
        ),
    ]

    private static let ownFields: [Field<AlertRule>] = [
        Field("source", \.source, .choice, default: .prometheus, storage: .nowhere, "Who answers the query."),
        Field(
            "for_seconds",
            \.threshold.hold,
            .wholeSeconds(ThresholdRule.Limits.hold, example: 60),
            default: .zero,
            storage: .always("hold_ms"),
            "How long the comparison must hold before the alert begins."
        ),
        Field(
            "keep_firing_seconds",
            \.threshold.keepFiring,
            .wholeSeconds(ThresholdRule.Limits.keepFiring, example: 60),
            default: .zero,
            storage: .always("keep_ms"),
            "How long it must not hold before the alert ends."
        ),
        Field(
            "no_data",
            \.threshold.noData,
            .choice,
            default: .ignore,
            storage: .always("no_data"),
            "What missing data means."
        ),
        Field(
            "severity",
            \.severity,
            .choice,
            default: .warning,
            storage: .always("severity"),
            "How bad its incidents are."
        ),
        Field(
            "interval_seconds",
            \.interval,
            .optional(.wholeSeconds(intervals, example: 60)),
            default: nil,
            storage: .always("interval_ms"),
            "Seconds from one evaluation to the next; null takes ALERT_CHECK_INTERVAL_SECONDS."
        ),
        Field(
            "max_series",
            \.threshold.maximumSeries,
            .integer(ThresholdRule.Limits.maximumSeries, example: 1000),
            default: 1000,
            storage: .always("max_series"),
            "How many series are looked at."
        ),
    ]

    private static func label(_ example: String) -> FieldType<String> {
        .text(1...textLength, pattern: PlainText.linePattern, example: example, rule: PlainText.name)
    }
}

// MARK: What the store holds beside the settings

extension AlertRule {
    private static let staleness = "staleness_ms"

    /// The members of the store that have no column.
    package var stored: JSONObject {
        var object = Self.fields.object(self)
        object[Self.staleness] = .integer(threshold.staleness.wholeMilliseconds)
        return object.keeping(unknown)
    }

    /// Takes over what `stored` made.
    ///
    /// Throws `FieldError` for a member that is missing, or is not what it should be.
    package mutating func restore(_ object: JSONObject) throws(FieldError) {
        var object = object
        if let name = Self.fields.missing(in: object) { throw FieldError(field: name, reason: "is missing") }
        guard let staleness = object[Self.staleness]?.integerValue.flatMap(Duration.init(storedMilliseconds:)),
            ThresholdRule.Limits.staleness.contains(staleness)
        else { throw FieldError(field: Self.staleness, reason: "is no duration within its limits") }
        object[Self.staleness] = nil
        // Left out means null here, which is not the default of what people send.
        threshold.repeatInterval = nil
        unknown = try Self.fields.read(object, into: &self)
        do throws(ThresholdRuleError) { threshold = try threshold.with(staleness: staleness).checked() } catch {
            throw FieldError(field: error.field, reason: error.reason)
        }
        if interval == .zero { throw FieldError(field: "interval_ms", reason: "is zero") }
    }
}

extension FieldType<ServerID> {
    /// The number of a server.
    package static var server: Self {
        Self(
            schema: .integer(example: 1),
            placeholder: "NAME|ID",
            write: { .integer($0.rawValue) },
            read: { $0.integerValue.map(ServerID.init(rawValue:)) },
            parse: { Int64($0).map { .integer($0) } }
        )
    }
}

extension FieldType<Comparison> {
    /// An operator; which there are is said by whoever reads the body.
    package static var comparison: Self {
        Self(
            schema: .string(example: ">"),
            placeholder: "OPERATOR",
            write: { .string($0.rawValue) },
            read: { $0.stringValue.flatMap(Comparison.init(text:)) }
        )
    }
}
