import Base
import Domain
import HTTPCheck
import Runtime

/// A record of what probes did.
final class ProbeJournal: Sendable {
    private let urls = Locked<[String]>([])
    private let released = Locked(false)
    private let losing = Locked(false)
    /// Whether cancelled checks do not complete, as they should.
    var losesChecks: Bool { losing.withLock { $0 } }
    func loseChecks() { losing.withLock { $0 = true } }
    /// Whether hanging checks should end.
    var isReleased: Bool { released.withLock { $0 } }
    func release() { released.withLock { $0 = true } }
    var started: [String] { urls.withLock { $0 } }
    func note(_ url: String) { urls.withLock { $0.append(url) } }
}

/// A prober without a network: `http://ok…` succeeds at once, `http://down…` fails, `http://hang…` waits to be cancelled.
final class ScriptedProber: Prober {
    private let loop: EventLoop
    private let journal: ProbeJournal
    private var held: [(Outcome) -> Void] = []

    init(loop: EventLoop, journal: ProbeJournal) { (self.loop, self.journal) = (loop, journal) }

    var runningCount: Int { held.count }

    func cancel(_ token: ProbeToken) {}

    func probe(
        _ spec: CheckSpec,
        monitor: MonitorID?,
        completion: @escaping (Outcome) -> Void
    ) -> ProbeToken {
        let token = ProbeToken(number: 0)
        journal.note(spec.target)
        if spec.target.hasPrefix("http://hang") {
            held.append(completion)
            watch()
            return token
        }
        var outcome = Outcome(latency: .milliseconds(3))
        outcome.statusCode = 200
        if spec.target.hasPrefix("http://down") {
            outcome.statusCode = 503
            outcome.failure = Outcome.Failure(.httpStatus, in: .assertion, "status 503")
        }
        loop.arm(after: .zero) { completion(outcome) }
        return token
    }

    private func watch() {
        loop.arm(after: .milliseconds(1)) { [self] in
            if journal.isReleased { cancelAll() } else if !held.isEmpty { watch() }
        }
    }

    func cancelAll() {
        let completions = held
        held = []
        if journal.losesChecks { return }
        for completion in completions {
            var outcome = Outcome(latency: .seconds(1))
            outcome.failure = Outcome.Failure(.internalError, in: .internal, "cancelled")
            completion(outcome)
        }
    }
}
