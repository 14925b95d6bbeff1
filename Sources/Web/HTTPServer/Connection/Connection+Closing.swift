import Base
import Runtime

/// The ways in which a connection ends.
extension Connection {
    /// Ends the sending side and reads on for a moment: closing at once would destroy data that the client has not
    /// read.
    func lingerClose() {
        if isEnded { return close() }
        phase = .linger
        rawEnd()
        (input, inputStart) = ([], 0)
        release(.connectionClosed)
        writeDeadline = Connection.never
        setReadDeadline(after: limits.lingerTimeout)
        updateInterest()
    }

    /// Ends everything now; may be called twice.
    func close() {
        guard phase != .closed else { return }
        phase = .closed
        report(isComplete: false)
        if let registration { context.loop.deregister(registration) }
        registration = nil
        disarm()
        ListeningSocket.close(descriptor)
        context.remove(descriptor)
        context.core.release(address)
        (input, inputStart) = ([], 0)
        output = OutputQueue()
        release(.connectionClosed)
    }

    /// Releases the task and everything that waits for the connection.
    private func release(_ error: HTTPServerError) {
        task?.cancel()
        task = nil
        releaseHeldBytes()
        resumeWriters(error)
        incoming?.fail(error)
        incoming = nil
        stream = nil
        // Messages that have arrived may still be read.
        webSocket?.finish()
    }

    /// Closes the connection gracefully: a running exchange may finish.
    func drain() {
        keepsAlive = false
        switch phase {
        case .head where !isHeadStarted && incoming == nil: close()
        case .streaming where stream?.isEndless == true: endStream()
        case .webSocket: closeWebSocket(1001, reason: "")
        case .head, .handling, .streaming, .flushing, .linger, .closed: break
        }
    }
}
