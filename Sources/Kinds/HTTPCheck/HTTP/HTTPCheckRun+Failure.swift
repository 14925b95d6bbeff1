import Base
import CCurl
import Checks
import Glibc
import HTTPClient
import Sockets

extension HTTPCheckRun {
    // MARK: Time

    /// Ends the check with a timeout of its current phase.
    func failTimedOut() {
        let limit =
            (.now as MonotonicTime) < overallDeadline ? options.connectTimeout ?? options.timeout : options.timeout
        let after = "timed out after \(limit.text)"
        if isWaitingForBody {
            return fail(.internalError, .internal, "\(after): the body file \(options.bodyFile ?? "") was not read")
        }
        if isWaitingForToken { return fail(.tokenFailed, .request, "\(after): no token from the token endpoint") }
        if hop.isResolving {
            phases.dns = (phases.dns ?? .zero) + (.now as MonotonicTime - hop.startedAt)
            return fail(.dnsTimeout, .dns, "\(after): no answer from the name server")
        }
        addPhases()
        guard hop.attemptAt != nil, easy != nil else {
            return fail(.connectTimeout, .connect, "\(after): no connection")
        }
        let isReused = hop.expectsKeptConnection && !hop.wasRefusedConnection
        if !isReused, !isConnected || isStillWithProxy {
            return fail(.connectTimeout, .connect, "\(after): no connection to \(peerName)")
        }
        if !isReused, !isReady { return fail(.tlsTimeout, .tls, "\(after): the TLS handshake was not complete") }
        if !response.isHeaderComplete {
            let text = response.status == 0 ? "no response" : "the header was not complete"
            return fail(.timeoutFirstByte, .firstByte, "\(after): \(text)")
        }
        fail(.timeoutTransfer, .transfer, "\(after): the body was not complete")
    }

    /// Whether TLS with the target has not begun because the proxy has not answered.
    private var isStillWithProxy: Bool {
        guard let proxy = hop.proxy, hop.target?.isSecure == true else { return false }
        return hop.sslContexts < (proxy.scheme == "https" ? 2 : 1)
    }

    private var peerName: String {
        guard let peer = hop.peer else { return hop.target?.host ?? "the target" }
        return "\(peer.address.urlText):\(peer.port)"
    }

    // MARK: Codes

    /// The failure of a hop that libcurl ended or that we aborted.
    func failure(of code: CURLcode) -> Outcome.Failure {
        if let refusal = hop.refusal { return .init(.policyBlocked, in: .policy, refusal) }
        if let stop = response.stop, let failure = failure(of: stop) { return failure }
        let error = Int32(truncatingIfNeeded: easy?.number(CURLINFO_OS_ERRNO) ?? 0)
        let isSecure = hop.target?.isSecure == true
        switch code {
        case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_INTERFACE_FAILED: return connectFailure(error)
        case CURLE_PROXY, CURLE_COULDNT_RESOLVE_PROXY: return proxyFailure()
        case CURLE_FAILED_INIT: return .init(.overloaded, in: .internal, "the connection's socket cannot be watched")
        case CURLE_URL_MALFORMAT: return .init(.internalError, in: .internal, "the URL is malformed")
        case CURLE_SSL_CERTPROBLEM:
            return .init(
                .internalError,
                in: .internal,
                ClientKeyError.text(options.clientCertificate, options.clientKey)
            )
        case CURLE_OPERATION_TIMEDOUT:
            return .init(.connectTimeout, in: .connect, "timed out: no connection to \(peerName)")
        default: break
        }
        if let proxy = hop.proxy, isStillWithProxy || (!isSecure && proxy.scheme == "https" && proxyTLS.facts == nil) {
            return proxyFailure()
        }
        if isSecure, hop.sslContexts > 0 || Self.isTLS(code), let failure = tlsFailure(code) { return failure }
        return exchangeFailure(code, error)
    }

    private func failure(of stop: ResponseState.Stop) -> Outcome.Failure? {
        switch stop {
        case .headerTooLarge: .init(.httpHeaderTooLarge, in: .firstByte, "the header is over 100 kB")
        case .headerMalformed(let text): .init(.httpMalformed, in: .firstByte, text)
        case .bodyTooLarge: .init(.httpBodyTooLarge, in: .transfer, "the body is over \(options.maximumBody) bytes")
        case .undecodable(let text): .init(.httpDecoding, in: .transfer, text)
        case .matched, .switched: nil
        }
    }

