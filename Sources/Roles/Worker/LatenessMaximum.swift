package import Base

/// The greatest lateness of the last one to two minutes.
package final class LatenessMaximum: Sendable {
    private struct Window {
        var current: Duration = .zero
        var previous: Duration = .zero
        var startedAt = MonotonicTime.now
    }
    private let window = Locked(Window())

    package init() {}

    package func observe(_ lateness: Duration, at now: MonotonicTime) {
        window.withLock { window in
            if now - window.startedAt > .seconds(60) {
                window = Window(current: .zero, previous: window.current, startedAt: now)
            }
            if lateness > window.current { window.current = lateness }
        }
    }

    package var value: Duration { window.withLock { max($0.current, $0.previous) } }
}
