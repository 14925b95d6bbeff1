import Base
import Domain
import PushCheck

/// What a ping reports.
package enum PushEvent: Sendable, Equatable {
    case success, start, fail, log
    /// The exit status of a job, 0 to 255; 0 is success.
    case exit(Int)

    /// The event that the last part of a URL names: `start`, `fail`, `log`, or an exit status in decimal digits.
    ///
    /// Throws `NoExitStatus` for a number above 255; nil for anything else.
    package init?(word: String) throws(NoExitStatus) {
        switch word {
        case "start": self = .start
        case "fail": self = .fail
        case "log": self = .log
        default:
            guard !word.isEmpty, word.utf8.allSatisfy({ $0 &- 48 < 10 }) else { return nil }
            guard let status = Int(word), status < 256 else { throw NoExitStatus() }
            self = .exit(status)
        }
    }

    /// The number is above 255.
    package struct NoExitStatus: Error {}

    var isFailure: Bool {
        switch self {
        case .success, .start, .log, .exit(0): false
        case .fail, .exit: true
        }
    }
}

/// One received ping.
package struct PushPing: Sendable, Equatable {
    /// The most bytes of a body that are kept.
    package static let bodyLimit = 10_000
    /// The most characters that are kept of the sender's message.
    package static let messageLimit = 250

    package var event: PushEvent
    /// The run that it is about; nil when the sender does not identify its runs.
    package var runID: String?
    /// What the sender measured.
    package var latency: Duration?
    /// The sender's message in one line.
    package var message: String?
    package var body: [UInt8] = []
    /// The address from which it came.
    package var source: String?

    package init(_ event: PushEvent) { self.event = event }
}

extension PushPing {
    /// A run id in its normal form; nil for anything but a UUID.
    package static func runID(_ text: String) -> String? {
        text.utf8.count == 36 ? PushToken.normalized(text) : nil
    }

    /// The outcome of a ping that ended a run of the given duration.
    func outcome(at time: Timestamp, duration: Duration?) -> Outcome {
        var outcome = Outcome(latency: duration ?? latency ?? .zero)
        outcome.bodyBytes = body.count
        var facts = PushFacts(event: "success", lastPing: time)
        facts.message = message.map(Self.line).flatMap { $0.isEmpty ? nil : $0 }
        facts.runID = runID
        facts.duration = duration
        facts.source = source
        switch event {
        case .success, .start, .log: break
        case .fail: facts.event = "fail"
        case .exit(let status):
            facts.event = "exit"
            facts.exitStatus = status
        }
        if event.isFailure {
            outcome.failure = Outcome.Failure(.pushReported, in: .push, Self.words(facts))
            outcome.evidence = Outcome.Evidence(headers: [], body: Array(body.prefix(Self.bodyLimit)))
        }
        outcome.facts = facts.json
        return outcome
    }

    private static func words(_ facts: PushFacts) -> String {
        let said = facts.message.map { ": \($0)" } ?? ""
        guard let status = facts.exitStatus else { return "the sender reported a failure\(said)" }
        return "the sender reported exit status \(status)\(said)"
    }

    /// The text in one line, without control characters, cut to the limit.
    private static func line(_ text: String) -> String {
        let scalars = text.unicodeScalars.prefix(messageLimit).map { scalar -> Unicode.Scalar in
            scalar.properties.generalCategory == .control ? " " : scalar
        }
        var line = String.UnicodeScalarView()
        line.append(contentsOf: scalars)
        return String(line)
    }
}
