import Base
import CCurl
import Checks
import HTTPClient
import Glibc
import Sockets

extension HTTPCheckRun {
    /// Handles the end of libcurl's work on the hop, successful or not.
    func transferFinished(_ code: CURLcode) {
        noteConnection()
        // Even with a broken body: following a redirect does not need it.
        if response.isRedirect {
            addPhases()
            return follow()
        }
        if code == CURLE_OK, response.isHeaderComplete {
            // Sent before the request arrived: the target was about to close the idle connection.
            if response.status == 408, hop.expectsKeptConnection, !hop.wasRefusedConnection { return reconnect() }
            return judge()
        }
        switch response.stop {
        case .switched, .matched: return judge()
        default: break
        }
        if hop.expectsKeptConnection, hop.wasRefusedConnection || isLost(code) { return reconnect() }
        if code == CURLE_COULDNT_CONNECT, hop.refusal == nil, tryNextAddress() { return }
        let failure = failure(of: code)
        addPhases()
        finish(failure)
    }

    /// Whether a connection ended without a byte of an answer; over HTTP/2 libcurl itself does not try again.
    private func isLost(_ code: CURLcode) -> Bool {
        switch code {
        case CURLE_HTTP2, CURLE_PARTIAL_FILE, CURLE_SEND_ERROR, CURLE_RECV_ERROR:
            response.status == 0 && response.stop == nil
        default: false
        }
    }

    /// The kept connection is of no use: starts the hop again, with a new lookup and connection.
    private func reconnect() {
        renewKept()
        beginHop(hop.url)
    }

    private func noteConnection() {
        guard let kept, redirects == 0, hop.proxy == nil else { return }
        kept.address = hop.addresses.isEmpty ? nil : hop.addresses[hop.addressIndex]
    }

    /// Judges a complete response.
    private func judge() {
        addPhases()
        if hop.proxy?.isHTTP == true, response.status == 407 {
            return fail(.proxyFailed, .firstByte, "the proxy demands credentials (status 407)")
        }
        guard response.isBodyWhole else {
            return fail(.httpDecoding, .transfer, "the compressed body is cut short")
        }
        if response.status == 401, renewsToken() { return }
        guard options.expectedStatus.contains(response.status) || judgesStatusByAssertion else {
            return fail(
                .httpStatus,
                .assertion,
                "status \(response.status), expected \(options.expectedStatus.description)" + unfollowed
            )
        }
        let wantsHTTP2 = options.httpVersion == .http2 || options.httpVersion == .http2PriorKnowledge
        if wantsHTTP2, response.version?.description != "2" {
            return fail(.assertionVersion, .assertion, "HTTP/\(response.version?.description ?? "?") instead of HTTP/2")
        }
        if response.keywords != nil, let flaw = keywordFlaw() { return fail(.assertionBody, .assertion, flaw) }
        finish(options.assertions.isEmpty ? nil : assertionFailure())
    }

    private func keywordFlaw() -> String? {
        response.endBody()
        guard let keywords = response.keywords else { return nil }
        let charset =
            keywords.charsetNote.map { " (\($0))" }
            ?? keywords.charset.map { $0 == .utf8 ? "" : " (read as \($0.name))" } ?? ""
        if let keyword = keywords.keyword, !keyword.isFound {
            return "the body lacks the keyword \(quoted(options.keyword))\(charset)"
        }
        if let forbidden = keywords.forbidden, forbidden.isFound {
            return "the body holds the forbidden keyword \(quoted(options.forbiddenKeyword))\(charset)"
        }
        return nil
    }

    /// A keyword as written, limited in length.
    private func quoted(_ keyword: String?) -> String {
        let keyword = keyword ?? ""
        let start = keyword.prefix(100)
        return JSONValue.string(start.endIndex < keyword.endIndex ? start + "…" : String(start)).description
    }

    private var unfollowed: String {
        let isRedirection = (300...399).contains(response.status)
        guard isRedirection, response.location != nil, options.followsRedirects else { return "" }
        return "; its Location is not followed, which only 301, 302, 303, 307 and 308 ask for"
    }

    // MARK: Figures

