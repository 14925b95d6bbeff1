import Alerting
import Base
import Domain
import PromQL
import Storage

/// Converts a validated body into a rule, checking its server, its channels and its query.
struct RuleReader: Sendable {
    let services: RuleServices

    /// A new rule, or all settings of one that exists.
    func rule(_ body: JSONValue, replacing old: AlertRule?, now: Timestamp) async throws(APIProblem) -> AlertRule {
        var fields = Fields(body)
        fields.isWhole = true
        return try await rule(fields, old, now)
    }

    /// A rule with the members changed that the body has.
    func change(_ body: JSONValue, of old: AlertRule) async throws(APIProblem) -> AlertRule {
        try await rule(Fields(body), old, old.createdAt)
    }

    /// The members of a body, or of a rule where the body says nothing and need not.
    private struct Fields {
        let body: JSONValue
        var isWhole = false

        init(_ body: JSONValue) { self.body = body }

        func value<Value>(_ name: String, _ old: Value?, _ standard: Value, _ read: (JSONValue) -> Value?) -> Value {
            body[name].flatMap(read) ?? (isWhole ? nil : old) ?? standard
        }

        /// null clears.
        func optional<Value>(_ name: String, _ old: Value?, _ standard: Value?, _ read: (JSONValue) -> Value?) -> Value?
        {
            guard let value = body[name] else { return isWhole ? standard : old }
            return value == .null ? nil : read(value)
        }
    }

    private func rule(_ fields: Fields, _ old: AlertRule?, _ now: Timestamp) async throws(APIProblem) -> AlertRule {
        let word = fields.value("comparison", old?.threshold.comparison.rawValue, "", \.stringValue)
        var rule = AlertRule(
            id: old?.id ?? AlertRuleID(rawValue: 0),
            name: fields.value("name", old?.name, "", \.stringValue),
            serverID: fields.optional("server_id", old?.serverID, nil) {
                $0.integerValue.map(ServerID.init(rawValue:))
            },
            metricName: fields.value("metric_name", old?.metricName, "", \.stringValue),
            query: fields.value("promql", old?.query, "", \.stringValue),
            source: fields.value("source", old?.source, .prometheus) { $0.stringValue.flatMap(AlertRule.Source.init) },
            // An unknown comparison is refused below, after what comes before it.
            threshold: try threshold(Comparison(text: word) ?? .greater, fields, old?.threshold),
            channel: fields.value("channel", old?.channel, AlertRule.defaultChannel, \.stringValue),
            createdAt: old?.createdAt ?? now
        )
        rule.severity = fields.value("severity", old?.severity, .warning) { $0.stringValue.flatMap(Severity.init) }
        rule.interval = fields.optional("interval_seconds", old?.interval, nil, Self.seconds)
        rule.isActive = fields.value("is_active", old?.isActive, true, \.boolValue)
        rule.revision = old?.revision ?? 1
        try await check(rule, fields, old)
        guard Comparison(text: word) != nil else { throw APIProblem(400, Comparison.complaint) }
        return rule
    }

    private func threshold(
        _ comparison: Comparison,
        _ fields: Fields,
        _ old: ThresholdRule?
    ) throws(APIProblem) -> ThresholdRule {
        do throws(ThresholdRuleError) {
            return try ThresholdRule(
                comparison,
                fields.value("threshold", old?.threshold, 0, \.doubleValue),
                hold: fields.value("for_seconds", old?.hold, .zero, Self.seconds),
                repeatInterval: fields.optional(
                    "repeat_interval_sec",
                    old?.repeatInterval,
                    AlertRule.defaultRepeat,
                    Self.seconds
                ),
                keepFiring: fields.value("keep_firing_seconds", old?.keepFiring, .zero, Self.seconds),
                noData: fields.value("no_data", old?.noData, .ignore) {
                    $0.stringValue.flatMap(ThresholdRule.NoData.init)
                },
                maximumSeries: fields.value("max_series", old?.maximumSeries, 1000) { $0.integerValue.map(Int.init) }
            )
        } catch { throw APIProblem([.value(error.description, at: ["body"])]) }
    }

    private static func seconds(_ value: JSONValue) -> Duration? { value.integerValue.map { .seconds($0) } }

    // MARK: What others know

    private func check(_ rule: AlertRule, _ fields: Fields, _ old: AlertRule?) async throws(APIProblem) {
        var issues: [ValidationIssue] = []
        if let given = fields.body["id"]?.integerValue, let old, given != old.id.rawValue {
            issues.append(.value("id differs from the one in the path", at: ["body", "id"]))
        }
        if let old, rule.serverID != old.serverID {
            issues.append(.value("a rule stays with its server; make another rule", at: ["body", "server_id"]))
        } else if rule.serverID == nil, rule.source == .prometheus {
            let word = old == nil && fields.body["server_id"] == nil ? "missing" : "value_error"
            issues.append(ValidationIssue(word, at: ["body", "server_id"], "Field required for a rule on Prometheus"))
        }
        let isNewQuery = old.map { $0.query != rule.query || $0.source != rule.source } ?? true
        if isNewQuery, let fault = await fault(of: rule.query, rule.source) {
            issues.append(.value(fault, at: ["body", "promql"]))
        }
        let isNewThreshold = isNewQuery || old?.threshold.threshold != rule.threshold.threshold
        if isNewThreshold, rule.source == .sentinel,
            let fault = OwnMetric.fault(of: rule.query, rule.threshold.threshold)
        {
            issues.append(.value(fault, at: ["body", "threshold"]))
        }
        if rule.channel != old?.channel, let fault = try await channelFault(rule.channel) {
            issues.append(.value(fault, at: ["body", "channel"]))
        }
        guard issues.isEmpty else { throw APIProblem(issues) }
        guard let id = rule.serverID else { return }
        let server = try await stored { () async throws(StorageError) in try await services.servers.server(id) }
        if server == nil { throw .noSuchServer }
    }

    /// What is wrong with a query; uses Prometheus' own message when it answers in time.
    private func fault(of query: String, _ source: AlertRule.Source) async -> String? {
        switch source {
        case .sentinel:
            do throws(OwnMetricError) {
                _ = try OwnMetric(parsing: query)
                return nil
            } catch { return error.description }
        case .prometheus:
            do throws(PromQLFault) { try PromQL.check(query) } catch { return error.description }
            return await services.prometheus?.fault(query)?.description
        }
    }

    private func channelFault(_ word: String) async throws(APIProblem) -> String? {
        if services.channelKinds.contains(word) { return nil }
        let channels = try await stored { () async throws(StorageError) in try await services.channels.list() }
        if channels.contains(where: { $0.name == word || $0.kind == word }) { return nil }
        let kinds = services.channelKinds.sorted().joined(separator: ", ")
        return "there is no channel of this name, and it is no kind of channel: \(kinds)"
    }
}
