import Alerting
import Base
import Domain
import HTTPServer
import Storage

/// `/api/v1/alerts/rules/`.
struct RuleRoutes: Sendable {
    private let services: RuleServices
    private let reader: RuleReader
    private let now: @Sendable () -> Timestamp
    private let resource: Resource<StoredRule>
    private static let path = "/api/v1/alerts/rules/"
    private static let server = Parameter<Int64?>.number("server_id", "Only rules of this server.")

    init(_ services: RuleServices, warnings: SaveWarnings, now: @escaping @Sendable () -> Timestamp) {
        (self.services, self.now) = (services, now)
        reader = RuleReader(services: services)
        var resource = Resource(
            path: Self.path,
            names: .init(
                tag: "Alert rules",
                operation: "AlertRule",
                operations: "AlertRules",
                word: "rule",
                words: "rules",
                title: "rule"
            ),
            component: "AlertRule",
            fields: AlertRule.fields,
            of: \.rule,
            trailing: RuleSchema.members,
            missing: .noSuchRule,
            number: { $0.rule.id.rawValue },
            find: { id throws(APIProblem) in
                try await stored { () async throws(StorageError) in
                    try await services.rules.rule(AlertRuleID(rawValue: id))
                }
            }
        )
        resource.warnings = { await warnings.warnings(of: $0.rule, at: now()) }
        self.resource = resource
    }

    var routes: [Route] { [list, create, resource.show, replace, change, delete] }

    private var list: Route {
        resource.list(
            order: "Rules in the order of their numbers",
            parameters: PageParameters.all + [Self.server.specification]
        ) { call throws(APIProblem) in
            let page = try PageQuery(call)
            let server = try call[Self.server].map(ServerID.init(rawValue:))
            let after = page.cursor.map(AlertRuleID.init(rawValue:))
            let rules = try await stored { () async throws(StorageError) in
                try await services.rules.list(server: server, after: after, skip: page.skip, limit: page.limit)
            }
            return page.response(to: call, path: Self.path, rules.map { (resource.number($0), resource.json($0)) })
        }
    }

    private var create: Route {
        resource.create(
            "Add a rule; it is evaluated at once",
            details: "A rule on Prometheus needs a server_id, and its promql must be a query that Prometheus parses; "
                + "a rule on Sentinel's own results takes the metrics that the documents list.",
            problems: [.badComparison, .noServer]
        ) { body throws(APIProblem) in
            let draft = try await reader.rule(body, replacing: nil, now: now())
            do throws(StorageError) { return try await services.editor.insert(draft) } catch {
                throw error == .notFound ? .noSuchServer : APIProblem(error)
            }
        }
    }

    private var replace: Route {
        resource.replace(
            "Replace all settings of a rule; what is left out goes back to its default",
            problems: [.badComparison, .changedMeanwhile]
        ) { id, body throws(APIProblem) in
            do throws(APIProblem) {
                return try await update(id) { rule throws(APIProblem) in
                    try await reader.rule(body, replacing: rule, now: now())
                }
            } catch {
                // A row that cannot be read is written over.
                guard error.isOfDamage else { throw error }
                var new = try await reader.rule(body, replacing: nil, now: now())
                new.id = AlertRuleID(rawValue: id)
                let rule = new
                return try await stored { () async throws(StorageError) in
                    try await services.editor.replaceUnreadable(rule, at: now())
                }
            }
        }
    }

    private var change: Route {
        resource.change(
            "Change some settings of a rule; another query, or a pause, ends its incidents",
            problems: [.badComparison, .changedMeanwhile]
        ) { id, body throws(APIProblem) in
            try await update(id) { rule throws(APIProblem) in try await reader.change(body, of: rule) }
        }
    }

    private var delete: Route {
        resource.delete("Delete a rule with its events; its incidents end") { id throws(APIProblem) in
            try await stored { () async throws(StorageError) in
                try await services.editor.delete(AlertRuleID(rawValue: id), at: now())
            }
        }
    }

    /// Reads, changes and writes; repeats it when somebody else wrote in between.
    private func update(
        _ id: Int64,
        _ change: (AlertRule) async throws(APIProblem) -> AlertRule
    ) async throws(APIProblem) -> StoredRule? {
        var attempt = 1
        while true {
            guard let found = try await resource.find(id) else { return nil }
            let changed = try await change(found.rule)
            do throws(StorageError) {
                return try await services.editor.update(changed, at: now())
            } catch {
                if error == .notFound { return nil }
                guard error == .conflict, attempt < 50 else { throw APIProblem(error) }
                attempt += 1
            }
        }
    }
}

extension APIProblem {
    static let noSuchRule = APIProblem(404, "Alert rule not found")
}

extension DocumentedResponse {
    static let badComparison = problem(400, "The comparison is none of the operators.")
    static let noServer = problem(404, "There is no such server.")
    fileprivate static let changedMeanwhile = problem(409, "Somebody else changed it.")
}
