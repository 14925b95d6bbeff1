/// One complete mail for an SMTP server (RFC 5321).
package struct MailTransfer: Sendable {
    /// How the connection is protected.
    package enum Security: Sendable, Equatable {
        /// STARTTLS; without it nothing is sent.
        case starttls
        /// STARTTLS if the server offers it.
        case optional
        /// TLS from the start.
        case tls
        /// Never TLS.
        case none
    }

    /// A name or an address.
    package var host: String
    package var port: UInt16
    package var security: Security
    /// nil sends without a login.
    package var login: (user: String, password: String)?
    /// The client's name in EHLO.
    package var helo: String
    /// A plain address, which bounces are sent to.
    package var sender: String
    /// Plain addresses, at least one.
    package var recipients: [String]
    /// RFC 5322, with CR LF at each line's end.
    package var message: [UInt8]
    /// The limit for the whole transfer.
    package var timeout: Duration
    /// The limit for the server's reply once the whole mail was sent; giving up too early would send an accepted mail
    /// again.
    package var replyTimeout: Duration = .seconds(150)
    /// Path of the PEM file with the authorities; nil uses the client's.
    package var caFile: String?
    /// Whether the server's certificate is verified; nil uses the client's setting.
    ///
    /// Never with `.optional`.
    package var verifiesTLS: Bool?

    package init(
        host: String,
        port: UInt16,
        security: Security,
        helo: String,
        sender: String,
        recipients: [String],
        message: [UInt8],
        timeout: Duration = .seconds(10)
    ) {
        (self.host, self.port, self.security, self.helo) = (host, port, security, helo)
        (self.sender, self.recipients, self.message, self.timeout) = (sender, recipients, message, timeout)
    }
}

/// An SMTP server's reply to an accepted mail.
package struct MailReceipt: Sendable, Equatable {
    /// The last line of the reply, which often holds the server's queue id.
    package let reply: String
    /// The refused recipients, in order; at least one other was accepted.
    package let refusals: [Refusal]

    /// A recipient that the server refused.
    package struct Refusal: Sendable, Equatable {
        package let recipient: String
        /// 400 to 499 for a temporary refusal, 500 to 599 for a permanent one.
        package let code: Int
        package let reply: String
    }
}

/// Why a mail was not sent.
package enum MailError: Error, Sendable, Equatable {
    /// The server refused it, with a code from 400 to 599 and its line.
    case rejected(code: Int, String)
    /// The conversation broke off.
    case failed(HTTPClientError)
}

extension MailTransfer {
    /// Whether no part contains a line break, which could end a line or command of the conversation.
    var isClean: Bool {
        let words = [host, helo, sender] + recipients
        let areWords = words.allSatisfy { word in
            !word.isEmpty && word.utf8.allSatisfy { $0 > 32 && $0 < 127 && !"<>\"/?#\\%".utf8.contains($0) }
        }
        return areWords && !recipients.isEmpty && port > 0
    }
}
