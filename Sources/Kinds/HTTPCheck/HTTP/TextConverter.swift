import Glibc

/// Converts a body that arrives in pieces to UTF-8 with iconv; invalid input becomes U+FFFD.
///
/// Not Sendable: confined to the loop of its check.
final class TextConverter {
    private let handle: iconv_t
    /// How many bytes to skip where no character begins.
    private let unit: Int
    /// The start of a character whose end has not arrived yet.
    private var rest: [UInt8] = []
    private static let windowSize = 8192

    /// nil when iconv does not support the encoding.
    init?(_ name: String) {
        // (iconv_t)-1 means an error.
        guard let handle = iconv_open("UTF-8", name), Int(bitPattern: handle) != -1 else { return nil }
        self.handle = handle
        unit = Self.unit(of: name)
    }

    deinit { iconv_close(handle) }

    /// How many bytes a character of an encoding takes at least.
    static func unit(of name: String) -> Int { name.hasPrefix("UTF-16") ? 2 : name.hasPrefix("UTF-32") ? 4 : 1 }

    func feed(_ piece: UnsafeRawBufferPointer, _ take: (UnsafeRawBufferPointer) -> Void) {
        var input = rest
        input.append(contentsOf: piece)
        rest = []
        input.withUnsafeMutableBytes { input in
            withUnsafeTemporaryAllocation(byteCount: Self.windowSize, alignment: 1) { window in
                convert(input, window, take)
            }
        }
    }

    private func convert(
        _ input: UnsafeMutableRawBufferPointer,
        _ window: UnsafeMutableRawBufferPointer,
        _ take: (UnsafeRawBufferPointer) -> Void
    ) {
        var next = input.baseAddress?.assumingMemoryBound(to: CChar.self)
        var left = input.count
        while left > 0 {
            var output = window.baseAddress?.assumingMemoryBound(to: CChar.self)
            var room = window.count
            let result = iconv(handle, &next, &left, &output, &room)
            let cause = errno
            if room < window.count { take(UnsafeRawBufferPointer(rebasing: window[..<(window.count - room)])) }
            // Not (size_t)-1: all was converted.
            guard result == -1 else { return }
            switch cause {
            case E2BIG: continue
            case EINVAL where left < 8:
                rest = Array(input.suffix(left))
                return
            default:
                [0xEF, 0xBF, 0xBD as UInt8].withUnsafeBytes(take)
                let count = min(unit, left)
                next = next.map { $0 + count }
                left -= count
            }
        }
    }
}
