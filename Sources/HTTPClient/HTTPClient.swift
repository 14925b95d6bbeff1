package import Runtime

/// A client for few, whole requests: API calls, webhooks, queries. Lives on one event loop.
///
/// Follows no redirects and sends no cookies; the environment's proxy settings are ignored.
package actor HTTPClient {
    private let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    package init(loop: EventLoop, configuration: HTTPClientConfiguration = HTTPClientConfiguration()) {
        self.loop = loop
    }

    /// Sends a request and reads the whole response; cancelling the task ends it at once.
    package func send(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse {
        throw .transport("not connected")
    }
}

/// What all requests of a client share.
package struct HTTPClientConfiguration: Sendable {
    /// `ADDRESS:PORT` of the name server to ask; nil means the system's.
    package var resolver: String?
    /// The User-Agent field's value.
    package var userAgent: String
    /// Which addresses may be connected to.
    package var addressPolicy: AddressPolicy
    /// Path of a PEM file that replaces the system's authorities.
    package var caFile: String?
    /// Whether certificates are verified.
    package var verifyTLS: Bool

    package init(
        resolver: String? = nil,
        userAgent: String = "Sentinel",
        addressPolicy: AddressPolicy = AddressPolicy(),
        caFile: String? = nil,
        verifyTLS: Bool = true
    ) {
        (self.resolver, self.userAgent, self.addressPolicy) = (resolver, userAgent, addressPolicy)
        (self.caFile, self.verifyTLS) = (caFile, verifyTLS)
    }
}
