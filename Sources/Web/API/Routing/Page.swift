import Base
import HTTPServer

/// A part of a list, and where the next one begins.
struct Page<Item> {
    let items: [Item]
    /// The id of the last item when more items follow.
    let next: Int64?

    /// From the found items: one more than the page shows when more follow.
    init(_ found: [Item], limit: Int, number: (Item) -> Int64) {
        items = Array(found.prefix(limit))
        next = found.count > limit ? items.last.map(number) : nil
    }

    /// The part of a complete list after the item with the id `cursor`.
    ///
    /// When that item was deleted, the part begins with the next higher id.
    init(of all: [Item], after cursor: Int64?, limit: Int, number: (Item) -> Int64) {
        var start = 0
        if let cursor {
            let place = all.firstIndex { number($0) == cursor }
            start = place.map { $0 + 1 } ?? all.firstIndex { number($0) > cursor } ?? all.count
        }
        self.init(Array(all.dropFirst(start).prefix(limit + 1)), limit: limit, number: number)
    }

    /// The response for a page; `cursor` is the parameter for the next page and replaces its `synonyms`.
    func response(
        to call: Call,
        path: String,
        cursor: String = "cursor",
        synonyms: [String] = [],
        _ json: (Item) -> JSONValue
    ) -> Response {
        let items = items.map(json)
        return .page(items, next: next.map { call.next("\($0)", path: path, cursor: cursor, synonyms: synonyms) })
    }
}

extension Call {
    /// The cursor and path of the next page of a list; `cursor` is the parameter that replaces its `synonyms`.
    func next(
        _ value: String,
        path: String,
        cursor: String = "cursor",
        synonyms: [String] = []
    ) -> (cursor: String, target: String) {
        var query = query
        query[cursor] = [value]
        for synonym in synonyms { query[synonym] = nil }
        let pairs = query.sorted { $0.key < $1.key }.flatMap { name, values in
            values.map { "\(name)=\(Self.encoded($0))" }
        }
        return (value, "\(path)?\(pairs.joined(separator: "&"))")
    }

    /// Percent-encodes all but unreserved bytes (RFC 3986 §2.3).
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

/// The query parameters of a list that is short enough to be read completely.
enum WholeListParameters {
    private static let limit = Parameter.integer("limit", 1...1000, default: 1000, "How many to return.")
    private static let cursor = Parameter<Int64?>.number(
        "cursor",
        "Continue after this X-Next-Cursor of the previous page."
    )

    static let all = [limit.specification, cursor.specification]

    /// The part of the list that a request selects.
    static func page<Item>(of all: [Item], _ call: Call, number: (Item) -> Int64) throws(APIProblem) -> Page<Item> {
        Page(of: all, after: try call[cursor], limit: try call[limit], number: number)
    }
}

extension Response {
    /// A page with the cursor and path of the next one, if there is one.
    static func page(_ items: [JSONValue], next: (cursor: String, target: String)?) -> Response {
        var response = Response.json(.array(items))
        if let next {
            response.headers.append("X-Next-Cursor", next.cursor)
            response.headers.append("Link", "<\(next.target)>; rel=\"next\"")
        }
        return response
    }
}
