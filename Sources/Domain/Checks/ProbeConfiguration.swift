package import Base

/// The settings shared by all checks of a prober.
package struct ProbeConfiguration: Sendable, Equatable {
    /// `ADDRESS:PORT` of the default name server; nil uses the system's.
    package var resolver: String?
    /// The default User-Agent.
    package var userAgent: String
    /// Which addresses may be connected to.
    package var addressPolicy: AddressPolicy
    /// Path of the PEM file with the default authorities.
    package var caFile: String
    /// Path of a PEM file with revocation lists; nil checks none.
    package var crlFile: String?

    package init(
        resolver: String? = nil,
        userAgent: String = "Sentinel/\(version)",
        addressPolicy: AddressPolicy = AddressPolicy(),
        caFile: String = "/etc/ssl/certs/ca-certificates.crt",
        crlFile: String? = nil
    ) {
        (self.resolver, self.userAgent, self.addressPolicy) = (resolver, userAgent, addressPolicy)
        (self.caFile, self.crlFile) = (caFile, crlFile)
    }
}
