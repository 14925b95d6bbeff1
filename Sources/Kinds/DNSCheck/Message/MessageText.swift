import Base

/// An answer as text, in the style of `dig`.
package enum MessageText {
    /// The question and the records of the answer and the authority section, one a line, up to `limit` bytes.
    ///
    /// The text ends at the first malformed part.
    package static func lines(_ bytes: UnsafeRawBufferPointer, limit: Int) -> [UInt8] {
        var text: [UInt8] = []
        try? append(bytes, limit, &text)
        return Array(text.prefix(limit))
    }

    private static func append(
        _ bytes: UnsafeRawBufferPointer,
        _ limit: Int,
        _ text: inout [UInt8]
    ) throws(DNSMessageError) {
        var reader = MessageReader(bytes)
        _ = try reader.part(4)
        let counts = (Int(try reader.u16()), Int(try reader.u16()), Int(try reader.u16()))
        _ = try reader.part(2)
        for _ in 0..<min(counts.0, 1) {
            text.append(";; question\n")
            try reader.appendName(to: &text)
            text.append(" IN ")
            text.append(RecordType.name(of: try reader.u16()))
            text.append("\n")
            _ = try reader.u16()
        }
        for (title, count) in [("answer", counts.1), ("authority", counts.2)] where count > 0 {
            text.append(";; \(title)\n")
            for _ in 0..<count where text.count < limit {
                var header = try RecordHeader(&reader)
                try append(&header, bytes, &text)
            }
        }
    }

    private static func append(
        _ header: inout RecordHeader,
        _ bytes: UnsafeRawBufferPointer,
        _ text: inout [UInt8]
    ) throws(DNSMessageError) {
        var name = MessageReader(bytes, from: header.nameStart)
        try name.appendName(to: &text)
        text.append(" \(header.ttl) \(header.recordClass == DNSQuery.internet ? "IN" : "CLASS\(header.recordClass)") ")
        text.append(RecordType.name(of: header.type))
        text.append(UInt8(ascii: " "))
        try RecordText.append(header.type, &header.data, to: &text)
        text.append("\n")
    }
}
