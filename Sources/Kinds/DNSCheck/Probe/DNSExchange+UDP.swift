import Base
import Checks
import Datagrams
import Glibc
import HTTPClient
import Runtime

extension DNSExchange: QueryReceiver {
    // MARK: Sending

    /// How often the query is sent in all; each of several servers gets it at least once.
    private var maximumAttempts: Int { max(settings.options.queryRetries + 1, server == nil ? candidates.count : 1) }

    /// Sends the query to the next server.
    func sendQuestion() {
        let endpoint = candidates[attempts % candidates.count]
        attempts += 1
        guard isAllowed(endpoint) else { return }
        report.server = endpoint
        do throws(Errno) {
            if place?.socket.datagrams.family != endpoint.address.family { leavePlace() }
            if place == nil {
                guard let made = try engine.sockets.enter(self, endpoint.address.family) else {
                    return fail(.overloaded, .internal, "too many questions are under way")
                }
                place = made
                DNSQuery.setIdentifier(made.identifier, in: &query)
            }
            if askedAt == nil { askedAt = .now }
            try send(to: endpoint)
        } catch {
            return sendingFailed(error, endpoint)
        }
        armTimer(at: min(deadline, nextAttemptAt))
    }

    private func send(to endpoint: Endpoint) throws(Errno) {
        guard let place else { return }
        let fault = query.withUnsafeBytes { bytes -> Errno? in
            do throws(Errno) {
                try place.socket.datagrams.send(bytes, to: endpoint)
                return nil
            } catch {
                return error
            }
        }
        if let fault { throw fault }
    }

    /// The remaining time is shared equally among the remaining attempts.
    private var nextAttemptAt: MonotonicTime {
        let now = MonotonicTime.now
        let left = max(0, (deadline - now).wholeNanoseconds)
        return now + .nanoseconds(left / Int64(max(1, maximumAttempts - attempts + 1)))
    }

    private var hasMoreAttempts: Bool { attempts < maximumAttempts }

    private func sendingFailed(_ error: Errno, _ endpoint: Endpoint) {
        switch error.code {
        case ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL, ECONNREFUSED, EACCES, EPERM, EINVAL:
            unreachable(.connectUnreachable, "\(endpoint): \(String(cString: strerror(error.code)))")
        case EAGAIN, ENOBUFS, EMFILE, ENFILE, ENOMEM: fail(.overloaded, .internal, "\(error)")
        default: fail(.internalError, .internal, "\(error)")
        }
    }

    /// Tries the next of several addresses, or ends the exchange.
    private func unreachable(_ reason: Reason, _ message: String) {
        guard attempts < candidates.count else { return fail(reason, .connect, message) }
        sendQuestion()
    }

    func questionTimedOut() {
        if hasMoreAttempts, engine.loop.now < deadline { return sendQuestion() }
        if let strange { return fail(.answerMalformed, .request, "what came from \(serverText) \(strange)") }
        let limit = settings.options.timeout.text
        fail(.answerTimeout, .request, "timed out: no answer from \(serverText) within \(limit)")
    }

    private var serverText: String { report.server?.description ?? "the name server" }

    func leavePlace() {
        if let place { engine.sockets.leave(place) }
        place = nil
    }

    // MARK: Receiving

    /// Whether the query was sent to that address.
    private func wasAsked(_ endpoint: Endpoint) -> Bool {
        candidates.prefix(attempts).contains { $0.port == endpoint.port && $0.address == endpoint.address }
    }

    func received(_ bytes: UnsafeRawBufferPointer, from endpoint: Endpoint) {
        guard wasAsked(endpoint) else { return }
        let message: DNSMessage
        do throws(DNSMessageError) {
            message = try DNSMessage(bytes, to: query, questionEnd: questionEnd)
        } catch {
            switch error {
            // A late answer to another query, or a forged one: the right one may still arrive.
            case .notAnAnswer, .question: strange = error
            default: malformed(error, bytes)
            }
            return
        }
        report.server = endpoint
        if message.isTruncated { return goOnOverTCP() }
        if mayLackEDNS(message) { return askWithoutEDNS(endpoint) }
        answered(message, bytes, by: endpoint)
    }

    /// Whether the server may refuse the query because of EDNS (RFC 6891 §7).
    private func mayLackEDNS(_ message: DNSMessage) -> Bool {
        let options = settings.options
        let refuses = message.code == 1 || message.code == 4
        return refuses && !message.hasEDNS && query[11] == 1 && !options.expectsDNSSEC
            && message.code != options.responseCode.number
    }

    private func askWithoutEDNS(_ endpoint: Endpoint) {
        query[11] = 0
        query.removeLast(query.count - questionEnd)
        do throws(Errno) { try send(to: endpoint) } catch { sendingFailed(error, endpoint) }
    }

    func refused(_ refusal: Datagram.Refusal, by endpoint: Endpoint) {
        guard wasAsked(endpoint) else { return }
        report.server = endpoint
        if refusal.code == ECONNREFUSED {
            unreachable(.connectRefused, "nothing listens at \(endpoint)")
        } else {
            unreachable(.connectUnreachable, "\(endpoint): \(String(cString: strerror(refusal.code)))")
        }
    }
}

// MARK: Names

extension DNSExchange {
    func failResolving(_ name: String, _ failure: Resolver.LookupError) {
        switch failure {
        case .noSuchName: fail(.dnsNXDomain, .dns, "there is no such name server as \(name)")
        case .noAddress: fail(.dnsNoAddress, .dns, "the name server \(name) has no address")
        case .serverFailure: fail(.dnsServfail, .dns, "the system's name server failed to look \(name) up")
        case .refused: fail(.dnsRefused, .dns, "the system's name server refused to look \(name) up")
        case .unreachable: fail(.dnsRefused, .dns, "nothing answers at the system's name server's address")
        case .timeout: fail(.dnsTimeout, .dns, "timed out: no name server answered for \(name)")
        case .unusable(let text): fail(.internalError, .internal, text)
        }
    }
}
