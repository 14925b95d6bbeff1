import Base
import HTTPServer
import Live

/// Live events, as server-sent events and over a WebSocket.
struct LiveRoutes: Sendable {
    private let dependencies: APIDependencies
    private static let tag = "Live events"

    init(_ dependencies: APIDependencies) { self.dependencies = dependencies }

    var routes: [Route] { [events, socket] }

    private var events: Route {
        Route(
            .get,
            "/api/v1/events",
            operation: "getEvents",
            tag: Self.tag,
            "Changes of monitors and incidents, and results, as they happen (server-sent events)",
            parameters: LiveParameters.all,
            responses: [
                DocumentedResponse(
                    status: 200,
                    description: "A stream that lasts until the reader leaves. Each event's name is its topic and its"
                        + " data this object; reset says that events before it are not kept, dropped and closed why"
                        + " the stream ends.",
                    schema: LiveSchema.event,
                    mediaType: "text/event-stream"
                ),
                Self.unavailable,
            ]
        ) { call throws(APIProblem) in
            let subscription = try await subscribe(call)
            return .events(heartbeat: .seconds(15)) { writer in
                try await LiveStream(subscription: subscription, writer: writer).run()
            }
        }
    }

    private var socket: Route {
        Route(
            .get,
            "/ws/live",
            operation: "openLiveSocket",
            tag: Self.tag,
            "The same over a WebSocket, whose client may change what it listens to",
            parameters: LiveParameters.all,
            responses: [
                DocumentedResponse(
                    status: 101,
                    description: "The WebSocket is open. Messages of the server are events, and the types subscribed,"
                        + " reset, pong and error; the client sends {\"action\": \"subscribe\" or \"unsubscribe\","
                        + " \"topics\": [...], \"monitors\": [...]} and {\"action\": \"ping\"}.",
                    schema: nil,
                    mediaType: ""
                ),
                .problem(400, "The handshake is malformed."),
                .problem(403, "Pages of other origins may not listen here."),
                .problem(426, "The request does not ask for a WebSocket."),
                Self.unavailable,
            ]
        ) { call throws(APIProblem) in
            guard dependencies.access.isTrusted(call.request) else {
                throw APIProblem(403, "Pages of other origins may not listen here")
            }
            let subscription = try await subscribe(call)
            let now = dependencies.now
            return .webSocket { socket in
                try await LiveSocket(subscription: subscription, socket: socket, now: now).run()
            }
        }
    }

    private static let unavailable = DocumentedResponse.problem(503, "There are too many readers; try again.")

    private func subscribe(_ call: Call) async throws(APIProblem) -> LiveSubscription {
        let request = try await LiveRequest(call, dependencies.monitors)
        do throws(LiveError) {
            return try dependencies.live.subscribe(request.filter, resume: request.resume)
        } catch {
            let detail =
                switch error {
                case .full: "There are too many readers of live events; try again"
                case .stopping: "The server is stopping"
                }
            throw APIProblem(503, detail, fields: [("Retry-After", "5")])
        }
    }
}
