import CZstd

/// Decodes a body in the content coding zstd (RFC 8878), which may consist of several frames.
final class ZstdStream: BodyDecoder {
    private let stream: OpaquePointer
    private var hasEnded = true
    /// RFC 9659: larger windows need not be supported, and would cost that much memory.
    private static let windowLog: Int32 = 23

    /// nil when there is no memory.
    init?() {
        guard let stream = ZSTD_createDStream() else { return nil }
        self.stream = stream
        ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, Self.windowLog)
    }

    deinit { ZSTD_freeDStream(stream) }

    var isWhole: Bool { hasEnded }

    func feed(_ piece: UnsafeRawBufferPointer, _ take: (UnsafeRawBufferPointer) -> Bool) -> Bool {
        guard !piece.isEmpty else { return true }
        var input = ZSTD_inBuffer(src: piece.baseAddress, size: piece.count, pos: 0)
        return withUnsafeTemporaryAllocation(byteCount: ContentCoding.windowSize, alignment: 1) { window in
            var isFull = false
            while input.pos < input.size || isFull {
                var output = ZSTD_outBuffer(dst: window.baseAddress, size: window.count, pos: 0)
                let hint = ZSTD_decompressStream(stream, &output, &input)
                guard ZSTD_isError(hint) == 0 else { return false }
                hasEnded = hint == 0
                let count = output.pos
                if count > 0, !take(UnsafeRawBufferPointer(rebasing: window[..<count])) { return true }
                isFull = count == window.count && !hasEnded
            }
            return true
        }
    }
}
