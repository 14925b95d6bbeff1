import CZlib

/// Decodes a body in the content coding gzip or deflate piece by piece, and knows whether it is complete.
///
/// libcurl's own decoder accepts a stream that stops in the middle. Not Sendable: confined to the loop of its check.
final class InflateStream: BodyDecoder {
    /// The names in the field Content-Encoding.
    enum Coding: Sendable { case gzip, deflate }

    private let coding: Coding
    private let stream: UnsafeMutablePointer<z_stream>
    private var isReady = false
    private var hasEnded = false
    private var hasBegun = false

    init(_ coding: Coding) {
        self.coding = coding
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
    }

    deinit {
        if isReady { inflateEnd(stream) }
        stream.deinitialize(count: 1)
        stream.deallocate()
    }

    /// Whether the stream ended properly, checksum included, or no byte of it arrived.
    var isWhole: Bool { hasEnded || !hasBegun }

    /// Decodes a piece into `take`, which returns false to stop; returns false when the bytes are not such a stream.
    ///
    /// Bytes after the end of the stream are ignored, unless they are another gzip member.
    func feed(_ piece: UnsafeRawBufferPointer, _ take: (UnsafeRawBufferPointer) -> Bool) -> Bool {
        guard let start = piece.baseAddress, !piece.isEmpty else { return true }
        guard isReady || begin(piece[0]) else { return false }
        hasBegun = true
        // zlib only reads this buffer, but its field lacks const.
        stream.pointee.next_in = UnsafeMutablePointer(mutating: start.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(piece.count)
        return withUnsafeTemporaryAllocation(byteCount: ContentCoding.windowSize, alignment: 1) { window in
            repeat {
                if hasEnded, !beginNextMember() { return true }
                stream.pointee.next_out = window.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.pointee.avail_out = UInt32(window.count)
                let status = inflate(stream, Z_NO_FLUSH)
                guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else { return false }
                let count = window.count - Int(stream.pointee.avail_out)
                if count > 0, !take(UnsafeRawBufferPointer(rebasing: window[..<count])) { return true }
                hasEnded = status == Z_STREAM_END
                if status == Z_BUF_ERROR { return true }
            } while stream.pointee.avail_in > 0 || (stream.pointee.avail_out == 0 && !hasEnded)
            return true
        }
    }

    /// Some servers send deflate without the required zlib header: the first byte shows which.
    private func begin(_ first: UInt8) -> Bool {
        let bits: Int32 =
            switch coding {
            case .gzip: 15 + 16
            case .deflate: first & 0x0F == 8 && first >> 4 <= 7 ? 15 : -15
            }
        isReady = sentinel_inflate_init(stream, bits) == Z_OK
        return isReady
    }

    private func beginNextMember() -> Bool {
        guard coding == .gzip, stream.pointee.avail_in > 0, stream.pointee.next_in?.pointee == 0x1F,
            inflateReset(stream) == Z_OK
        else { return false }
        hasEnded = false
        return true
    }
}
