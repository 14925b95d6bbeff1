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
    private let resource: Resource<MonitoredServer>
    private static let path = "/api/v1/servers/"

    init(_ services: RuleServices, now: @escaping @Sendable () -> Timestamp) {
        (self.services, self.now) = (services, now)
        resource = Resource(
            path: Self.path,
            names: .init(
                tag: "Servers",
                operation: "Server",
                operations: "Servers",
                word: "server",
                words: "servers",
                title: "server"
            ),
            answer: ServerSchema.answer,
            missing: .noSuchServer,
            number: { $0.id.rawValue },
            json: { $0.json },
            find: { id throws(APIProblem) in
                try await stored { () async throws(StorageError) in
                    try await services.servers.server(ServerID(rawValue: id))
                }
            }
        )
    }

    var routes: [Route] { [list, create, resource.show, replace, change, delete, summary] }

    private var list: Route {
        resource.list(order: "Servers ordered by id", parameters: PageParameters.all) {
            call throws(APIProblem) in
            let page = try PageQuery(call)
            let servers = try await stored { () async throws(StorageError) in
                let after = page.cursor.map(ServerID.init(rawValue:))
                return try await services.servers.list(after: after, skip: page.skip, limit: page.limit)
            }
            return page.response(to: call, path: Self.path, servers.map { ($0.id.rawValue, $0.json) })
        }
    }

    private var create: Route {
        resource.create("Add a server that Prometheus scrapes", body: ServerSchema.creation) {
            body throws(APIProblem) in
            var draft = MonitoredServer(
                id: ServerID(rawValue: 0),
                name: "",
                jobName: "",
                instance: "",
                createdAt: now()
            )
            draft.apply(body)
            let new = draft
            return try await stored { () async throws(StorageError) in try await services.servers.insert(new) }
        }
    }

    private var replace: Route {
        resource.replace(
            "Replace a server; what is left out goes back to its default",
            body: ServerSchema.replacement
        ) { id, body throws(APIProblem) in try await change(id, body) { $0.isActive = true } }
    }

    private var change: Route {
        resource.change(
            "Change some members of a server; one that is paused ends the incidents of its rules",
            body: ServerSchema.change
        ) { id, body throws(APIProblem) in try await change(id, body) { _ in } }
    }

    private var delete: Route {
        resource.delete("Delete a server with its rules and their events") { id throws(APIProblem) in
            try await stored { () async throws(StorageError) in
                try await services.editor.delete(ServerID(rawValue: id), at: now())
            }
        }
    }

    private var summary: Route {
        Route(
            .get,
            "/api/v1/metrics/servers/{id}/summary",
            operation: "getServerSummary",
            tag: resource.names.tag,
            "A server's figures as Prometheus has them now",
            parameters: [Parameter.id("id", "The server's number.").specification],
            responses: [
                .json(200, ServerSchema.summary, "The figures."), .problem(400, "The server is not active."),
                .problem(502, "Prometheus cannot be asked; the text says why."),
                .problem(503, "There is no Prometheus, or the store is not available."),
            ],
            missing: .noSuchServer
        ) { call throws(APIProblem) in
            let server = try await resource.item(call)
            guard server.isActive else { throw APIProblem(400, "Server is not active") }
            guard let prometheus = services.prometheus else {
                throw .noPrometheus
            }
            let summary = await prometheus.summary(server.jobName, server.instance)
            if let failure = summary.failure { throw APIProblem(502, failure.absence) }
            return .json(summary.json(of: server))
        }
    }

    /// Has the body's members taken over, after what the body leaves out was seen to; nil when there is no such server.
    private func change(
        _ number: Int64,
        _ body: JSONValue,
        _ prepare: @escaping @Sendable (inout MonitoredServer) -> Void
    ) async throws(APIProblem) -> MonitoredServer? {
        if let given = body["id"]?.integerValue, given != number {
            throw APIProblem([.value("id differs from the one in the path", at: ["body", "id"])])
        }
        return try await stored { () async throws(StorageError) in
            try await services.editor.change(ServerID(rawValue: number), at: now()) { server in
                prepare(&server)
                server.apply(body)
            }
        }
    }
}

extension APIProblem {
    static let noSuchServer = APIProblem(404, "Server not found")
    static let noPrometheus = APIProblem(503, "No Prometheus is configured: set PROMETHEUS_URL")
}
