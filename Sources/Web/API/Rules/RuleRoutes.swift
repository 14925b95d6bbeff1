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
    private static let tag = "Alert rules"
    private static let path = "/api/v1/alerts/rules/"
    private static let id = Parameter.id("id", "The rule's number.")
    private static let server = Parameter<Int64?>.number("server_id", "Only rules of this server.")

    init(_ services: RuleServices, now: @escaping @Sendable () -> Timestamp) {
        (self.services, self.now) = (services, now)
        reader = RuleReader(services: services)
    }

    var routes: [Route] { [list, create, show, replace, change, delete] }

    private var list: Route {
        Route(
            .get,
            Self.path,
            operation: "listAlertRules",
            tag: Self.tag,
            "Rules in the order of their numbers; X-Next-Cursor and Link lead to the next page",
            parameters: PageParameters.all + [Self.server.specification],
            responses: [.page(RuleSchema.answer, "The rules."), .unavailable]
        ) { call throws(APIProblem) in
            let page = try PageQuery(call)
            let server = try call[Self.server].map(ServerID.init(rawValue:))
            let after = page.cursor.map(AlertRuleID.init(rawValue:))
            let rules = try await stored { () async throws(StorageError) in
                try await services.rules.list(server: server, after: after, skip: page.skip, limit: page.limit)
            }
            return page.response(to: call, path: Self.path, rules.map { ($0.rule.id.rawValue, $0.json) })
        }
    }

    private var create: Route {
        Route(
            .post,
            Self.path,
            operation: "createAlertRule",
            tag: Self.tag,
            "Add a rule; it is evaluated at once",
            details: "A rule on Prometheus needs a server_id, and its promql must be a query that Prometheus parses; "
                + "a rule on Sentinel's own results takes the metrics that the documents list.",
            body: RuleSchema.creation,
            responses: [
                .json(201, RuleSchema.answer, "The rule; Location names it."), .badComparison, .noServer, .unavailable,
            ]
        ) { call throws(APIProblem) in
            let draft = try await reader.rule(call.body, replacing: nil, now: now())
            do throws(StorageError) {
                let rule = try await services.editor.insert(draft)
                var response = Response.json(rule.json, status: .created)
                response.headers.append("Location", "\(Self.path)\(rule.rule.id)")
                return response
            } catch { throw error == .notFound ? .noSuchServer : APIProblem(error) }
        }
    }

    private var show: Route {
        Route(
            .get,
            "\(Self.path){id}",
            operation: "getAlertRule",
            tag: Self.tag,
            "One rule",
            parameters: [Self.id.specification],
            responses: [.json(200, RuleSchema.answer, "The rule."), .unavailable],
            missing: .noSuchRule
        ) { call throws(APIProblem) in .json(try await rule(call).json) }
    }

    private var replace: Route {
        Route(
            .put,
            "\(Self.path){id}",
            operation: "replaceAlertRule",
            tag: Self.tag,
            "Replace all settings of a rule; what is left out goes back to its default",
            parameters: [Self.id.specification],
            body: RuleSchema.replacement,
            responses: [.json(200, RuleSchema.answer, "The rule."), .badComparison, .changedMeanwhile, .unavailable],
            missing: .noSuchRule
        ) { call throws(APIProblem) in
            try await update(call) { rule throws(APIProblem) in
                try await reader.rule(call.body, replacing: rule, now: now())
            }
        }
    }

    private var change: Route {
        Route(
            .patch,
            "\(Self.path){id}",
            operation: "changeAlertRule",
            tag: Self.tag,
            "Change some settings of a rule; another query, or a pause, ends its incidents",
            parameters: [Self.id.specification],
            body: RuleSchema.change,
            responses: [.json(200, RuleSchema.answer, "The rule."), .badComparison, .changedMeanwhile, .unavailable],
            missing: .noSuchRule
        ) { call throws(APIProblem) in
            try await update(call) { rule throws(APIProblem) in try await reader.change(call.body, of: rule) }
        }
    }

    private var delete: Route {
        Route(
            .delete,
            "\(Self.path){id}",
            operation: "deleteAlertRule",
            tag: Self.tag,
            "Delete a rule with its events; its incidents end",
            parameters: [Self.id.specification],
            responses: [.empty(204, "It is gone."), .unavailable],
            missing: .noSuchRule
        ) { call throws(APIProblem) in
            let id = AlertRuleID(rawValue: try call[Self.id])
            let existed = try await stored { () async throws(StorageError) in
                try await services.editor.delete(id, at: now())
            }
            guard existed else { throw .noSuchRule }
            return Response(.noContent)
        }
    }

    private func rule(_ call: Call) async throws(APIProblem) -> StoredRule {
        let id = AlertRuleID(rawValue: try call[Self.id])
        let rule = try await stored { () async throws(StorageError) in try await services.rules.rule(id) }
        guard let rule else { throw .noSuchRule }
        return rule
    }

    /// Reads, changes and writes; again when somebody else wrote in between.
    private func update(
        _ call: Call,
        _ change: (AlertRule) async throws(APIProblem) -> AlertRule
    ) async throws(APIProblem) -> Response {
        var attempt = 1
        while true {
            let changed = try await change(try await rule(call).rule)
            do throws(StorageError) {
                return .json(try await services.editor.update(changed, at: now()).json)
            } catch {
                if error == .notFound { throw .noSuchRule }
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
