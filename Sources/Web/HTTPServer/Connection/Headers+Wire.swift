import Base

/// Response fields on the wire.
extension Headers {
    /// Fields that are the server's own to write.
    private static let reserved = ["content-length", "transfer-encoding", "connection", "date", "keep-alive"]

    /// Whether a `Connection` field lists `close`.
    var asksClose: Bool {
        fields.contains { field in
            hasName(field, "connection") && TokenList.contains("close", bytes.span, field.value)
        }
    }

    /// Appends the fields, each with its line end, but those that are the server's.
    func appendLines(to output: inout [UInt8], omitsContentType: Bool) {
        for field in fields {
            if Self.reserved.contains(where: { hasName(field, $0) }) { continue }
            if omitsContentType, hasName(field, "content-type") { continue }
            output.append(contentsOf: bytes[field.name])
            output.append(": " as StaticString)
            output.append(contentsOf: bytes[field.value])
            output.append("\r\n" as StaticString)
        }
    }
}
