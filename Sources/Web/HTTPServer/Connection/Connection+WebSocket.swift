import Base
import Runtime

/// WebSockets on a connection.
extension Connection {
    func upgrade(
        _ request: Request,
        asksUpgrade: Bool,
        _ headers: Headers,
        _ serve: @escaping @Sendable (WebSocket) async throws -> Void
    ) {
        let accept: [UInt8]
        switch Handshake.check(request, asksUpgrade: asksUpgrade) {
        case .accepted(let value): accept = value
        case .refused(let status): return refuseUpgrade(status)
        }
        guard headers.isWellFormed else { return respond(Response(101, headers: headers)) }
        record.status = 101
        context.scratch.removeAll(keepingCapacity: true)
        context.scratch.append("HTTP/1.1 101 Switching Protocols\r\n" as StaticString)
        context.scratch.append("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " as StaticString)
        context.scratch.append(contentsOf: accept)
        context.scratch.append("\r\n" as StaticString)
        headers.appendLines(to: &context.scratch, omitsContentType: false)
        context.scratch.append("\r\n" as StaticString)
        sendScratch()
        guard phase != .closed else { return }
        report(isComplete: true)
        phase = .webSocket
        webSocket = WebSocketState(limits)
        setReadDeadline(after: limits.pingInterval)
        if context.core.isDraining { return closeWebSocket(1001, reason: "") }
        let number = exchange
        task = Task(executorPreference: context.loop) { [self] in
            do {
                try await serve(WebSocket(connection: self))
                onLoop { $0.webSocketReturned(number, 1000) }
            } catch {
                onLoop { $0.webSocketReturned(number, 1011) }
            }
        }
        pump()
    }

    private func refuseUpgrade(_ status: Status) {
        var response = Rejection.problem(status).response
        if status == .upgradeRequired {
            response.headers = ["Upgrade": "websocket", "Sec-WebSocket-Version": "13"]
        }
        respond(response)
    }

    private func webSocketReturned(_ number: UInt32, _ code: UInt16) {
        if number == exchange { closeWebSocket(webSocket?.peerCode ?? code, reason: "") }
    }

    /// Handles whole frames; returns how many bytes were used.
    func consumeFrames(_ bytes: Span<UInt8>) -> Int {
        var used = 0
        while used < bytes.count, phase == .webSocket, let webSocket, !webSocket.isFull {
            if webSocket.peerCode != nil { return bytes.count }
            let (event, count) = webSocket.decoder.decode(bytes.extracting(droppingFirst: used))
            webSocket.unansweredPings = 0
            used += count
            switch event {
            case .incomplete: return used
            case .none: break
            case .message(let message): webSocket.deliver(message)
            case .ping(let payload): answerPing(payload)
            case .close(let code):
                peerCloses(code)
                return bytes.count
            case .failed(let code):
                closeWebSocket(code, reason: "")
                return bytes.count
            }
        }
        return phase == .webSocket ? used : bytes.count
    }

    /// Answers the peer's close: at once when the handler waits for a message, otherwise after it has read the last
    /// one.
    private func peerCloses(_ code: UInt16) {
        webSocket?.peerCode = code
        if webSocket?.receiver != nil || webSocket?.listener != nil { return closeWebSocket(code, reason: "") }
        // A handler that only sends would not notice: it gets a moment, then it is cancelled.
        setReadDeadline(after: limits.lingerTimeout)
    }

    /// A client that pings and never reads gets no more pongs than may wait unsent (§5.5.3 allows skipping some).
    private func answerPing(_ payload: [UInt8]) {
        if output.count <= limits.outputBytes { sendFrame(10, payload) }
    }

    func pingOrGiveUp() {
        if let code = webSocket?.peerCode { return closeWebSocket(code, reason: "") }
        guard let webSocket, webSocket.unansweredPings < 2 else { return close() }
        // While the handler is behind, the peer's pongs are not read either.
        if !webSocket.isFull { webSocket.unansweredPings += 1 }
        if output.isEmpty { sendFrame(9, []) }
        if phase == .webSocket { setReadDeadline(after: limits.pingInterval) }
    }

