import Base
import HTTPServer

/// A part of a list, and where the next one begins.
struct Page<Item> {
    let items: [Item]
    /// The number of the last item when more follow.
    let next: Int64?

    /// From what was found, which is one item more than the page shows when more follow.
    init(_ found: [Item], limit: Int, number: (Item) -> Int64) {
        items = Array(found.prefix(limit))
        next = found.count > limit ? items.last.map(number) : nil
    }

    /// A part of a list that is held whole, after the item whose number is `cursor`.
    ///
    /// When that one is gone, the part begins with the first of a higher number.
    init(of all: [Item], after cursor: Int64?, limit: Int, number: (Item) -> Int64) {
        var start = 0
        if let cursor {
            let place = all.firstIndex { number($0) == cursor }
            start = place.map { $0 + 1 } ?? all.firstIndex { number($0) > cursor } ?? all.count
        }
        self.init(Array(all.dropFirst(start).prefix(limit + 1)), limit: limit, number: number)
    }

    /// The answer to a request for it; `cursor` is the parameter that leads on, in place of its `synonyms`.
    func response(
        to call: Call,
        path: String,
        cursor: String = "cursor",
        synonyms: [String] = [],
        _ json: (Item) -> JSONValue
    ) -> Response {
        let items = items.map(json)
        guard let next else { return .page(items, next: nil) }
        var query = call.query
        query[cursor] = ["\(next)"]
        for synonym in synonyms { query[synonym] = nil }
        let pairs = query.sorted { $0.key < $1.key }.flatMap { name, values in
            values.map { "\(name)=\(Self.encoded($0))" }
        }
        return .page(items, next: ("\(next)", "\(path)?\(pairs.joined(separator: "&"))"))
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

/// The query parameters of a list that is short enough to be read whole.
enum WholeListParameters {
    private static let limit = Parameter.integer("limit", 1...1000, default: 1000, "How many to answer.")
    private static let cursor = Parameter<Int64?>.number(
        "cursor",
        "Go on after this: the X-Next-Cursor of the page before."
    )

    static let all = [limit.specification, cursor.specification]

    /// The part that a request asks for.
    static func page<Item>(of all: [Item], _ call: Call, number: (Item) -> Int64) throws(APIProblem) -> Page<Item> {
        Page(of: all, after: try call[cursor], limit: try call[limit], number: number)
    }
}

extension Response {
    /// A part of a list, with the cursor and the target of the next where there is one.
    static func page(_ items: [JSONValue], next: (cursor: String, target: String)?) -> Response {
        var response = Response.json(.array(items))
        if let next {
            response.headers.append("X-Next-Cursor", next.cursor)
            response.headers.append("Link", "<\(next.target)>; rel=\"next\"")
        }
        return response
    }
}
