import Base
import HTTPServer

/// The query parameters of a list that is paged by skipping or by a cursor.
enum PageParameters {
    static let skip = Parameter.integer("skip", 0...Int64.max, default: 0, "How many to leave out.")
    static let limit = Parameter.integer("limit", 1...1000, default: 100, "How many to answer.")
    static let cursor = Parameter<Int64?>.number("cursor", "Go on after this: the X-Next-Cursor of the page before.")

    static let all = [skip.specification, limit.specification, cursor.specification]
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
    func response(to call: Call, path: String, _ items: [(number: Int64, json: JSONValue)]) -> Response {
        // Whether more follow is not known: the next page of a full one may be empty.
        let page = Page(items + (items.count == limit ? items.suffix(1) : []), limit: limit, number: \.number)
        return page.response(to: call, path: path, synonyms: ["skip"], \.json)
    }
}
