import Base
import Checks
import Glibc
import Runtime

extension StreamConnection {
    /// Handles an established TCP connection.
    func connected() {
        guard target.startTLS != .none, target.tls != nil else { return target.tls == nil ? opened() : startTLS() }
        partStartedAt = .now
        state = .dialog
        dialog = StartTLSDialog(target.startTLS)
        let current = generation
        if let opening = dialog.opening { write(opening) }
        if generation == current { receive() }
    }

    func opened() {
        state = .open
        let opening = generation
        owner?.streamOpened()
        // Bytes that arrived with the handshake cause no further event.
        if generation == opening, state == .open { receive() }
    }

    /// Handles readiness events of the loop.
    func ready(_ interest: Interest, isSecond: Bool) {
        let opening = generation
        if state == .connecting { return connectReady(interest, isSecond: isSecond) }
        switch state {
        case .idle, .resolving, .connecting: return
        case .handshaking: return handshake()
        case .dialog, .settling, .open, .ended: break
        }
        if interest.contains(.write), output.count > outputStart { flush() }
        guard generation == opening, !interest.isDisjoint(with: [.read, .readHangUp, .failure]) else { return }
        receive()
    }

    // MARK: Reading

    /// Reads until nothing is left.
    private func receive() {
        let opening = generation
        while generation == opening, state != .ended {
            let step: TLSSession.Step
            if let session, state != .dialog {
                step = session.read(into: context.buffer)
            } else {
                step = receivePlain()
            }
            switch step {
            case .done(let count): handOn(UnsafeRawBufferPointer(rebasing: context.buffer[..<count]))
            case .wait:
                if state == .settling, record.hasTicket { opened() }
                return
            case .ended: return ended()
            case .failed(let fault): return broke(fault)
            }
            if state == .handshaking { return }
        }
    }

    private func receivePlain() -> TLSSession.Step {
        while true {
            let count = recv(descriptor, context.buffer.baseAddress, context.buffer.count, 0)
            if count > 0 { return .done(count) }
            if count == 0 { return .ended }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .wait
            default: return .failed(TLSError(systemError: errno, reason: 0, text: nil))
            }
        }
    }

    private func handOn(_ bytes: UnsafeRawBufferPointer) {
        switch state {
        case .dialog:
            switch dialog.take(bytes) {
            case .wait: break
            case .send(let bytes): write(bytes)
            case .upgrade:
                times.dialog = (.now as MonotonicTime) - partStartedAt
                startTLS()
            case .fail(let failure):
                times.dialog = (.now as MonotonicTime) - partStartedAt
                fail(failure)
            }
        case .settling:
            let opening = generation
            state = .open
            owner?.streamOpened()
            if generation == opening { owner?.streamReceived(bytes) }
        default: owner?.streamReceived(bytes)
        }
    }

    private func ended() {
        switch state {
        case .dialog:
            times.dialog = (.now as MonotonicTime) - partStartedAt
            fail(.answerClosed, .request, "the target closed the connection before TLS")
        case .settling:
            let opening = generation
            state = .open
            owner?.streamOpened()
            guard generation == opening else { return }
            state = .ended
            owner?.streamEnded()
        default:
            state = .ended
            owner?.streamEnded()
        }
    }

    private func broke(_ fault: TLSError) {
        if session != nil, TLSErrorReason.isAboutClientCertificate(record) {
            let sends = target.tls?.clientCertificate != nil
            return fail(TLSErrorReason.failure(record, fault, sendsCertificate: sends))
        }
        // Many servers close without close-notify; the owner judges whether the exchange was complete.
        if fault.isEnd { return ended() }
        if state == .dialog { times.dialog = (.now as MonotonicTime) - partStartedAt }
        if fault.isReset { return fail(.answerClosed, .request, "the target reset the connection") }
        let text = fault.text ?? String(cString: strerror(fault.systemError))
        fail(.answerClosed, .request, "the connection broke: \(text)")
    }

    // MARK: Writing

    /// Sends bytes, at once or as soon as the peer reads.
    package func write(_ bytes: [UInt8]) {
        guard state == .open || state == .dialog, !bytes.isEmpty else { return }
        if hasWritten, session == nil { ConnectSocket.disableDelay(descriptor) }
        hasWritten = true
        if output.count > outputStart {
            guard output.count - outputStart + bytes.count <= outputLimit else {
                return fail(.internalError, .internal, "more than \(outputLimit >> 20) MB wait to be sent")
            }
            output.append(contentsOf: bytes)
            return
        }
        let opening = generation
        let sent = bytes.withUnsafeBytes { send($0) }
        guard generation == opening, sent < bytes.count else { return }
        output.removeAll(keepingCapacity: true)
        outputStart = 0
        output.append(contentsOf: bytes[sent...])
    }

    /// Sends the waiting bytes.
    private func flush() {
        let opening = generation
        let sent = output[outputStart...].withUnsafeBytes { send($0) }
        guard generation == opening else { return }
        outputStart += sent
        guard outputStart == output.count else { return }
        output.removeAll(keepingCapacity: true)
        outputStart = 0
        if state == .open { owner?.streamSent() }
    }

    /// Whether bytes wait for the peer to read.
    package var hasUnsent: Bool { output.count > outputStart }

    /// How many bytes were sent; a broken connection accepts all, because the owner is notified of the break.
    private func send(_ bytes: UnsafeRawBufferPointer) -> Int {
        var sent = 0
        while sent < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
            switch session?.write(rest) ?? sendPlain(rest) {
            case .done(let count): sent += count
            case .wait: return sent
            case .ended: return bytes.count
            case .failed(let fault):
                // A peer that closed may have sent something before: reading will show it.
                hasLostPeer = true
                if !fault.isReset { broke(fault) }
                return bytes.count
            }
        }
        return sent
    }

    private func sendPlain(_ bytes: UnsafeRawBufferPointer) -> TLSSession.Step {
        while true {
            let count = Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            if count >= 0 { return .done(count) }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .wait
            default: return .failed(TLSError(systemError: errno, reason: 0, text: nil))
            }
        }
    }
}
