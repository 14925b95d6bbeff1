import CLinux

/// Searches for a text in bytes that arrive in pieces, even across the pieces' boundaries.
struct KeywordSearch {
    private let needle: [UInt8]
    /// The last bytes, fewer than the text has.
    private var tail: [UInt8] = []
    /// Whether the text was found.
    private(set) var isFound: Bool

    /// Whether it is of ASCII characters only, which most encodings write alike.
    var isPlain: Bool { !needle.isEmpty && needle.allSatisfy { $0 < 0x80 } }

    init(_ text: String) {
        needle = Array(text.utf8)
        isFound = needle.isEmpty
    }

    mutating func feed(_ bytes: UnsafeRawBufferPointer) {
        guard !isFound, !bytes.isEmpty else { return }
        let overlap = needle.count - 1
        if !tail.isEmpty {
            let seam = tail + bytes.prefix(overlap)
            isFound = seam.withUnsafeBytes(holds)
        }
        isFound = isFound || holds(bytes)
        if bytes.count >= overlap {
            tail = Array(bytes.suffix(overlap))
        } else {
            tail.append(contentsOf: bytes)
            tail.removeFirst(max(0, tail.count - overlap))
        }
    }

    private func holds(_ bytes: UnsafeRawBufferPointer) -> Bool {
        CLinux_memmem(bytes.baseAddress, bytes.count, needle, needle.count) != nil
    }
}
