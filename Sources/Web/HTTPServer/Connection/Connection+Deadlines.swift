import Base
import Runtime

/// Deadlines: setting one only stores it; one timer for each connection checks when the earliest may have passed.
extension Connection {
    func setReadDeadline(after duration: Duration) {
        readDeadline = context.loop.now + duration
        arm()
    }

    func setWriteDeadline() {
        writeDeadline = context.loop.now + limits.writeTimeout
        arm()
    }

    /// Uses the body's own deadline; there is none while the server is not waiting for the client.
    func setBodyDeadline() {
        readDeadline = incoming?.deadline ?? Connection.never
        if readDeadline < Connection.never { arm() }
    }

    func disarm() {
        if let timer { context.loop.cancel(timer) }
        timer = nil
    }

    private func arm() {
        let due = min(readDeadline, writeDeadline)
        guard due < timerDue else { return }
        disarm()
        timerDue = due
        timer = context.loop.arm(at: due) { [self] in onTimer() }
    }

    private func onTimer() {
        (timer, timerDue) = (nil, Connection.never)
        guard phase != .closed else { return }
        let now = context.loop.now
        if writeDeadline <= now {
            context.core.counters.stalled.increment()
            return close()
        }
        if readDeadline <= now {
            readDeadline = Connection.never
            onReadDeadline()
        }
        if phase != .closed, min(readDeadline, writeDeadline) < Connection.never { arm() }
    }

    private func onReadDeadline() {
        switch phase {
        case .webSocket: pingOrGiveUp()
        case .streaming where incoming?.isComplete ?? true: sendHeartbeat()
        case .handling: reject(.requestTimeout)
        case .head where isHeadStarted: reject(.requestTimeout)
        default: close()
        }
    }
}
