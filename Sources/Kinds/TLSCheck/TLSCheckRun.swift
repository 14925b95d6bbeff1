import Base
import Checks
import Sockets

/// One TLS check: a handshake and the judgement of its facts.
final class TLSCheckRun: StreamCheck {
    let core: StreamCheckCore
    init(_ core: StreamCheckCore) { self.core = core }

    private var settings = TLSKind.blank
    private var findings: TLSFindings?

    /// `settings` is nil for a check of another kind, which fails.
    func start(_ settings: TLSSettings?, completion: @escaping (Outcome) -> Void) {
        let settings = settings ?? TLSKind.blank
        self.settings = settings
        let options = settings.options
        let host = settings.host.hasPrefix("[") ? String(settings.host.dropFirst().dropLast()) : settings.host
        var target = StreamTarget(host: host, port: UInt16(clamping: options.port))
        target.family = options.family.resolverFamily
        target.resolver = options.resolver
        if let text = options.address, let address = IPAddress(text) { target.addresses = [address] }
        target.startTLS = options.startTLS
        var tls = TLSOptions(name: options.serverName ?? host)
        tls.verifies = options.verifiesTLS
        tls.caFile = options.caFile
        tls.clientCertificate = options.clientCertificate
        tls.clientKey = options.clientKey
        tls.protocols = options.protocols
        // An old version should be named in the failure, not only refused.
        tls.offersOld = true
        tls.wantsStaple = true
        tls.wantsLinks = true
        target.tls = tls
        begin(target, timeout: options.timeout, completion: completion)
    }

    func opened() {
        let findings = TLSFindings(connection, names: settings.options.names, now: .now)
        self.findings = findings
        finish(TLSVerdict.failure(findings, settings.options))
    }

    func complete(_ outcome: inout Outcome) { outcome.facts = findings?.facts }

    func streamReceived(_ bytes: UnsafeRawBufferPointer) {}
    func streamEnded() {}

    func reset() { findings = nil }
}
