import Base
import Runtime

/// Output: sends what the socket accepts at once, and the rest when it is writable again.
extension Connection {
    /// The largest body that is copied behind its head, so that both are sent in one call.
    static let copiedBytes = 16 * 1024
    private static let sliceBytes = 256 * 1024
    /// The most bytes that one connection may send before others get their turn.
    private static let turnBytes = 1 << 20

    func sendScratch(more: Bool = false) { context.scratch.withUnsafeBytes { send($0, more: more) } }

    func send(_ text: StaticString) {
        send(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Sends bytes; copies those that the socket does not accept.
    func send(_ bytes: UnsafeRawBufferPointer, more: Bool = false) {
        guard phase != .closed else { return }
        record.bytes += bytes.count
        var sent = 0
        loop: while output.isEmpty, sent < bytes.count {
            switch rawWrite(UnsafeRawBufferPointer(rebasing: bytes[sent...]), more: more) {
            case .bytes(let count): sent += count
            case .blocked: break loop
            case .end, .failed: return close()
            }
        }
        guard sent < bytes.count else { return }
        output.append(copying: UnsafeRawBufferPointer(rebasing: bytes[sent...]))
        awaitWritable()
    }

    /// Sends a large array; keeps a reference to what the socket does not accept.
    func send(byReference bytes: [UInt8]) {
        guard phase != .closed else { return }
        record.bytes += bytes.count
        var sent = 0
        loop: while output.isEmpty, sent < min(bytes.count, Self.turnBytes) {
            let slice = sent..<min(bytes.count, sent + Self.sliceBytes)
            switch bytes.withUnsafeBytes({ rawWrite(UnsafeRawBufferPointer(rebasing: $0[slice]), more: false) }) {
            case .bytes(let count): sent += count
            case .blocked: break loop
            case .end, .failed: return close()
            }
        }
        guard sent < bytes.count else { return }
        output.append(bytes, from: sent)
        awaitWritable()
    }

    private func awaitWritable() {
        if writeDeadline == Connection.never { setWriteDeadline() }
        updateInterest()
    }

    func flush() {
        guard phase != .closed else { return }
        var sent = 0
        loop: while !output.isEmpty, sent < Self.turnBytes {
            switch output.withNext(Self.sliceBytes, { rawWrite($0, more: false) }) {
            case .bytes(let count):
                output.drop(count)
                sent += count
            case .blocked: break loop
            case .end, .failed: return close()
            }
        }
        if output.isEmpty {
            writeDeadline = Connection.never
        } else if sent > 0 {
            setWriteDeadline()
        }
        if output.count <= limits.outputBytes / 2 { resumeWriters(nil) }
        updateInterest()
        guard output.isEmpty else { return }
        if phase == .flushing { endResponse() }
    }

    func resumeWriters(_ error: HTTPServerError?) {
        guard !writers.isEmpty else { return }
        let resumed = writers
        writers = []
        for writer in resumed { writer.continuation.resume(returning: error) }
    }

    /// Waits while too much is unsent, and regularly yields to other work of the loop.
    func waitForOutput(_ written: Int) async throws(HTTPServerError) {
        guard phase != .closed else { throw .connectionClosed }
        sinceYield += written
        if output.count <= limits.outputBytes {
            guard sinceYield > Self.sliceBytes else { return }
            sinceYield = 0
            return await Task.yield()
        }
        sinceYield = 0
        lastWriter &+= 1
        let id = lastWriter
        let error: HTTPServerError? = await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                // The task may have been suspended before this point.
                if Task.isCancelled {
                    continuation.resume(returning: .cancelled)
                } else if phase == .closed || phase == .linger {
                    continuation.resume(returning: .connectionClosed)
                } else if output.count <= limits.outputBytes {
                    continuation.resume(returning: nil)
                } else {
                    writers.append(WaitingWriter(id: id, continuation: continuation))
                }
            }
        } onCancel: { [self] in
            context.loop.execute { self.onLoop { $0.cancelWriter(id) } }
        }
        if let error { throw error }
    }

    private func cancelWriter(_ id: UInt32) {
        guard let index = writers.firstIndex(where: { $0.id == id }) else { return }
        writers.remove(at: index).continuation.resume(returning: .cancelled)
    }
}
