/// The part of a check in which something happened.
///
/// The raw values are stored: never renumber, only add.
package enum Phase: UInt8, Sendable, CaseIterable, CustomStringConvertible {
    case dns = 1
    case connect, tls, firstByte, transfer, redirect, assertion, policy, `internal`, request, push

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
        case .request: "request"
        case .push: "push"
        }
    }

    /// What is shown of a check whose kind is not known: the phases of an HTTP check.
    package static let usual: [Phase] = [.dns, .connect, .tls, .firstByte, .transfer]
}
