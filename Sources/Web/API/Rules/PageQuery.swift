import Base
import HTTPServer

/// The query parameters of a list that is paged by skipping or by a cursor.
enum PageParameters {
    static let skip = Parameter.integer("skip", 0...Int64.max, default: 0, "How many to leave out.")
    static let limit = Parameter.integer("limit", 1...1000, default: 100, "How many to answer.")
    static let cursor = number("cursor", "Go on after this: the X-Next-Cursor of the page before.")

    static let all = [skip.specification, limit.specification, cursor.specification]

    /// A number of something, from 0.
    static func number(_ name: String, _ description: String) -> Parameter<Int64?> {
        .optional(name, .string(length: 1...20), description) { text throws(Schema.TextFault) in
            guard let number = Int64(text), number >= 0 else {
                let message = "Input should be a valid integer, unable to parse string as an integer"
                throw Schema.TextFault(type: "int_parsing", message: message)
            }
            return number
        }
    }
}

/// Which part of a list a request asks for.
struct PageQuery {
    let skip: Int
    let limit: Int
    let cursor: Int64?

    init(_ call: Call) throws(APIProblem) {
        (skip, limit) = (try call[PageParameters.skip], try call[PageParameters.limit])
        cursor = try call[PageParameters.cursor]
    }

    /// A page of items with their numbers; a full one tells where the next begins.
    func response(_ items: [(number: Int64, json: JSONValue)]) -> Response {
        var response = Response.json(.array(items.map(\.json)))
        if items.count == limit, let last = items.last { response.headers.append("X-Next-Cursor", "\(last.number)") }
        return response
    }
}
