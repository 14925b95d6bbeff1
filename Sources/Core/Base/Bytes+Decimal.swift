extension [UInt8] {
    /// Appends a non-negative integer as ASCII digits, padded with zeros to `width`.
    package mutating func append(decimal value: Int, width: Int = 1) {
        var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
        Swift.withUnsafeMutableBytes(of: &digits) { buffer in
            var position = 24
            var left = value.magnitude
            while left > 0 || 24 - position < width, position > 0 {
                position -= 1
                buffer[position] = UInt8(48 + left % 10)
                left /= 10
            }
            if value < 0 { append(UInt8(ascii: "-")) }
            append(contentsOf: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[position..<24]))
        }
    }

    /// Appends the UTF-8 of a string.
    package mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append(contentsOf: $0) }
    }

    /// Appends the bytes of a literal.
    package mutating func append(_ text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
