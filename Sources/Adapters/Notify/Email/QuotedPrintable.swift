/// The quoted-printable encoding of RFC 2045 §6.7.
enum QuotedPrintable {
    private static let hex = Array("0123456789ABCDEF".utf8)

    /// Lines of at most 76 characters, each ended by CR LF.
    static func encode(_ text: String) -> [UInt8] {
        var result: [UInt8] = []
        for line in Array(text.utf8).split(separator: 10, omittingEmptySubsequences: false) {
            var width = 0
            for (index, byte) in line.enumerated() where byte != 13 {
                let isLast = index == line.count - 1
                let isSpace = byte == 32 || byte == 9
                let isPlain = isSpace ? !isLast : byte > 32 && byte < 127 && byte != UInt8(ascii: "=")
                let size = isPlain ? 1 : 3
                if width + size > 75 {
                    result += [UInt8(ascii: "="), 13, 10]
                    width = 0
                }
                if isPlain {
                    result.append(byte)
                } else {
                    result += [UInt8(ascii: "="), hex[Int(byte >> 4)], hex[Int(byte & 15)]]
                }
                width += size
            }
            result += [13, 10]
        }
        return result
    }
}