    /// Adds this hop's times to the check's; call while the handle still has them.
    func addPhases() {
        let now = MonotonicTime.now
        if let resolvedAt = hop.resolvedAt { phases.dns = (phases.dns ?? .zero) + (resolvedAt - hop.startedAt) }
        if hop.target?.isSecure == true, hop.sslContexts > 0 || hop.expectsKeptConnection {
            noteCertificate()
        }
        guard let easy, let attemptAt = hop.attemptAt, let firstAttemptAt = hop.firstAttemptAt else { return }
        let spent = (now - attemptAt).wholeNanoseconds / 1000
        let total = easy.isRunning ? spent : easy.microseconds(CURLINFO_TOTAL_TIME_T)
        let before = (attemptAt - firstAttemptAt).wholeNanoseconds / 1000
        var connected = easy.microseconds(CURLINFO_CONNECT_TIME_T)
        var ready = easy.microseconds(CURLINFO_APPCONNECT_TIME_T)
        // Receiving the first byte is counted as receiving the whole header.
        let first = response.isHeaderComplete ? easy.microseconds(CURLINFO_STARTTRANSFER_TIME_T) : 0
        let isReused = hop.expectsKeptConnection && !hop.wasRefusedConnection
        if isReused {
            (connected, ready) = (0, 0)
        } else {
            if hop.target?.isSecure == true, hop.proxy != nil || connected == 0 {
                // The exchange with a proxy belongs to connecting, and libcurl reports no time before TLS is done.
                connected = tls.startedAt.map { ($0 - attemptAt).wholeNanoseconds / 1000 } ?? 0
            }
            add(before + (connected > 0 ? connected : total), to: &phases.connect)
            guard connected > 0 else { return }
            if hop.target?.isSecure == true {
                add((ready > 0 ? ready : total) - connected, to: &phases.tls)
                guard ready > 0 else { return }
            }
        }
        let start = max(connected, ready)
        add((first > 0 ? first : total) - start, to: &phases.firstByte)
        if first > 0 { add(total - first, to: &phases.transfer) }
    }

    /// Keeps the invalid certificate of all hops, otherwise the one that expires first: a redirect must not hide it.
    private func noteCertificate() {
        guard let facts = tls.facts else { return }
        if let certificate, facts.problem == nil {
            guard certificate.problem == nil, facts.notAfter < certificate.notAfter else { return }
        }
        certificate = facts
    }

    private func add(_ microseconds: Int64, to phase: inout Duration?) {
        phase = (phase ?? .zero) + .microseconds(max(0, microseconds))
    }

    func outcome(_ failure: Outcome.Failure?) -> Outcome {
        var outcome = Outcome(failure: failure, latency: .now - startedAt)
        outcome.phases = phases
        if response.status > 0 {
            outcome.statusCode = response.status
            outcome.httpVersion = response.version?.description
            outcome.bodyBytes = response.isRedirect ? 0 : response.bodyBytes
        }
        outcome.remoteAddress = remoteAddress
        outcome.redirects = redirects
        if redirects > 0, let url = CurlURL(hop.url) {
            url.removeUserInfo()
            outcome.finalURL = url.text
        }
        outcome.header = response.outline(&engine.headers)
        if let certificate { outcome.certificate = certificate }
        if !response.notes.isEmpty {
            outcome.facts = JSONObject([("notes", .array(response.notes.map { .string($0) }))])
        }
        if failure != nil { outcome.evidence = token == nil ? response.evidence : evidenceWithoutToken }
        return outcome
    }

    private var remoteAddress: String? {
        if let peer = hop.peer, hop.refusal == nil {
            if let peerText, peerText.address == peer.address, peerText.port == peer.port { return peerText.text }
            let text = "\(peer.address.urlText):\(peer.port)"
            peerText = (peer.address, peer.port, text)
            return text
        }
        guard hop.expectsKeptConnection, let easy, let text = easy.text(CURLINFO_PRIMARY_IP), !text.isEmpty else {
            return nil
        }
        return "\(text.contains(":") ? "[\(text)]" : text):\(easy.number(CURLINFO_PRIMARY_PORT))"
    }
}
