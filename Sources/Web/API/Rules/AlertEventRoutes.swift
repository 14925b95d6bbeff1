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
    private static let server = PageParameters.number("server_id", "Only events of this server.")
    private static let rule = PageParameters.number("alert_rule_id", "Only events of this rule.")
    private static let status = Parameter<String?>.optional(
        "status_filter",
        .oneOf(AlertEvent.Status.allCases.map(\.rawValue)),
        "Only events of this status."
    ) { text throws(Schema.TextFault) in text }

    var routes: [Route] { [list, show] }

    private var list: Route {
        Route(
            .get,
            Self.path,
            operation: "listAlertEvents",
            tag: Self.tag,
            "What the rules found, newest first; X-Next-Cursor leads to the next page",
            parameters: PageParameters.all + [
                Self.server.specification, Self.rule.specification, Self.status.specification,
            ],
            responses: [.json(200, .array(RuleSchema.event), "The events."), .unavailable]
        ) { call throws(APIProblem) in
            let page = try PageQuery(call)
            let filter = AlertEventRepository.Filter(
                server: try call[Self.server].map(ServerID.init(rawValue:)),
                rule: try call[Self.rule].map(AlertRuleID.init(rawValue:)),
                status: try call[Self.status].flatMap(AlertEvent.Status.init)
            )
            let found = try await stored { () async throws(StorageError) in
                try await events.list(filter, before: page.cursor, skip: page.skip, limit: page.limit)
            }
            return page.response(found.map { ($0.id, $0.json) })
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
