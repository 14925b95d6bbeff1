import CBrotli

/// Decodes a body in the content coding br (RFC 7932).
final class BrotliStream: BodyDecoder {
    private let state: OpaquePointer
    private var hasBegun = false

    /// nil when there is no memory.
    init?() {
        guard let state = BrotliDecoderCreateInstance(nil, nil, nil) else { return nil }
        self.state = state
    }

    deinit { BrotliDecoderDestroyInstance(state) }

    var isWhole: Bool { !hasBegun || BrotliDecoderIsFinished(state) != 0 }

    func feed(_ piece: UnsafeRawBufferPointer, _ take: (UnsafeRawBufferPointer) -> Bool) -> Bool {
        guard !piece.isEmpty else { return true }
        hasBegun = true
        var left = piece.count
        var next = piece.baseAddress?.assumingMemoryBound(to: UInt8.self)
        return withUnsafeTemporaryAllocation(byteCount: ContentCoding.windowSize, alignment: 1) { window in
            while BrotliDecoderIsFinished(state) == 0 {
                var room = window.count
                var output = window.baseAddress?.assumingMemoryBound(to: UInt8.self)
                let result = BrotliDecoderDecompressStream(state, &left, &next, &room, &output, nil)
                guard result != BROTLI_DECODER_RESULT_ERROR else { return false }
                let count = window.count - room
                if count > 0, !take(UnsafeRawBufferPointer(rebasing: window[..<count])) { return true }
                if result == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT { return true }
            }
            return true
        }
    }
}
