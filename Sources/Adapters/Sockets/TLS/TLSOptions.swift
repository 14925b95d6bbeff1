/// How a connection speaks TLS.
package struct TLSOptions: Sendable, Equatable {
    /// Name or address that the certificate must be for; a name is sent to the server too (SNI).
    package var name: String
    /// Whether a certificate at fault ends the handshake; it is looked at in any case.
    package var verifies = true
    /// PEM file with the authorities; nil means the configuration's.
    package var caFile: String?
    /// PEM files of the client certificate, with its chain, and of its key, which may stand in the same file.
    package var clientCertificate: String?
    package var clientKey: String?
    /// Offered with ALPN, best first; empty sends no offer.
    package var protocols: [String] = []
    /// Offers TLS 1.0 and 1.1 and weak ciphers too, so that what the server agrees to can be judged.
    package var offersOld = false
    /// Asks for a stapled OCSP response.
    package var wantsStaple = false
    /// Whether every certificate of the chain is read: `TLSRecord.links`.
    package var wantsLinks = false

    package init(name: String) { self.name = name }
}
