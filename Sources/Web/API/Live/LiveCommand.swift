import Base
import HTTPServer
import Live

/// A command of a WebSocket client.
enum LiveCommand: Equatable {
    case ping
    /// nil leaves topics or monitors as they are.
    case subscribe(LiveTopics?, Set<Int64>?)
    case unsubscribe(LiveTopics?, Set<Int64>?)

    /// Why a message is not a valid command; for the client.
    struct ParseError: Error, Equatable {
        let message: String
        init(_ message: String) { self.message = message }
    }

    init(_ message: WebSocket.Message) throws(ParseError) {
        guard case .text(let text) = message else { throw ParseError("a message must be a text") }
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(parsing: Array(text.utf8), maximumDepth: 4)
        } catch {
            throw ParseError("the message is not JSON: \(error)")
        }
        guard case .object(let object) = value else { throw ParseError("a message must be an object") }
        guard let action = object["action"]?.stringValue else {
            throw ParseError("action is missing: subscribe, unsubscribe or ping")
        }
        let allowed = action == "ping" ? ["action"] : ["action", "topics", "monitors"]
        guard object.members.allSatisfy({ allowed.contains($0.key) }) else {
            throw ParseError(
                "the members of \(action == "ping" ? "a ping" : "a message") are \(allowed.joined(separator: ", "))"
            )
        }
        let (topics, monitors) = (try Self.topics(object["topics"]), try Self.monitors(object["monitors"]))
        switch action {
        case "ping": self = .ping
        case "subscribe", "unsubscribe":
            guard topics != nil || monitors != nil else { throw ParseError("topics or monitors must be given") }
            self = action == "subscribe" ? .subscribe(topics, monitors) : .unsubscribe(topics, monitors)
        default: throw ParseError("the actions are subscribe, unsubscribe and ping")
        }
    }

    private static func topics(_ value: JSONValue?) throws(ParseError) -> LiveTopics? {
        guard let value else { return nil }
        guard let words = value.arrayValue else { throw ParseError("topics must be an array") }
        var topics: LiveTopics = []
        for word in words {
            guard let topic = word.stringValue.flatMap(LiveTopic.init) else {
                throw ParseError("the topics are monitor, incident and result")
            }
            topics.insert(LiveTopics(topic))
        }
        return topics
    }

    private static func monitors(_ value: JSONValue?) throws(ParseError) -> Set<Int64>? {
        guard let value else { return nil }
        guard let numbers = value.arrayValue else { throw ParseError("monitors must be an array") }
        guard numbers.count <= LiveFilter.monitorLimit else { throw tooManyMonitors }
        var monitors: Set<Int64> = []
        for number in numbers {
            guard let id = number.integerValue, id > 0 else { throw ParseError("monitors must be positive integers") }
            monitors.insert(id)
        }
        return monitors
    }

    private static let tooManyMonitors = ParseError("at most \(LiveFilter.monitorLimit) monitors may be named")

    /// The reader's filter after the command.
    func applied(to filter: LiveFilter) throws(ParseError) -> LiveFilter {
        var filter = filter
        switch self {
        case .ping: break
        case .subscribe(let topics, let monitors):
            filter.topics.formUnion(topics ?? [])
            if let monitors { filter.monitors = (filter.monitors ?? []).union(monitors) }
        case .unsubscribe(let topics, let monitors):
            filter.topics.subtract(topics ?? [])
            if let monitors {
                guard let known = filter.monitors else {
                    throw ParseError("all monitors are listened to: subscribe to some before you unsubscribe from one")
                }
                filter.monitors = known.subtracting(monitors)
            }
        }
        guard filter.monitors?.count ?? 0 <= LiveFilter.monitorLimit else { throw Self.tooManyMonitors }
        return filter
    }
}
