import Base
import Checks
import Datagrams
import Runtime

/// One pooled check: queries each of its servers and judges all answers.
final class DNSCheckRun: PooledProbe {
    private unowned let engine: DNSEngine
    var token = ProbeToken(number: 0)

    private var settings = DNSSettings()
    private var completion: ((Outcome) -> Void)?
    private var startedAt = MonotonicTime(nanoseconds: 0)
    /// Reused by the next check; the first `count` are in use.
    private var exchanges: [DNSExchange] = []
    private var count = 0
    private var waitingFor = 0
    private var timer: TimerToken?
    private var isStarting = false
    private var deferred: Outcome.Failure?
    private lazy var exchangeEnded: (DNSExchange) -> Void = { [unowned self] _ in
        waitingFor -= 1
        if waitingFor == 0, !isStarting { judge() }
    }
    /// The last server as text, cached because monitors query the same servers again and again.
    private var serverText: (endpoint: Endpoint, text: String)?

    init(engine: DNSEngine) { self.engine = engine }

    /// Starts the check; the completion is called later, never during this call.
    func begin(_ settings: DNSSettings?, completion: @escaping (Outcome) -> Void) {
        self.completion = completion
        startedAt = .now
        deferred = nil
        count = 0
        isStarting = true
        if let settings {
            self.settings = settings
            start()
        } else {
            deferred = .init(.internalError, in: .internal, "the settings are of another kind")
        }
        isStarting = false
        guard waitingFor == 0 else { return }
        timer = engine.loop.arm(at: engine.loop.now) { [unowned self] in
            timer = nil
            judge()
        }
    }

    private func start() {
        let options = settings.options
        let name: [UInt8]
        do throws(DNSName.ParseError) {
            name = try DNSName.encode(IPAddress(settings.query).map(DNSName.reverse) ?? settings.query)
        } catch {
            deferred = .init(.internalError, in: .internal, "the name \(error)")
            return
        }
        let query = DNSQuery.encode(
            name: name,
            type: options.recordType.number,
            isRecursive: options.isRecursive,
            isSigned: options.expectsDNSSEC
        )
        let servers = settings.servers
        count = max(1, servers.count)
        waitingFor = count
        while exchanges.count < count { exchanges.append(DNSExchange(engine: engine, ended: exchangeEnded)) }
        for index in 0..<count {
            exchanges[index].begin(
                settings,
                servers.isEmpty ? nil : servers[index],
                query: query,
                questionEnd: DNSQuery.questionEnd(nameSize: name.count),
                startedAt: startedAt
            )
        }
    }

    // MARK: End

    private func judge() {
        if let deferred { return finish(deferred) }
        for index in 0..<count {
            guard var failure = exchanges[index].report.failure else { continue }
            if count > 1, let server = exchanges[index].server {
                failure.message = "\(server.text): \(failure.message)"
            }
            return finish(failure, of: index)
        }
        finish(settings.options.sameSerial ? serialFailure : nil)
    }

    private var serialFailure: Outcome.Failure? {
        let serials = (0..<count).map { exchanges[$0].serial }
        guard Set(serials).count > 1 else { return nil }
        let list = (0..<count).map { index in
            "\(exchanges[index].server?.text ?? "") has \(serials[index].map { "\($0)" } ?? "none")"
        }
        let message = "the servers have different serials: \(list.joined(separator: ", "))"
        return .init(.assertionAnswer, in: .assertion, message)
    }

    func cancel() { finish(.init(.internalError, in: .internal, "the check was cancelled")) }

    private func finish(_ failure: Outcome.Failure?, of index: Int = 0) {
        guard let completion else { return }
        let outcome = outcome(failure, of: index)
        abandon()
        engine.pool.release(self)
        completion(outcome)
    }

    func abandon() {
        completion = nil
        if let timer { engine.loop.cancel(timer) }
        timer = nil
        for index in 0..<count { exchanges[index].abandon() }
        waitingFor = 0
    }

    // MARK: Figures

    private func outcome(_ failure: Outcome.Failure?, of index: Int) -> Outcome {
        var outcome = Outcome(failure: failure, latency: .now - startedAt)
        guard count > 0 else { return outcome }
        for index in 0..<count { outcome.phases.stretch(to: exchanges[index].report.phases) }
        let report = exchanges[index].report
        guard let server = report.server else { return outcome }
        let text = text(of: server)
        if failure?.phase != .policy { outcome.remoteAddress = text }
        if let certificate = report.certificate { outcome.certificate = certificate }
        if failure != nil, let evidence = report.evidence { outcome.evidence = evidence }
        if report.message != nil { outcome.facts = facts(report, server: text) }
        return outcome
    }

    private func text(of server: Endpoint) -> String {
        if let serverText, serverText.endpoint == server { return serverText.text }
        let text = server.description
        serverText = (server, text)
        return text
    }

    private static let answerLimit = 50
    private static let textLimit = 500

    /// The facts that `DNSKind.facts` declares.
    private func facts(_ report: DNSReport, server: String) -> JSONObject {
        let code = report.message.map { JSONValue.string(ResponseCode.name(of: $0.code)) } ?? .null
        let answers = report.message?.answers.prefix(Self.answerLimit).map { record in
            JSONValue.object(
                JSONObject([
                    (key: "type", value: .string(RecordType.name(of: record.type))),
                    (key: "ttl", value: .integer(Int64(record.ttl))),
                    (key: "text", value: .string(String(record.text.prefix(Self.textLimit)))),
                ])
            )
        }
        var members: [(key: String, value: JSONValue)] = [
            (key: "rcode", value: code),
            (key: "flags", value: .array(report.flags.map { .string($0) })),
            (key: "answers", value: .array(answers ?? [])),
            (key: "server", value: .string(server)),
            (key: "transport", value: .string(report.transport.rawValue)),
        ]
        if count > 1, settings.options.recordType == .SOA {
            members.append((key: "serials", value: .array((0..<count).map { exchanges[$0].serialFact })))
        }
        return JSONObject(members)
    }
}

extension DNSExchange {
    /// The serial of the SOA record in the answer.
    var serial: UInt32? {
        report.message?.answers.first { $0.type == RecordType.SOA.number }.flatMap {
            RecordText.serial(ofStart: $0.text)
        }
    }

    var serialFact: JSONValue {
        ["server": .string(server?.text ?? ""), "serial": serial.map { .integer(Int64($0)) } ?? .null]
    }
}

extension Outcome.PhaseTimes {
    /// Keeps the longer time of each phase: servers are queried at the same time.
    mutating func stretch(to other: Outcome.PhaseTimes) {
        if let time = other.dns { dns = max(dns ?? .zero, time) }
        if let time = other.connect { connect = max(connect ?? .zero, time) }
        if let time = other.tls { tls = max(tls ?? .zero, time) }
        if let time = other.request { request = max(request ?? .zero, time) }
    }
}
