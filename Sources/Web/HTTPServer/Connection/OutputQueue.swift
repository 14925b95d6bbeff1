/// Bytes waiting for the socket: small ones copied together, large arrays kept by reference.
struct OutputQueue {
    private var segments: [[UInt8]] = []
    private var first = 0
    /// Bytes of the first segment that are sent already.
    private var offset = 0
    /// Whether the last segment is the queue's own and may be appended to.
    private var isLastOwned = false
    /// Bytes that wait.
    private(set) var count = 0

    private static let ownedSegmentBytes = 64 * 1024

    var isEmpty: Bool { count == 0 }

    mutating func append(copying bytes: UnsafeRawBufferPointer) {
        count += bytes.count
        if isLastOwned, segments[segments.count - 1].count < Self.ownedSegmentBytes {
            segments[segments.count - 1].append(contentsOf: bytes)
        } else {
            segments.append(Array(bytes))
            isLastOwned = true
        }
    }

    /// Queues an array, from `start` on, without copying it; the queue must be empty when `start` is not 0.
    mutating func append(_ bytes: [UInt8], from start: Int) {
        guard start < bytes.count else { return }
        if isEmpty { offset = start }
        count += bytes.count - start
        segments.append(bytes)
        isLastOwned = false
    }

    /// Offers the next bytes, at most `limit`, to `write`, which says how many it took.
    func withNext<R>(_ limit: Int, _ write: (UnsafeRawBufferPointer) -> R) -> R {
        segments[first].withUnsafeBytes { bytes in
            write(UnsafeRawBufferPointer(rebasing: bytes[offset..<min(bytes.count, offset + limit)]))
        }
    }

    /// Forgets bytes that were sent; they are within the first segment.
    mutating func drop(_ sent: Int) {
        count -= sent
        offset += sent
        if offset == segments[first].count {
            segments[first] = []
            first += 1
            offset = 0
        }
        if first == segments.count {
            self = OutputQueue()
        } else if first > 64 {
            segments.removeFirst(first)
            first = 0
        }
    }
}
