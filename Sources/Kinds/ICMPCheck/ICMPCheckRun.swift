import Base
import Checks
import Datagrams
import Glibc
import HTTPClient
import Runtime

/// One check from resolving the name to the verdict; pooled, because a check's whole budget is microseconds.
final class ICMPCheckRun: PooledProbe {
    private unowned let engine: ICMPEngine
    var token = ProbeToken(number: 0)

    private var settings = ICMPSettings()
    private var completion: ((Outcome) -> Void)?
    private var startedAt = MonotonicTime(nanoseconds: 0)
    private var resolvedAt: MonotonicTime?
    private var firstSentAt: MonotonicTime?
    private var addresses: [IPAddress] = []
    private var lookup: Resolver.Lookup?
    private var timer: TimerToken?
    private var socket: EchoSocket?
    /// The sequence numbers of packets without a reply yet.
    private var underWay: [(index: Int, sequence: UInt16)] = []
    private(set) var tally = EchoTally()
    private var isStarting = false
    private var deferred: Outcome.Failure?
    /// The last address as text, cached because monitors ping the same targets again and again.
    private var addressText: (address: IPAddress, text: String)?

    init(engine: ICMPEngine) { self.engine = engine }

    // MARK: Start

    /// Starts the check; the completion is called later, never during this call.
    func begin(_ settings: ICMPSettings?, completion: @escaping (Outcome) -> Void) {
        isStarting = true
        deferred = nil
        defer { isStarting = false }
        self.completion = completion
        startedAt = .now
        resolvedAt = nil
        firstSentAt = nil
        addresses.removeAll(keepingCapacity: true)
        tally = EchoTally()
        guard let settings else { return fail(.internalError, .internal, "the settings are of another kind") }
        self.settings = settings
        resolve()
    }

    private var deadline: MonotonicTime { startedAt + settings.options.timeout }

    private func resolve() {
        if let address = IPAddress(settings.host) {
            let isWanted =
                switch settings.options.ipVersion {
                case .any: true
                case .v4: address.family == .v4
                case .v6: address.family == .v6
                }
            guard isWanted else { return failResolving(.noAddress) }
            addresses.append(address)
            return sendNext()
        }
        let family: Resolver.Family =
            switch settings.options.ipVersion {
            case .any: .any
            case .v4: .v4
            case .v6: .v6
            }
        arm(at: deadline)
        var isAnswered = false
        let asked = engine.resolver.resolve(
            settings.host,
            family: family,
            server: engine.configuration.resolver
        ) { [unowned self] result in
            isAnswered = true
            lookup = nil
            resolvedAt = .now
            switch result {
            case .success(let found):
                addresses = found
                sendNext()
            case .failure(let failure): failResolving(failure)
            }
        }
        if !isAnswered { lookup = asked }
    }

    // MARK: Sending

    private func sendNext() {
        guard let address = addresses.first else { return }
        if let refusal = engine.configuration.addressPolicy.refusal(of: address) {
            return fail(.policyBlocked, .policy, "\(address) is \(refusal)")
        }
        let options = settings.options
        let index = tally.sent
        do throws(EchoSocket.OpenError) {
            if index == 0 { socket = try engine.socket(address.family) }
        } catch {
            return fail(error, address.family)
        }
        guard let socket else { return }
        if index == 0 { firstSentAt = .now }
        do throws(Errno) {
            let sequence = try socket.send(
                index,
                of: self,
                to: address,
                size: options.packetSize,
                hopLimit: options.ttl
            )
            guard let sequence else { return fail(.overloaded, .internal, "too many packets are under way") }
            tally.sent += 1
            underWay.append((index, sequence))
        } catch {
            // The other family may have a route where this one has none.
            if index == 0, addresses.count > 1, error.saysNoRoute {
                addresses.removeFirst()
                return sendNext()
            }
            tally.sent += 1
            tally.trouble = .local(error)
        }
        wait()
    }

    /// Arms the timer for the next packet or the end; judges when nothing is left to wait for.
    private func wait() {
        if tally.sent < settings.options.count, let firstSentAt {
            arm(at: min(deadline, firstSentAt + settings.options.spacing * tally.sent))
        } else if underWay.isEmpty {
            judge()
        } else {
            arm(at: deadline)
        }
    }

    private var armedFor: MonotonicTime?
    // Created once: a check must not pay for a closure.
    private lazy var timerAction: () -> Void = { [unowned self] in
        timer = nil
        timeReached()
    }

    private func arm(at time: MonotonicTime) {
        if timer != nil, armedFor == time { return }
        if let timer { engine.loop.cancel(timer) }
        armedFor = time
        timer = engine.loop.arm(at: time, timerAction)
    }

