/// The TLS settings of a connection.
package struct TLSOptions: Sendable, Equatable {
    /// The name or address that the certificate must cover; a name is also sent to the server (SNI).
    package var name: String
    /// Whether an invalid certificate ends the handshake; it is checked in any case.
    package var verifies = true
    /// PEM file with the authorities; nil uses the configured one.
    package var caFile: String?
    /// PEM files of the client certificate with its chain and of its key, which may be in the same file.
    package var clientCertificate: String?
    package var clientKey: String?
    /// Protocols offered with ALPN, best first; empty offers none.
    package var protocols: [String] = []
    /// Whether TLS 1.0, TLS 1.1 and weak ciphers are offered too, to see what the server accepts.
    package var offersOld = false
    /// Whether a stapled OCSP response is requested.
    package var wantsStaple = false
    /// Whether every certificate of the chain is read: `TLSRecord.links`.
    package var wantsLinks = false

    package init(name: String) { self.name = name }
}
