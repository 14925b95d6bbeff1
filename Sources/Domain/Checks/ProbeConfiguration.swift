package import Base

/// What all checks of a prober share.
package struct ProbeConfiguration: Sendable, Equatable {
    /// `ADDRESS:PORT` of the name server for checks that name none; nil means the system's.
    package var resolver: String?
    /// The User-Agent of checks that set none.
    package var userAgent: String
    /// Which addresses may be connected to.
    package var addressPolicy: AddressPolicy
    /// Path of the PEM file with the authorities for checks that name none.
    package var caFile: String
    /// Path of a PEM file with revocation lists; nil means that none is looked at.
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