    private func timeReached() {
        if let deferred { return finish(deferred) }
        guard engine.loop.now < deadline else { return timedOut() }
        sendNext()
    }

    private func timedOut() {
        if lookup != nil {
            let limit = settings.options.timeout.text
            return fail(.dnsTimeout, .dns, "timed out: no name server answered for \(settings.host) within \(limit)")
        }
        judge()
    }

    // MARK: End

    private func judge() {
        finish(tally.failure(settings.options, peer: addressWords))
    }

    private var addressWords: String {
        guard let address = addresses.first else { return settings.host }
        if let addressText, addressText.address == address { return addressText.text }
        let text = address.description
        addressText = (address, text)
        return text
    }

    func cancel() { finish(.init(.internalError, in: .internal, "the check was cancelled")) }

    private func fail(_ reason: Reason, _ phase: Phase, _ message: String) {
        finish(.init(reason, in: phase, message))
    }

    /// Ends the check; nil means success.
    private func finish(_ failure: Outcome.Failure?) {
        guard let completion else { return }
        if isStarting {
            // All packets were refused at once, or there was no address to send them to.
            deferred = failure ?? .init(.internalError, in: .internal, "the check ended before it began")
            return arm(at: engine.loop.now)
        }
        let outcome = outcome(failure)
        abandon()
        engine.pool.release(self)
        completion(outcome)
    }

    func abandon() {
        completion = nil
        if let timer { engine.loop.cancel(timer) }
        timer = nil
        lookup?.cancel()
        lookup = nil
        for (_, sequence) in underWay { socket?.forget(sequence) }
        underWay.removeAll(keepingCapacity: true)
        socket = nil
    }

    private func outcome(_ failure: Outcome.Failure?) -> Outcome {
        var outcome = Outcome(failure: failure, latency: tally.average ?? (.now - startedAt))
        if let resolvedAt {
            outcome.phases.dns = resolvedAt - startedAt
        } else if failure?.phase == .dns {
            outcome.phases.dns = .now - startedAt
        }
        guard let firstSentAt, failure?.phase != .policy else { return outcome }
        outcome.phases.request = tally.average ?? (.now - firstSentAt)
        outcome.remoteAddress = addressWords
        outcome.facts = tally.facts
        return outcome
    }
}

extension ICMPCheckRun: EchoReceiver {
    func received(_ index: Int, after roundTrip: Duration, hopLimit: Int?) {
        tally.add(roundTrip, hopLimit: hopLimit)
        account(index)
    }

    func receivedDamaged(_ index: Int) {
        tally.trouble = .damaged
        account(index)
    }

    func refused(_ index: Int, _ refusal: Datagram.Refusal) {
        tally.trouble = .refused(refusal)
        account(index)
    }

    private func account(_ index: Int) {
        underWay.removeAll { $0.index == index }
        if underWay.isEmpty, tally.sent == settings.options.count { judge() }
    }
}

// MARK: Failures

extension ICMPCheckRun {
    private func failResolving(_ failure: Resolver.LookupError) {
        let host = settings.host
        switch failure {
        case .noSuchName: fail(.dnsNXDomain, .dns, "there is no such name as \(host)")
        case .noAddress:
            let version = settings.options.ipVersion
            fail(.dnsNoAddress, .dns, "\(host) has no\(version == .any ? "" : " IPv\(version.rawValue)") address")
        case .serverFailure: fail(.dnsServfail, .dns, "the name server failed to look \(host) up")
        case .refused: fail(.dnsRefused, .dns, "the name server refused to look \(host) up")
        case .unreachable: fail(.dnsRefused, .dns, "nothing answers at the name server's address")
        case .timeout: fail(.dnsTimeout, .dns, "no name server answered for \(host) in time")
        case .unusable(let text): fail(.internalError, .internal, text)
        }
    }

    private func fail(_ error: EchoSocket.OpenError, _ family: IPAddress.Family) {
        switch error {
        case .forbidden:
            let reason =
                "this process may not ping: set the sysctl net.ipv4.ping_group_range to hold its group, such as "
                + "\"0 2147483647\", or give it CAP_NET_RAW"
            fail(.internalError, .internal, reason)
        case .failed(let errno):
            let version = family == .v4 ? 4 : 6
            let reason: Reason = errno.saysShortage ? .overloaded : .internalError
            fail(reason, .internal, "no ICMP socket for IPv\(version) could be opened: \(errno)")
        }
    }
}

extension Errno {
    /// Whether this host has no route to the address.
    var saysNoRoute: Bool { [ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL].contains(code) }
    /// Whether this process or host has no descriptors or memory left.
    var saysShortage: Bool { [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(code) }
}
