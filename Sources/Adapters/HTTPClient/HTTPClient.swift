package import Base
package import Runtime

/// A client for small numbers of whole requests: API calls, webhooks, queries, mails. Runs on one event loop.
///
/// Follows no redirects and sends no cookies; the environment's proxy settings are ignored.
package actor HTTPClient {
    private let loop: EventLoop
    private let configuration: HTTPClientConfiguration
    private var shell: Shell?
    private var lastNumber: UInt64 = 0
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    package init(loop: EventLoop, configuration: HTTPClientConfiguration = HTTPClientConfiguration()) {
        (self.loop, self.configuration) = (loop, configuration)
    }

    /// Shuts the engine down on its loop when the client is released.
    private final class Shell {
        let engine: ClientEngine
        init(_ engine: ClientEngine) { self.engine = engine }

        deinit {
            // Invariant: the engine is confined to its loop, and this was the last reference from outside.
            nonisolated(unsafe) let engine = engine
            engine.loop.execute { engine.shutdown() }
        }
    }

    /// Sends a request and reads the whole response; cancelling the task ends it at once.
    ///
    /// Throws `.invalidRequest` for a request that cannot be sent, `.resolution` for a name without an address,
    /// `.blocked` for an address that the policy forbids, `.timeout`, `.bodyTooLarge`, `.cancelled`, and `.transport`
    /// when connecting, TLS or the exchange fails. A status of 400 or more is not an error.
    package func send(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse {
        try await exchange { engine, number, completion in engine.start(request, number, completion) }
    }

    /// Sends a mail and waits for the server's final reply, on a thread of its own; cancelling ends it within a second.
    ///
    /// Throws `.rejected` when the server refuses, with its code and line, and `.failed` when the conversation breaks
    /// off, with the `HTTPClientError` that caused it.
    package func send(_ mail: MailTransfer) async throws(MailError) -> MailReceipt {
        guard mail.isClean else {
            throw .failed(.invalidRequest("the server, a name or an address is malformed"))
        }
        let deadline = MonotonicTime.now + mail.timeout
        let addresses: [IPAddress]
        do throws(HTTPClientError) {
            addresses = try await lookUp(mail.host, mail.timeout)
        } catch {
            throw .failed(error)
        }
        let conversation = MailConversation(mail, addresses, configuration, deadline: deadline)
        let result = await withTaskCancellationHandler {
            await MailThreads.run(conversation)
        } onCancel: {
            conversation.cancel()
        }
        return try result.get()
    }

    private func lookUp(_ host: String, _ timeout: Duration) async throws(HTTPClientError) -> [IPAddress] {
        try await exchange { engine, number, completion in engine.lookUp(host, timeout, number, completion) }
    }

    /// Runs an operation of the engine and waits for it; cancelling the task ends it at once.
    private func exchange<Answer: Sendable>(
        _ begin: (ClientEngine, UInt64, @escaping (Result<Answer, HTTPClientError>) -> Void) -> Void
    ) async throws(HTTPClientError) -> Answer {
        lastNumber += 1
        let number = lastNumber
        let result: Result<Answer, HTTPClientError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard !Task.isCancelled else { return continuation.resume(returning: .failure(.cancelled)) }
                let shell = self.shell ?? Shell(ClientEngine(loop: loop, configuration: configuration))
                self.shell = shell
                begin(shell.engine, number) { continuation.resume(returning: $0) }
            }
        } onCancel: {
            Task { await self.cancel(number) }
        }
        return try result.get()
    }

    private func cancel(_ number: UInt64) { shell?.engine.cancel(number) }
}

/// The settings that all requests of a client share.
package struct HTTPClientConfiguration: Sendable {
    /// `ADDRESS:PORT` of the name server; nil uses the system's.
    package var resolver: String?
    /// The User-Agent field's value.
    package var userAgent: String
    /// Which addresses may be connected to.
    package var addressPolicy: AddressPolicy
    /// Path of the PEM file with the authorities.
    package var caFile: String
    /// Whether certificates are verified.
    package var verifyTLS: Bool
    /// Whether a few connections stay open for two minutes for further requests; for clients that often query one
    /// server.
    package var keepsConnections = false

    package init(
        resolver: String? = nil,
        userAgent: String = "Sentinel/\(version)",
        addressPolicy: AddressPolicy = AddressPolicy(),
        caFile: String = "/etc/ssl/certs/ca-certificates.crt",
        verifyTLS: Bool = true
    ) {
        (self.resolver, self.userAgent, self.addressPolicy) = (resolver, userAgent, addressPolicy)
        (self.caFile, self.verifyTLS) = (caFile, verifyTLS)
    }
}
