/// The receiving side of a WebSocket; confined to its connection.
final class WebSocketState {
    typealias Receiver = UnsafeContinuation<Result<WebSocket.Message?, HTTPServerError>, Never>

    private static let queuedMessages = 128

    var decoder: FrameDecoder
    /// Pings sent since the last bytes from the peer.
    var unansweredPings = 0
    var receiver: Receiver?
    /// Called for each message, in place of a receiver.
    var listener: (@Sendable () -> Void)?
    /// The code of the peer's close frame; frames after it are ignored.
    var peerCode: UInt16?
    private var queue: [WebSocket.Message] = []
    private var first = 0
    private var queuedBytes = 0
    private let capacity: Int

    init(_ limits: Limits) {
        decoder = FrameDecoder(limit: limits.webSocketMessageBytes)
        capacity = limits.webSocketBufferBytes
    }

    /// Whether the peer has to wait for the reader.
    var isFull: Bool { queuedBytes > capacity || queue.count - first >= Self.queuedMessages }

    /// Passes a message to the waiting reader, or keeps it.
    func deliver(_ message: WebSocket.Message) {
        if let receiver = receiver.take() { return receiver.resume(returning: .success(message)) }
        queue.append(message)
        queuedBytes += message.byteCount
        listener?()
    }

    /// The oldest kept message.
    func take() -> WebSocket.Message? {
        guard first < queue.count else { return nil }
        let message = queue[first]
        first += 1
        queuedBytes -= message.byteCount
        if first == queue.count { (queue, first) = ([], 0) }
        if first >= Self.queuedMessages {
            queue.removeFirst(first)
            first = 0
        }
        return message
    }

    /// Notifies the reader that the socket is closed.
    func finish() {
        receiver.take()?.resume(returning: .success(nil))
        listener = nil
    }
}

extension WebSocket.Message {
    var byteCount: Int {
        switch self {
        case .text(let text): text.utf8.count
        case .binary(let bytes): bytes.count
        }
    }
}
