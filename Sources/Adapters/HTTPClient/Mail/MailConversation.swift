import Base
import CCurl
import Glibc

/// One mail's conversation with its server: blocks a thread, but not past its deadline by more than a second.
final class MailConversation: Sendable {
    private let mail: MailTransfer
    private let addresses: [IPAddress]
    private let configuration: HTTPClientConfiguration
    private let deadline: MonotonicTime
    private let isCancelled = Locked(false)

    init(
        _ mail: MailTransfer,
        _ addresses: [IPAddress],
        _ configuration: HTTPClientConfiguration,
        deadline: MonotonicTime
    ) {
        (self.mail, self.addresses, self.configuration) = (mail, addresses, configuration)
        self.deadline = deadline
    }

    /// Ends the conversation within a second; callable from any thread.
    func cancel() { isCancelled.withLock { $0 = true } }

    /// Tries one address after another until one accepts the connection.
    func run() -> Result<MailReceipt, MailError> {
        guard CurlGlobal.isReady, let easy = CurlEasy() else {
            return .failure(.failed(.transport("libcurl could not be set up")))
        }
        var result = Result<MailReceipt, MailError>.failure(.failed(.transport("there is no address")))
        for address in addresses {
            let (code, dialogue) = converse(easy, address)
            result = self.result(code, dialogue, easy)
            if code != CURLE_COULDNT_CONNECT || isOver(dialogue) { break }
        }
        return result
    }

    private func isOver(_ dialogue: MailDialogue) -> Bool {
        if isCancelled.withLock({ $0 }) { return true }
        guard let sentAt = dialogue.sentAt else { return MonotonicTime.now >= deadline }
        return MonotonicTime.now >= sentAt + mail.replyTimeout
    }

    private func converse(_ easy: CurlEasy, _ address: IPAddress) -> (CURLcode, MailDialogue) {
        let dialogue = MailDialogue(mail.message)
        let callbacks = CurlCallbacks()
        callbacks.onHeader = { dialogue.take($0) }
        callbacks.onCommand = { dialogue.noteCommand($0) }
        callbacks.onUpload = { dialogue.give($0) }
        callbacks.onSocket = { [configuration] in configuration.openSocket($0, refusal: &dialogue.refusal) }
        // Once the server has accepted the mail, nobody waits for the reply to QUIT.
        callbacks.onProgress = { [unowned self] in !dialogue.isTaken && !isOver(dialogue) }
        let connectList = curl_slist_append(nil, "::\(address.urlText):")
        var recipientList: UnsafeMutablePointer<curl_slist>?
        for recipient in mail.recipients {
            recipientList = curl_slist_append(recipientList, "<\(recipient)>") ?? recipientList
        }
        defer {
            curl_slist_free_all(connectList)
            curl_slist_free_all(recipientList)
        }
        easy.reset()
        easy.clearMessage()
        set(easy, isName: IPAddress(mail.host) == nil)
        if IPAddress(mail.host) == nil { easy.set(CURLOPT_CONNECT_TO, pointer: connectList) }
        easy.set(CURLOPT_MAIL_RCPT, pointer: recipientList)
        callbacks.attach(to: easy)
        let code = withExtendedLifetime(callbacks) { curl_easy_perform(easy.handle) }
        // The handle must outlive the callbacks and lists that it was given.
        let message = easy.message
        easy.reset()
        dialogue.detail = message.isEmpty ? String(cString: curl_easy_strerror(code)) : message
        return (code, dialogue)
    }

    private func set(_ easy: CurlEasy, isName: Bool) {
        let scheme = mail.security == .tls ? "smtps" : "smtp"
        let host = isName ? mail.host : IPAddress(mail.host)?.urlText ?? mail.host
        easy.set(CURLOPT_URL, "\(scheme)://\(host):\(mail.port)/\(mail.helo)")
        easy.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps")
        easy.setCommon(configuration)
        easy.set(CURLOPT_CAINFO, mail.caFile ?? configuration.caFile)
        // Opportunistic TLS accepts any certificate: refusing it would not help a sender who also accepts no TLS.
        let verifies = (mail.verifiesTLS ?? configuration.verifyTLS) && mail.security != .optional
        easy.setVerification(verifies)
        let security =
            switch mail.security {
            case .starttls, .tls: CURLUSESSL_ALL
            case .optional: CURLUSESSL_TRY
            case .none: CURLUSESSL_NONE
            }
        easy.set(CURLOPT_USE_SSL, Int(security.rawValue))
        if let login = mail.login {
            easy.set(CURLOPT_USERNAME, login.user)
            easy.set(CURLOPT_PASSWORD, login.password)
        }
        easy.set(CURLOPT_MAIL_FROM, "<\(mail.sender)>")
        // One invalid address must not keep the mail from the others.
        easy.set(CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1)
        easy.set(CURLOPT_UPLOAD, 1)
        easy.set(CURLOPT_NOPROGRESS, 0)
        // `isOver` ends it sooner unless the whole mail was sent.
        let left = max(1, (deadline - .now + mail.replyTimeout).wholeMilliseconds)
        easy.set(CURLOPT_TIMEOUT_MS, Int(left))
        easy.set(CURLOPT_SERVER_RESPONSE_TIMEOUT, Int(left / 1000 + 1))
    }

