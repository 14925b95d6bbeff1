/// Undoes one content coding, piece by piece, and knows whether the body came to its end.
///
/// Not Sendable: lives on the loop of its check.
protocol BodyDecoder: AnyObject {
    /// Whether the stream came to its end, or no byte of one came.
    var isWhole: Bool { get }
    /// Decodes a piece into `take`, which returns false to break off; false when the bytes are no such stream.
    func feed(_ piece: UnsafeRawBufferPointer, _ take: (UnsafeRawBufferPointer) -> Bool) -> Bool
}

/// The content codings that can be undone.
enum ContentCoding {
    /// What a check that reads bodies offers.
    static let offered = "gzip, deflate, br, zstd"
    /// Decoded bytes that are handed on at once.
    static let windowSize = 16_384

    /// The decoder for a name in lower case; nil for a coding that is not known here.
    static func decoder(_ name: String) -> (any BodyDecoder)? {
        switch name {
        case "gzip", "x-gzip": InflateStream(.gzip)
        case "deflate": InflateStream(.deflate)
        case "br": BrotliStream()
        case "zstd": ZstdStream()
        default: nil
        }
    }
}
