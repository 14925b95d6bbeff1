import Alerting
import Base
import Domain
import HTTPServer

/// `/ws/metrics/{server_id}`: a server's figures over a WebSocket.
struct ServerMetricsRoute: Sendable {
    let services: RuleServices
    let access: AccessPolicy

    private static let id = Parameter.id(
        "server_id",
        "The server's number.",
        isOuter: false,
        refusesWords: true
    )

    var route: Route {
        Route(
            .get,
            "/ws/metrics/{server_id}",
            operation: "openServerMetricsSocket",
            tag: "Servers",
            "A server's figures at once, then every few seconds, over a WebSocket",
            parameters: [Self.id.specification],
            responses: [
                DocumentedResponse(
                    status: 101,
                    description: "The WebSocket is open. Each message has server_id, server_name, timestamp and metrics"
                        + " as in the summary; metrics is null, and error says why, while Prometheus does not answer."
                        + " One with only error comes before the end of what is no server, or no active one.",
                    schema: nil,
                    mediaType: ""
                ),
                .problem(400, "The handshake is malformed."),
                .problem(403, "Pages of other origins may not watch, and a server is named by its number."),
                .problem(426, "The request does not ask for a WebSocket."),
                .problem(503, "There is no Prometheus."),
            ],
            missing: APIProblem(403, "A server is named by its number")
        ) { call throws(APIProblem) in
            guard access.isTrusted(call.request) else {
                throw APIProblem(403, "Pages of other origins may not watch here")
            }
            guard let feed = services.feed else { throw .noPrometheus }
            let id = ServerID(rawValue: try call[Self.id])
            return .webSocket { socket in try await ServerMetricsSocket(feed: feed, server: id, socket: socket).run() }
        }
    }
}
