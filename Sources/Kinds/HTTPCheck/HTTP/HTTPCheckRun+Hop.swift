import Base
import CCurl
import Checks
import HTTPClient
import Runtime

extension HTTPCheckRun {
    /// Starts a request: resolve, connect, exchange.
    func beginHop(_ url: String) {
        hop = Hop()
        hop.url = url
        hop.startedAt = redirects == 0 ? startedAt : .now
        guard let target = HTTPTarget(url) else {
            return fail(.internalError, .internal, "the URL is malformed or neither http nor https")
        }
        hop.target = target
        response.beginHop()
        if let text = options.proxy, !text.isEmpty {
            guard let proxy = ProxyTarget(text) else {
                return fail(.internalError, .internal, "the proxy is not an http, https or socks URL")
            }
            hop.proxy = proxy
        }
        armTimer(at: connectDeadline)
        if redirects == 0, let kept, let address = kept.address {
            hop.expectsKeptConnection = true
            hop.addresses = [address]
            launch()
        } else {
            resolve()
        }
    }

    /// The deadline for resolving, connecting and TLS on this hop.
    var connectDeadline: MonotonicTime {
        guard let limit = options.connectTimeout else { return overallDeadline }
        return min(overallDeadline, hop.startedAt + limit)
    }

    // MARK: Names

    /// Resolves the address to connect to, and the target's when the proxy needs it.
    func resolve() {
        guard let target = hop.target else { return }
        if let proxy = hop.proxy {
            if let address = target.address, let refusal = engine.configuration.addressPolicy.refusal(of: address) {
                return fail(.policyBlocked, .policy, "\(address) is \(refusal)")
            }
            find(proxy.host, proxy.port) { check, addresses in
                check.hop.addresses = addresses
                guard proxy.needsAddress else { return check.launch() }
                check.find(target.host, target.port) { check, addresses in check.launch(through: addresses) }
            }
        } else if let address = target.address, options.resolve.isEmpty {
            switch (options.ipVersion, address.family) {
            case (.v4, .v6), (.v6, .v4): failResolving(target.host, .noAddress)
            default:
                hop.addresses = [address]
                launch()
            }
        } else {
            find(target.host, target.port) { check, addresses in
                check.hop.addresses = addresses
                check.launch()
            }
        }
    }

    private func launch(through addresses: [IPAddress]) {
        guard let address = addresses.first else { return }
        if let refusal = engine.configuration.addressPolicy.refusal(of: address) {
            return fail(.policyBlocked, .policy, "\(address) is \(refusal)")
        }
        hop.targetAddress = address
        launch()
    }

    private func find(_ name: String, _ port: UInt16, then: @escaping (HTTPCheckRun, [IPAddress]) -> Void) {
        if let override = options.resolve.first(where: { $0.port == port && $0.host == name }) {
            guard let address = IPAddress(override.address) else {
                return fail(.internalError, .internal, "the address given for \(name):\(port) is none")
            }
            return then(self, [address])
        }
        if let refusal = refusalOfNameServer() { return fail(.policyBlocked, .policy, refusal) }
        let family: Resolver.Family =
            switch options.ipVersion {
            case .any: .any
            case .v4: .v4
            case .v6: .v6
            }
        let isQuestion = IPAddress(name) == nil
        hop.isResolving = true
        lookup = engine.resolver.resolve(
            name,
            family: family,
            server: options.resolver ?? engine.configuration.resolver
        ) { [unowned self] result in
            lookup = nil
            hop.isResolving = false
            if isQuestion {
                hop.resolvedAt = .now
                if case .failure = result { phases.dns = (phases.dns ?? .zero) + (.now - hop.startedAt) }
            }
            switch result {
            case .success(let addresses): then(self, addresses)
            case .failure(let failure): failResolving(name, failure)
            }
        }
        // An answer that needed no query arrived before the lookup was stored.
        if !hop.isResolving { lookup = nil }
    }

    /// Why the monitor's own name server may not be queried; the policy does not apply to the operator's.
    ///
    /// Otherwise a monitor could send packets to forbidden addresses, and learn from the error what is there.
    private func refusalOfNameServer() -> String? {
        guard let address = options.resolver.flatMap(Resolver.address(ofServer:)) else { return nil }
        return engine.configuration.addressPolicy.refusal(of: address)
            .map { "the name server's address \(address) is \($0)" }
    }

    private func failResolving(_ name: String, _ failure: Resolver.LookupError) {
        switch failure {
        case .noSuchName: fail(.dnsNXDomain, .dns, "there is no such name as \(name.prefix(253))")
        case .noAddress:
            let family = options.ipVersion == .any ? "" : " IPv\(options.ipVersion.rawValue)"
            fail(.dnsNoAddress, .dns, "\(name) has no\(family) address")
        case .serverFailure: fail(.dnsServfail, .dns, "the name server failed to look \(name) up")
        case .refused: fail(.dnsRefused, .dns, "the name server refused to look \(name) up")
        case .unreachable: fail(.dnsRefused, .dns, "nothing answers at the name server's address")
        case .timeout: fail(.dnsTimeout, .dns, "no name server answered for \(name) in time")
        case .unusable(let text): fail(.internalError, .internal, text)
        }
    }

    // MARK: Connecting

    /// Starts the request with libcurl, to the next address.
    func launch() {
        guard let easy, let multi = engine.multi, let target = hop.target else {
            return fail(.internalError, .internal, "libcurl could not be set up")
        }
        if redirects == 0, kept?.isSpoilt == true {
            renewKept()
            if hop.expectsKeptConnection { return beginHop(hop.url) }
        }
        if let flaw = prepare(easy, target, at: hop.addresses[hop.addressIndex]) {
            return fail(.internalError, .internal, flaw)
        }
        // Not earlier: reading the authorities is not part of connecting.
        hop.attemptAt = .now
        hop.firstAttemptAt = hop.firstAttemptAt ?? hop.attemptAt
        if hop.hasMoreAddresses { armTimer(at: min(attemptDeadline, connectDeadline)) }
        guard multi.add(easy, owner: self) else {
            return fail(.internalError, .internal, "libcurl refused the transfer")
        }
    }

