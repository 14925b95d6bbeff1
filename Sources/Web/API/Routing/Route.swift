package import Base
package import HTTPServer

/// One endpoint: everything that checks a request, answers it and documents it.
package struct Route: Sendable {
    package let method: Method
    /// The path with its parameters: `/api/v1/monitors/{id}`.
    package let path: String
    /// Unique; clients generated from the document name their functions so.
    package let operation: String
    package let summary: String
    /// What the schemas cannot say, such as how members depend on each other; nil when there is nothing.
    package let details: String?
    package let tag: String
    package let parameters: [ParameterSpecification]
    package let body: Schema?
    /// Whether a request without a body is a fault; else it is as one without members.
    package let needsBody: Bool
    /// What a form that the route reads by itself holds.
    package let form: Schema?
    package let responses: [DocumentedResponse]
    /// What a path parameter that can name nothing is answered with.
    let missing: APIProblem
    let handle: @Sendable (Call) async throws(APIProblem) -> Response

    /// Declares an endpoint.
    ///
    /// `handle` gets what was checked; it throws `APIProblem` for what only it can see.
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
        form: Schema? = nil,
        responses: [DocumentedResponse],
        missing: APIProblem = .noSuchMonitor,
        handle: @escaping @Sendable (Call) async throws(APIProblem) -> Response
    ) {
        (self.method, self.path, self.operation, self.tag, self.summary) = (method, path, operation, tag, summary)
        self.details = details
        (self.parameters, self.body, self.needsBody, self.form) = (parameters, body, needsBody, form)
        (self.responses, self.missing, self.handle) = (responses, missing, handle)
    }
}

extension Route {
    /// Whether the route answers people with pages.
    var isPage: Bool { responses.contains { $0.mediaType == "text/html" } }
}

/// One answer that a route may give, as the document tells it.
package struct DocumentedResponse: Sendable {
    /// A header field that an answer may have.
    package struct Field: Sendable {
        package let name: String
        package let description: String
        package let schema: Schema
    }

    package let status: Int
    package let description: String
    /// nil for an answer without a body.
    package let schema: Schema?
    package let mediaType: String
    package private(set) var fields: [Field] = []

    /// A JSON body; of 201, `Location` names what was created.
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
    /// A part of a list with the fields that lead to the next.
    package static func page(_ element: Schema, _ description: String) -> DocumentedResponse {
        var response = json(200, .array(element), description)
        response.fields = [.nextCursor, .link]
        return response
    }
    /// A body of another kind.
    package static func other(_ status: Int, _ mediaType: String, _ description: String) -> DocumentedResponse {
        DocumentedResponse(status: status, description: description, schema: .string(), mediaType: mediaType)
    }
    /// No body; of 303, `Location` says where to go on.
    package static func empty(_ status: Int, _ description: String) -> DocumentedResponse {
        var response = DocumentedResponse(status: status, description: description, schema: nil, mediaType: "")
        if status == 303 { response.fields = [.location] }
        return response
    }
    /// A problem document; of 429 and 503, `Retry-After` says when to try again.
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
        description: "The cursor of the next page; not there on the last.",
        schema: .string(example: "100")
    )
    static let link = Self(
        name: "Link",
        description: "The target of the next page (RFC 8288, rel=next); not there on the last.",
        schema: .string(example: "</api/v1/incidents?cursor=100>; rel=\"next\"")
    )
    static let location = Self(
        name: "Location",
        description: "The path of what was created, or where to go on.",
        schema: .string(format: "uri-reference", example: "/api/v1/silences/1")
    )
    static let retryAfter = Self(
        name: "Retry-After",
        description: "After how many seconds to try again.",
        schema: .integer(0...86_400, example: 5)
    )
    static let requestID = Self(
        name: "X-Request-ID",
        description: "Under which number the log tells more.",
        schema: .string(format: "uuid")
    )
}

/// One request to a route, with its parameters and body checked.
package struct Call: Sendable {
    package let request: Request
    /// In the normal form of the route's schema; null when the route takes none.
    package let body: JSONValue
    /// The decoded query by name.
    let query: [String: [String]]

    /// The value of a parameter; throws 422 when it is wrong, which the route has checked for its own parameters.
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
