import Base
import CCurl
import Checks
import HTTPClient
import Runtime
import Sockets

/// One check from start to verdict, with its redirects; pooled, because a check's whole budget is microseconds.
///
/// Confined to its engine's loop. The steps of a hop are in extensions: `+Hop` resolves and connects, `+Options`
/// prepares the handle, `+Response` receives the response, `+Verdict` and `+Failure` judge it.
final class HTTPCheckRun: CurlTransferOwner {
    unowned let engine: ProbeEngine
    let easy: CurlEasy?
    /// The index among the running checks.
    var place = -1
    var number: UInt64 = 0

    // The whole check.
    var spec = HTTPSettings(url: "")
    private var shared = HTTPSettings.SharedOptions.standard
    /// Yielded without a copy: there are many options.
    var options: HTTPSettings.Options { _read { yield shared.options } }
    private var completion: ((Outcome) -> Void)?
    var startedAt = MonotonicTime(nanoseconds: 0)
    var phases = Outcome.PhaseTimes()
    var redirects = 0
    var method = "GET"
    var sendsBody = false
    var dropsCredentials = false
    var certificate: CertificateFacts?
    /// The cookies of this check; cleared for the next one.
    var cookies = CookieJar()
    /// The bearer token that was fetched for this check.
    var token: String?
    /// Whether the token was fetched because the previous one was refused.
    var hasNewToken = false
    var isWaitingForToken = false
    /// The bytes of the body's file.
    var fileBody: [UInt8]?
    var isWaitingForBody = false
    /// Receives the body's text before the outcome.
    private var reader: ((CollectedText?) -> Void)?
    private var timer: TimerToken?
    private var isStarting = false
    private var deferred: Outcome.Failure?

    // The current hop; see `beginHop`.
    var hop = Hop()
    var response = ResponseState()
    /// The TLS facts of this hop; a kept connection brings its own.
    var tls = TLSRecord()
    let proxyTLS = TLSRecord()
    var lookup: Resolver.Lookup?
    var kept: KeptConnections.Entry?
    /// Lists that libcurl reads while the transfer runs.
    var headerList: UnsafeMutablePointer<curl_slist>?
    var connectList: UnsafeMutablePointer<curl_slist>?
    /// Whether the handle has options that must not affect the next check.
    var isDirty = true
    /// Whether the handle is pinned to an address in place of the URL's host.
    var isPinned = false
    /// The last peer's address as text, cached because monitors check the same targets again and again.
    var peerText: (address: IPAddress, port: UInt16, text: String)?

    init(engine: ProbeEngine) {
        self.engine = engine
        easy = CurlEasy()
    }

    deinit {
        curl_slist_free_all(headerList)
        curl_slist_free_all(connectList)
    }

    /// Starts the check; the completion is called later, never during this call.
    ///
    /// `reader` receives the body's text before that.
    func begin(
        _ spec: HTTPSettings,
        monitor: MonitorID?,
        reader: ((CollectedText?) -> Void)? = nil,
        completion: @escaping (Outcome) -> Void
    ) {
        (isStarting, deferred) = (true, nil)
        defer { isStarting = false }
        self.spec = spec
        shared = spec.sharedOptions
        self.completion = completion
        self.reader = reader
        startedAt = .now
        phases = Outcome.PhaseTimes()
        (redirects, dropsCredentials, certificate) = (0, false, nil)
        method = options.method
        sendsBody = options.hasBody
        response.begin(options, collects: reader != nil)
        hop = Hop()
        if let flaw = RequestRules.flaw(in: options) { return fail(.internalError, .internal, flaw) }
        if options.reuseConnection, let monitor { kept = engine.connections.acquire(spec, monitor: monitor) }
        if let path = options.bodyFile { return awaitBody(path) }
        beginRequests()
    }

    /// Begins the first hop, once a token is available where one is needed.
    func beginRequests() {
        if case .oauth2(let client)? = options.authentication { return awaitToken(client) }
        beginHop(firstURL)
    }

    // MARK: Time

    var overallDeadline: MonotonicTime { startedAt + options.timeout }

    /// Makes `deadlineReached` run at `time` and at no other time.
    func armTimer(at time: MonotonicTime) {
        if let timer { engine.loop.cancel(timer) }
        timer = engine.loop.arm(at: time) { [unowned self] in
            timer = nil
            if let deferred { finish(deferred) } else { deadlineReached() }
        }
    }

    // MARK: End

    /// Ends the check because it was cancelled.
    func cancel() { finish(.init(.internalError, in: .internal, "the check was cancelled")) }

    func fail(_ reason: Reason, _ phase: Phase, _ message: String) { finish(.init(reason, in: phase, message)) }

    /// Ends the check; nil means success.
    func finish(_ failure: Outcome.Failure?) {
        guard completion != nil else { return }
        if isStarting, let failure {
            deferred = failure
            armTimer(at: engine.loop.now)
            return
        }
        let outcome = outcome(failure)
        let completion = completion
        let reader = reader
        let text = reader == nil ? nil : collectedText()
        abandon()
        engine.release(self)
        reader?(text)
        completion?(outcome)
    }

    /// Releases everything without calling the completion.
    func abandon() {
        (completion, reader) = (nil, nil)
        (token, hasNewToken, isWaitingForToken) = (nil, false, false)
        (fileBody, isWaitingForBody) = (nil, false)
        if let timer { engine.loop.cancel(timer) }
        timer = nil
        lookup?.cancel()
        lookup = nil
        if let easy { engine.multi?.remove(easy) }
        if let kept {
            // The handle must leave the shared connections before they may be freed.
            easy?.set(CURLOPT_SHARE, pointer: nil)
            kept.isBusy = false
            self.kept = nil
            tls = TLSRecord()
        }
        response.end()
        certificate = nil
        if !cookies.isEmpty { cookies = CookieJar() }
    }
}
