/// Answers one request; runs on the connection's event loop, so it must not block there.
package typealias Handler = @Sendable (Request) async -> Response

/// One request, as passed to its handler.
package struct Request: Sendable {
    package let method: Method
    /// The path as sent, percent-encoded, with its leading slash; `*` for `OPTIONS *`.
    package let path: String
    /// The part after `?`, as sent; nil without one.
    package let query: String?
    package let headers: Headers
    package let body: RequestBody
    /// The peer's numeric address without port; "unix" for a local socket.
    package let remoteAddress: String
    /// The decoded `{name}` parts of the path; set by the router.
    package var parameters = PathParameters()
    /// The template of the matched route ("/monitors/{id}"), suitable for metric labels; nil when none matched.
    package var route: String?
    /// Values attached by middleware.
    package var attributes = Attributes()

    init(
        method: Method,
        path: String,
        query: String?,
        headers: Headers,
        body: RequestBody,
        remoteAddress: String
    ) {
        (self.method, self.path, self.query) = (method, path, query)
        (self.headers, self.body, self.remoteAddress) = (headers, body, remoteAddress)
    }

    /// A request made without a server, to call a handler directly.
    package init(_ method: Method, _ target: String, headers: Headers = [:], body: [UInt8] = []) {
        let mark = target.firstIndex(of: "?")
        self.init(
            method: method,
            path: String(target[..<(mark ?? target.endIndex)]),
            query: mark.map { String(target[target.index(after: $0)...]) },
            headers: headers,
            body: RequestBody(body),
            remoteAddress: "127.0.0.1"
        )
    }

    /// The decoded query; throws `.queryInvalid`.
    package func queryItems(limit: Int = 256) throws(HTTPServerError) -> Query { try Query(query, limit: limit) }
}

/// The values of the `{name}` segments of a matched route, decoded.
package struct PathParameters: Sendable {
    private let names: [String]
    private let values: [String]

    package init() { (names, values) = ([], []) }
    init(names: [String], values: [String]) { (self.names, self.values) = (names, values) }

    /// The value of a parameter; nil when the route has no such parameter.
    package subscript(name: String) -> String? { names.firstIndex(of: name).map { values[$0] } }
}
