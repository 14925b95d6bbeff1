import Alerting
import Base
import Domain
import HTTPServer
import Storage

/// `/api/v1/incidents` and the paths below it.
struct IncidentRoutes: Sendable {
    private let alerting: AlertingDependencies
    private let now: @Sendable () -> Timestamp
    private static let tag = "Incidents"
    private static let path = "/api/v1/incidents"
    private static let id = Parameter.id("id", "The incident's number.")
    private static let limit = Parameter.integer("limit", 1...1000, default: 100, "How many lines, oldest first.")
    private static let cursor = Parameter<Int64?>.number("cursor", "Only lines after this one.")
    private static let after = Parameter<Int64?>.number("after", "The same as cursor.")

    init(_ dependencies: APIDependencies) { (alerting, now) = (dependencies.alerting, dependencies.now) }

    var routes: [Route] { [list, show, timeline, acknowledge, comment, resolve] }

    private var list: Route {
        Route(
            .get,
            Self.path,
            operation: "listIncidents",
            tag: Self.tag,
            "Incidents, newest first; X-Next-Cursor and Link lead to the next page",
            parameters: IncidentListParameters.all,
            responses: [.page(IncidentSchema.answer, "The incidents."), .unavailable]
        ) { call throws(APIProblem) in
            let filter = try IncidentFilter(call)
            let limit = try call[IncidentListParameters.limit]
            let before = try call[IncidentListParameters.cursor].map(IncidentID.init(rawValue:))
            let found = try await stored { () async throws(StorageError) in
                try await alerting.incidents.list(filter, before: before, limit: limit + 1)
            }
            let now = now()
            return Page(found, limit: limit) { $0.id.rawValue }.response(to: call, path: Self.path) { $0.json(at: now) }
        }
    }

    private var show: Route {
        Route(
            .get,
            "\(Self.path)/{id}",
            operation: "getIncident",
            tag: Self.tag,
            "One incident",
            parameters: [Self.id.specification],
            responses: [.json(200, IncidentSchema.answer, "The incident."), .unavailable],
            missing: .noSuchIncident
        ) { call throws(APIProblem) in .json(try await incident(call).json(at: now())) }
    }

    private var timeline: Route {
        Route(
            .get,
            "\(Self.path)/{id}/timeline",
            operation: "getIncidentTimeline",
            tag: Self.tag,
            "What happened in an incident, oldest first; X-Next-Cursor and Link lead to the next page",
            parameters: [
                Self.id.specification, Self.limit.specification, Self.cursor.specification, Self.after.specification,
            ],
            responses: [.page(IncidentSchema.event, "The lines."), .unavailable],
            missing: .noSuchIncident
        ) { call throws(APIProblem) in
            let id = try await incident(call).id
            let limit = try call[Self.limit]
            let after = try call.value(Self.cursor, or: Self.after) ?? 0
            let found = try await stored { () async throws(StorageError) in
                try await alerting.incidents.events(of: id, after: after, limit: limit + 1)
            }
            let page = Page(found, limit: limit, number: \.id)
            let path = "\(Self.path)/\(id)/timeline"
            return page.response(to: call, path: path, synonyms: ["after"], \.json)
        }
    }

    private var acknowledge: Route {
        action(
            "acknowledge",
            operation: "acknowledgeIncident",
            "Acknowledge an incident: no reminders from then on; no effect when it is acknowledged already",
            refusal: "It is resolved."
        ) { id, author, comment throws(IncidentCommands.CommandError) in
            try await alerting.commands.acknowledge(id, by: author, comment: comment)
        }
    }

    private var resolve: Route {
        action(
            "resolve",
            operation: "resolveIncident",
            "End an incident that does not end by itself",
            refusal: "It is resolved already, or cannot be: its monitor is still down, or its rule still fires."
        ) { id, author, comment throws(IncidentCommands.CommandError) in
            try await alerting.commands.resolve(id, by: author, comment: comment)
        }
    }

    private var comment: Route {
        Route(
            .post,
            "\(Self.path)/{id}/comment",
            operation: "commentIncident",
            tag: Self.tag,
            "Add a line to an incident's timeline, also when it is over",
            parameters: [Self.id.specification],
            body: IncidentSchema.comment,
            responses: [
                .json(200, IncidentSchema.answer, "The incident."), .problem(409, "The timeline is full."),
                .unavailable,
            ],
            missing: .noSuchIncident
        ) { call throws(APIProblem) in
            let (id, text) = (IncidentID(rawValue: try call[Self.id]), call.body["text"]?.stringValue ?? "")
            return try await answer { () async throws(IncidentCommands.CommandError) in
                try await alerting.commands.comment(id, text, by: call.body["author"]?.stringValue)
            }
        }
    }

    private func action(
        _ name: String,
        operation: String,
        _ summary: String,
        refusal: String,
        _ act:
            @escaping @Sendable (IncidentID, String?, String?) async throws(IncidentCommands.CommandError) -> Incident
    ) -> Route {
        Route(
            .post,
            "\(Self.path)/{id}/\(name)",
            operation: operation,
            tag: Self.tag,
            summary,
            parameters: [Self.id.specification],
            body: IncidentSchema.action,
            needsBody: false,
            responses: [
                .json(200, IncidentSchema.answer, "The incident."), .problem(409, refusal), .unavailable,
            ],
            missing: .noSuchIncident
        ) { call throws(APIProblem) in
            let id = IncidentID(rawValue: try call[Self.id])
            return try await answer { () async throws(IncidentCommands.CommandError) in
                try await act(id, call.body["author"]?.stringValue, call.body["comment"]?.stringValue)
            }
        }
    }

    private func incident(_ call: Call) async throws(APIProblem) -> Incident {
        let id = IncidentID(rawValue: try call[Self.id])
        let found = try await stored { () async throws(StorageError) in try await alerting.incidents.incident(id) }
        guard let found else { throw .noSuchIncident }
        return found
    }

    private func answer(
        _ command: () async throws(IncidentCommands.CommandError) -> Incident
    ) async throws(APIProblem) -> Response {
        do throws(IncidentCommands.CommandError) {
            return .json(try await command().json(at: now()))
        } catch {
            throw APIProblem(error)
        }
    }
}

extension APIProblem {
    static let noSuchIncident = APIProblem(404, "Incident not found")

    init(_ fault: IncidentCommands.CommandError) {
        switch fault {
        case .notFound: self = .noSuchIncident
        case .resolved: self.init(409, "The incident is resolved already")
        case .stillDown:
            self.init(409, "The monitor is still down: its incident ends when it is up again, or is paused")
        case .endsByItself:
            self.init(409, "The incident ends by itself, when the rule no longer fires or the network is back")
        case .full: self.init(409, "The incident's timeline is full")
        case .store(let error): self.init(error)
        }
    }
}
