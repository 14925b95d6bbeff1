import Base
import Runtime

/// Response bodies that are written while they are sent.
extension Connection {
    func startStream(_ response: Response, _ body: ResponseStream) {
        settleBody(isStreaming: true)
        let isChunked = body.length == nil && !isOldVersion
        if body.length == nil, isOldVersion { keepsAlive = false }
        makeHead(response, body.length.map { .known($0) } ?? (isChunked ? .chunked : .close))
        sendScratch()
        if isHeadRequest { return endResponse() }
        guard phase != .closed else { return }
        phase = .streaming
        let stream = OutgoingStream(body, isChunked: isChunked)
        self.stream = stream
        if let heartbeat = stream.heartbeat, incoming == nil { setReadDeadline(after: heartbeat) }
        if stream.isEndless, context.core.isDraining { return endStream() }
        let (writer, write) = (BodyWriter(connection: self, exchange: exchange), body.write)
        task = Task(executorPreference: context.loop) { [self] in
            do {
                try await write(writer)
                onLoop { $0.streamReturned(writer.exchange, isFailed: false) }
            } catch {
                onLoop { $0.streamReturned(writer.exchange, isFailed: true) }
            }
        }
    }

    func writePiece(_ bytes: [UInt8], of number: UInt32) async throws(HTTPServerError) {
        guard phase == .streaming, number == exchange, let stream else { throw .connectionClosed }
        if Task.isCancelled { throw .cancelled }
        guard !bytes.isEmpty else { return }
        if let left = stream.left {
            guard bytes.count <= left else {
                close()
                throw .connectionClosed
            }
            stream.left = left - bytes.count
        }
        sendPiece(bytes, isChunked: stream.isChunked)
        if let heartbeat = stream.heartbeat, incoming == nil { setReadDeadline(after: heartbeat) }
        try await waitForOutput(bytes.count)
    }

    private func sendPiece(_ bytes: [UInt8], isChunked: Bool) {
        context.scratch.removeAll(keepingCapacity: true)
        if isChunked {
            context.scratch.append(hexadecimal: bytes.count)
            context.scratch.append("\r\n" as StaticString)
        }
        guard bytes.count > Self.copiedBytes else {
            context.scratch.append(contentsOf: bytes)
            if isChunked { context.scratch.append("\r\n" as StaticString) }
            return sendScratch()
        }
        if isChunked { sendScratch(more: true) }
        send(byReference: bytes)
        if isChunked { send("\r\n") }
    }

    /// Sends an empty comment after a silence; this also detects a client that is gone.
    func sendHeartbeat() {
        guard let stream, let heartbeat = stream.heartbeat else { return close() }
        if output.isEmpty { sendPiece([UInt8](":\n\n".utf8), isChunked: stream.isChunked) }
        if phase == .streaming { setReadDeadline(after: heartbeat) }
    }

    private func streamReturned(_ number: UInt32, isFailed: Bool) {
        guard phase == .streaming, number == exchange else { return }
        // Cutting the connection is the only way to show the client that the body is incomplete.
        if isFailed || stream?.left ?? 0 > 0 { return close() }
        endStream()
    }

    /// Ends the body properly, whether or not its task has returned.
    func endStream() {
        task?.cancel()
        task = nil
        let isChunked = stream?.isChunked ?? false
        stream = nil
        readDeadline = Connection.never
        if isChunked { send("0\r\n\r\n") }
        resumeWriters(.connectionClosed)
        if incoming?.isComplete == true { incoming = nil }
        if incoming != nil { keepsAlive = false }
        endResponse()
    }
}

extension [UInt8] {
    /// Appends a non-negative integer in hexadecimal digits.
    fileprivate mutating func append(hexadecimal value: Int) {
        var shift = (Int.bitWidth - 1 - value.leadingZeroBitCount) & ~3
        if value == 0 { shift = 0 }
        while shift >= 0 {
            let digit = UInt8(value >> shift & 15)
            append(digit < 10 ? 48 + digit : 87 + digit)
            shift -= 4
        }
    }
}