    private func connectFailure(_ error: Int32) -> Outcome.Failure {
        switch hop.socketError {
        case 0: break
        case EMFILE, ENFILE, ENOBUFS, ENOMEM:
            return .init(.overloaded, in: .internal, "no socket: \(String(cString: strerror(hop.socketError)))")
        default:
            return .init(.connectUnreachable, in: .connect, "no socket: \(String(cString: strerror(hop.socketError)))")
        }
        if error == EADDRNOTAVAIL {
            return .init(.overloaded, in: .internal, "no local port or address is free for \(peerName)")
        }
        if hop.proxy != nil { return proxyFailure() }
        switch error {
        case ECONNREFUSED: return .init(.connectRefused, in: .connect, "\(peerName) refused the connection")
        case ETIMEDOUT: return .init(.connectTimeout, in: .connect, "timed out: no connection to \(peerName)")
        case EADDRNOTAVAIL where hop.peer.map { LocalPorts.hasRoute(to: $0.address) } ?? false:
            return .init(.overloaded, in: .internal, "no local port is free for a connection to \(peerName)")
        case ECONNRESET, EPIPE, ECONNABORTED:
            return .init(.connectReset, in: .connect, "\(peerName) reset the connection")
        default:
            let text = error == 0 ? "cannot be reached" : String(cString: strerror(error))
            return .init(.connectUnreachable, in: .connect, "\(peerName): \(text)")
        }
    }

    private func proxyFailure() -> Outcome.Failure {
        let status = easy?.number(CURLINFO_HTTP_CONNECTCODE) ?? 0
        if status > 0 { return .init(.proxyFailed, in: .connect, "the proxy answered CONNECT with status \(status)") }
        if let text = proxyTLS.faultText {
            return .init(.proxyFailed, in: .connect, "the proxy's certificate: \(text)")
        }
        return .init(.proxyFailed, in: .connect, "the proxy \(peerName) did not connect: \(easy?.message ?? "")")
    }

    // MARK: TLS

    private static func isTLS(_ code: CURLcode) -> Bool {
        switch code {
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_INVALIDCERTSTATUS, CURLE_USE_SSL_FAILED:
            true
        default: false
        }
    }

    /// nil when TLS is not the cause.
    private func tlsFailure(_ code: CURLcode) -> Outcome.Failure? {
        if tls.verifies, let text = tls.faultText {
            return .init(TLSRecord.reason(ofFault: tls.fault), in: .tls, "certificate: \(text)")
        }
        let isHandshake = !isReady
        if let alert = tls.receivedAlert, let failure = alertFailure(alert, isHandshake: isHandshake) { return failure }
        guard isHandshake || Self.isTLS(code) else { return nil }
        if code == CURLE_PEER_FAILED_VERIFICATION {
            return .init(.tlsHostname, in: .tls, "the certificate is not for \(hop.target?.host ?? "")")
        }
        let reason = openSSLReason
        // We send alert 70 when the peer wanted a version that we do not support; 267 means it used no TLS at all.
        if tls.sentAlert == 70 || [258, 267, 156, 191, 181, 193].contains(reason) {
            let text =
                reason == 267 || reason == 156 ? "the target does not speak TLS" : "no common TLS version or cipher"
            return .init(.tlsProtocol, in: .tls, text)
        }
        let error = Int32(truncatingIfNeeded: easy?.number(CURLINFO_OS_ERRNO) ?? 0)
        return .init(.tlsHandshake, in: .tls, handshakeText(error, reason))
    }

    /// libcurl's messages name functions of OpenSSL; common cases get plain words.
    private func handshakeText(_ error: Int32, _ reason: Int) -> String {
        let message = easy?.message ?? ""
        if error == ECONNRESET || message.contains("reset by peer") {
            return "the target reset the connection during the TLS handshake"
        }
        if message.contains("SSL_ERROR_SYSCALL") || message.contains("unexpected eof") || message.isEmpty {
            return "the connection was closed during the TLS handshake"
        }
        guard reason != 0, let colon = message.lastIndex(of: ":") else { return "the TLS handshake failed: \(message)" }
        return "the TLS handshake failed: \(message[message.index(after: colon)...])"
    }

    private func alertFailure(_ alert: Int32, isHandshake: Bool) -> Outcome.Failure? {
        let text = SSLAlert.text(alert)
        let isCertificate = [42, 43, 44, 45, 46, 48, 49, 116].contains(alert)
        let sendsCertificate = options.clientCertificate != nil
        if alert == 116 || (tls.wantsClientCertificate && (isCertificate || alert == 40 || !isHandshake)) {
            let words = sendsCertificate ? "refused the client certificate" : "wants a client certificate"
            return .init(.tlsClientCertificate, in: .tls, "the target \(words) (alert: \(text))")
        }
        guard isHandshake else { return nil }
        if [70, 71, 86, 120].contains(alert) {
            return .init(.tlsProtocol, in: .tls, "no common TLS version or cipher (alert: \(text))")
        }
        return .init(.tlsHandshake, in: .tls, SSLAlert.breakOffText(alert))
    }

