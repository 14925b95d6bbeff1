import Base
import HTTPServer
import Live

/// One reader of server-sent events.
struct LiveStream {
    let subscription: LiveSubscription
    let writer: EventWriter

    /// How long a client waits before it reconnects, in milliseconds.
    private static let retry = 3000
    /// The most bytes of events that are written together.
    private static let pieceBytes = 32 * 1024

    /// Writes events until the client leaves or the subscription ends.
    func run() async throws {
        // An id without data makes no event, but the client sends it when it reconnects.
        try await writer.send(encoded: Array("retry: \(Self.retry)\nid: \(subscription.startID)\n\n".utf8))
        while true {
            switch await subscription.next() {
            case .events(let events): try await write(events)
            case .reset(let id):
                let data = #"{"id":\#(id),"reason":"events after the last id are not kept; read everything anew"}"#
                try await writer.send(ServerSentEvent(id: "\(id)", event: "reset", data: data))
            case .woken: break
            case .ended(let end): return try await finish(end)
            }
        }
    }

    private func write(_ events: [LiveEvent]) async throws {
        var bytes: [UInt8] = []
        for event in events {
            bytes.append("id: " as StaticString)
            bytes.append(decimal: Int(event.id))
            bytes.append("\nevent: " as StaticString)
            bytes.append(event.topic.rawValue)
            bytes.append("\ndata: " as StaticString)
            event.append(to: &bytes)
            bytes.append("\n\n" as StaticString)
            guard bytes.count >= Self.pieceBytes else { continue }
            try await writer.send(encoded: bytes)
            bytes = []
        }
        try await writer.send(encoded: bytes)
    }

    private func finish(_ end: LiveEnd) async throws {
        let name: String
        switch end {
        case .slow: name = "dropped"
        case .stopping: name = "closed"
        case .cancelled: return
        }
        try await writer.send(ServerSentEvent(event: name, data: #"{"reason":"\#(end.reason)"}"#))
    }
}
