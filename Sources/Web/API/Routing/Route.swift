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

    package init(
        _ method: Method,
        _ path: String,
        operation: String,
        tag: String,
        _ summary: String,
        parameters: [ParameterSpecification] = [],
        body: Schema? = nil,
        needsBody: Bool = true,
        form: Schema? = nil,
        responses: [DocumentedResponse],
        missing: APIProblem = .noSuchMonitor,
        handle: @escaping @Sendable (Call) async throws(APIProblem) -> Response
    ) {
        (self.method, self.path, self.operation, self.tag, self.summary) = (method, path, operation, tag, summary)
        (self.parameters, self.body, self.needsBody, self.form) = (parameters, body, needsBody, form)
        (self.responses, self.missing, self.handle) = (responses, missing, handle)
    }
}

/// One answer that a route may give, as the document tells it.
package struct DocumentedResponse: Sendable {
    package let status: Int
    package let description: String
    /// nil for an answer without a body.
    package let schema: Schema?
    package let mediaType: String

    /// A JSON body.
    package static func json(_ status: Int, _ schema: Schema, _ description: String) -> DocumentedResponse {
        DocumentedResponse(status: status, description: description, schema: schema, mediaType: "application/json")
    }
    /// A body of another kind.
    package static func other(_ status: Int, _ mediaType: String, _ description: String) -> DocumentedResponse {
        DocumentedResponse(status: status, description: description, schema: .string(), mediaType: mediaType)
    }
    /// No body.
    package static func empty(_ status: Int, _ description: String) -> DocumentedResponse {
        DocumentedResponse(status: status, description: description, schema: nil, mediaType: "")
    }
    /// A problem document.
    package static func problem(_ status: Int, _ description: String) -> DocumentedResponse {
        DocumentedResponse(
            status: status,
            description: description,
            schema: status == 422 ? APIProblem.validationSchema : APIProblem.schema,
            mediaType: APIProblem.mediaType
        )
    }
}

/// One request to a route, with its parameters and body checked.
package struct Call: Sendable {
    package let request: Request
    /// In the normal form of the route's schema; null when the route takes none.
    package let body: JSONValue
    /// The decoded query by name.
    let query: [String: String]

    /// The value of a parameter; throws 422 when it is wrong, which the route has checked for its own parameters.
    package subscript<Value>(parameter: Parameter<Value>) -> Value {
        get throws(APIProblem) {
            let name = parameter.name
            let text = parameter.specification.place == .path ? request.parameters[name] : query[name]
            do throws(ValidationIssue) { return try parameter.read(text) } catch { throw APIProblem([error]) }
        }
    }
}
