import Base
import Checks
import Sockets

/// One TCP check: the steps of the exchange on an open stream.
final class TCPCheckRun: StreamCheck {
    let core: StreamCheckCore
    init(_ core: StreamCheckCore) { self.core = core }

    private var settings = TCPKind.blank
    private unowned var patterns: PatternCache?
    private var step = 0
    /// Whether this step's bytes were passed to the stream.
    private var isSent = false
    /// Received bytes that no step has consumed yet.
    private var pending: [UInt8] = []
    /// Where the next search in `pending` starts.
    private var searched = 0
    /// The number of all received bytes.
    private var receivedCount = 0
    /// The number of bytes received in this step.
    private var stepCount = 0
    private var hasEnded = false
    /// The steps that regular expressions have left.
    private var patternSteps = PatternCache.stepLimit
    private var kept: [UInt8] = []
    private var notes: [Note] = []

    /// The result of a step; turned into words only when a check fails.
    private struct Note {
        let sent: Int
        let received: Int
        let word: String
    }

    /// `settings` is nil for a check of another kind, which fails.
    func start(_ settings: TCPSettings?, _ patterns: PatternCache, completion: @escaping (Outcome) -> Void) {
        let settings = settings ?? TCPKind.blank
        self.settings = settings
        self.patterns = patterns
        let options = settings.options
        let host = settings.host.hasPrefix("[") ? String(settings.host.dropFirst().dropLast()) : settings.host
        var target = StreamTarget(host: host, port: UInt16(clamping: options.port))
        target.family = options.family.resolverFamily
        target.resolver = options.resolver
        if let text = options.address, let address = IPAddress(text) { target.addresses = [address] }
        if options.speaksTLS {
            target.startTLS = options.startTLS
            var tls = TLSOptions(name: options.serverName ?? host)
            tls.verifies = options.verifiesTLS
            tls.caFile = options.caFile
            tls.clientCertificate = options.clientCertificate
            tls.clientKey = options.clientKey
            target.tls = tls
        }
        begin(target, timeout: options.timeout, completion: completion)
    }

    // MARK: Steps

    func opened() { advance() }

    func streamReceived(_ bytes: UnsafeRawBufferPointer) {
        receivedCount += bytes.count
        stepCount += bytes.count
        if kept.count < Outcome.Evidence.bodyLimit { kept += bytes.prefix(Outcome.Evidence.bodyLimit - kept.count) }
        // No step needs more than that.
        let room = TCPStep.maximumBytesLimit * 2 - pending.count
        pending += bytes.prefix(room)
        advance()
    }

    func streamSent() { advance() }

    func streamEnded() {
        hasEnded = true
        advance()
        guard isRunning else { return }
        note("closed by the target")
        if stepCount > 0 || !pending.isEmpty {
            fail(.assertionAnswer, .assertion, "\(stepName)the target closed without sending \(expectedText)")
        } else {
            fail(.answerClosed, .request, "\(stepName)the target closed the connection without an answer")
        }
    }

    /// Runs the steps until one must wait.
    private func advance() {
        let plan = settings.plan
        while step < plan.count {
            if !isSent {
                if let send = plan[step].send {
                    // The peer has closed the connection.
                    if hasEnded { return }
                    connection.write(send.bytes)
                    // A stream that broke during a write has already ended the check.
                    guard isRunning else { return }
                }
                isSent = true
            }
            if let expect = plan[step].expect {
                guard let count = find(expect, plan[step].maximumBytes) else { return }
                note("matched")
                pending.removeFirst(count)
            } else {
                note("sent")
            }
            step += 1
            isSent = false
            searched = 0
            stepCount = 0
        }
        if connection.hasLostPeer { return fail(.answerClosed, .request, "the target closed before all was sent") }
        if !connection.hasUnsent { finish(nil) }
    }

    /// The end of the expected bytes in `pending`; nil when they have not arrived, or never can.
    private func find(_ expect: TCPStep.Expectation, _ maximum: Int) -> Int? {
        let window = min(pending.count, maximum)
        let end: Int?
        switch expect {
        case .text(let text): end = find(text.bytes, window)
        case .hex(let bytes): end = find(bytes, window)
        case .pattern(let source):
            switch patterns?.match(source, pending[..<window], isEnd: hasEnded, steps: &patternSteps) {
            case .found(let match): end = match
            case .absent, nil: end = nil
            case .unusable(let text):
                fail(.internalError, .internal, "\(stepName)\(text)")
                return nil
            case .tooCostly(let text):
                note(text)
                fail(.assertionAnswer, .assertion, "\(stepName)\(text)")
                return nil
            }
        }
        if let end { return end }
        if pending.count >= maximum {
            note("not found")
            fail(.assertionAnswer, .assertion, "\(stepName)\(expectedText) is not in the first \(maximum) bytes")
        }
        return nil
    }

    private func find(_ bytes: [UInt8], _ window: Int) -> Int? {
        guard window >= bytes.count else { return nil }
        guard let start = ByteSearch.first(bytes, in: pending[searched..<window]) else {
            searched = max(0, window - bytes.count + 1)
            return nil
        }
        return start + bytes.count
    }

    // MARK: Words

    private var stepName: String { settings.plan.count > 1 ? "step \(step + 1): " : "" }

    private var expectedText: String {
        guard step < settings.plan.count, let expect = settings.plan[step].expect else { return "anything" }
        switch expect {
        case .text(let text): return "the text \"\(text.source.prefix(100))\""
        case .hex(let bytes): return "the bytes \([UInt8](bytes.prefix(32)).hex)"
        case .pattern(let source): return "a match of \(source.prefix(100))"
        }
    }

    /// Notes the result of the step for the evidence.
    private func note(_ word: String) {
        let sent = step < settings.plan.count ? settings.plan[step].send?.bytes.count ?? 0 : 0
        guard notes.count < TCPStep.limit, settings.plan.count > 0 else { return }
        notes.append(Note(sent: sent, received: stepCount, word: word))
    }

    // MARK: End

    /// Bytes arrived, but not the expected ones: that is not silence.
    func judge(_ failure: Outcome.Failure) -> Outcome.Failure {
        guard failure.phase == .request, isOpen, stepCount > 0 || !pending.isEmpty else { return failure }
        note(failure.message)
        return Outcome.Failure(
            .assertionAnswer,
            in: .assertion,
            "\(stepName)\(expectedText) did not come: \(failure.message)"
        )
    }

    func complete(_ outcome: inout Outcome) {
        if isOpen, !settings.plan.isEmpty { outcome.phases.request = exchangeTime }
        outcome.bodyBytes = receivedCount
        if outcome.failure != nil, receivedCount > 0 || !notes.isEmpty {
            let headers = notes.enumerated().map { index, note in
                let value = "sent \(note.sent), received \(note.received), \(note.word)"
                return Outcome.Evidence.Header(name: "step-\(index + 1)", value: value)
            }
            outcome.evidence = Outcome.Evidence(headers: headers, body: kept)
        }
        guard let version = connection.tlsVersion, let cipher = connection.tlsCipher else { return }
        outcome.facts = JSONObject([("protocol", .string(version)), ("cipher", .string(cipher))])
    }

    func reset() {
        step = 0
        isSent = false
        searched = 0
        receivedCount = 0
        stepCount = 0
        hasEnded = false
        patternSteps = PatternCache.stepLimit
        pending.removeAll(keepingCapacity: pending.capacity <= 4096)
        kept.removeAll(keepingCapacity: true)
        notes.removeAll(keepingCapacity: true)
    }
}
