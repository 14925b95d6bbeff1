import Base
import HTTPServer
import Live

/// One reader over a WebSocket: sends events and takes commands in one task.
struct LiveSocket {
    let subscription: LiveSubscription
    let socket: WebSocket
    let now: @Sendable () -> Timestamp

    /// After this many invalid messages the socket is closed.
    private static let faultLimit = 10

    /// Serves until the client leaves or the subscription ends.
    func run() async throws {
        await socket.onMessage { [subscription] in subscription.wake() }
        try await sendState(id: subscription.startID)
        var faults = 0
        while true {
            // One command, then the available events: neither keeps the other waiting.
            if let message = await socket.take() {
                if try await !execute(message) { faults += 1 }
                if faults == Self.faultLimit {
                    return await socket.close(1008, reason: "too many messages that are no commands")
                }
                subscription.wake()
            }
            switch await subscription.next() {
            case .events(let events):
                for event in events { try await socket.send(utf8: event.json) }
            case .reset(let id):
                let reason = JSONValue.string("events after the last id are not kept; read everything anew")
                try await send("reset", id: id, ["reason": reason])
            case .woken: break
            case .ended(.slow): return await socket.close(1013, reason: LiveEnd.slow.reason)
            case .ended(.stopping): return await socket.close(1001, reason: LiveEnd.stopping.reason)
            case .ended(.cancelled): return
            }
        }
    }

    /// Carries out a client's command; false when the message was not a valid one.
    private func execute(_ message: WebSocket.Message) async throws(HTTPServerError) -> Bool {
        let command: LiveCommand
        do throws(LiveCommand.ParseError) {
            command = try LiveCommand(message)
            let filter = try command.applied(to: subscription.filter)
            guard command == .ping || subscription.change(filter) else {
                throw LiveCommand.ParseError("the filters of all readers are too long; try again later")
            }
        } catch {
            try await send("error", ["reason": .string(error.message)])
            return false
        }
        if command == .ping { try await send("pong", [:]) } else { try await sendState() }
        return true
    }

    /// Sends the current filter.
    private func sendState(id: UInt64? = nil) async throws(HTTPServerError) {
        let filter = subscription.filter
        let monitors = filter.monitors.map { JSONValue.array($0.sorted().map { .integer($0) }) }
        let topics = JSONValue.array(filter.topics.topics.map { .string($0.rawValue) })
        try await send("subscribed", id: id, ["topics": topics, "monitors": monitors ?? .null])
    }

    private func send(_ type: String, id: UInt64? = nil, _ data: JSONValue) async throws(HTTPServerError) {
        var object = JSONObject([("type", .string(type)), ("at", .string(now().description)), ("data", data)])
        if let id { object["id"] = .integer(Int64(id)) }
        try await socket.send(JSONValue.object(object).description)
    }
}
