import Base
import Runtime

/// Request bodies: from the parser to their reader.
extension Connection {
    /// An unread body up to this size is discarded, so that the connection can be reused.
    private static let swallowedBytes = 64 * 1024

    /// Passes bytes to the body; returns how many were used.
    ///
    /// An invalid body is answered here, or its connection cut.
    func receive(_ body: IncomingBody, _ bytes: Span<UInt8>) -> Int {
        let used: Int
        do throws(ChunkDecoder.FramingError) {
            used = try body.receive(bytes, at: context.loop.now)
        } catch {
            giveUp(body, error)
            return bytes.count
        }
        if !body.isDiscarded, !hold(used) { return bytes.count }
        if let reader = body.reader, !body.isEmpty || body.isComplete {
            body.reader = nil
            reader.resume(returning: .success(body.isEmpty ? nil : body.take()))
            if !body.isComplete { body.startClock(context.loop.now) }
        }
        if body.isComplete, body.isDiscarded { incoming = nil }
        if phase == .head, incoming == nil {
            setReadDeadline(after: limits.idleTimeout)
        } else {
            setBodyDeadline()
        }
        return used
    }

    /// Counts body bytes against the loop's budget; false when this connection was refused to free room.
    private func hold(_ count: Int) -> Bool {
        heldBytes += count
        context.bodies.take(count)
        while context.bodies.isExceeded {
            let slowest = context.bodies.oldest() ?? self
            slowest.onLoop { $0.giveWay() }
            if slowest === self { return false }
        }
        return true
    }

    /// Whether the body of an exchange is still arriving and is kept.
    func isReceivingBody(of number: UInt32) -> Bool {
        guard number == exchange, heldBytes > 0, let incoming else { return false }
        return !incoming.isComplete && !incoming.isDiscarded
    }

    /// Ends an exchange whose body exceeds the budget.
    private func giveWay() {
        guard phase == .handling else { return close() }
        context.core.counters.rejected.increment()
        answer(Rejection.noRoom(retryAfter: limits.retryAfter))
    }

    /// Returns the bytes of the exchange's body to the budget.
    func releaseHeldBytes() {
        guard heldBytes > 0 else { return }
        context.bodies.giveBack(heldBytes)
        heldBytes = 0
    }

    private func giveUp(_ body: IncomingBody, _ failure: ChunkDecoder.FramingError) {
        switch failure {
        case .malformed: body.fail(.bodyMalformed)
        case .tooLarge: body.fail(.bodyTooLarge(limit: limits.bodyBytes))
        }
        incoming = nil
        switch phase {
        case .handling: reject(failure == .tooLarge ? .contentTooLarge : .badRequest)
        case .head: lingerClose()
        case .flushing: keepsAlive = false
        case .streaming, .webSocket, .linger, .closed: close()
        }
    }

    /// The next piece of a body; nil at its end.
    func nextBodyPiece(of number: UInt32) async throws(HTTPServerError) -> [UInt8]? {
        if let ready = readyPiece(of: number) { return try ready.get() }
        return try await withTaskCancellationHandler {
            await withUnsafeContinuation { (continuation: IncomingBody.Reader) in
                // The task may have been suspended before this point, so a piece may be ready now.
                if Task.isCancelled {
                    continuation.resume(returning: .failure(.cancelled))
                } else if let ready = readyPiece(of: number) {
                    continuation.resume(returning: ready)
                } else {
                    precondition(incoming?.reader == nil, "one task may read a body at a time")
                    incoming?.reader = continuation
                }
            }
        } onCancel: { [self] in
            context.loop.execute { self.onLoop { $0.cancelReader(of: number) } }
        }.get()
    }

    /// The result that is ready without waiting; nil when the reader has to wait for the client.
    private func readyPiece(of number: UInt32) -> Result<[UInt8]?, HTTPServerError>? {
        guard number == exchange, let body = incoming else { return .failure(.connectionClosed) }
        if let failure = body.failure { return .failure(failure) }
        if !body.isEmpty {
            let piece = body.take()
            resumeBody(body)
            return .success(piece)
        }
        if body.isComplete { return .success(nil) }
        if body.awaitsContinue { sendContinue(body) }
        return phase == .closed ? .failure(.connectionClosed) : nil
    }

    private func cancelReader(of number: UInt32) {
        guard number == exchange else { return }
        incoming?.reader.take()?.resume(returning: .failure(.cancelled))
    }

    private func resumeBody(_ body: IncomingBody) {
        body.startClock(context.loop.now)
        setBodyDeadline()
        updateInterest()
    }

    private func sendContinue(_ body: IncomingBody) {
        body.awaitsContinue = false
        send("HTTP/1.1 100 Continue\r\n\r\n")
        resumeBody(body)
    }

    /// Decides, before a response's head is written, what happens to a body that was not read to its end.
    func settleBody(isStreaming: Bool) {
        guard let body = incoming else { return }
        if body.isComplete, !isStreaming {
            incoming = nil
        } else if !body.isComplete {
            let isSmall = (body.left ?? .max) <= Self.swallowedBytes && !body.awaitsContinue
            if isStreaming || !isSmall { keepsAlive = false }
            if !isStreaming {
                body.discard()
                resumeBody(body)
            }
        }
    }
}