    /// The reason code in libcurl's text `error:0A00010B:…`; 0 when there is none.
    private var openSSLReason: Int {
        guard let message = easy?.message, let colon = message.utf8.firstIndex(of: UInt8(ascii: ":")) else { return 0 }
        for start in [message.startIndex, message.index(after: colon)] {
            let parts = message[start...].split(separator: ":")
            if let index = parts.firstIndex(where: { $0.hasSuffix("error") }), index + 1 < parts.count,
                let code = Int(parts[index + 1], radix: 16)
            {
                return code & 0x7F_FFFF
            }
        }
        return 0
    }

    // MARK: Exchange

    private func exchangeFailure(_ code: CURLcode, _ error: Int32) -> Outcome.Failure {
        let phase: Phase = response.isHeaderComplete ? .transfer : .firstByte
        switch code {
        case CURLE_PARTIAL_FILE where response.status == 0 && easy?.message.hasPrefix("HTTP/2") == true:
            return .init(.httpEmpty, in: .firstByte, "the target closed without an answer")
        case CURLE_PARTIAL_FILE where phase == .firstByte:
            return .init(.httpMalformed, in: phase, "the connection ended in the middle of the header")
        case CURLE_OK: return .init(.httpMalformed, in: .firstByte, "the connection ended in the middle of the header")
        case CURLE_GOT_NOTHING where wantsHTTP2Unasked || agreedOnHTTP2: return http2Failure(code, phase)
        case CURLE_GOT_NOTHING where hop.target?.isSecure == false && engine.lastClosed.hadReceived(hop.socket):
            return .init(.httpMalformed, in: .firstByte, "the connection ended in the middle of the status line")
        case CURLE_GOT_NOTHING: return .init(.httpEmpty, in: .firstByte, "the target closed without an answer")
        case CURLE_PARTIAL_FILE: return .init(.httpTruncated, in: .transfer, "the body ended early")
        case CURLE_BAD_CONTENT_ENCODING, CURLE_WRITE_ERROR:
            return .init(.httpDecoding, in: .transfer, "the body cannot be decoded")
        case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL:
            return .init(.httpMalformed, in: .firstByte, malformedText)
        case CURLE_OUT_OF_MEMORY:
            return .init(.httpHeaderTooLarge, in: .firstByte, "a header line is over 100 kB")
        case CURLE_HTTP2, CURLE_HTTP2_STREAM: return http2Failure(code, phase)
        // Chunk framing that libcurl 7.88 cannot parse, and a header that begins with a continuation line.
        case CURLE_BAD_FUNCTION_ARGUMENT where phase == .transfer:
            return .init(.httpDecoding, in: .transfer, "the chunked framing is broken")
        case CURLE_BAD_FUNCTION_ARGUMENT where response.status > 0:
            return .init(.httpMalformed, in: .firstByte, "the header begins with a continuation")
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR: return brokenExchange(phase, error)
        default:
            return .init(.internalError, in: .internal, "libcurl \(code.rawValue): \(easy?.message ?? "")")
        }
    }

    /// What libcurl could not parse, in plain words.
    private var malformedText: String {
        let text = easy?.message ?? ""
        let words = [
            ("HTTP/0.9", "the answer has no status line: it is HTTP/0.9 or no HTTP at all"),
            ("without colon", "a header line has no colon"),
            ("Nul byte", "a header line holds a NUL byte"),
            ("Content-Length", "the Content-Length is not a number of 0 or more"),
            ("response code", "the status is not between 100 and 999"),
            ("HTTP version", "the status line names no version of HTTP that is known here"),
        ]
        return words.first { text.contains($0.0) }?.1 ?? "the answer is not HTTP"
    }

    private func brokenExchange(_ phase: Phase, _ error: Int32) -> Outcome.Failure {
        let text = easy?.message ?? ""
        if phase == .transfer, text.contains("chunk") {
            return .init(.httpDecoding, in: .transfer, "the chunked framing is broken")
        }
        if let failure = http2Breakage(phase, text) { return failure }
        if error == ECONNRESET || error == EPIPE || text.contains("reset by peer") {
            return .init(.httpReset, in: phase, "the target reset the connection")
        }
        if text.contains("unexpected eof") {
            return phase == .transfer
                ? .init(.httpTruncated, in: .transfer, "the connection ended in the middle of the body")
                : response.status > 0
                    ? .init(.httpMalformed, in: .firstByte, "the connection ended in the middle of the header")
                    : .init(.httpEmpty, in: .firstByte, "the target closed without an answer")
        }
        if wantsHTTP2Unasked, response.status == 0 { return http2Failure(CURLE_RECV_ERROR, phase) }
        return .init(.httpReset, in: phase, "the exchange broke: \(text)")
    }
}
