import Base
import CLinux
import Checks
import Glibc
import HTTPClient
import Runtime

extension StreamConnection {
    // MARK: Names

    /// Resolves the addresses to connect to.
    func resolve() {
        partStartedAt = .now
        guard target.port > 0, !target.host.isEmpty else {
            return fail(.internalError, .internal, "there is no host or port to connect to")
        }
        if !target.addresses.isEmpty { return connect(target.addresses) }
        if let address = IPAddress(target.host) {
            let isWanted = target.family == .any || (target.family == .v4) == (address.family == .v4)
            return isWanted ? connect([address]) : failResolving(.noAddress)
        }
        state = .resolving
        if let text = target.resolver, let server = Resolver.address(ofServer: text),
            let refusal = context.configuration.addressPolicy.refusal(of: server)
        {
            return fail(.policyBlocked, .policy, "the name server \(server) is \(refusal)")
        }
        let isQuestion = !Resolver.isLocalhost(target.host)
        let server = target.resolver ?? context.configuration.resolver
        let asked = context.resolver.resolve(target.host, family: target.family, server: server) { [unowned self] in
            lookup = nil
            if isQuestion { times.dns = (.now as MonotonicTime) - partStartedAt }
            switch $0 {
            case .success(let addresses): connect(addresses)
            case .failure(let failure): failResolving(failure)
            }
        }
        // An answer that needs no query arrives before this point.
        if state == .resolving { lookup = asked }
    }

    private func failResolving(_ failure: Resolver.LookupError) {
        let name = target.host.prefix(253)
        switch failure {
        case .noSuchName: fail(.dnsNXDomain, .dns, "there is no such name as \(name)")
        case .noAddress:
            let family = target.family == .any ? "" : target.family == .v4 ? " IPv4" : " IPv6"
            fail(.dnsNoAddress, .dns, "\(name) has no\(family) address")
        case .serverFailure: fail(.dnsServfail, .dns, "the name server failed to look \(name) up")
        case .refused: fail(.dnsRefused, .dns, "the name server refused to look \(name) up")
        case .unreachable: fail(.dnsRefused, .dns, "nothing answers at the name server's address")
        case .timeout: fail(.dnsTimeout, .dns, "no name server answered for \(name) in time")
        case .unusable(let text): fail(.internalError, .internal, text)
        }
    }

    // MARK: Connecting

    /// How long the second family waits, as RFC 8305 §5 recommends.
    private static let familyPause: Duration = .milliseconds(250)

    private func connect(_ addresses: [IPAddress]) {
        state = .connecting
        partStartedAt = .now
        guard let family = addresses.first?.family else { return failResolving(.noAddress) }
        if addresses.contains(where: { $0.family != family }) {
            attempts.first.reset(addresses.filter { $0.family == family })
            attempts.second.reset(addresses.filter { $0.family != family })
            secondStartsAt = partStartedAt + Self.familyPause
        } else {
            attempts.first.reset(addresses)
            attempts.second.reset([])
        }
        attempt(isSecond: false)
        armAttemptTimer()
    }

    /// Tries the next address of a family.
    private func attempt(isSecond: Bool) {
        let now = MonotonicTime.now
        let found =
            isSecond
            ? attempts.second.advance(now: now, until: deadline) : attempts.first.advance(now: now, until: deadline)
        guard let address = found else { return }
        notePeer(address)
        if let refusal = context.configuration.addressPolicy.refusal(of: address) {
            return fail(.policyBlocked, .policy, "\(address) is \(refusal)")
        }
        switch ConnectSocket.open(address, port: target.port) {
        case .failure(let error): attemptFailed(error, isSecond: isSecond)
        case .success(let made):
            // Edge-triggered: registered once for all events that are needed later.
            let interest = Interest([.read, .write, .readHangUp, Interest(rawValue: EPOLLET.rawValue)])
            do throws(Errno) {
                let watched = try loop.register(made, interest, isSecond ? secondHandler : firstHandler)
                keep(made, watched, isSecond: isSecond)
            } catch {
                Glibc.close(made)
                fail(.overloaded, .internal, "the connection cannot be watched: \(error)")
            }
        }
    }

