import Base
import Checks
import HTTPClient
import Runtime

extension StreamConnection {
    /// Begins the TLS handshake on the connection.
    func startTLS() {
        guard let options = target.tls else { return opened() }
        let caFile = options.caFile ?? context.configuration.caFile
        let crlFile = context.configuration.crlFile
        let store = context.trust.store(caFile: caFile, crlFile: crlFile)
        if store == nil, options.verifies {
            let text = TrustStore.fault(caFile: caFile, crlFile: crlFile) ?? "the CA file \(caFile) cannot be read"
            return fail(.internalError, .internal, text)
        }
        guard let tls = context.tls else { return fail(.internalError, .internal, "OpenSSL could not be set up") }
        // Not earlier: reading the authorities is not part of the handshake.
        partStartedAt = .now
        ConnectSocket.disableDelay(descriptor)
        do throws(TLSSetupError) {
            session = try TLSSession(tls, options, store: store, record: record, descriptor: descriptor)
        } catch {
            return fail(.internalError, .internal, error.text)
        }
        state = .handshaking
        handshake()
    }

    /// Upgrades an open plain stream: `streamOpened` is called again when TLS is established.
    package func upgrade(_ options: TLSOptions) {
        guard state == .open, session == nil else { return }
        target.tls = options
        startTLS()
    }

    func handshake() {
        guard let session else { return }
        switch session.handshake() {
        case .wait: break
        case .done:
            times.tls = (.now as MonotonicTime) - partStartedAt
            // No cipher is offered that works without one; nobody would have been verified.
            guard session.hasPeerCertificate else {
                return fail(.tlsUntrusted, .tls, "certificate: the target showed none")
            }
            settle()
        case .ended: handshakeFailed(TLSError(systemError: 0, reason: 0, text: nil))
        case .failed(let fault): handshakeFailed(fault)
        }
    }

    private func handshakeFailed(_ fault: TLSError) {
        times.tls = (.now as MonotonicTime) - partStartedAt
        fail(TLSErrorReason.failure(record, fault, sendsCertificate: target.tls?.clientCertificate != nil))
    }

    /// In TLS 1.3 the handshake ends before the server has checked the client certificate: when the server asked for
    /// one, this waits briefly for its refusal.
    private func settle() {
        guard let session, session.isVersion13, record.wantsClientCertificate, !record.hasTicket else {
            return opened()
        }
        state = .settling
        let handshake = times.tls ?? .zero
        let pause = min(Self.longestSettling, max(Self.shortestSettling, handshake + handshake))
        let now = MonotonicTime.now
        attemptTimer = loop.arm(at: now + min(pause, (deadline - now) / 2), attemptAction)
        ready(.read, isSecond: false)
    }

    private static var shortestSettling: Duration { .milliseconds(200) }
    private static var longestSettling: Duration { .seconds(2) }

    // MARK: What was agreed

    /// "TLSv1.3"; nil without a handshake.
    package var tlsVersion: String? { session?.isEstablished == true ? session?.version : nil }
    /// OpenSSL's name; nil without a handshake.
    package var tlsCipher: String? { session?.isEstablished == true ? session?.cipher : nil }
    /// The protocol chosen by ALPN; nil without one.
    package var tlsProtocol: String? { session?.selectedProtocol }
    /// Whether the peer's certificate covers a name.
    package func certificateCovers(_ name: String) -> Bool { session?.covers(name) ?? false }

    /// The status of the stapled OCSP response; `missing` without a handshake.
    package var stapleStatus: StapleStatus {
        let caFile = target.tls?.caFile ?? context.configuration.caFile
        return session?.stapleStatus(store: context.trust.store(caFile: caFile)) ?? .missing
    }
}
