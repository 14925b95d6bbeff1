/// The limits and defaults of an HTTP check's settings.
package enum HTTPLimits {
    package static let headerCount = 50
    package static let headerLength = 8192
    /// Bytes.
    package static let requestBody = 65_536
    /// Characters.
    package static let keyword = 1...1024
    package static let redirects = 0...20
    /// Decoded bytes.
    package static let body = 1...(64 << 20)
    package static let standardBody = 10 << 20
    package static let resolveCount = 20
    package static let parameterCount = 50
    /// The largest body read from a file, in bytes.
    package static let bodyFile = 1 << 20
}
