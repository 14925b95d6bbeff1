/// A response status code with the reason phrase of RFC 9110 §15.
package struct Status: Sendable, Hashable, ExpressibleByIntegerLiteral, CustomStringConvertible {
    /// 100 to 599.
    package let code: Int

    /// Codes outside 100...599 become 500, so that the status line is always well formed.
    package init(_ code: Int) { self.code = (100...599).contains(code) ? code : 500 }
    package init(integerLiteral code: Int) { self.init(code) }

    package static let ok: Status = 200
    package static let created: Status = 201
    package static let accepted: Status = 202
    package static let noContent: Status = 204
    package static let seeOther: Status = 303
    package static let notModified: Status = 304
    package static let badRequest: Status = 400
    package static let unauthorized: Status = 401
    package static let forbidden: Status = 403
    package static let notFound: Status = 404
    package static let methodNotAllowed: Status = 405
    package static let requestTimeout: Status = 408
    package static let conflict: Status = 409
    package static let preconditionFailed: Status = 412
    package static let contentTooLarge: Status = 413
    package static let uriTooLong: Status = 414
    package static let unsupportedMediaType: Status = 415
    package static let expectationFailed: Status = 417
    package static let unprocessableContent: Status = 422
    package static let upgradeRequired: Status = 426
    package static let tooManyRequests: Status = 429
    package static let headersTooLarge: Status = 431
    package static let internalServerError: Status = 500
    package static let notImplemented: Status = 501
    package static let serviceUnavailable: Status = 503
    package static let versionNotSupported: Status = 505

    package var description: String { "\(code) \(reason)" }

    /// Whether a response with this status carries no body (RFC 9112 §6.3).
    package var forbidsBody: Bool { code < 200 || code == 204 || code == 304 }

    /// The standard's reason phrase, or the class of the code when it has none.
    package var reason: StaticString {
        switch code {
        case 100: "Continue"
        case 101: "Switching Protocols"
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 205: "Reset Content"
        case 206: "Partial Content"
        case 300..<400: redirectionReason
        case 400..<500: clientErrorReason
        case 500..<600: serverErrorReason
        default: code < 200 ? "Informational" : "Success"
        }
    }

    private var redirectionReason: StaticString {
        switch code {
        case 301: "Moved Permanently"
        case 302: "Found"
        case 303: "See Other"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        default: "Redirection"
        }
    }

    private var clientErrorReason: StaticString {
        switch code {
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 411: "Length Required"
        case 412: "Precondition Failed"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 416: "Range Not Satisfiable"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 422: "Unprocessable Content"
        case 423: "Locked"
        case 425: "Too Early"
        case 426: "Upgrade Required"
        case 428: "Precondition Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        default: "Client Error"
        }
    }

    private var serverErrorReason: StaticString {
        switch code {
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        case 507: "Insufficient Storage"
        default: "Server Error"
        }
    }
}
