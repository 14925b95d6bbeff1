import Base
import Domain
import HTTPServer
import Storage

/// `/api/v1/alerts/events/`.
struct AlertEventRoutes: Sendable {
    let events: AlertEventRepository
    private static let tag = "Alert rules"
    private static let path = "/api/v1/alerts/events/"
    private static let id = Parameter.id("id", "The event's number.")
    private static let server = Parameter<Int64?>.number("server_id", "Only events of this server.")
    private static let rule = Parameter<Int64?>.number("alert_rule_id", "Only events of this rule.")
    private static let status = Parameter<AlertEvent.Status?>.choice("status", "Only events of this status.")
    private static let statusFilter = Parameter<AlertEvent.Status?>.choice("status_filter", "The same as status.")

    var routes: [Route] { [list, show] }

    private var list: Route {
        Route(
            .get,
            Self.path,
            operation: "listAlertEvents",
            tag: Self.tag,
            "The events of rules, newest first; X-Next-Cursor and Link lead to the next page",
            parameters: PageParameters.all + [
                Self.server.specification, Self.rule.specification, Self.status.specification,
                Self.statusFilter.specification,
            ],
            responses: [.page(RuleSchema.event, "The events."), .unavailable]
        ) { call throws(APIProblem) in
            let page = try PageQuery(call)
            let filter = AlertEventRepository.Filter(
                server: try call[Self.server].map(ServerID.init(rawValue:)),
                rule: try call[Self.rule].map(AlertRuleID.init(rawValue:)),
                status: try call.value(Self.status, or: Self.statusFilter)
            )
            let found = try await stored { () async throws(StorageError) in
                try await events.list(filter, before: page.cursor, skip: page.skip, limit: page.limit)
            }
            return page.response(to: call, path: Self.path, found.map { ($0.id, $0.json) })
        }
    }

    private var show: Route {
        Route(
            .get,
            "\(Self.path){id}",
            operation: "getAlertEvent",
            tag: Self.tag,
            "One event",
            parameters: [Self.id.specification],
            responses: [.json(200, RuleSchema.event, "The event."), .unavailable],
            missing: .noSuchEvent
        ) { call throws(APIProblem) in
            let id = try call[Self.id]
            let event = try await stored { () async throws(StorageError) in try await events.event(id) }
            guard let event else { throw .noSuchEvent }
            return .json(event.json)
        }
    }
}

extension APIProblem {
    fileprivate static let noSuchEvent = APIProblem(404, "Alert event not found")
}
