import Base
import HTTPServer
import Push
import Storage

/// The URLs for pings: `/ping/…` as in Healthchecks, `/api/push/…` as in Uptime Kuma.
///
/// There is no login: the token is the secret. Pings of both programs are accepted, so that existing curl commands keep
/// working, and no ping is refused for its text or for a further member of its query.
struct PushRoutes: Sendable {
    private let receiver: any PushReceiver
    private static let tag = "Push"
    /// Longer bodies are refused; of shorter ones only the first part is kept.
    static let bodyLimit = 1 << 20

    init(_ receiver: any PushReceiver) { self.receiver = receiver }

    var routes: [Route] {
        [
            ping(.get, "pingSuccess"), ping(.post, "postPingSuccess"), ping(.put, "putPingSuccess"),
            event(.get, "pingEvent"), event(.post, "postPingEvent"), event(.put, "putPingEvent"),
            push(.get, "pushStatus"), push(.post, "postPushStatus"), push(.put, "putPushStatus"),
        ]
    }

    private static let token = Parameter.word(
        "token",
        "The secret of the monitor: its setting token.",
        example: "0b0e7a0e-6f0a-4f0c-9d2f-3a1f8e6b5c4d"
    )
    private static let event = Parameter.word(
        "event",
        "start, fail, log, or the exit status of a job, 0 to 255.",
        example: "start"
    )
    private static let run = Parameter<String?>.optional(
        "rid",
        .string(format: "uuid"),
        "The run that it belongs to; needed when runs may overlap. Empty counts as none."
    ) { text throws(Schema.TextError) in text }
    private static let create = text("create", "Accepted for compatibility with other programs, and ignored.")
    private static let status = text("status", "up or down; up by default.")
    private static let message = text("msg", "A message in one line; \(PushPing.messageLimit) characters are kept.")
    private static let latency = text("ping", "Milliseconds that the sender measured.")

    private static func text(_ name: String, _ description: String) -> Parameter<String?> {
        .optional(name, .string(), description) { text throws(Schema.TextError) in text }
    }

    private static let responses: [DocumentedResponse] = [
        .other(200, "text/plain", "OK."),
        .other(400, "text/plain", "The run id is no UUID, or the exit status is above 255."),
        .other(404, "text/plain", "No active monitor has this token."),
        .problem(405, "The monitor accepts only POST."),
        .problem(413, "The body is too large."), .problem(429, "Too many pings."), .unavailable,
    ]

    private static let notFound = Response.text("not found", status: .notFound)

    // MARK: Healthchecks

    private func ping(_ method: Method, _ operation: String) -> Route {
        Route(
            method,
            "/ping/{token}",
            operation: operation,
            tag: Self.tag,
            "Report success; the body is kept for a failure",
            parameters: [Self.token.specification, Self.run.specification, Self.create.specification],
            readsAnyQuery: true,
            responses: Self.responses
        ) { call throws(APIProblem) in try await answer(.success, call) }
    }

    private func event(_ method: Method, _ operation: String) -> Route {
        Route(
            method,
            "/ping/{token}/{event}",
            operation: operation,
            tag: Self.tag,
            "Report a start, a failure, an exit status, or something for the log",
            parameters: [
                Self.token.specification, Self.event.specification, Self.run.specification, Self.create.specification,
            ],
            readsAnyQuery: true,
            responses: Self.responses
        ) { call throws(APIProblem) in
            let word = try call[Self.event]
            let event: PushEvent?
            do throws(PushEvent.NoExitStatus) { event = try PushEvent(word: word) } catch {
                return .text("invalid url format", status: .badRequest)
            }
            guard let event else { return Self.notFound }
            return try await answer(event, call)
        }
    }

    private func answer(_ event: PushEvent, _ call: Call) async throws(APIProblem) -> Response {
        var ping = PushPing(event)
        if let run = try call[Self.run], !run.isEmpty {
            guard let id = PushPing.runID(run) else { return .text("invalid uuid format", status: .badRequest) }
            ping.runID = id
        }
        return try await take(ping, call) ? Self.isTaken : Self.notFound
    }

    private static let isTaken = Response.text("OK")

    // MARK: Uptime Kuma

