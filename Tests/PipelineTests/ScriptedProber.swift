import Base
import Domain
import HTTPCheck
import Runtime

/// What probes did, for tests to look at.
final class ProbeJournal: Sendable {
    private let urls = Locked<[String]>([])
    private let released = Locked(false)
    /// Whether the checks that hang are to end.
    var isReleased: Bool { released.withLock { $0 } }
    func release() { released.withLock { $0 = true } }
    var started: [String] { urls.withLock { $0 } }
    func note(_ url: String) { urls.withLock { $0.append(url) } }
}

/// A prober without a network: `http://ok…` succeeds at once, `http://down…` fails, `http://hang…` waits to be cancelled.
final class ScriptedProber: LegacyProber {
    private let loop: EventLoop
    private let journal: ProbeJournal
    private var held: [(Outcome) -> Void] = []

    init(loop: EventLoop, journal: ProbeJournal) { (self.loop, self.journal) = (loop, journal) }

    func probe(_ spec: HTTPSpec, monitor: MonitorID, completion: @escaping (Outcome) -> Void) {
        journal.note(spec.url)
        if spec.url.hasPrefix("http://hang") {
            held.append(completion)
            return watch()
        }
        var outcome = Outcome(latency: .milliseconds(3))
        outcome.statusCode = 200
        if spec.url.hasPrefix("http://down") {
            outcome.statusCode = 503
            outcome.failure = Outcome.Failure(.httpStatus, in: .assertion, "status 503")
        }
        loop.arm(after: .zero) { completion(outcome) }
    }

    private func watch() {
        loop.arm(after: .milliseconds(1)) { [self] in
            if journal.isReleased { cancelAll() } else if !held.isEmpty { watch() }
        }
    }

    func cancelAll() {
        let completions = held
        held = []
        for completion in completions {
            var outcome = Outcome(latency: .seconds(1))
            outcome.failure = Outcome.Failure(.internalError, in: .internal, "cancelled")
            completion(outcome)
        }
    }
}