    /// Gives up the kept connection: this check opens a new one to keep.
    func renewKept() {
        guard let old = kept else { return }
        // The handle must leave the shared connections before they may be freed.
        easy?.set(CURLOPT_SHARE, pointer: nil)
        kept = engine.connections.renew(old)
    }

    /// When the next address is tried: the remaining time is shared equally among the remaining addresses.
    private var attemptDeadline: MonotonicTime {
        let start = hop.attemptAt ?? hop.startedAt
        let left = (connectDeadline - start).wholeNanoseconds
        return start + .nanoseconds(max(0, left) / Int64(hop.addresses.count - hop.addressIndex))
    }

    /// Tries the next address; false when there is none.
    func tryNextAddress() -> Bool {
        guard hop.hasMoreAddresses else { return false }
        hop.addressIndex += 1
        response.beginHop()
        launch()
        return true
    }

    var isConnected: Bool {
        hop.sslContexts > 0 || easy.map { $0.microseconds(CURLINFO_CONNECT_TIME_T) > 0 } ?? false
    }

    /// Whether a request can be sent or was sent.
    var isReady: Bool {
        guard let easy, let target = hop.target else { return false }
        return target.isSecure ? easy.microseconds(CURLINFO_APPCONNECT_TIME_T) > 0 : isConnected
    }

    /// Handles the end of the time for resolving and connecting, or of the whole time.
    func deadlineReached() {
        let now = MonotonicTime.now
        guard now < overallDeadline else { return failTimedOut() }
        if isWaitingForToken || isWaitingForBody { return armTimer(at: overallDeadline) }
        if hop.attemptAt != nil, isReady { return armTimer(at: overallDeadline) }
        if now >= connectDeadline { return failTimedOut() }
        guard hop.attemptAt != nil, hop.hasMoreAddresses, !isConnected else { return armTimer(at: connectDeadline) }
        guard now >= attemptDeadline else { return armTimer(at: min(attemptDeadline, connectDeadline)) }
        if let easy { engine.multi?.remove(easy) }
        armTimer(at: connectDeadline)
        _ = tryNextAddress()
    }

    // MARK: Redirects

    /// Follows a redirect once libcurl has handled what has arrived, even if the body never ends: nobody needs it.
    func followSoon() {
        let (number, hops) = (number, redirects)
        // Invariant: runs on the loop, to which the check is confined.
        nonisolated(unsafe) weak let weakSelf = self
        engine.loop.execute {
            guard let check = weakSelf, check.place >= 0, check.number == number, check.redirects == hops,
                check.response.isRedirect, let easy = check.easy, easy.isRunning
            else { return }
            check.addPhases()
            check.engine.multi?.remove(easy)
            check.follow()
        }
    }

    /// Follows the response's Location; call after adding the hop's times.
    func follow() {
        guard let location = response.location, let target = hop.target else { return }
        if response.hasTwoLocations {
            return fail(.redirectMalformed, .redirect, "the header holds two different Location fields")
        }
        if !response.cookies.isEmpty {
            cookies.take(response.cookies, from: target, path: CookieJar.path(of: hop.url))
        }
        guard redirects < options.maximumRedirects else {
            return fail(.redirectLimit, .redirect, "more than \(options.maximumRedirects) redirects")
        }
        let reference = Self.text(ofLocation: location)
        guard !reference.isEmpty, let url = CurlURL(hop.url) else {
            return fail(.redirectMalformed, .redirect, "the Location field is empty")
        }
        if let scheme = Self.scheme(of: reference), scheme != "http", scheme != "https" {
            return fail(.redirectBlocked, .redirect, "redirected to the scheme \(scheme.prefix(20))")
        }
        guard url.resolve(reference), let next = HTTPTarget(url.text) else {
            return fail(.redirectMalformed, .redirect, "the Location field is no URL")
        }
        if target.host != next.host || target.port != next.port || target.isSecure != next.isSecure {
            dropsCredentials = true
        }
        redirects += 1
        adaptMethod()
        beginHop(url.text)
    }

    /// Bytes that are not UTF-8, mostly Latin-1, are percent-encoded unchanged, as browsers and curl do.
    private static func text(ofLocation bytes: [UInt8]) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        let digits = Array("0123456789ABCDEF".utf8)
        let encoded = bytes.flatMap { $0 < 0x80 ? [$0] : [0x25, digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// As in browsers, a 303 changes the method to GET, and so does a 301 or 302 answer to a POST.
    private func adaptMethod() {
        let becomesGet =
            switch response.status {
            case 303: method != "HEAD" && method != "GET"
            case 301, 302: method == "POST"
            default: false
            }
        if becomesGet { (method, sendsBody) = ("GET", false) }
    }

    /// The scheme of a reference in lower case; nil for a relative one.
    static func scheme(of reference: String) -> String? {
        guard let end = reference.utf8.firstIndex(where: { [58, 47, 63, 35].contains($0) }),
            reference.utf8[end] == UInt8(ascii: ":")
        else { return nil }
        let scheme = reference[..<end].lowercased()
        let isScheme = scheme.utf8.allSatisfy { $0 &- 97 < 26 || $0 &- 48 <= 9 || [43, 45, 46].contains($0) }
        return isScheme && scheme.utf8.first.map { $0 &- 97 < 26 } == true ? scheme : nil
    }
}