    private static let answer = Schema.object(
        "PushAnswer",
        [
            .required("ok", .boolean, "Whether it was accepted."),
            .optional("msg", .string(), default: "", "Why it was not."),
        ]
    )

    private func push(_ method: Method, _ operation: String) -> Route {
        Route(
            method,
            "/api/push/{token}",
            operation: operation,
            tag: Self.tag,
            "Report up or down with a message and a latency",
            parameters: [
                Self.token.specification, Self.status.specification, Self.message.specification,
                Self.latency.specification,
            ],
            readsAnyQuery: true,
            responses: [
                .json(200, Self.answer, "It was accepted."), .json(400, Self.answer, "The status is invalid."),
                .json(404, Self.answer, "No active monitor has this token."),
                .json(405, Self.answer, "The monitor accepts only POST."),
                .json(413, Self.answer, "The body is too large."), .json(429, Self.answer, "Too many pings."),
                .json(503, Self.answer, "The ping cannot be stored now."),
            ]
        ) { call throws(APIProblem) in
            do throws(APIProblem) { return try await status(call) } catch {
                // These senders read `ok` and `msg`.
                let words =
                    switch error.detail {
                    case .text(let text): text
                    case .issues(let issues): issues.first?.message ?? error.title
                    }
                var response = Response.json(["ok": false, "msg": .string(words)], status: Status(error.status))
                for (name, value) in error.fields { response.headers.append(name, value) }
                return response
            }
        }
    }

    private func status(_ call: Call) async throws(APIProblem) -> Response {
        let event: PushEvent
        switch try call[Self.status] ?? "up" {
        case "up": event = .success
        case "down": event = .fail
        default: throw APIProblem(400, "The status is up or down.")
        }
        var ping = PushPing(event)
        ping.message = try call[Self.message]
        ping.latency = try call[Self.latency].flatMap(Self.milliseconds)
        guard try await take(ping, call) else { throw APIProblem(404, "Monitor not found or not active.") }
        return .json(["ok": true])
    }

    /// The measured duration; nil when the text is not a number, since senders may leave it empty.
    private static func milliseconds(_ text: String) -> Duration? {
        guard let number = Double(text), (0...86_400_000).contains(number) else { return nil }
        return .microseconds(Int64((number * 1000).rounded()))
    }

    // MARK: Both

    /// Takes a ping; false when no monitor has the token.
    ///
    /// Throws 405, 413, 429 and 503.
    private func take(_ ping: PushPing, _ call: Call) async throws(APIProblem) -> Bool {
        let token = try call[Self.token]
        switch await receiver.admit(token, isPost: call.request.method == .post) {
        case .accepted: break
        case .unknown: return false
        case .wrongMethod: throw APIProblem(405, "This monitor takes POST alone", fields: [("Allow", "POST")])
        case .limited(let seconds):
            throw APIProblem(429, "Too many pings of this monitor", fields: [("Retry-After", "\(seconds)")])
        case .loading: throw APIProblem(503, "The monitors are being read", fields: [("Retry-After", "1")])
        }
        var ping = ping
        ping.body = try await Self.body(of: call.request)
        ping.source = call.request.remoteAddress
        do throws(StorageError) {
            return try await receiver.take(ping, for: token)
        } catch {
            throw APIProblem(503, "The ping could not be stored; try again", fields: [("Retry-After", "5")])
        }
    }

    /// The first part of the body; the rest is read and dropped.
    private static func body(of request: Request) async throws(APIProblem) -> [UInt8] {
        let tooLarge = APIProblem(413, "The body is larger than \(bodyLimit) bytes")
        if let length = request.body.length, length > bodyLimit { throw tooLarge }
        if let bytes = request.body.buffered { return Array(bytes.prefix(PushPing.bodyLimit)) }
        var kept: [UInt8] = []
        var count = 0
        do throws(HTTPServerError) {
            for try await piece in request.body {
                count += piece.count
                if count > bodyLimit { break }
                kept.append(contentsOf: piece.prefix(PushPing.bodyLimit - kept.count))
            }
        } catch {
            throw APIProblem(400, "The body did not arrive")  // The server has answered or the client has gone.
        }
        guard count <= bodyLimit else { throw tooLarge }
        return kept
    }
}
