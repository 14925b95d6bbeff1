import Base

/// The answers that need no handler: those of the parser, the limits and the deadlines.
enum Rejection {
    /// The problem with one sentence for each status that the server itself can answer.
    static func problem(_ status: Status) -> Problem { Problem(status, detail(status)) }

    private static func detail(_ status: Status) -> String {
        switch status.code {
        case 400: "The request is not well-formed HTTP/1.1."
        case 408: "The request took too long to arrive."
        case 413: "The request body is larger than this server accepts."
        case 414: "The request target is longer than this server accepts."
        case 417: "The only expectation understood is 100-continue."
        case 426: "This resource is a WebSocket: ask for an upgrade with version 13."
        case 431: "The header fields are more or longer than this server accepts."
        case 501: "The method or transfer coding is not implemented."
        case 503: "The server has as many connections as it can take."
        case 505: "The HTTP version is not supported."
        default: "The server failed to answer the request."
        }
    }

    /// A 503 for a request whose body exceeds the budget.
    static func noRoom(retryAfter: Duration) -> Response {
        let detail = "The server holds as many request bodies as it can; send the request again later."
        var response = Problem(.serviceUnavailable, detail).response
        response.headers["Retry-After"] = "\(retryAfter.components.seconds)"
        return response
    }

    /// A complete 503 response that closes the connection.
    static func unavailable(retryAfter: Duration) -> [UInt8] {
        guard case .bytes(let body) = problem(.serviceUnavailable).response.body else { return [] }
        var bytes: [UInt8] = []
        bytes.append("HTTP/1.1 503 Service Unavailable\r\nRetry-After: " as StaticString)
        bytes.append(decimal: Int(retryAfter.components.seconds))
        bytes.append("\r\nContent-Type: application/problem+json\r\nContent-Length: " as StaticString)
        bytes.append(decimal: body.count)
        bytes.append("\r\nConnection: close\r\n\r\n" as StaticString)
        bytes.append(contentsOf: body)
        return bytes
    }
}