    private func sendFrame(_ opcode: UInt8, _ payload: [UInt8]) {
        context.scratch.removeAll(keepingCapacity: true)
        context.scratch.append(0x80 | opcode)
        switch payload.count {
        case ..<126: context.scratch.append(UInt8(payload.count))
        case ..<65_536:
            context.scratch.append(126)
            context.scratch.append(contentsOf: [UInt8(payload.count >> 8), UInt8(payload.count & 255)])
        default:
            context.scratch.append(127)
            for shift in stride(from: 56, through: 0, by: -8) {
                context.scratch.append(UInt8(payload.count >> shift & 255))
            }
        }
        guard payload.count > Self.copiedBytes else {
            context.scratch.append(contentsOf: payload)
            return sendScratch()
        }
        sendScratch(more: true)
        send(byReference: payload)
    }

    func receiveMessage() async throws(HTTPServerError) -> WebSocket.Message? {
        if let ready = readyMessage() { return try ready.get() }
        return try await withTaskCancellationHandler {
            await withUnsafeContinuation { (continuation: WebSocketState.Receiver) in
                // The task may have been suspended before this point, so a message may be ready now.
                if Task.isCancelled {
                    continuation.resume(returning: .failure(.cancelled))
                } else if let ready = readyMessage() {
                    continuation.resume(returning: ready)
                } else {
                    precondition(webSocket?.receiver == nil, "one task may receive from a WebSocket at a time")
                    webSocket?.receiver = continuation
                }
            }
        } onCancel: { [self] in
            context.loop.execute { self.onLoop { $0.cancelReceiver() } }
        }.get()
    }

    func setListener(_ body: @escaping @Sendable () -> Void) {
        if phase == .webSocket { webSocket?.listener = body }
    }

    func takeMessage() -> WebSocket.Message? {
        guard case .success(let message)? = readyMessage() else { return nil }
        return message
    }

    /// The result that is ready without waiting; nil when the receiver has to wait for the peer.
    private func readyMessage() -> Result<WebSocket.Message?, HTTPServerError>? {
        if let message = webSocket?.take() {
            // Frames may have been left in `input` while the queue was full.
            if phase == .webSocket, webSocket?.isFull == false { pump() }
            return .success(message)
        }
        if let code = webSocket?.peerCode { closeWebSocket(code, reason: "") }
        return phase == .webSocket ? nil : .success(nil)
    }

    private func cancelReceiver() {
        webSocket?.receiver.take()?.resume(returning: .failure(.cancelled))
    }

    func sendMessage(_ message: WebSocket.Message) async throws(HTTPServerError) {
        switch message {
        case .text(let text): try await sendText(Array(text.utf8))
        case .binary(let bytes): try await sendMessage(2, bytes)
        }
    }

    func sendText(_ bytes: [UInt8]) async throws(HTTPServerError) { try await sendMessage(1, bytes) }

    private func sendMessage(_ opcode: UInt8, _ bytes: [UInt8]) async throws(HTTPServerError) {
        guard phase == .webSocket else { throw .connectionClosed }
        if Task.isCancelled { throw .cancelled }
        sendFrame(opcode, bytes)
        try await waitForOutput(bytes.count)
    }

    /// Sends a close frame and ends the connection; 1005 sends a frame without a code.
    func closeWebSocket(_ code: UInt16, reason: String) {
        guard phase == .webSocket else { return }
        var payload: [UInt8] = code == 1005 ? [] : [UInt8(code >> 8), UInt8(code & 255)]
        if !payload.isEmpty, reason.utf8.count <= 123 { payload.append(reason) }
        sendFrame(8, payload)
        guard phase == .webSocket else { return }
        keepsAlive = false
        readDeadline = Connection.never
        webSocket?.finish()
        task?.cancel()
        task = nil
        resumeWriters(.connectionClosed)
        endResponse()
    }
}
