/// The part of a check in which something happened, in the order in which a check goes through them.
package enum Phase: UInt8, Sendable, CaseIterable, CustomStringConvertible {
    case dns = 1
    case connect, tls, firstByte, transfer, redirect, assertion, policy, `internal`

    /// The spelling in JSON and metrics.
    package var description: String {
        switch self {
        case .dns: "dns"
        case .connect: "connect"
        case .tls: "tls"
        case .firstByte: "first_byte"
        case .transfer: "transfer"
        case .redirect: "redirect"
        case .assertion: "assertion"
        case .policy: "policy"
        case .internal: "internal"
        }
    }
}
