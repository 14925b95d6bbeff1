import Base
import HTTPServer

/// The query parameters of a list that is paged with an offset or a cursor.
enum PageParameters {
    static let skip = Parameter.integer("skip", 0...Int64.max, default: 0, "How many to skip.")
    static let limit = Parameter.integer("limit", 1...1000, default: 100, "How many to return.")
    static let cursor = Parameter<Int64?>.number("cursor", "Continue after this X-Next-Cursor of the previous page.")

    static let all = [skip.specification, limit.specification, cursor.specification]
}

/// The part of a list that a request selects.
struct PageQuery {
    let skip: Int
    let limit: Int
    let cursor: Int64?

    init(_ call: Call) throws(APIProblem) {
        (skip, limit) = (try call[PageParameters.skip], try call[PageParameters.limit])
        cursor = try call[PageParameters.cursor]
    }

    /// A page of items with their ids; a full page has a link to the next.
    func response(to call: Call, path: String, _ items: [(number: Int64, json: JSONValue)]) -> Response {
        // Whether more items follow is not known: the page after a full one may be empty.
        let page = Page(items + (items.count == limit ? items.suffix(1) : []), limit: limit, number: \.number)
        return page.response(to: call, path: path, synonyms: ["skip"], \.json)
    }
}
