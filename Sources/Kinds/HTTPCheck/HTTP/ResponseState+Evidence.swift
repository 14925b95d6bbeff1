import Checks

extension ResponseState {
    /// The outline of the header; nil without a response.
    func outline(_ digest: inout HeaderDigest) -> HeaderOutline? { status > 0 ? digest.outline(of: headers) : nil }

    /// The kept part of the response; nil without a response.
    var evidence: Outcome.Evidence? {
        guard status > 0 else { return nil }
        var (fields, size) = (self.fields, 0)
        if keepsWholeHeader {
            fields = Array(
                fields.prefix(Self.keptFields).prefix { field in
                    size += field.name.utf8.count + field.value.utf8.count + 4
                    return size <= Self.keptHeaderBytes
                }
            )
        }
        return Outcome.Evidence(headers: fields, body: bodyStart)
    }

    /// The kept fields of the header.
    var fields: [Outcome.Evidence.Header] {
        var fields: [Outcome.Evidence.Header] = []
        for line in headers.split(separator: 10) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let value = line.withUnsafeBytes { bytes in
                Self.value(bytes[(colon - line.startIndex + 1)...])
            }
            fields.append(
                Outcome.Evidence.Header(
                    name: String(decoding: line[..<colon], as: UTF8.self),
                    value: String(decoding: value, as: UTF8.self)
                )
            )
        }
        return fields
    }
}
