import Base

/// An arriving request body; confined to its connection.
final class IncomingBody {
    private enum Framing {
        case length(left: Int)
        case chunked(ChunkDecoder)
    }

    typealias Reader = UnsafeContinuation<Result<[UInt8]?, HTTPServerError>, Never>

    private var framing: Framing
    private var buffer: [UInt8] = []
    private let capacity: Int
    private let rate: Int
    private let allowance: Duration
    private var credit: Duration
    private var clockStart: MonotonicTime?
    /// Whether the last byte has arrived; some may still be unread.
    private(set) var isComplete = false
    /// Whether the client waits for `100 Continue` before it sends.
    var awaitsContinue: Bool
    /// Whether received bytes are discarded: the response was given without reading the body.
    private(set) var isDiscarded = false
    var reader: Reader?
    private(set) var failure: HTTPServerError?

    init(_ framing: RequestHead.Framing, _ limits: Limits) {
        if let length = framing.contentLength {
            self.framing = .length(left: length)
            buffer.reserveCapacity(min(length, limits.bodyBufferBytes))
        } else {
            self.framing = .chunked(ChunkDecoder(limit: limits.bodyBytes))
        }
        awaitsContinue = framing.expectsContinue
        capacity = limits.bodyBufferBytes
        rate = max(1, limits.minimumBodyRate)
        (allowance, credit) = (limits.bodyTimeout, limits.bodyTimeout)
    }

    /// Whether the client has to wait for the reader.
    var isFull: Bool { buffer.count >= capacity }
    var isEmpty: Bool { buffer.isEmpty }

    /// The declared bytes still to come; nil for a chunked body.
    var left: Int? { if case .length(let left) = framing { left } else { nil } }

    /// Handles body bytes; returns how many were used: all of them unless the body ended.
    func receive(_ bytes: Span<UInt8>, at now: MonotonicTime) throws(ChunkDecoder.FramingError) -> Int {
        let used: Int
        switch framing {
        case .length(let left):
            used = min(left, bytes.count)
            if !isDiscarded {
                bytes.extracting(..<used).withUnsafeBufferPointer { buffer.append(contentsOf: $0) }
            }
            framing = .length(left: left - used)
            isComplete = used == left
        case .chunked(var decoder):
            framing = .length(left: 0)
            used = try decoder.decode(bytes, into: &buffer)
            if isDiscarded { buffer.removeAll() }
            framing = .chunked(decoder)
            isComplete = decoder.isDone
        }
        awaitsContinue = false
        earn(used, now)
        if isComplete || isFull { stopClock(now) }
        return used
    }

    /// All bytes that wait to be read.
    func take() -> [UInt8] {
        defer { buffer = [] }
        return buffer
    }

    func discard() {
        isDiscarded = true
        buffer = []
    }

    /// Ends the body for its reader, now or at its next read.
    func fail(_ error: HTTPServerError) {
        failure = failure ?? error
        reader.take()?.resume(returning: .failure(error))
    }

    // MARK: Minimum rate: credit is spent while waiting for the client, and earned by received bytes

    /// When the credit runs out; nil while no credit is spent.
    var deadline: MonotonicTime? { clockStart.map { $0 + credit } }

    func startClock(_ now: MonotonicTime) {
        if clockStart == nil, !isComplete { clockStart = now }
    }

    private func stopClock(_ now: MonotonicTime) {
        if let clockStart { credit -= now - clockStart }
        clockStart = nil
    }

    private func earn(_ bytes: Int, _ now: MonotonicTime) {
        guard let start = clockStart else { return }
        credit = min(allowance, credit - (now - start) + .nanoseconds(Int64(bytes) * 1_000_000_000 / Int64(rate)))
        clockStart = now
    }
}
