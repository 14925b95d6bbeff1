import Base
import CCurl
import Glibc
import Runtime

/// One mail of the client, from resolving to the server's last word.
final class MailExchange: EngineExchange, CurlTransferOwner {
    private unowned let engine: ClientEngine
    private let mail: MailTransfer
    private let easy: CurlEasy
    private let callbacks = CurlCallbacks()
    private var completion: ((Result<MailReceipt, MailError>) -> Void)?
    private var timer: TimerToken?
    private var lookup: Resolver.Lookup?
    private var addresses: [IPAddress] = []
    private var recipientList: UnsafeMutablePointer<curl_slist>?
    private var connectList: UnsafeMutablePointer<curl_slist>?
    private var sent = 0
    private var lastReply = ""
    /// Whether the server asked for the mail, and whether it took it.
    private var isAsked = false
    private var isTaken = false
    private var refusals = 0
    private var replyBytes = 0
    private var refusal: String?
    private static let replyLimit = 100_000

    init(
        _ engine: ClientEngine,
        _ mail: MailTransfer,
        _ easy: CurlEasy,
        completion: @escaping (Result<MailReceipt, MailError>) -> Void
    ) {
        (self.engine, self.mail, self.easy, self.completion) = (engine, mail, easy, completion)
    }

    deinit {
        curl_slist_free_all(recipientList)
        curl_slist_free_all(connectList)
    }

    func start() {
        let words = [mail.host, mail.helo, mail.sender] + mail.recipients
        let isClean = words.allSatisfy { word in
            !word.isEmpty && word.utf8.allSatisfy { $0 > 32 && $0 < 127 && !"<>\"/?#\\%".utf8.contains($0) }
        }
        guard isClean, !mail.recipients.isEmpty, mail.port > 0 else {
            return finish(.failure(.failed(.invalidRequest("the server, a name or an address is malformed"))))
        }
        timer = engine.loop.arm(at: .now + mail.timeout) { [unowned self] in
            timer = nil
            // A server that took the mail and then hangs has taken it: sent again, it would come twice.
            finish(isTaken ? .success(receipt) : .failure(.failed(.timeout)))
        }
        lookup = engine.resolve(mail.host) { [unowned self] result in
            lookup = nil
            switch result {
            case .success(let found):
                addresses = found
                connect()
            case .failure(let error): finish(.failure(.failed(error)))
            }
        }
    }

    func cancel() { finish(.failure(.failed(.cancelled))) }

    // MARK: Connecting

    private func connect() {
        prepare()
        guard let multi = engine.multi, multi.add(easy, owner: self) else {
            return finish(.failure(.failed(.transport("libcurl refused the transfer"))))
        }
    }

    private func prepare() {
        (sent, lastReply, refusals, isAsked, isTaken) = (0, "", 0, false, false)
        easy.reset()
        let scheme = mail.security == .tls ? "smtps" : "smtp"
        let address = IPAddress(mail.host)
        easy.set(CURLOPT_URL, "\(scheme)://\(address?.urlText ?? mail.host):\(mail.port)/\(mail.helo)")
        easy.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps")
        easy.setCommon(engine.configuration)
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
        if address == nil, let address = addresses.first {
            curl_slist_free_all(connectList)
            connectList = curl_slist_append(nil, "::\(address.urlText):")
            easy.set(CURLOPT_CONNECT_TO, pointer: connectList)
        }
        easy.set(CURLOPT_MAIL_FROM, "<\(mail.sender)>")
        curl_slist_free_all(recipientList)
        recipientList = nil
        for recipient in mail.recipients {
            recipientList = curl_slist_append(recipientList, "<\(recipient)>") ?? recipientList
        }
        easy.set(CURLOPT_MAIL_RCPT, pointer: recipientList)
        // One address that is gone must not keep the mail from the others.
        easy.set(CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1)
        easy.set(CURLOPT_UPLOAD, 1)
        setCallbacks()
    }

    private func setCallbacks() {
        callbacks.onHeader = { [unowned self] in takeReply($0) }
        callbacks.onUpload = { [unowned self] in give($0) }
        callbacks.onSocket = { [unowned self] in engine.openSocket($0, refusal: &refusal) }
        callbacks.onContext = { [unowned self] in engine.useTrust($0) }
        callbacks.attach(to: easy)
    }

    // MARK: Exchange

    private func give(_ space: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(space.count, mail.message.count - sent)
        mail.message.withUnsafeBytes {
            space.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[sent..<sent + count]))
        }
        sent += count
        return count
    }

    private func takeReply(_ line: UnsafeRawBufferPointer) -> Bool {
        replyBytes += line.count
        let text = String(decoding: line.prefix(500).filter { $0 >= 32 }, as: UTF8.self)
        // What it says to the farewell is no news, and what follows its yes changes nothing.
        guard !isTaken, !text.hasPrefix("221") else { return replyBytes <= Self.replyLimit }
        lastReply = text
        let isLast = text.dropFirst(3).first != "-"
        if isLast, text.hasPrefix("4") || text.hasPrefix("5") { refusals += 1 }
        if isLast, isAsked { isTaken = text.hasPrefix("2") }
        if text.hasPrefix("354") { isAsked = true }
        return replyBytes <= Self.replyLimit
    }

    func transferFinished(_ code: CURLcode) {
        if code == CURLE_OK || isTaken { return finish(.success(receipt)) }
        if let refusal { return finish(.failure(.failed(.blocked(refusal)))) }
        if code == CURLE_COULDNT_CONNECT, addresses.count > 1 {
            addresses.removeFirst()
            return connect()
        }
        if let reply = Int(lastReply.prefix(3)), (400...599).contains(reply) {
            return finish(.failure(.rejected(code: reply, lastReply)))
        }
        let detail = easy.message.isEmpty ? String(cString: curl_easy_strerror(code)) : easy.message
        finish(.failure(.failed(.transport(detail))))
    }

    private var receipt: MailReceipt {
        // What was refused before the recipients, such as an unknown greeting, is no recipient.
        MailReceipt(reply: lastReply, refusedRecipients: min(refusals, mail.recipients.count - 1))
    }

    /// Ends the exchange; twice is harmless.
    private func finish(_ result: Result<MailReceipt, MailError>) {
        guard let completion else { return }
        self.completion = nil
        if let timer { engine.loop.cancel(timer) }
        timer = nil
        lookup?.cancel()
        engine.multi?.remove(easy)
        completion(result)
    }
}
