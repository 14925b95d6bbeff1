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
            component: "Server",
            fields: MonitoredServer.fields,
            of: \.self,
            missing: .noSuchServer,
            number: { $0.id.rawValue },
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
            return page.response(to: call, path: Self.path, servers.map { (resource.number($0), resource.json($0)) })
        }
    }

    private var create: Route {
        resource.create("Add a server that Prometheus scrapes") { body throws(APIProblem) in
            let new = try MonitoredServer.fields.taking(body, over: MonitoredServer(at: now()))
            return try await stored { () async throws(StorageError) in try await services.servers.insert(new) }
        }
    }

    private var replace: Route {
        resource.replace("Replace a server; what is left out goes back to its default") {
            id,
            body throws(APIProblem) in
            let blank = MonitoredServer(id: ServerID(rawValue: id), at: now())
            let new = try MonitoredServer.fields.taking(body, over: blank)
            return try await stored { () async throws(StorageError) in
                try await services.editor.replace(new, at: now())
            }
        }
    }

    private var change: Route {
        resource.change("Change some members of a server; one that is paused ends the incidents of its rules") {
            id,
            body throws(APIProblem) in
            let change = try MonitoredServer.fields.change(body, of: MonitoredServer(at: now()))
            return try await stored { () async throws(StorageError) in
                try await services.editor.change(ServerID(rawValue: id), at: now(), change)
            }
        }
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
                .json(200, ServerSummarySchema.answer, "The figures."), .problem(400, "The server is not active."),
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
}

extension APIProblem {
    static let noSuchServer = APIProblem(404, "Server not found")
    static let noPrometheus = APIProblem(503, "No Prometheus is configured: set PROMETHEUS_URL")
}
