import Base

/// Something that happens once, and that any number of tasks wait for.
package final class OneWaySwitch: Sendable {
    private struct State {
        var isOn = false
        var nextID = 0
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    }
    private let state = Locked(State())

    package init() {}

    package var isOn: Bool { state.withLock { $0.isOn } }

    /// Wakes everybody who waits; further calls do nothing.
    package func turnOn() {
        let waiters = state.withLock { state in
            state.isOn = true
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns when it is on or the calling task is cancelled.
    package func wait() async {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let resumeNow = state.withLock { state in
                    if state.isOn || Task.isCancelled { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if resumeNow { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
    }
}
