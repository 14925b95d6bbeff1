package import Base

/// Why a request failed: an RFC 9457 problem document.
package struct APIProblem: Error, Sendable, Equatable {
    package let status: Int
    package let detail: Detail
    /// Header fields that go with the status: `Allow`, `Retry-After`.
    package var fields: [(name: String, value: String)] = []
    /// The real cause, for the log only; set when the client must not see it.
    package private(set) var cause: String?

    /// What happened: as text, or as a list of validation errors.
    package enum Detail: Sendable, Equatable {
        case text(String)
        case issues([ValidationIssue])
    }

    package init(_ status: Int, _ detail: String, fields: [(name: String, value: String)] = []) {
        (self.status, self.detail, self.fields) = (status, .text(detail), fields)
    }

    /// 422 with all validation errors.
    package init(_ issues: [ValidationIssue]) { (status, detail) = (422, .issues(issues)) }

    /// 500: the client gets only the number of the request, the log gets the cause.
    package static func failure(_ cause: String) -> APIProblem {
        var problem = APIProblem(500, "Something went wrong")
        problem.cause = cause
        return problem
    }

    /// Whether a stored row cannot be read; replacing or deleting it is still possible.
    private(set) var isOfDamage = false

    /// 500: says which column of which row cannot be read, but not the stored value.
    static func damage(_ place: String) -> APIProblem {
        var problem = APIProblem(500, "A stored value cannot be read: \(place). Replace or delete it")
        problem.isOfDamage = true
        return problem
    }

    package static func == (left: APIProblem, right: APIProblem) -> Bool {
        left.status == right.status && left.detail == right.detail
    }

    package static let mediaType = "application/problem+json"
    package static let notFound = APIProblem(404, "Not Found")
    package static let noSuchMonitor = APIProblem(404, "Monitor not found")
    package static let noSuchResult = APIProblem(404, "Result not found")
    package static let noSuchTask = APIProblem(404, "Task not found")
    /// The store cannot be used, for a reason that its caller may know; nothing was changed.
    static func storeUnavailable(_ reason: String) -> APIProblem {
        APIProblem(503, "The store is not available: \(reason); try again", fields: [("Retry-After", "5")])
    }

    /// The store cannot be used; nothing was changed.
    package static let storeUnavailable = APIProblem(
        503,
        "The store is not available; try again",
        fields: [("Retry-After", "5")]
    )

    /// The short name of the status.
    package var title: String {
        switch status {
        case 400: "Bad Request"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 411: "Length Required"
        case 413: "Content Too Large"
        case 415: "Unsupported Media Type"
        case 421: "Misdirected Request"
        case 422: "Unprocessable Content"
        case 429: "Too Many Requests"
        case 500: "Internal Server Error"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        default: "Error"
        }
    }

    /// The document: `type title status detail`.
    package var json: JSONValue {
        let detail: JSONValue =
            switch detail {
            case .text(let text): .string(text)
            case .issues(let issues): .array(issues.map(\.json))
            }
        return ["type": "about:blank", "title": .string(title), "status": .integer(Int64(status)), "detail": detail]
    }

    /// The document with a text.
    package static let schema = Schema.object(
        "Problem",
        [
            .required("type", .string(example: "about:blank"), "A URI that identifies the type of problem."),
            .required("title", .string(example: "Not Found"), "The short name of the status."),
            .required("status", .integer(400...599, example: 404), "The status of the response."),
            .required("detail", .string(example: "Monitor not found"), "What happened."),
        ]
    )

    /// The document with a list of validation errors.
    package static let validationSchema = Schema.object(
        "ValidationProblem",
        [
            .required("type", .string(example: "about:blank"), "A URI that identifies the type of problem."),
            .required("title", .string(example: "Unprocessable Content"), "The short name of the status."),
            .required("status", .integer(400...599, example: 422), "The status of the response."),
            .required("detail", .array(ValidationIssue.schema), "Every error that was found."),
        ]
    )
}
