import Base
package import Checks

/// A check over one stream, from start to verdict; the kinds that exchange bytes conform to it.
///
/// Pooled, on its prober's loop.
package protocol StreamCheck: StreamOwner, PooledProbe {
    init(_ core: StreamCheckCore)
    var core: StreamCheckCore { get }

    /// Bytes can be exchanged; the check goes on, or finishes.
    func opened()
    /// Sees a failure of the stream in the kind's own light.
    func judge(_ failure: Outcome.Failure) -> Outcome.Failure
    /// Adds what the kind alone knows to an outcome; the stream is still there.
    func complete(_ outcome: inout Outcome)
    /// Forgets the check.
    func reset()
}

/// What every check over a stream has.
package final class StreamCheckCore {
    package let connection: StreamConnection
    fileprivate var token = ProbeToken(number: 0)
    fileprivate var completion: ((Outcome) -> Void)?
    fileprivate var startedAt = MonotonicTime(nanoseconds: 0)
    /// When bytes could first be exchanged.
    fileprivate var openedAt: MonotonicTime?
    /// Where the check goes back to.
    fileprivate unowned let home: any StreamCheckHome

    init(_ context: StreamContext, home: any StreamCheckHome) {
        connection = StreamConnection(context)
        self.home = home
    }
}

/// Takes back checks that ended.
protocol StreamCheckHome: AnyObject {
    func release(_ token: ProbeToken)
}

extension StreamCheck {
    package var connection: StreamConnection { core.connection }
    package var token: ProbeToken {
        get { core.token }
        set { core.token = newValue }
    }

    /// Starts; the completion is called later, never from inside.
    package func begin(_ target: StreamTarget, timeout: Duration, completion: @escaping (Outcome) -> Void) {
        core.completion = completion
        core.startedAt = .now
        core.openedAt = nil
        connection.open(target, deadline: core.startedAt + timeout, limit: timeout)
    }

    /// Whether the check has not ended yet.
    package var isRunning: Bool { core.completion != nil }
    /// Whether bytes could be exchanged.
    package var isOpen: Bool { core.openedAt != nil }

    /// How long bytes have been exchanged, asking for TLS in clear included; nil before.
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
