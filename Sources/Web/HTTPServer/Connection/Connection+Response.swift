import Base
import Runtime

/// Responses: from a request's head to the end of its response.
extension Connection {
    /// Runs the handler; its task prefers the loop, so it starts and resumes here without a hop.
    func dispatch(_ head: RequestHead, _ body: RequestBody) {
        let request = Request(
            method: head.method,
            path: head.path,
            query: head.query,
            headers: head.headers,
            body: body,
            remoteAddress: address
        )
        let (number, handler, asksUpgrade) = (exchange, context.core.handler, head.framing.asksUpgrade)
        task = Task(executorPreference: context.loop) { [self] in
            let response = await handler(request)
            onLoop { $0.complete(response, request, asksUpgrade: asksUpgrade, number) }
        }
    }

    private func complete(_ response: Response, _ request: Request, asksUpgrade: Bool, _ number: UInt32) {
        // Otherwise the connection died, or the server has answered in the handler's place.
        guard phase == .handling, number == exchange else { return }
        task = nil
        releaseHeldBytes()
        record.route = response.route
        if context.core.isDraining { keepsAlive = false }
        guard case .webSocket(let serve) = response.body else { return respond(response) }
        upgrade(request, asksUpgrade: asksUpgrade, response.headers, serve)
    }

    /// Answers in place of the handler and closes: the request, or its body, is not acceptable.
    func reject(_ status: Status) {
        context.core.counters.rejected.increment()
        answer(Rejection.problem(status).response)
    }

    /// Sends a last answer for the exchange, whatever its handler is doing.
    func answer(_ response: Response) {
        keepsAlive = false
        task?.cancel()
        task = nil
        releaseHeldBytes()
        exchange &+= 1
        incoming?.fail(response.status == .requestTimeout ? .bodyTimedOut : .connectionClosed)
        incoming = nil
        readDeadline = Connection.never
        phase = .handling
        respond(response)
    }

    func respond(_ original: Response) {
        var response = original
        if !response.headers.isWellFormed || response.status.code < 200 {
            context.core.counters.malformedResponses.increment()
            response = Rejection.problem(.internalServerError).response
        }
        if response.headers.asksClose { keepsAlive = false }
        record.status = response.status
        if case .stream(let stream) = response.body, !response.status.forbidsBody {
            return startStream(response, stream)
        }
        settleBody(isStreaming: false)
        var body: [UInt8] = []
        if case .bytes(let bytes) = response.body { body = bytes }
        let omitsBody = isHeadRequest || response.status.forbidsBody
        makeHead(response, response.status.forbidsBody ? .none : .known(body.count))
        if !omitsBody, body.count <= Self.copiedBytes { context.scratch.append(contentsOf: body) }
        let follows = !omitsBody && body.count > Self.copiedBytes
        sendScratch(more: follows)
        if follows { send(byReference: body) }
        endResponse()
    }

    /// How the end of a body is marked.
    enum BodyEnd {
        case none
        case known(Int)
        case chunked
        case close
    }

    /// Builds a response's head in the loop's scratch buffer.
    func makeHead(_ response: Response, _ end: BodyEnd) {
        context.scratch.removeAll(keepingCapacity: true)
        context.scratch.append("HTTP/1.1 " as StaticString)
        context.scratch.append(decimal: response.status.code)
        context.scratch.append(UInt8(ascii: " "))
        context.scratch.append(response.status.reason)
        context.scratch.append("\r\n" as StaticString)
        context.appendDate(to: &context.scratch)
        if let contentType = response.contentType {
            context.scratch.append("Content-Type: " as StaticString)
            context.scratch.append(contentType)
            context.scratch.append("\r\n" as StaticString)
        }
        response.headers.appendLines(to: &context.scratch, omitsContentType: response.contentType != nil)
        switch end {
        case .known(let length):
            context.scratch.append("Content-Length: " as StaticString)
            context.scratch.append(decimal: length)
            context.scratch.append("\r\n" as StaticString)
        case .chunked: context.scratch.append("Transfer-Encoding: chunked\r\n" as StaticString)
        case .none, .close: break
        }
        appendConnection(offersUpgrade: response.headers["Upgrade"] != nil)
        context.scratch.append("\r\n" as StaticString)
    }

    /// The field `Connection`; it names `Upgrade` where that is sent (RFC 9110 §7.8).
    private func appendConnection(offersUpgrade: Bool) {
        let line: StaticString? =
            switch (keepsAlive, offersUpgrade) {
            case (false, true): "Connection: close, upgrade\r\n"
            case (false, false): "Connection: close\r\n"
            case (true, true): isOldVersion ? "Connection: keep-alive, upgrade\r\n" : "Connection: upgrade\r\n"
            case (true, false): isOldVersion ? "Connection: keep-alive\r\n" : nil
            }
        if let line { context.scratch.append(line) }
    }

    /// Completes the response: sends the rest, then continues with the next request or closes.
    func endResponse() {
        guard phase != .closed else { return }
        guard output.isEmpty else {
            phase = .flushing
            return
        }
        report(isComplete: true)
        releaseHeldBytes()
        guard keepsAlive else { return lingerClose() }
        phase = .head
        if incoming == nil {
            setReadDeadline(after: limits.idleTimeout)
        } else {
            setBodyDeadline()
        }
        pump()
        // After a half-close the requests that had arrived are answered; no more can arrive.
        if isEnded, phase == .head { close() }
    }

    func report(isComplete: Bool) {
        guard let status = record.status else { return }
        record.status = nil
        guard let onResponse = context.core.onResponse else { return }
        onResponse(
            ResponseSummary(
                method: record.method,
                route: record.route,
                status: status,
                duration: .now - record.start,
                bytes: record.bytes,
                isComplete: isComplete
            )
        )
    }
}