    private func keep(_ made: Int32, _ watched: EventLoop.Registration, isSecond: Bool) {
        if isSecond {
            attempts.second.descriptor = made
            attempts.second.registration = watched
        } else {
            attempts.first.descriptor = made
            attempts.first.registration = watched
        }
    }

    /// Handles the end of an attempt: connected or failed.
    func connectReady(_ interest: Interest, isSecond: Bool) {
        let attempt = isSecond ? attempts.second : attempts.first
        guard attempt.isTrying, !interest.isDisjoint(with: [.write, .failure]) else { return }
        let code = ConnectSocket.error(of: attempt.descriptor)
        guard code == 0 else {
            notePeer(attempt.address)
            if isSecond { drop(&attempts.second) } else { drop(&attempts.first) }
            attemptFailed(SocketError(code: code, isSocket: false), isSecond: isSecond)
            return
        }
        descriptor = attempt.descriptor
        registration = attempt.registration
        notePeer(attempt.address)
        if isSecond {
            attempts.second.reset([])
            drop(&attempts.first)
        } else {
            attempts.first.reset([])
            drop(&attempts.second)
        }
        if let attemptTimer { loop.cancel(attemptTimer) }
        attemptTimer = nil
        times.connect = (.now as MonotonicTime) - partStartedAt
        connected()
    }

    private func attemptFailed(_ error: SocketError, isSecond: Bool) {
        let failure = failure(error)
        if failure.phase == .internal { return fail(failure) }
        lastFailure = failure
        if isSecond ? attempts.second.hasMore : attempts.first.hasMore {
            attempt(isSecond: isSecond)
        } else if !attempts.second.hasStarted, attempts.second.hasMore {
            attempt(isSecond: true)
        } else if !attempts.first.isTrying, !attempts.second.isTrying {
            times.connect = (.now as MonotonicTime) - partStartedAt
            fail(failure)
        }
    }

    private func failure(_ error: SocketError) -> Outcome.Failure {
        let name = remoteAddress ?? target.host
        let text = String(cString: strerror(error.code))
        switch error.code {
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: return Outcome.Failure(.overloaded, in: .internal, "no socket: \(text)")
        // All local ports are in use; without an IPv6 address the kernel reports the same.
        case EADDRNOTAVAIL where peerFamily == .v4, EAGAIN:
            return Outcome.Failure(.overloaded, in: .internal, "no free local port")
        case ECONNREFUSED: return Outcome.Failure(.connectRefused, in: .connect, "\(name) refused the connection")
        case ETIMEDOUT: return Outcome.Failure(.connectTimeout, in: .connect, "no connection to \(name)")
        case ECONNRESET, EPIPE, ECONNABORTED:
            return Outcome.Failure(.connectReset, in: .connect, "\(name) reset the connection")
        default: return Outcome.Failure(.connectUnreachable, in: .connect, "\(name): \(text)")
        }
    }

    // MARK: Turns

    /// Arms the timer for the next address.
    private func armAttemptTimer() {
        if let attemptTimer { loop.cancel(attemptTimer) }
        attemptTimer = nil
        guard state == .connecting else { return }
        var next = deadline
        if attempts.first.isTrying, attempts.first.hasMore { next = min(next, attempts.first.deadline) }
        if attempts.second.isTrying, attempts.second.hasMore { next = min(next, attempts.second.deadline) }
        if !attempts.second.hasStarted, attempts.second.hasMore { next = min(next, secondStartsAt) }
        if next < deadline { attemptTimer = loop.arm(at: next, attemptAction) }
    }

    func attemptTimerFired() {
        attemptTimer = nil
        if state == .settling { return opened() }
        guard state == .connecting else { return }
        let now = MonotonicTime.now
        let opening = generation
        if attempts.first.isTrying, attempts.first.hasMore, now >= attempts.first.deadline {
            drop(&attempts.first)
            attempt(isSecond: false)
        }
        if generation == opening, attempts.second.isTrying, attempts.second.hasMore, now >= attempts.second.deadline {
            drop(&attempts.second)
            attempt(isSecond: true)
        }
        if generation == opening, !attempts.second.hasStarted, attempts.second.hasMore, now >= secondStartsAt {
            attempt(isSecond: true)
        }
        if generation == opening { armAttemptTimer() }
    }
}
