import Base
import Checks

/// Finds the outline of a received header, mostly without allocating: equal answers share one outline.
struct HeaderDigest {
    private var outlines: [UInt64: HeaderOutline] = [:]
    /// The most outlines that are cached.
    private static let limit = 4096

    private static let withValues = Set(HeaderOutline.withValues.map { hash(Array($0.utf8)[...]) })
    private static let passedOver = Set(HeaderOutline.ignored.map { hash(Array($0.utf8)[...]) })

    /// `lines` are field lines, each with its line feed.
    mutating func outline(of lines: [UInt8]) -> HeaderOutline {
        // The sum does not depend on the order of the fields.
        var digest: UInt64 = 0
        Self.forEachField(lines) { name, value in
            let hash = Self.hash(name)
            if Self.passedOver.contains(hash) { return }
            digest &+= mix64(Self.withValues.contains(hash) ? hash &+ mix64(Self.hash(value) &+ 1) : hash)
        }
        if let known = outlines[digest] { return known }
        if outlines.count >= Self.limit { outlines.removeAll(keepingCapacity: true) }
        let outline = Self.make(lines, digest)
        outlines[digest] = outline
        return outline
    }

    private static func make(_ lines: [UInt8], _ digest: UInt64) -> HeaderOutline {
        var fields: [HeaderOutline.Field] = []
        forEachField(lines) { name, value in
            let name = String(decoding: name, as: UTF8.self).lowercased()
            if HeaderOutline.ignored.contains(name) { return }
            let text = HeaderOutline.withValues.contains(name) ? String(decoding: value, as: UTF8.self) : nil
            fields.append(HeaderOutline.Field(name, text.map { String($0.prefix(HeaderOutline.valueLimit)) }))
        }
        return HeaderOutline(fields, digest: digest)
    }

    /// Calls back with each field's name and its value without the white space around it.
    private static func forEachField(_ lines: [UInt8], _ body: (ArraySlice<UInt8>, ArraySlice<UInt8>) -> Void) {
        var start = 0
        while start < lines.count {
            let end = lines[start...].firstIndex(of: 10) ?? lines.count
            if let colon = lines[start..<end].firstIndex(of: UInt8(ascii: ":")) {
                var value = lines[(colon + 1)..<end].drop { $0 <= 32 }
                while let last = value.last, last <= 32 { value = value.dropLast() }
                body(lines[start..<colon], value)
            }
            start = end + 1
        }
    }

    /// FNV-1a, upper and lower case the same.
    private static func hash(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes {
            let isUpper = byte &- 65 <= 25
            hash = (hash ^ UInt64(isUpper ? byte | 0x20 : byte)) &* 0x100_0000_01B3
        }
        return hash
    }
}
