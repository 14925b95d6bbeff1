import CLinux

/// Searches for a byte sequence.
enum ByteSearch {
    /// The index of the first occurrence; nil when there is none.
    static func first(_ needle: [UInt8], in haystack: ArraySlice<UInt8>) -> Int? {
        haystack.withUnsafeBytes { hay in
            guard let start = hay.baseAddress else { return nil }
            let found = needle.withUnsafeBytes { CLinux_memmem(start, hay.count, $0.baseAddress, $0.count) }
            return found.map { haystack.startIndex + ($0 - start) }
        }
    }
}
