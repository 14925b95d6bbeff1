import Base
package import Checks

/// A check over one stream; every kind that exchanges bytes conforms to it.
///
/// Pooled, and confined to its prober's loop.
package protocol StreamCheck: StreamOwner, PooledProbe {
    init(_ core: StreamCheckCore)
    var core: StreamCheckCore { get }

    /// The stream is open; the check exchanges bytes or finishes.
    func opened()
    /// Refines a failure of the stream with the kind's own knowledge.
    func judge(_ failure: Outcome.Failure) -> Outcome.Failure
    /// Adds the kind's own facts to an outcome; the stream still exists.
    func complete(_ outcome: inout Outcome)
    /// Resets the check for its next use.
    func reset()
}

/// The state that every check over a stream has.
package final class StreamCheckCore {
    package let connection: StreamConnection
    fileprivate var token = ProbeToken(number: 0)
    fileprivate var completion: ((Outcome) -> Void)?
    fileprivate var startedAt = MonotonicTime(nanoseconds: 0)
    /// When bytes could first be exchanged.
    fileprivate var openedAt: MonotonicTime?
    /// The pool that the check returns to.
    fileprivate unowned let home: any StreamCheckHome

    init(_ context: StreamContext, home: any StreamCheckHome) {
        connection = StreamConnection(context)
        self.home = home
    }
}

/// Takes finished checks back.
protocol StreamCheckHome: AnyObject {
    func release(_ token: ProbeToken)
}

extension StreamCheck {
    package var connection: StreamConnection { core.connection }
    package var token: ProbeToken {
        get { core.token }
        set { core.token = newValue }
    }

    /// Starts the check; the completion is called later, never during this call.
    package func begin(_ target: StreamTarget, timeout: Duration, completion: @escaping (Outcome) -> Void) {
        core.completion = completion
        core.startedAt = .now
        core.openedAt = nil
        connection.open(target, deadline: core.startedAt + timeout, limit: timeout)
    }

    /// Whether the check is still running.
    package var isRunning: Bool { core.completion != nil }
    /// Whether the stream was opened.
    package var isOpen: Bool { core.openedAt != nil }

    /// The time since the stream opened, including STARTTLS in clear text; nil before.
    package var exchangeTime: Duration? {
        let dialog = connection.times.dialog
        guard let openedAt = core.openedAt else { return dialog }
        return (.now as MonotonicTime) - openedAt + (dialog ?? .zero)
    }

    // MARK: Stream

    package func streamOpened() {
        core.openedAt = .now
        opened()
    }

    package func streamFailed(_ failure: Outcome.Failure) { finish(judge(failure)) }
    package func judge(_ failure: Outcome.Failure) -> Outcome.Failure { failure }

    // MARK: End

    package func cancel() { finish(Outcome.Failure(.internalError, in: .internal, "the check was cancelled")) }

    package func fail(_ reason: Reason, _ phase: Phase, _ message: String) {
        finish(Outcome.Failure(reason, in: phase, message))
    }

    /// Ends the check; nil means success.
    package func finish(_ failure: Outcome.Failure?) {
        guard let completion = core.completion else { return }
        var outcome = Outcome(failure: failure, latency: (.now as MonotonicTime) - core.startedAt)
        let times = connection.times
        outcome.phases.dns = times.dns
        outcome.phases.connect = times.connect
        outcome.phases.tls = times.tls
        outcome.phases.request = times.dialog
        outcome.remoteAddress = failure?.reason == .policyBlocked ? nil : connection.remoteAddress
        if times.tls != nil, let facts = connection.record.facts { outcome.certificate = facts }
        complete(&outcome)
        abandon()
        core.home.release(core.token)
        completion(outcome)
    }

    package func abandon() {
        core.completion = nil
        connection.close()
        reset()
    }
}
