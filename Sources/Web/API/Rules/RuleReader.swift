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
        var blank = AlertRule(id: old?.id ?? AlertRuleID(rawValue: 0), at: old?.createdAt ?? now)
        blank.revision = old?.revision ?? 1
        blank.unknown = old?.unknown
        return try await rule(body, over: blank, old)
    }

    /// A rule with the members changed that the body has.
    func change(_ body: JSONValue, of old: AlertRule) async throws(APIProblem) -> AlertRule {
        try await rule(body, over: old, old)
    }

    private func rule(
        _ body: JSONValue,
        over draft: AlertRule,
        _ old: AlertRule?
    ) async throws(APIProblem) -> AlertRule {
        // An unknown comparison is refused below, after what comes before it.
        let isKnown = body["comparison"]?.stringValue.map { Comparison(text: $0) != nil } ?? true
        var members = body
        if !isKnown, case .object(var object) = body {
            object["comparison"] = nil
            members = .object(object)
        }
        let rule = try AlertRule.fields.taking(members, over: draft)
        try await check(rule, body, old)
        guard isKnown else { throw APIProblem(400, Comparison.complaint) }
        return rule
    }

    // MARK: What others know

    private func check(_ rule: AlertRule, _ body: JSONValue, _ old: AlertRule?) async throws(APIProblem) {
        var issues: [ValidationIssue] = []
        if let old, rule.serverID != old.serverID {
            issues.append(.value("a rule stays with its server; make another rule", at: ["body", "server_id"]))
        } else if rule.serverID == nil, rule.source == .prometheus {
            let word = old == nil && body["server_id"] == nil ? "missing" : "value_error"
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
        let exists = try await stored { () async throws(StorageError) -> Bool in
            do throws(StorageError) { return try await services.servers.server(id) != nil } catch {
                // A server whose row cannot be read is one.
                guard case .unreadable = error else { throw error }
                return true
            }
        }
        if !exists { throw .noSuchServer }
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
            do throws(PromQLError) { try PromQL.check(query) } catch { return error.description }
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
