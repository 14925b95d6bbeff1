/// What a file on the server holds that a setting names.
package enum ServerFile: Sendable {
    case any
    /// Certificates or a key, as PEM blocks.
    case pem
}
