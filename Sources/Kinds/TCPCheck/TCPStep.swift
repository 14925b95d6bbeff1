/// One step of an exchange: bytes to send and bytes to expect; both are optional.
package struct TCPStep: Sendable, Equatable {
    package enum Sending: Sendable, Equatable {
        case text(TCPBytes)
        case hex([UInt8])

        var bytes: [UInt8] {
            switch self {
            case .text(let text): text.bytes
            case .hex(let bytes): bytes
            }
        }
    }

    package enum Expectation: Sendable, Equatable {
        case text(TCPBytes)
        case hex([UInt8])
        /// A regular expression.
        case pattern(String)
    }

    package var send: Sending?
    package var expect: Expectation?
    /// How many bytes may arrive before the expected ones.
    package var maximumBytes = standardMaximum
    /// Whether the sent bytes are never shown.
    package var isSecret = false

    package init() {}

    package static let standardMaximum = 4096
    package static let maximumBytesLimit = 65_536
    /// The longest text to send or expect, in characters.
    package static let textLimit = 4096
    /// The most steps of one check.
    package static let limit = 10
}
