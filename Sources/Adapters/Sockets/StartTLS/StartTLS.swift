/// The protocol whose command upgrades a plain connection to TLS.
package enum StartTLS: String, Sendable, CaseIterable {
    case none
    /// RFC 3207.
    case smtp
    /// RFC 3501 §6.2.1.
    case imap
    /// RFC 2595 §4.
    case pop3
    /// RFC 4217.
    case ftp
    /// SSLRequest of PostgreSQL's protocol.
    case postgres
}
