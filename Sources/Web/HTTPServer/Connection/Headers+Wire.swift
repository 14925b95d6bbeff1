import Base

/// How response fields are sent.
extension Headers {
    /// Fields that only the server writes.
    private static let reserved = [
        "content-length", "transfer-encoding", "connection", "date", "keep-alive", "proxy-connection", "te", "trailer",
    ]

    /// Whether a `Connection` field lists `close`.
    var asksClose: Bool {
        fields.contains { field in
            hasName(field, "connection") && TokenList.contains("close", bytes.span, field.value)
        }
    }

    /// Appends the fields with their line ends, without those that only the server writes.
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
