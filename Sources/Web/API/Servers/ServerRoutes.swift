import Alerting
import Base
import Domain
import HTTPServer
import PromQL
import Storage

/// `/api/v1/servers/` and the figures of a server.
struct ServerRoutes: Sendable {
    private let services: RuleServices
    private let now: @Sendable () -> Timestamp
    private static let tag = "Servers"
    private static let path = "/api/v1/servers/"
    private static let id = Parameter.id("id", "The server's number.")

    init(_ services: RuleServices, now: @escaping @Sendable () -> Timestamp) {
        (self.services, self.now) = (services, now)
    }

    var routes: [Route] { [list, create, show, replace, change, delete, summary] }

    private var list: Route {
        Route(
            .get,
            Self.path,
            operation: "listServers",
            tag: Self.tag,
            "Servers in the order of their numbers; X-Next-Cursor and Link lead to the next page",
            parameters: PageParameters.all,
            responses: [.page(ServerSchema.answer, "The servers."), .unavailable]
        ) { call throws(APIProblem) in
            let page = try PageQuery(call)
            let servers = try await stored { () async throws(StorageError) in
                let after = page.cursor.map(ServerID.init(rawValue:))
                return try await services.servers.list(after: after, skip: page.skip, limit: page.limit)
            }
            return page.response(to: call, path: Self.path, servers.map { ($0.id.rawValue, $0.json) })
        }
    }

    private var create: Route {
        Route(
            .post,
            Self.path,
            operation: "createServer",
            tag: Self.tag,
            "Add a server that Prometheus scrapes",
            body: ServerSchema.creation,
            responses: [.json(201, ServerSchema.answer, "The server; Location names it."), .unavailable]
        ) { call throws(APIProblem) in
            var draft = MonitoredServer(
                id: ServerID(rawValue: 0),
                name: "",
                jobName: "",
                instance: "",
                createdAt: now()
            )
            draft.apply(call.body)
            let (repository, new) = (services.servers, draft)
            let server = try await stored { () async throws(StorageError) in try await repository.insert(new) }
            var response = Response.json(server.json, status: .created)
            response.headers.append("Location", "\(Self.path)\(server.id)")
            return response
        }
    }

    private var show: Route {
        Route(
            .get,
            "\(Self.path){id}",
            operation: "getServer",
            tag: Self.tag,
            "One server",
            parameters: [Self.id.specification],
            responses: [.json(200, ServerSchema.answer, "The server."), .unavailable],
            missing: .noSuchServer
        ) { call throws(APIProblem) in .json(try await server(call).json) }
    }

    private var replace: Route {
        Route(
            .put,
            "\(Self.path){id}",
            operation: "replaceServer",
            tag: Self.tag,
            "Replace a server; what is left out goes back to its default",
            parameters: [Self.id.specification],
            body: ServerSchema.replacement,
            responses: [.json(200, ServerSchema.answer, "The server."), .unavailable],
            missing: .noSuchServer
        ) { call throws(APIProblem) in
            try await change(call) { $0.isActive = true }
        }
    }

    private var change: Route {
        Route(
            .patch,
            "\(Self.path){id}",
            operation: "changeServer",
            tag: Self.tag,
            "Change some members of a server; one that is paused ends the incidents of its rules",
            parameters: [Self.id.specification],
            body: ServerSchema.change,
            responses: [.json(200, ServerSchema.answer, "The server."), .unavailable],
            missing: .noSuchServer
        ) { call throws(APIProblem) in try await change(call) { _ in } }
    }

    private var delete: Route {
        Route(
            .delete,
            "\(Self.path){id}",
            operation: "deleteServer",
            tag: Self.tag,
            "Delete a server with its rules and their events",
            parameters: [Self.id.specification],
            responses: [.empty(204, "It is gone."), .unavailable],
            missing: .noSuchServer
        ) { call throws(APIProblem) in
            let id = ServerID(rawValue: try call[Self.id])
            let existed = try await stored { () async throws(StorageError) in
                try await services.editor.delete(id, at: now())
            }
            guard existed else { throw .noSuchServer }
            return Response(.noContent)
        }
    }

    private var summary: Route {
        Route(
            .get,
            "/api/v1/metrics/servers/{id}/summary",
            operation: "getServerSummary",
            tag: Self.tag,
            "A server's figures as Prometheus has them now",
            parameters: [Self.id.specification],
            responses: [
                .json(200, ServerSchema.summary, "The figures."), .problem(400, "The server is not active."),
                .problem(502, "Prometheus cannot be asked; the text says why."),
                .problem(503, "There is no Prometheus, or the store is not available."),
            ],
            missing: .noSuchServer
        ) { call throws(APIProblem) in
            let server = try await server(call)
            guard server.isActive else { throw APIProblem(400, "Server is not active") }
            guard let prometheus = services.prometheus else {
                throw .noPrometheus
            }
            let summary = await prometheus.summary(server.jobName, server.instance)
            if let failure = summary.failure { throw APIProblem(502, failure.absence) }
            return .json(summary.json(of: server))
        }
    }

    private func server(_ call: Call) async throws(APIProblem) -> MonitoredServer {
        let id = ServerID(rawValue: try call[Self.id])
        let server = try await stored { () async throws(StorageError) in try await services.servers.server(id) }
        guard let server else { throw .noSuchServer }
        return server
    }

    /// Has the body's members taken over, after what the body leaves out was seen to.
    private func change(
        _ call: Call,
        _ prepare: @escaping @Sendable (inout MonitoredServer) -> Void
    ) async throws(APIProblem) -> Response {
        let id = ServerID(rawValue: try call[Self.id])
        if let given = call.body["id"]?.integerValue, given != id.rawValue {
            throw APIProblem([.value("id differs from the one in the path", at: ["body", "id"])])
        }
        let body = call.body
        let changed = try await stored { () async throws(StorageError) in
            try await services.editor.change(id, at: now()) { server in
                prepare(&server)
                server.apply(body)
            }
        }
        guard let changed else { throw .noSuchServer }
        return .json(changed.json)
    }
}

extension APIProblem {
    static let noSuchServer = APIProblem(404, "Server not found")
    static let noPrometheus = APIProblem(503, "No Prometheus is configured: set PROMETHEUS_URL")
}
