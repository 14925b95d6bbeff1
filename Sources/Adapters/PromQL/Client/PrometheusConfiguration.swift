import HTTPClient

/// Where a Prometheus server is and how to talk to it.
package struct PrometheusConfiguration: Sendable {
    /// What the server, or a proxy before it, asks for.
    package enum Credentials: Sendable {
        case basic(user: String, password: String)
        case bearer(String)
    }

    /// Without a slash at the end.
    package let baseURL: String
    package var credentials: Credentials?
    /// Bytes of an answer after which it is not read on.
    package var maximumBytes = 8 << 20
    /// Series of an answer after which it is refused.
    package var maximumSeries = 10_000

    /// Takes `http(s)://host[:port][/prefix]`; throws what is wrong with another text, without repeating it.
    package init(baseURL: String, credentials: Credentials? = nil) throws(PrometheusConfigurationError) {
        guard baseURL.utf8.count <= 2048, HTTPTarget(baseURL) != nil,
            baseURL.utf8.allSatisfy({ $0 > 32 && $0 < 127 })
        else { throw PrometheusConfigurationError(reason: "is no http or https URL") }
        guard !baseURL.contains("?"), !baseURL.contains("#") else {
            throw PrometheusConfigurationError(reason: "must end with the host, port or path prefix")
        }
        let authority = baseURL.split(separator: "/", omittingEmptySubsequences: true).dropFirst().first ?? ""
        guard !authority.contains("@") else {
            throw PrometheusConfigurationError(reason: "must not hold a user or password; set these apart")
        }
        var text = Substring(baseURL)
        while text.hasSuffix("/") { text.removeLast() }
        (self.baseURL, self.credentials) = (String(text), credentials)
    }
}

/// Why an address is none of a Prometheus server.
package struct PrometheusConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    package let reason: String

    package var description: String { "the Prometheus URL \(reason)" }
}
