import Base

/// The content of a zone file (RFC 8536), validated but not yet arranged for look-ups.
struct TZifFile {
    /// Seconds east of UTC before the first transition.
    let firstOffset: Int
    /// Ascending; seconds since 1970, and the offset from then on.
    let transitions: [(second: Int64, offset: Int)]
    /// The rules after the last transition; nil when its offset applies for ever.
    let footer: PosixZone?

    /// A zone with one offset for ever.
    init(offset: Int) { (firstOffset, transitions, footer) = (offset, [], nil) }

    init(_ bytes: [UInt8]) throws(TimeZoneError) {
        guard bytes.count <= TimeZoneRules.sizeLimit else { throw .tooLarge }
        var reader = TZifReader(bytes: bytes)
        var header = try TZifHeader(&reader)
        if header.version == 0 {
            footer = nil
        } else {
            try reader.skip(header.blockSize(timeSize: 4))
            header = try TZifHeader(&reader)
            let start = reader.position
            try reader.skip(header.blockSize(timeSize: 8))
            footer = try reader.footer()
            reader.position = start
        }
        guard header.leapCount == 0 else { throw .leapSeconds }
        let offsets: [Int]
        (transitions, offsets) = try Self.block(header, &reader)
        firstOffset = transitions.isEmpty ? footer?.standard ?? offsets[0] : offsets[0]
    }

    private static func block(
        _ header: TZifHeader,
        _ reader: inout TZifReader
    ) throws(TimeZoneError) -> (transitions: [(second: Int64, offset: Int)], offsets: [Int]) {
        let timeSize = header.version == 0 ? 4 : 8
        // Checked before allocating, so that a false count cannot reserve memory.
        guard header.blockSize(timeSize: timeSize) <= reader.bytes.count - reader.position else { throw .truncated }
        var times: [Int64] = []
        for _ in 0..<header.timeCount {
            let time = timeSize == 4 ? Int64(Int32(truncatingIfNeeded: try reader.integer(4))) : try reader.integer(8)
            guard time.magnitude <= 1 << 59 else { throw .malformed("a transition is before or after all time") }
            if let last = times.last, last >= time { throw .malformed("its transitions are not in order") }
            times.append(time)
        }
        var indexes: [Int] = []
        for _ in 0..<header.timeCount {
            let index = Int(try reader.integer(1) & 0xFF)
            guard index < header.typeCount else { throw .malformed("a transition has no local time type") }
            indexes.append(index)
        }
        var offsets: [Int] = []
        for _ in 0..<header.typeCount {
            let offset = Int(Int32(truncatingIfNeeded: try reader.integer(4)))
            guard abs(offset) < TimeZoneRules.offsetLimit else { throw .malformed("an offset is over 26 hours") }
            offsets.append(offset)
            _ = try reader.integer(2)
        }
        return (zip(times, indexes).map { ($0, offsets[$1]) }, offsets)
    }
}

/// The 44 bytes before each block of a zone file.
struct TZifHeader {
    /// 0 for the first version, else the digit.
    let version: UInt8
    let leapCount: Int
    let timeCount: Int
    let typeCount: Int
    private let characterCount: Int
    private let indicatorCount: Int

    init(_ reader: inout TZifReader) throws(TimeZoneError) {
        guard reader.bytes.count - reader.position >= 44 else {
            throw reader.position == 0 && !reader.bytes.starts(with: "TZif".utf8) ? .notZoneFile : .truncated
        }
        guard reader.bytes[reader.position...].starts(with: "TZif".utf8) else {
            throw reader.position == 0 ? .notZoneFile : .malformed("its second part has no beginning")
        }
        let byte = reader.bytes[reader.position + 4]
        // Later versions must be readable like version 4.
        guard byte == 0 || (UInt8(ascii: "2")...UInt8(ascii: "9")).contains(byte) else {
            throw .malformed("its version is unknown")
        }
        version = byte == 0 ? 0 : byte - 48
        try reader.skip(20)
        var counts: [Int] = []
        for _ in 0..<6 { counts.append(Int(UInt32(truncatingIfNeeded: try reader.integer(4)))) }
        indicatorCount = counts[0] + counts[1]
        (leapCount, timeCount, typeCount, characterCount) = (counts[2], counts[3], counts[4], counts[5])
        guard (1...256).contains(typeCount) else { throw .malformed("it has no or too many local time types") }
    }

    /// The size of the following block in bytes.
    func blockSize(timeSize: Int) -> Int {
        timeCount * (timeSize + 1) + typeCount * 6 + characterCount + leapCount * (timeSize + 4) + indicatorCount
    }
}

/// A cursor over the bytes of a zone file.
struct TZifReader {
    let bytes: [UInt8]
    var position = 0

    mutating func skip(_ count: Int) throws(TimeZoneError) {
        guard count <= bytes.count - position else { throw .truncated }
        position += count
    }

    /// A big-endian integer; of fewer than eight bytes, the low ones.
    mutating func integer(_ count: Int) throws(TimeZoneError) -> Int64 {
        let start = position
        try skip(count)
        return bytes[start..<position].reduce(0) { $0 << 8 | Int64($1) }
    }

    /// The line after the last block.
    mutating func footer() throws(TimeZoneError) -> PosixZone? {
        let newline = UInt8(ascii: "\n")
        guard position < bytes.count, bytes[position] == newline else { throw .truncated }
        guard let end = bytes[(position + 1)...].firstIndex(of: newline) else { throw .truncated }
        return end == position + 1 ? nil : try PosixZone(bytes[(position + 1)..<end])
    }
}
