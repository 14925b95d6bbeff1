/// A request method (RFC 9110 §9); the parser answers CONNECT with 501 itself.
package enum Method: Sendable, Hashable {
    case get, head, post, put, patch, delete, options
    /// Any other token, as sent (methods are case-sensitive).
    case other(String)
}

extension Method: CustomStringConvertible {
    /// The standard name of the method; also its form in an `Allow` header.
    package var description: String {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .patch: "PATCH"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .other(let name): name
        }
    }

    /// The method with a name, as in a request line.
    package init(_ name: String) {
        switch name {
        case "GET": self = .get
        case "HEAD": self = .head
        case "POST": self = .post
        case "PUT": self = .put
        case "PATCH": self = .patch
        case "DELETE": self = .delete
        case "OPTIONS": self = .options
        default: self = .other(name)
        }
    }
}