    private func result(_ code: CURLcode, _ dialogue: MailDialogue, _ easy: CurlEasy) -> Result<MailReceipt, MailError>
    {
        // A server that accepted the mail and then fails or hangs has it: sending it again would deliver it twice.
        if code == CURLE_OK || dialogue.isTaken {
            let refused = zip(mail.recipients, dialogue.recipientReplies).filter { $1.code >= 400 }.map {
                MailReceipt.Refusal(recipient: $0, code: $1.code, reply: $1.line)
            }
            return .success(MailReceipt(reply: dialogue.lastReply, refusals: refused))
        }
        if let refusal = dialogue.refusal { return .failure(.failed(.blocked(refusal))) }
        if isCancelled.withLock({ $0 }) { return .failure(.failed(.cancelled)) }
        if code == CURLE_OPERATION_TIMEDOUT || isOver(dialogue) { return .failure(.failed(.timeout)) }
        if code == CURLE_SSL_CACERT_BADFILE {
            let file = mail.caFile ?? configuration.caFile
            let fault = TrustStore.fault(caFile: file) ?? "the CA file \(file) cannot be read"
            return .failure(.failed(.transport(fault)))
        }
        // When every recipient is refused, one that may be accepted later decides.
        if let later = dialogue.recipientReplies.first(where: { (400...499).contains($0.code) }) {
            return .failure(.rejected(code: later.code, later.line))
        }
        if let reply = Int(dialogue.lastReply.prefix(3)), (400...599).contains(reply) {
            return .failure(.rejected(code: reply, dialogue.lastReply))
        }
        return .failure(.failed(.transport(dialogue.detail)))
    }
}

/// The state of the SMTP dialogue on one connection.
private final class MailDialogue {
    private let message: [UInt8]
    private var sent = 0
    private var replyBytes = 0
    /// Whether the server is ready for the mail's data.
    private var isAsked = false
    /// Whether the server accepted the mail.
    private(set) var isTaken = false
    /// The server's last reply about the mail, without the reply to QUIT.
    private(set) var lastReply = ""
    /// When the last byte of the mail was passed to libcurl; nil before that.
    private(set) var sentAt: MonotonicTime?
    /// Whether the last command was RCPT.
    private var isNamingRecipient = false
    /// The server's reply for each recipient, in order.
    private(set) var recipientReplies: [(code: Int, line: String)] = []
    /// Why an address was refused.
    var refusal: String?
    /// libcurl's error message at the end.
    var detail = ""
    private static let replyLimit = 100_000

    init(_ message: [UInt8]) { self.message = message }

    /// Notes which command the next reply belongs to.
    func noteCommand(_ command: UnsafeRawBufferPointer) {
        isNamingRecipient = command.count > 7 && command.prefix(7).elementsEqual("RCPT TO".utf8)
    }

    /// Passes the next bytes of the mail to libcurl.
    func give(_ space: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(space.count, message.count - sent)
        message.withUnsafeBytes {
            space.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[sent..<sent + count]))
        }
        sent += count
        if sent == message.count, sentAt == nil { sentAt = .now }
        return count
    }

    /// Handles a line from the server; false when the replies are too long.
    func take(_ line: UnsafeRawBufferPointer) -> Bool {
        replyBytes += line.count
        let text = String(decoding: line.prefix(500).filter { $0 >= 32 }, as: UTF8.self)
        // The reply to QUIT is ignored.
        guard !isTaken, !text.hasPrefix("221") else { return replyBytes <= Self.replyLimit }
        lastReply = text
        let isLast = text.dropFirst(3).first != "-"
        if isLast, isNamingRecipient, let code = Int(text.prefix(3)) {
            recipientReplies.append((code, text))
            isNamingRecipient = false
        }
        if isLast, isAsked { isTaken = text.hasPrefix("2") }
        if text.hasPrefix("354") { isAsked = true }
        return replyBytes <= Self.replyLimit
    }
}
