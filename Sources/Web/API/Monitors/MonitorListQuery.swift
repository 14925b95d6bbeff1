import Base
import Domain
import Storage

/// The query parameters of a list of monitors.
enum MonitorListParameters {
    static let limit = Parameter.integer("limit", 1...1000, default: 100, "How many monitors.")
    static let cursor = Parameter<Int64?>.number("cursor", "Continue after this X-Next-Cursor of the previous page.")
    static let after = Parameter<Int64?>.number("after", "The same as cursor.")
    static let query = text("q", "A text in the name or the URL.") { $0 }
    static let tags = Parameter<[String]>.repeated(
        "tag",
        .string(length: 1...256),
        maximumCount: 20,
        "Has this tag; given several times, all of them."
    )
    static let status = Parameter<String?>.optional("status", .oneOf(CurrentStatus.words), "Has this status.") {
        text throws(Schema.TextError) in text
    }

    static let all = [
        limit.specification, cursor.specification, after.specification, query.specification, status.specification,
        tags.specification,
    ]

    private static func text(
        _ name: String,
        _ description: String,
        _ change: @escaping @Sendable (String) -> String
    ) -> Parameter<String?> {
        .optional(name, .string(length: 1...256), description) { text throws(Schema.TextError) in change(text) }
    }
}

/// The filter and page of a list request.
struct MonitorListQuery {
    let filter: MonitorFilter
    let cursor: MonitorID?
    let limit: Int
    private let items: [(name: String, value: String)]

    init(_ call: Call) throws(APIProblem) {
        let cursor = try call.value(MonitorListParameters.cursor, or: MonitorListParameters.after)
        self.cursor = cursor.map(MonitorID.init(rawValue:))
        limit = try call[MonitorListParameters.limit]
        let query = try call[MonitorListParameters.query]
        let tags = try call[MonitorListParameters.tags].map { $0.lowercased() }
        let status = try call[MonitorListParameters.status]
        filter = MonitorFilter(
            query: query,
            state: status.flatMap { $0 == "paused" ? nil : MonitorState(rawValue: $0) },
            tags: tags,
            // A paused monitor keeps its last state, but is listed as paused only.
            isActive: status.map { $0 != "paused" }
        )
        var items: [(name: String, value: String)] = [("limit", "\(limit)")]
        for (name, value) in [("q", query), ("status", status)] {
            if let value { items.append((name, value)) }
        }
        items += tags.map { ("tag", $0) }
        self.items = items
    }

    /// The path of the next page.
    func target(path: String, after id: MonitorID) -> String {
        let query = (items + [("cursor", "\(id)")]).map { "\($0.name)=\(Self.encoded($0.value))" }
        return "\(path)?\(query.joined(separator: "&"))"
    }

    private static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if (byte | 32) &- 97 < 26 || byte &- 48 < 10 || "-._~".utf8.contains(byte) {
                bytes.append(byte)
            } else {
                bytes.append(contentsOf: [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]])
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
