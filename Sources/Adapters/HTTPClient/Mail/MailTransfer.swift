/// One mail for an SMTP server (RFC 5321), whole.
package struct MailTransfer: Sendable {
    /// How the connection is protected.
    package enum Security: Sendable, Equatable {
        /// STARTTLS, or nothing is sent.
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
    /// nil logs nobody in.
    package var login: (user: String, password: String)?
    /// The name to introduce the client by.
    package var helo: String
    /// A plain address; bounces go there.
    package var sender: String
    /// Plain addresses, at least one.
    package var recipients: [String]
    /// RFC 5322, with CR LF at each line's end.
    package var message: [UInt8]
    /// For the whole transfer.
    package var timeout: Duration
    /// For the server's word once the whole mail was sent; given up sooner, it would be sent again though it was taken.
    package var replyTimeout: Duration = .seconds(150)
    /// Path of the PEM file with the authorities; nil means the client's.
    package var caFile: String?
    /// Whether the server's certificate is verified; nil means as the client does.
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

/// What an SMTP server said when it took a mail.
package struct MailReceipt: Sendable, Equatable {
    /// Its last line, which often names the mail in its queue.
    package let reply: String
    /// The recipients that it refused, in order; at least one other was accepted.
    package let refusals: [Refusal]

    /// A recipient that the server did not take.
    package struct Refusal: Sendable, Equatable {
        package let recipient: String
        /// 400 to 499 for now, 500 to 599 for good.
        package let code: Int
        package let reply: String
    }
}

/// Why a mail was not taken.
package enum MailError: Error, Sendable, Equatable {
    /// The server said no, with a code from 400 to 599, and its line.
    case rejected(code: Int, String)
    /// There was no answer to the end.
    case failed(HTTPClientError)
}

extension MailTransfer {
    /// Whether no part of it could end a line or command of the conversation.
    var isClean: Bool {
        let words = [host, helo, sender] + recipients
        let areWords = words.allSatisfy { word in
            !word.isEmpty && word.utf8.allSatisfy { $0 > 32 && $0 < 127 && !"<>\"/?#\\%".utf8.contains($0) }
        }
        return areWords && !recipients.isEmpty && port > 0
    }
}
