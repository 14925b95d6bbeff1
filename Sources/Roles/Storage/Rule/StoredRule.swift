import Base
package import Domain
import SQL

/// A rule with its state and health.
package struct StoredRule: Sendable, Equatable {
    package var rule: AlertRule
    package var machine: RuleMachine
    package var health: RuleHealth

    package init(rule: AlertRule, machine: RuleMachine = RuleMachine(), health: RuleHealth) {
        (self.rule, self.machine, self.health) = (rule, machine, health)
    }
}

/// A rule to evaluate, with the name of its server.
package struct RunnableRule: Sendable, Equatable {
    package var stored: StoredRule
    package var serverName: String?

    package init(stored: StoredRule, serverName: String?) { (self.stored, self.serverName) = (stored, serverName) }
}

/// Converts between a rule and its row.
enum RuleColumns {
    /// The columns that `rule(_:)` reads, of a table named `r`.
    static let list = """
        r.id, r.name, r.server_id, r.metric_name, r.query, r.is_own, r.comparison, r.threshold, r.is_active, r.channel,
        r.settings, r.state, r.health, r.revision, r.created_at
        """
    static let count = 15
    static let table = StoredTable("alert_rules", columns: list)

    static func rule(_ row: Row) throws(SQLError) -> StoredRule {
        let id = try row.integer(0)
        guard let comparison = Comparison(text: try row.text(6)) else {
            throw row.corrupt(6, "holds a word that this release does not know")
        }
        guard let threshold = try? ThresholdRule(comparison, try row.double(7)) else {
            throw row.corrupt(7, "is no finite number")
        }
        var rule = AlertRule(
            id: AlertRuleID(rawValue: id),
            name: try row.text(1),
            serverID: try row.optionalInteger(2).map(ServerID.init(rawValue:)),
            metricName: try row.text(3),
            query: try row.text(4),
            source: try row.flag(5) ? .sentinel : .prometheus,
            threshold: threshold,
            channel: try row.text(9),
            createdAt: try row.time(14)
        )
        rule.isActive = try row.flag(8)
        rule.revision = try row.integer(13)
        guard case .object(let settings) = try row.json(10) else { throw row.corrupt(10, "holds no object") }
        do throws(FieldError) { try rule.restore(settings) } catch {
            throw row.corrupt(10, "has a member that cannot be read: \(error.field)")
        }
        guard let health = health(try row.json(12)) else { throw row.corrupt(12, "says nothing of the rule's health") }
        return StoredRule(rule: rule, machine: try machine(row, 11), health: health)
    }

    /// The values from name to creation time, without the id; the state and health are separate.
    static func values(_ rule: AlertRule) -> [SQLValue] {
        [
            .text(rule.name), .integer(rule.serverID?.rawValue), .text(rule.metricName), .text(rule.query),
            .flag(rule.source == .sentinel), .text(rule.threshold.comparison.rawValue),
            .double(rule.threshold.threshold), .flag(rule.isActive), .text(rule.channel),
            .text(JSONValue.object(rule.stored).description),
        ]
    }

    static func text(_ health: RuleHealth) -> String {
        var object = JSONObject([("state", .string(health.state.rawValue))])
        object["message"] = health.message.map { .string($0) }
        object["since"] = .integer(health.since.milliseconds)
        return JSONValue.object(object).description
    }

    private static func health(_ json: JSONValue) -> RuleHealth? {
        guard let state = json["state"]?.stringValue.flatMap(RuleHealth.State.init),
            let since = json["since"]?.integerValue.flatMap(Timestamp.init(exactMilliseconds:))
        else { return nil }
        return RuleHealth(state, json["message"]?.stringValue, since: since)
    }

    private static func machine(_ row: Row, _ column: Int) throws(SQLError) -> RuleMachine {
        guard let json = try row.optionalJSON(column) else { return RuleMachine() }
        do throws(RuleMachineFormatError) {
            return try RuleMachine(json: json)
        } catch { throw row.corrupt(column, "is not what a rule remembers") }
    }
}
