import Base
import Domain
import HTTPServer
import Storage

/// `/api/domains/` and `/api/monitoring/`: monitors as domains, for older clients.
struct DomainRoutes: Sendable {
    private let commands: MonitorCommands
    private let reader: HistoryReader
    private let dependencies: APIDependencies
    private static let tag = "Domains"
    private static let id = Parameter.id("id", "The domain's id: the same as the monitor's.")

    init(_ dependencies: APIDependencies) {
        self.dependencies = dependencies
        commands = MonitorCommands(dependencies: dependencies)
        reader = HistoryReader(dependencies)
    }

    var routes: [Route] { [create, list, show, check, history] }

    private var input: Schema {
        // A domain is a monitor of the standard kind: its URL is the setting that the kind requires.
        let target = dependencies.kinds.standard.members.first(where: \.isRequired)?.schema ?? .string()
        let name = Schema.string(
            length: 1...MonitorLimits.nameLength,
            pattern: PlainText.linePattern,
            example: "Example",
            rule: PlainText.name
        )
        return .object(
            "DomainIn",
            [
                .required("name", name, "Its name, unique."),
                .required("url", target, "The URL that is checked every minute; unique."),
                .optional("is_active", .boolean, default: true, "Whether it is checked."),
            ]
        )
    }

    private static let output = Schema.object(
        "DomainOut",
        [
            .required("id", .integer(1...Int64.max, example: 1), "The domain's number."),
            .required("name", .string(example: "Example"), "Its name."),
            .required("url", .string(format: "uri", example: "https://example.com/"), "What is checked."),
            .required("is_active", .boolean, "Whether it is checked."),
            .required("created_at", .timestamp, "When it was created."),
        ]
    )

    private var create: Route {
        Route(
            .post,
            "/api/domains/",
            operation: "createDomain",
            tag: Self.tag,
            "Create a domain; its first check is made at once",
            body: input,
            responses: [
                .json(200, Self.output, "The domain."), .problem(409, "Another domain has this name or URL."),
                .unavailable,
            ]
        ) { call throws(APIProblem) in .json(try await commands.create(call.body, uniqueURL: true).domainJSON) }
    }

    private var list: Route {
        Route(
            .get,
            "/api/domains/",
            operation: "listDomains",
            tag: Self.tag,
            "Domains ordered by id; X-Next-Cursor and Link lead to the next page",
            parameters: MonitorListParameters.all,
            responses: [.page(Self.output, "The domains."), .unavailable]
        ) { call throws(APIProblem) in
            let query = try MonitorListQuery(call)
            let page = try await stored { () async throws(StorageError) in
                try await dependencies.monitors.list(query.filter, after: query.cursor, limit: query.limit)
            }
            return page.response(query, path: "/api/domains/", page.items.map(\.monitor.domainJSON))
        }
    }

    private var show: Route {
        Route(
            .get,
            "/api/domains/{id}",
            operation: "getDomain",
            tag: Self.tag,
            "One domain",
            parameters: [Self.id.specification],
            responses: [.json(200, Self.output, "The domain."), .unavailable],
            missing: .notFound
        ) { call throws(APIProblem) in
            let id = MonitorID(rawValue: try call[Self.id])
            return .json(try await commands.monitor(id, missing: .notFound).domainJSON)
        }
    }

    private var check: Route {
        CheckRoute(dependencies, commands).route(
            "/api/monitoring/{id}/check",
            operation: "checkDomain",
            tag: Self.tag,
            missing: .notFound
        )
    }

    private var history: Route {
        Route(
            .get,
            "/api/monitoring/{id}/history",
            operation: "getDomainHistory",
            tag: Self.tag,
            "Results of a domain, newest first",
            parameters: [Self.id.specification] + HistoryParameters.all,
            responses: [.json(200, .array(ResultSchema.domain), "The results."), .unavailable],
            missing: .notFound
        ) { call throws(APIProblem) in
            let id = MonitorID(rawValue: try call[Self.id])
            let monitor = try await commands.monitor(id, missing: .notFound)
            return .json(.array(try await reader.history(of: monitor.id, call).map(\.domainJSON)))
        }
    }
}

extension MonitorPage {
    /// A page with the links to the next one.
    func response(_ query: MonitorListQuery, path: String, _ items: [JSONValue]) -> Response {
        .page(items, next: next.map { ("\($0)", query.target(path: path, after: $0)) })
    }
}
