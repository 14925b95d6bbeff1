package import Base
package import HTTPServer

/// One endpoint: everything that validates, answers and documents a request.
package struct Route: Sendable {
    package let method: Method
    /// The path with its parameters: `/api/v1/monitors/{id}`.
    package let path: String
    /// Unique; clients generated from the document use it as the name of a function.
    package let operation: String
    package let summary: String
    /// What the schemas cannot express, such as dependencies between members; nil when there is nothing.
    package let details: String?
    package let tag: String
    package let parameters: [ParameterSpecification]
    package let body: Schema?
    /// Whether a request without a body is an error; otherwise it counts as one without members.
    package let needsBody: Bool
    /// Whether the query may hold anything: what is unknown, repeated or cannot be decoded is no error.
    let readsAnyQuery: Bool
    /// The schema of a form that the route reads itself.
    package let form: Schema?
    package let responses: [DocumentedResponse]
    /// The response for a path parameter that cannot identify anything.
    let missing: APIProblem
    let handle: @Sendable (Call) async throws(APIProblem) -> Response

    /// Declares an endpoint.
    ///
    /// `handle` gets the validated request; it throws `APIProblem` for errors that only it can find.
    package init(
        _ method: Method,
        _ path: String,
        operation: String,
        tag: String,
        _ summary: String,
        details: String? = nil,
        parameters: [ParameterSpecification] = [],
        body: Schema? = nil,
        needsBody: Bool = true,
        readsAnyQuery: Bool = false,
        form: Schema? = nil,
        responses: [DocumentedResponse],
        missing: APIProblem = .noSuchMonitor,
        handle: @escaping @Sendable (Call) async throws(APIProblem) -> Response
    ) {
        (self.method, self.path, self.operation, self.tag, self.summary) = (method, path, operation, tag, summary)
        self.details = details
        (self.parameters, self.body, self.needsBody, self.form) = (parameters, body, needsBody, form)
        self.readsAnyQuery = readsAnyQuery
        (self.responses, self.missing, self.handle) = (responses, missing, handle)
    }
}

extension Route {
    /// Whether the route returns pages for people.
    var isPage: Bool { responses.contains { $0.mediaType == "text/html" } }
}

/// One possible response of a route, for the document.
package struct DocumentedResponse: Sendable {
    /// A header field that a response may have.
    package struct Field: Sendable {
        package let name: String
        package let description: String
        package let schema: Schema
    }

    package let status: Int
    package let description: String
    /// nil for a response without a body.
    package let schema: Schema?
    package let mediaType: String
    package private(set) var fields: [Field] = []

    /// A JSON body; for 201, `Location` names the created object.
    package static func json(_ status: Int, _ schema: Schema, _ description: String) -> DocumentedResponse {
        var response = DocumentedResponse(
            status: status,
            description: description,
            schema: schema,
            mediaType: "application/json"
        )
        if status == 201 { response.fields = [.location] }
        return response
    }
    /// A part of a list with the header fields that lead to the next.
    package static func page(_ element: Schema, _ description: String) -> DocumentedResponse {
        var response = json(200, .array(element), description)
        response.fields = [.nextCursor, .link]
        return response
    }
    /// A body of another media type.
    package static func other(_ status: Int, _ mediaType: String, _ description: String) -> DocumentedResponse {
        DocumentedResponse(status: status, description: description, schema: .string(), mediaType: mediaType)
    }
    /// No body; for 303, `Location` says where to continue.
    package static func empty(_ status: Int, _ description: String) -> DocumentedResponse {
        var response = DocumentedResponse(status: status, description: description, schema: nil, mediaType: "")
        if status == 303 { response.fields = [.location] }
        return response
    }
    /// A problem document; for 429 and 503, `Retry-After` says when to try again.
    package static func problem(_ status: Int, _ description: String) -> DocumentedResponse {
        var response = DocumentedResponse(
            status: status,
            description: description,
            schema: status == 422 ? APIProblem.validationSchema : APIProblem.schema,
            mediaType: APIProblem.mediaType
        )
        if status == 429 || status == 503 { response.fields = [.retryAfter] }
        if status == 500 { response.fields = [.requestID] }
        return response
    }
}

extension DocumentedResponse.Field {
    static let nextCursor = Self(
        name: "X-Next-Cursor",
        description: "The cursor of the next page; missing on the last one.",
        schema: .string(example: "100")
    )
    static let link = Self(
        name: "Link",
        description: "The target of the next page (RFC 8288, rel=next); missing on the last one.",
        schema: .string(example: "</api/v1/incidents?cursor=100>; rel=\"next\"")
    )
    static let location = Self(
        name: "Location",
        description: "The path of the created object, or where to continue.",
        schema: .string(format: "uri-reference", example: "/api/v1/silences/1")
    )
    static let retryAfter = Self(
        name: "Retry-After",
        description: "After how many seconds to try again.",
        schema: .integer(0...86_400, example: 5)
    )
    static let requestID = Self(
        name: "X-Request-ID",
        description: "The request's number in the log.",
        schema: .string(format: "uuid")
    )
}

/// One request to a route, with validated parameters and body.
package struct Call: Sendable {
    package let request: Request
    /// In the normal form of the route's schema; null when the route has no body.
    package let body: JSONValue
    /// The decoded query by name.
    let query: [String: [String]]

    /// The value of a parameter; throws 422 for an invalid one, which cannot happen for the route's own parameters.
    package subscript<Value>(parameter: Parameter<Value>) -> Value {
        get throws(APIProblem) {
            let name = parameter.name
            let inPath = parameter.specification.place == .path ? request.parameters[name] : nil
            let texts = inPath.map { [$0] } ?? query[name] ?? []
            do throws(ValidationIssue) { return try parameter.read(texts) } catch { throw APIProblem([error]) }
        }
    }

    /// The value of a parameter that has two names; throws 422 when both are given and differ.
    func value<Value: Equatable>(
        _ parameter: Parameter<Value?>,
        or synonym: Parameter<Value?>
    ) throws(APIProblem) -> Value? {
        let (value, other) = (try self[parameter], try self[synonym])
        if let value, let other, value != other {
            let message = "\(synonym.name) differs from \(parameter.name), which means the same"
            throw APIProblem([.value(message, at: ["query", .key(synonym.name)])])
        }
        return value ?? other
    }
}
