package import Base

/// Bytes written as text with escapes.
///
/// `\\r \\n \\t \\0 \\\\` and `\\xHH` stand for one byte each.
package struct TCPBytes: Sendable, Equatable {
    package let source: String
    package let bytes: [UInt8]

    /// Parses a text with escapes.
    ///
    /// Throws `EscapeError` for a backslash that begins no known escape.
    package init(_ source: String) throws(EscapeError) {
        self.source = source
        var bytes: [UInt8] = []
        bytes.reserveCapacity(source.utf8.count)
        var rest = Array(source.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "r"): bytes.append(13)
            case UInt8(ascii: "n"): bytes.append(10)
            case UInt8(ascii: "t"): bytes.append(9)
            case UInt8(ascii: "0"): bytes.append(0)
            case UInt8(ascii: "\\"): bytes.append(UInt8(ascii: "\\"))
            case UInt8(ascii: "x"):
                guard let value = [UInt8](hex: String(decoding: rest.prefix(2), as: UTF8.self)), value.count == 1 else {
                    throw EscapeError()
                }
                bytes += value
                rest = rest.dropFirst(2)
            default: throw EscapeError()
            }
        }
        self.bytes = bytes
    }

    /// A backslash that begins no known escape.
    package struct EscapeError: Error {
        package static let words = "A backslash begins \\r, \\n, \\t, \\0, \\xHH or \\\\"
    }

    package static func fault(_ text: String) -> Schema.TextError? {
        do throws(EscapeError) {
            _ = try TCPBytes(text)
            return nil
        } catch {
            return Schema.TextError(EscapeError.words)
        }
    }
}
