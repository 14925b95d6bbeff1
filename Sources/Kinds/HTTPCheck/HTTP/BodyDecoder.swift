/// Decodes one content coding piece by piece, and knows whether the body was complete.
///
/// Not Sendable: confined to the loop of its check.
protocol BodyDecoder: AnyObject {
    /// Whether the stream ended properly, or no byte of it arrived.
    var isWhole: Bool { get }
    /// Decodes a piece into `take`, which returns false to stop; returns false when the bytes are not such a stream.
    func feed(_ piece: UnsafeRawBufferPointer, _ take: (UnsafeRawBufferPointer) -> Bool) -> Bool
}

/// The supported content codings.
enum ContentCoding {
    /// The Accept-Encoding of a check that reads bodies.
    static let offered = "gzip, deflate, br, zstd"
    /// The most decoded bytes passed on at once.
    static let windowSize = 16_384

    /// The decoder for a lower-case name; nil for an unsupported coding.
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
