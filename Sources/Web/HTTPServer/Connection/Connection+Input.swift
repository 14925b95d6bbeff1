import Base
import Runtime

/// Input: turns received bytes into requests, body pieces and frames.
extension Connection {
    func readable() {
        let buffer = context.readBuffer
        for _ in 0..<4 {
            switch rawRead(buffer) {
            case .bytes(let count):
                if phase == .linger {
                    lingered += count
                    if lingered > limits.lingerBytes { return close() }
                } else {
                    ingest(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                }
                if phase == .closed || count < buffer.count || !interest.contains(.read) { return }
            case .blocked: return
            case .end: return onEnd()
            case .failed: return close()
            }
        }
    }

    /// The client has sent its last byte; it may still be reading.
    private func onEnd() {
        isEnded = true
        switch phase {
        case .handling:
            if incoming?.isComplete == false { return reject(.badRequest) }
            updateInterest()
        case .streaming:
            if stream?.isEndless == true || incoming?.isComplete == false { return close() }
            updateInterest()
        case .flushing: updateInterest()
        case .head, .webSocket, .linger, .closed: close()
        }
    }

    private func ingest(_ bytes: UnsafeRawBufferPointer) {
        if input.isEmpty {
            let used = bytes.withMemoryRebound(to: UInt8.self) { consume($0.span) }
            if keepsInput, used < bytes.count {
                input.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[used...]))
            }
            updateInterest()
        } else {
            if inputStart > limits.pipelineBytes / 2 {
                input.removeFirst(inputStart)
                inputStart = 0
            }
            input.append(contentsOf: bytes)
            pump()
        }
    }

    /// Continues with input that had to wait.
    func pump() {
        guard !isConsuming else { return }
        if !input.isEmpty {
            let pending = input
            let used = consume(pending.span.extracting(droppingFirst: inputStart))
            if keepsInput { inputStart += used }
            if !keepsInput || inputStart == input.count { (input, inputStart) = ([], 0) }
        }
        updateInterest()
    }

    private var keepsInput: Bool { phase != .closed && phase != .linger }

    /// Handles as many bytes as possible and returns their number; the rest is passed in again.
    private func consume(_ bytes: Span<UInt8>) -> Int {
        isConsuming = true
        defer { isConsuming = false }
        var used = 0
        while true {
            let rest = bytes.extracting(droppingFirst: used)
            switch phase {
            case .closed, .linger: return bytes.count
            case .webSocket: return used + consumeFrames(rest)
            case .head, .handling, .streaming, .flushing:
                if let incoming, !incoming.isComplete {
                    if rest.isEmpty { return used }
                    used += receive(incoming, rest)
                } else if phase == .head, !rest.isEmpty {
                    guard let count = parseHead(rest) else { return used }
                    used += count
                } else {
                    return used
                }
            }
        }
    }

    /// The length of the next head; nil when it is not complete.
    private func parseHead(_ bytes: Span<UInt8>) -> Int? {
        switch parser.parse(bytes, limits) {
        case .incomplete:
            if !isHeadStarted {
                isHeadStarted = true
                // Absolute: further bytes do not extend the deadline.
                setReadDeadline(after: limits.headTimeout)
            }
            return nil
        case .rejected(let status):
            record = ExchangeRecord()
            record.start = .now
            (isHeadRequest, isOldVersion) = (false, false)
            reject(status)
            return bytes.count
        case .head(let head, let count):
            isHeadStarted = false
            return count + begin(head, bytes.extracting(droppingFirst: count))
        }
    }

    /// Starts an exchange; returns how many bytes of its body were taken from `rest`.
    private func begin(_ head: RequestHead, _ rest: Span<UInt8>) -> Int {
        let framing = head.framing
        keepsAlive = framing.keepsAlive && !context.core.isDraining
        isHeadRequest = head.method == .head
        isOldVersion = head.minorVersion == 0
        exchange &+= 1
        record = ExchangeRecord()
        record.method = head.method
        record.start = .now
        phase = .handling
        readDeadline = Connection.never
        if let length = framing.contentLength, length > limits.bodyBytes {
            reject(.contentTooLarge)
            return rest.count
        }
        guard framing.isChunked || (framing.contentLength ?? 0) > 0 else {
            dispatch(head, RequestBody([]))
            return 0
        }
        let body = IncomingBody(framing, limits)
        incoming = body
        let used = rest.isEmpty ? 0 : receive(body, rest)
        guard phase == .handling else { return used }
        if body.isComplete {
            incoming = nil
            dispatch(head, RequestBody(body.take()))
        } else {
            if !body.awaitsContinue { body.startClock(context.loop.now) }
            setBodyDeadline()
            context.bodies.enroll(self, exchange: exchange)
            dispatch(head, RequestBody(.stream(self, exchange: exchange, length: framing.contentLength)))
        }
        return used
    }
}
