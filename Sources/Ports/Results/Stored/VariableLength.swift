import SQL

/// Integers in as few bytes as they need: seven bits a byte, lowest first (LEB128).
enum VariableLength {
    /// Appends an integer that is not negative.
    static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        var left = value
        while left >= 128 {
            bytes.append(UInt8(truncatingIfNeeded: left) | 128)
            left >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: left))
    }

    /// Appends any integer, small magnitudes in few bytes (zigzag).
    static func append(signed value: Int64, to bytes: inout [UInt8]) {
        append(UInt64(bitPattern: value << 1 ^ value >> 63), to: &bytes)
    }
}

/// Reads packed integers one after another.
struct PackedReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The bytes not read yet.
    var rest: ArraySlice<UInt8> { bytes[position...] }

    /// One byte; `.corrupt` at the end.
    mutating func byte() throws(SQLError) -> UInt8 {
        guard position < bytes.count else { throw .corrupt("packed facts end early") }
        defer { position += 1 }
        return bytes[position]
    }

    /// The next bytes; `.corrupt` when there are fewer.
    mutating func bytes(_ count: Int) throws(SQLError) -> ArraySlice<UInt8> {
        guard count >= 0, count <= bytes.count - position else { throw .corrupt("packed facts end early") }
        defer { position += count }
        return bytes[position..<position + count]
    }

    /// An integer that is not negative; `.corrupt` when it ends early or is too long.
    mutating func unsigned() throws(SQLError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            let byte = try byte()
            value |= UInt64(byte & 127) << shift
            if byte < 128 { return value }
        }
        throw .corrupt("a packed integer is too long")
    }

    /// Any integer; `.corrupt` when it ends early or is too long.
    mutating func signed() throws(SQLError) -> Int64 {
        let raw = try unsigned()
        return Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1)
    }
}
