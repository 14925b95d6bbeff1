import Base
import TestSupport

/// What a webhook has been sent, by incident; a repeated key counts once.
final class NotifiedEvents: Sendable {
    private let state = Locked((keys: Set<String>(), events: [Int64: [String]](), links: Set<String>()))
    var events: [Int64: [String]] { state.withLock { $0.events } }
    /// The links in them, of either sort.
    var links: Set<String> { state.withLock { $0.links } }

    func take(_ request: String, _ connection: TargetConnection) {
        let lines = request.split(separator: "\r\n", omittingEmptySubsequences: false)
        let key = lines.first { $0.lowercased().hasPrefix("idempotency-key:") }.map(String.init) ?? ""
        let items = (try? JSONValue(parsing: String(lines.last ?? "")))?["items"]?.arrayValue ?? []
        state.withLock { state in
            guard state.keys.insert(key).inserted else { return }
            for item in items {
                state.links.formUnion(["link", "acknowledge_link"].compactMap { item[$0]?.stringValue })
                state.events[item["incident_id"]?.integerValue ?? 0, default: []]
                    .append(item["event"]?.stringValue ?? "")
            }
        }
        connection.respond(body: "ok")
    }
}
