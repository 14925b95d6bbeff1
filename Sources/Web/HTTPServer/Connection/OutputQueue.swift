/// Bytes that wait for the socket: small ones are copied together, large arrays are kept by reference.
struct OutputQueue {
    private var segments: [[UInt8]] = []
    private var first = 0
    /// The bytes of the first segment that have been sent.
    private var offset = 0
    /// Whether the last segment is the queue's own and may be appended to.
    private var isLastOwned = false
    /// The number of waiting bytes.
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

    /// Passes the next bytes, at most `limit`, to `write`, which returns how many it sent.
    func withNext<R>(_ limit: Int, _ write: (UnsafeRawBufferPointer) -> R) -> R {
        segments[first].withUnsafeBytes { bytes in
            write(UnsafeRawBufferPointer(rebasing: bytes[offset..<min(bytes.count, offset + limit)]))
        }
    }

    /// Removes sent bytes, which are within the first segment.
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
