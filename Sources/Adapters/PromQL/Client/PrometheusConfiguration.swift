import HTTPClient

/// A Prometheus server's address, credentials and limits.
package struct PrometheusConfiguration: Sendable {
    /// The credentials for the server or a proxy in front of it.
    package enum Credentials: Sendable {
        case basic(user: String, password: String)
        case bearer(String)
    }

    /// Without a slash at the end.
    package let baseURL: String
    package var credentials: Credentials?
    /// The largest answer in bytes; reading stops there.
    package var maximumBytes = 8 << 20
    /// The most series in an answer; a larger one is refused.
    package var maximumSeries = 10_000

    /// Accepts `http(s)://host[:port][/prefix]`; throws why another text is invalid, without repeating it.
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

/// Why a text is not the address of a Prometheus server.
package struct PrometheusConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    package let reason: String

    package var description: String { "the Prometheus URL \(reason)" }
}
