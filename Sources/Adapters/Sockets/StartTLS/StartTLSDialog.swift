package import Checks

/// The dialogue on a plain connection until TLS may begin; pure.
package struct StartTLSDialog: Sendable {
    /// What to do next.
    package enum Step: Sendable, Equatable {
        /// Wait for more bytes.
        case wait
        case send([UInt8])
        /// Begin TLS now.
        case upgrade
        case fail(Outcome.Failure)
    }

    private enum Stage { case greeting, capabilities, reply }

    private let kind: StartTLS
    private var stage: Stage
    private var line: [UInt8] = []
    /// Bytes of all lines so far.
    private var total = 0
    private var isOffered = false
    /// The code of the FTP reply whose last line is still to come.
    private var openCode: [UInt8]?
    private static let limit = 16_384

    package init(_ kind: StartTLS) {
        self.kind = kind
        stage = kind == .postgres ? .reply : .greeting
    }

    /// The bytes to send first; nil when the server sends first.
    package var opening: [UInt8]? {
        // Length 8 and the code 80877103.
        kind == .postgres ? [0, 0, 0, 8, 4, 0xD2, 0x16, 0x2F] : nil
    }

    /// Handles received bytes.
    ///
    /// Nothing may follow the reply that allows TLS: an attacker could have injected it in clear text (CVE-2011-0411).
    package mutating func take(_ bytes: UnsafeRawBufferPointer) -> Step {
        if kind == .postgres { return takePostgres(bytes) }
        var next = Step.wait
        for byte in bytes {
            guard next == .wait else {
                return next == .upgrade ? .fail(Self.malformed("something follows the reply that allows TLS")) : next
            }
            total += 1
            guard total <= Self.limit else { return .fail(Self.malformed("the dialog before TLS is too long")) }
            guard byte == UInt8(ascii: "\n") else {
                line.append(byte)
                continue
            }
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            let text = String(decoding: line, as: UTF8.self)
            line.removeAll(keepingCapacity: true)
            next = takeLine(text)
        }
        return next
    }

    private static func malformed(_ text: String) -> Outcome.Failure {
        Outcome.Failure(.answerMalformed, in: .request, text)
    }

    private static func unavailable(_ text: String) -> Step {
        .fail(
            Outcome.Failure(.tlsProtocol, in: .tls, "the target does not offer TLS on this port: \(text.prefix(200))")
        )
    }

    private mutating func takeLine(_ line: String) -> Step {
        switch kind {
        case .smtp, .ftp: takeReply(line)
        case .pop3: takePOP3(line)
        case .imap: takeIMAP(line)
        case .none, .postgres: .upgrade
        }
    }

    // MARK: SMTP and FTP: three digits, and a hyphen where more lines follow

    private mutating func takeReply(_ line: String) -> Step {
        let code = Array(line.utf8.prefix(3))
        let isLast = line.utf8.count == 3 || line.utf8.dropFirst(3).first != UInt8(ascii: "-")
        if let openCode {
            // In FTP the lines in between may be anything; the last has the first one's code (RFC 959 §4.2).
            guard code == openCode, isLast else { return .wait }
            self.openCode = nil
        }
        guard code.count == 3, code.allSatisfy({ $0 &- 48 <= 9 }) else {
            return .fail(Self.malformed("the greeting is not \(kind.rawValue.uppercased())"))
        }
        if stage == .capabilities, line.dropFirst(4).uppercased().hasPrefix("STARTTLS") { isOffered = true }
        guard isLast else {
            if kind == .ftp { openCode = code }
            return .wait
        }
        let isPositive = code.first == UInt8(ascii: "2")
        switch stage {
        case .greeting:
            // "120 Service ready in nnn minutes" comes before the greeting itself (RFC 959 §5.4).
            if kind == .ftp, code == Array("120".utf8) { return .wait }
            guard isPositive else { return .fail(Self.malformed("the target answered \(line.prefix(200))")) }
            stage = kind == .smtp ? .capabilities : .reply
            return .send(Array((kind == .smtp ? "EHLO sentinel.invalid\r\n" : "AUTH TLS\r\n").utf8))
        case .capabilities:
            guard isPositive, isOffered else { return Self.unavailable(line) }
            stage = .reply
            return .send(Array("STARTTLS\r\n".utf8))
        case .reply: return isPositive ? .upgrade : Self.unavailable(line)
        }
    }

    // MARK: POP3

    private mutating func takePOP3(_ line: String) -> Step {
        let isPositive = line.hasPrefix("+OK")
        guard isPositive || line.hasPrefix("-ERR") else { return .fail(Self.malformed("the greeting is not POP3")) }
        guard stage == .greeting else { return isPositive ? .upgrade : Self.unavailable(line) }
        guard isPositive else { return .fail(Self.malformed("the target answered \(line.prefix(200))")) }
        stage = .reply
        return .send(Array("STLS\r\n".utf8))
    }

    // MARK: IMAP

    private mutating func takeIMAP(_ line: String) -> Step {
        let words = line.uppercased()
        if stage == .greeting {
            guard words.hasPrefix("* OK") || words.hasPrefix("* PREAUTH") else {
                let text =
                    words.hasPrefix("* BYE") ? "the target answered \(line.prefix(200))" : "the greeting is not IMAP"
                return .fail(Self.malformed(text))
            }
            stage = .reply
            return .send(Array("a1 STARTTLS\r\n".utf8))
        }
        if words.hasPrefix("* ") { return .wait }
        guard words.hasPrefix("A1 ") else { return .fail(Self.malformed("the reply to STARTTLS is not IMAP")) }
        return words.hasPrefix("A1 OK") ? .upgrade : Self.unavailable(line)
    }

    // MARK: PostgreSQL

    private mutating func takePostgres(_ bytes: UnsafeRawBufferPointer) -> Step {
        guard let first = bytes.first else { return .wait }
        switch first {
        case UInt8(ascii: "S"):
            return bytes.count == 1
                ? .upgrade : .fail(Self.malformed("something follows the reply that allows TLS"))
        case UInt8(ascii: "N"): return Self.unavailable("it answered N")
        case UInt8(ascii: "E"): return Self.unavailable("it answered with an error")
        default: return .fail(Self.malformed("the answer is not PostgreSQL"))
        }
    }
}
