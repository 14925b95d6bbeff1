/// One request of the HTTP client.
package struct HTTPClientRequest: Sendable {
    /// An upper-case token.
    package var method: String
    /// `http` or `https`.
    package var url: String
    /// In the order in which they are sent.
    package var headers: [(name: String, value: String)]
    /// nil sends no body.
    package var body: [UInt8]?
    /// The limit for the whole exchange.
    package var timeout: Duration
    /// The largest response body in bytes; a larger one is cut or fails the request (`cutsBody`).
    package var maximumBody: Int
    /// Whether a larger body is cut instead of failing the request: for callers to whom the status matters most.
    package var cutsBody = false
    /// Path of the PEM file with the authorities; nil uses the client's.
    package var caFile: String?
    /// Whether the server's certificate is verified; nil uses the client's setting.
    package var verifiesTLS: Bool?

    package init(
        method: String = "GET",
        url: String,
        headers: [(name: String, value: String)] = [],
        body: [UInt8]? = nil,
        timeout: Duration = .seconds(10),
        maximumBody: Int = 10 << 20
    ) {
        (self.method, self.url, self.headers, self.body) = (method, url, headers, body)
        (self.timeout, self.maximumBody) = (timeout, maximumBody)
    }
}

/// A server's response.
package struct HTTPClientResponse: Sendable {
    /// 100 to 999.
    package var status: Int
    /// In the order received, names as sent.
    package var headers: [(name: String, value: String)]
    /// The decoded body.
    package var body: [UInt8]

    package init(status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
        (self.status, self.headers, self.body) = (status, headers, body)
    }

    /// The first field with that name, in any case.
    package func header(_ name: String) -> String? {
        let wanted = name.lowercased()
        return headers.first { $0.name.lowercased() == wanted }?.value
    }
}

/// Why a request got no response.
package enum HTTPClientError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The URL, method or a header cannot be sent; says which.
    case invalidRequest(String)
    /// The name has no address; says why.
    case resolution(String)
    /// The address policy forbids the target; says why.
    case blocked(String)
    /// The time ran out.
    case timeout
    /// The response is larger than the request allows.
    case bodyTooLarge
    /// The task was cancelled, or the client shut down.
    case cancelled
    /// Connecting, TLS or the exchange failed; says how.
    case transport(String)

    /// For people; names no secret.
    package var description: String {
        switch self {
        case .invalidRequest(let text): "invalid request: \(text)"
        case .resolution(let text): text
        case .blocked(let text): "address not allowed: \(text)"
        case .timeout: "timed out"
        case .bodyTooLarge: "response too large"
        case .cancelled: "cancelled"
        case .transport(let text): text
        }
    }
}
