import Base
import Checks
import Datagrams
import HTTPClient
import Runtime
import Sockets

/// One query to one server, from resolving the server's name to its answer; its check reuses it.
///
/// The steps are in extensions: `+UDP` sends and receives datagrams, `+Stream` uses TCP and TLS.
final class DNSExchange {
    let engine: DNSEngine
    /// Called once, when the exchange has ended.
    private let ended: (DNSExchange) -> Void

    /// The query; the identifier is set when it is sent.
    var query: [UInt8] = []
    var questionEnd = 0
    private(set) var settings = DNSSettings()
    private(set) var server: ServerName?
    private(set) var deadline = MonotonicTime(nanoseconds: 0)
    private var startedAt = MonotonicTime(nanoseconds: 0)

    /// The possible destinations: the server's addresses, or the system's servers.
    private(set) var candidates: [Endpoint] = []
    private var lookup: Resolver.Lookup?
    private var timer: TimerToken?
    private lazy var timerAction: () -> Void = { [unowned self] in
        timer = nil
        timeReached()
    }

    // Over UDP; see `+UDP`.
    var place: QueryPlace?
    var attempts = 0
    /// The last received message that did not answer the query.
    var strange: DNSMessageError?

    // Over TCP and TLS; see `+Stream`.
    var stream: StreamConnection?
    var systemStream: StreamConnection?
    var streamInUse: StreamConnection?
    var incoming: [UInt8] = []

    /// When the unanswered query was sent.
    var askedAt: MonotonicTime?
    var report = DNSReport()
    private var isRunning = false

    init(engine: DNSEngine, ended: @escaping (DNSExchange) -> Void) {
        self.engine = engine
        self.ended = ended
    }

    /// Starts the exchange; a failure may be reported during this call.
    func begin(
        _ settings: DNSSettings,
        _ server: ServerName?,
        query: [UInt8],
        questionEnd: Int,
        startedAt: MonotonicTime
    ) {
        self.settings = settings
        self.server = server
        self.query = query
        self.questionEnd = questionEnd
        self.startedAt = startedAt
        deadline = startedAt + settings.options.timeout
        report = DNSReport()
        report.transport = settings.options.transport
        attempts = 0
        strange = nil
        askedAt = nil
        isRunning = true
        findServer()
    }

    private var defaultPort: UInt16 { settings.options.transport == .tls ? 853 : 53 }

    private func findServer() {
        guard let server else {
            candidates = engine.systemServers()
            guard !candidates.isEmpty else {
                return fail(.internalError, .internal, "the name server of the configuration is no ADDRESS:PORT")
            }
            return ask()
        }
        let port = server.port ?? defaultPort
        if let address = server.address {
            candidates.removeAll(keepingCapacity: true)
            candidates.append(Endpoint(address, port: port))
            return ask()
        }
        armTimer(at: deadline)
        var isAnswered = false
        let lookup = engine.streams.resolver.resolve(
            server.host,
            server: engine.configuration.resolver
        ) { [unowned self] result in
            isAnswered = true
            self.lookup = nil
            report.phases.dns = .now - startedAt
            switch result {
            case .success(let addresses):
                candidates = addresses.map { Endpoint($0, port: port) }
                ask()
            case .failure(let failure): failResolving(server.host, failure)
            }
        }
        if !isAnswered { self.lookup = lookup }
    }

    private func ask() {
        if settings.options.transport == .udp { sendQuestion() } else { openStream() }
    }

    /// Whether a server may be queried; otherwise ends the exchange.
    ///
    /// The policy does not apply to the system's servers: the operator chose them, not the author of a monitor.
    func isAllowed(_ endpoint: Endpoint) -> Bool {
        guard server != nil, let refusal = engine.configuration.addressPolicy.refusal(of: endpoint.address) else {
            return true
        }
        fail(.policyBlocked, .policy, "the name server \(endpoint.address) is \(refusal)")
        return false
    }

    // MARK: Time

    func armTimer(at time: MonotonicTime) {
        disarmTimer()
        timer = engine.loop.arm(at: time, timerAction)
    }

    func disarmTimer() {
        if let timer { engine.loop.cancel(timer) }
        timer = nil
    }

    private func timeReached() {
        if lookup != nil {
            report.phases.dns = .now - startedAt
            let limit = settings.options.timeout.text
            return fail(
                .dnsTimeout,
                .dns,
                "timed out: no name server answered for \(server?.host ?? "") within \(limit)"
            )
        }
        questionTimedOut()
    }

    // MARK: End

    /// Adds the time since the query was sent.
    private func addRequestTime() {
        guard let askedAt else { return }
        report.phases.request = (report.phases.request ?? .zero) + (.now - askedAt)
        self.askedAt = nil
    }

    /// Continues over TCP: the answer did not fit into a datagram.
    func goOnOverTCP() {
        addRequestTime()
        report.wasTruncated = true
        report.transport = .tcp
        leavePlace()
        disarmTimer()
        openStream()
    }

    /// Handles the whole answer.
    func answered(_ message: DNSMessage, _ bytes: UnsafeRawBufferPointer, by endpoint: Endpoint?) {
        addRequestTime()
        report.server = endpoint ?? report.server
        report.message = message
        let failure = AnswerJudge.failure(message, settings)
        if failure != nil { report.evidence = evidence(bytes) }
        end(failure)
    }

    func malformed(_ fault: DNSMessageError, _ bytes: UnsafeRawBufferPointer) {
        addRequestTime()
        report.evidence = evidence(bytes)
        fail(.answerMalformed, .request, "the answer \(fault)")
    }

    private func evidence(_ bytes: UnsafeRawBufferPointer) -> Outcome.Evidence {
        var headers: [Outcome.Evidence.Header] = []
        if let server = report.server { headers.append(.init(name: "server", value: server.description)) }
        headers.append(.init(name: "transport", value: report.transport.rawValue))
        if let message = report.message {
            headers.append(.init(name: "rcode", value: ResponseCode.name(of: message.code)))
            headers.append(.init(name: "flags", value: report.flags.joined(separator: " ")))
        }
        return Outcome.Evidence(headers: headers, body: MessageText.lines(bytes, limit: Outcome.Evidence.bodyLimit))
    }

    func fail(_ reason: Reason, _ phase: Phase, _ message: String) { end(.init(reason, in: phase, message)) }

    func end(_ failure: Outcome.Failure?) {
        guard isRunning else { return }
        addRequestTime()
        report.failure = failure
        abandon()
        ended(self)
    }

    /// Releases everything without calling `ended`.
    func abandon() {
        isRunning = false
        disarmTimer()
        lookup?.cancel()
        lookup = nil
        leavePlace()
        closeStream()
    }
}

/// The result of one query.
struct DNSReport {
    var failure: Outcome.Failure?
    var message: DNSMessage?
    /// The server that answered or was queried last.
    var server: Endpoint?
    var transport = DNSSettings.Transport.udp
    /// Whether an answer over UDP was truncated.
    var wasTruncated = false
    var phases = Outcome.PhaseTimes()
    var certificate: CertificateFacts?
    var evidence: Outcome.Evidence?

    /// The flags of the answer, as `dig` names them.
    var flags: [String] {
        guard let message else { return [] }
        var flags: [String] = []
        if message.isAuthoritative { flags.append("aa") }
        if wasTruncated { flags.append("tc") }
        if message.isRecursionAvailable { flags.append("ra") }
        if message.isAuthentic { flags.append("ad") }
        return flags
    }
}
