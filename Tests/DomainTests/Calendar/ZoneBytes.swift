import Base
import Domain

/// Writes the bytes of a zone file.
struct ZoneBytes {
    var version: UInt8 = 2
    /// Seconds since 1970 and the index of an offset.
    var transitions: [(second: Int64, type: UInt8)] = []
    /// Seconds east of UTC.
    var offsets: [Int32] = [0]
    var footer = ""
    var leapCount: UInt32 = 0

    var bytes: [UInt8] {
        if version == 1 { return block(timeSize: 4) }
        // The first block is only for old readers, and wrong on purpose.
        return ZoneBytes(version: version, offsets: [12_345]).block(timeSize: 4) + block(timeSize: 8)
            + Array("\n\(footer)\n".utf8)
    }

    private func block(timeSize: Int) -> [UInt8] {
        var bytes = Array("TZif".utf8) + [version == 1 ? 0 : version + 48] + [UInt8](repeating: 0, count: 15)
        for count in [0, 0, leapCount, UInt32(transitions.count), UInt32(offsets.count), 4] {
            append(Int64(count), 4, to: &bytes)
        }
        for transition in transitions { append(transition.second, timeSize, to: &bytes) }
        bytes += transitions.map(\.type)
        for offset in offsets {
            append(Int64(offset), 4, to: &bytes)
            bytes += [0, 0]
        }
        bytes += Array("ABC\0".utf8)
        return bytes + [UInt8](repeating: 0, count: Int(leapCount) * (timeSize + 4))
    }

    private func append(_ value: Int64, _ count: Int, to bytes: inout [UInt8]) {
        for index in (0..<count).reversed() { bytes.append(UInt8(truncatingIfNeeded: value >> Int64(8 * index))) }
    }

    /// A zone with only rules for all years.
    static func rules(_ footer: String) throws -> TimeZoneRules {
        try TimeZoneRules(name: "Test/Zone", bytes: ZoneBytes(footer: footer).bytes)
    }

    static let berlin = "CET-1CEST,M3.5.0,M10.5.0/3"
    static let lordHowe = "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"
    static let newYork = "EST5EDT,M3.2.0,M11.1.0"
}

/// The instant of a text in ISO 8601.
func at(_ text: String) -> Timestamp {
    guard let time = Timestamp(iso8601: text) else { preconditionFailure("no time: \(text)") }
    return time
}
