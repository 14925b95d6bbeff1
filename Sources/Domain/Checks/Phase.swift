/// A part of a check.
///
/// The raw values are stored: never renumber them, only add new ones.
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

    /// The phases shown for an unknown kind: those of an HTTP check.
    package static let usual: [Phase] = [.dns, .connect, .tls, .firstByte, .transfer]
}
