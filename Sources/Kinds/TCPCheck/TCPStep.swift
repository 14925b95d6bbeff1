/// One step of an exchange: something is sent, something is expected; each may be missing.
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
    /// How many bytes may come before what is expected must have come.
    package var maximumBytes = standardMaximum
    /// Whether what is sent is never shown.
    package var isSecret = false

    package init() {}

    package static let standardMaximum = 4096
    package static let maximumBytesLimit = 65_536
    /// Characters of what is sent or expected.
    package static let textLimit = 4096
    /// Steps of one check.
    package static let limit = 10
}
