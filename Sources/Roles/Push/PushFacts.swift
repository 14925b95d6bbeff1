import Base
import Domain
import PushCheck

/// The additional facts of a push monitor's result; see `PushKind.facts`.
struct PushFacts {
    var event: String
    var exitStatus: Int?
    var message: String?
    var runID: String?
    var duration: Duration?
    var source: String?
    var lastPing: Timestamp?
    var expected: Timestamp?

    init(event: String, lastPing: Timestamp?) {
        self.event = event
        self.lastPing = lastPing
    }

    var json: JSONObject {
        JSONObject([
            ("event", .string(event)),
            ("exit_status", exitStatus.map { .integer(Int64($0)) } ?? .null),
            ("message", message.map { .string($0) } ?? .null),
            ("run_id", runID.map { .string($0) } ?? .null),
            ("duration_ms", duration.map { .number($0.inSeconds * 1000) } ?? .null),
            ("source", source.map { .string($0) } ?? .null),
            ("last_ping_at", lastPing.map { .string($0.description) } ?? .null),
            ("expected_at", expected.map { .string($0.description) } ?? .null),
        ])
    }
}

extension PushDeadlines.History {
    /// From the newest result of a monitor.
    init(_ result: CheckResult) {
        let facts = result.outcome.facts
        func time(_ name: String) -> Timestamp? { facts?[name]?.stringValue.flatMap { Timestamp(iso8601: $0) } }
        let isMissing = facts?["event"]?.stringValue == "missing"
        self.init(
            lastPing: time("last_ping_at") ?? (isMissing ? nil : result.scheduledAt),
            missed: isMissing ? time("expected_at") : nil
        )
    }
}

extension PushDeadlines.Missing {
    /// The outcome for a missing ping.
    var outcome: Outcome {
        let silence = (deadline - silentSince).text
        let words =
            isUnfinished
            ? "a run begun at \(expected) did not end within the grace"
            : "no ping for \(silence): expected by \(expected)"
        var outcome = Outcome(failure: Outcome.Failure(.pushMissing, in: .push, words), latency: .zero)
        var facts = PushFacts(event: "missing", lastPing: lastPing)
        facts.expected = expected
        outcome.facts = facts.json
        return outcome
    }
}
