import Base
import HTTPServer
import Live

/// One reader over a WebSocket: events go out, commands come in.
struct LiveSocket {
    let subscription: LiveSubscription
    let socket: WebSocket
    let now: @Sendable () -> Timestamp

    /// After so many messages that are no commands the socket is closed.
    private static let faultLimit = 10

    /// Serves until the client leaves or nothing more comes.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await feed() }
            group.addTask { try? await obey() }
            await group.next()
            group.cancelAll()
        }
    }

    // MARK: Out

    private func feed() async throws(HTTPServerError) {
        try await sendState(id: subscription.startID)
        while true {
            switch await subscription.next() {
            case .events(let events):
                for event in events { try await socket.send(utf8: event.json) }
            case .reset(let id):
                let reason = JSONValue.string("events after the last id are not kept; read everything anew")
                try await send("reset", id: id, ["reason": reason])
            case .ended(.slow): return await socket.close(1013, reason: LiveEnd.slow.reason)
            case .ended(.stopping): return await socket.close(1001, reason: LiveEnd.stopping.reason)
            case .ended(.cancelled): return
            }
        }
    }

    /// Tells what is listened to.
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

    // MARK: In

    private func obey() async throws(HTTPServerError) {
        var faults = 0
        while let message = try await socket.receive() {
            do throws(LiveCommand.Fault) {
                let command = try LiveCommand(message)
                let filter = try command.applied(to: subscription.filter)
                if command == .ping {
                    try? await send("pong", [:])
                    continue
                }
                guard subscription.change(filter) else {
                    throw LiveCommand.Fault("the filters of all readers are too long; try again later")
                }
                try? await sendState()
            } catch {
                faults += 1
                try await send("error", ["reason": .string(error.message)])
                if faults == Self.faultLimit {
                    return await socket.close(1008, reason: "too many messages that are no commands")
                }
            }
        }
    }
}
