import CPostgres
import SQL

/// The parameters of one statement in PostgreSQL's binary form, all in one buffer.
struct StatementParameters {
    /// The type of each parameter; 0 for null, whose type the server infers.
    private(set) var types: [Oid] = []
    private var bytes: [UInt8] = [0]
    /// Where each value begins; -1 for null.
    private var offsets: [Int] = []
    private var lengths: [Int32] = []

    var count: Int { types.count }

    /// Encodes the values `start ..< start + count`.
    ///
    /// PostgreSQL's texts hold no zero character: it is replaced by U+FFFD.
    init(_ values: [SQLValue], start: Int, count: Int) {
        types.reserveCapacity(count)
        offsets.reserveCapacity(count)
        lengths.reserveCapacity(count)
        for value in values[start..<start + count] {
            switch value {
            case .null: append(0, nil)
            case .integer(let integer): append(bits: UInt64(bitPattern: integer), TypeID.bigint)
            case .double(let double): append(bits: double.bitPattern, TypeID.double)
            case .text(let text): append(TypeID.text) { $0.append(text: text) }
            case .blob(let blob): append(TypeID.bytes) { $0.append(contentsOf: blob) }
            }
        }
    }

    /// Encodes each column of rows as one array, for `unnest`.
    ///
    /// Throws `.programming` for a column whose values are not all integers, all texts or all bytes.
    init(columns: Int, of values: [SQLValue]) throws(SQLError) {
        let rows = columns > 0 ? values.count / columns : 0
        for column in 0..<columns {
            guard let (array, element) = TypeID.array(of: rows > 0 ? values[column] : .integer(0)) else {
                throw .programming("column \(column) cannot be an array")
            }
            var isUniform = true
            append(array) { bytes in
                bytes.reserveCapacity(bytes.count + 20 + rows * 12)
                // One dimension, no nulls, from index 1.
                for field in [1, 0, UInt32(element), UInt32(rows), 1] { bytes.append(big: field) }
                for row in 0..<rows {
                    let start = bytes.count
                    bytes.append(big: UInt32(0))
                    switch (values[row * columns + column], element) {
                    case (.integer(let integer), TypeID.bigint): bytes.append(big: integer)
                    case (.text(let text), TypeID.text): bytes.append(text: text)
                    case (.blob(let blob), TypeID.bytes): bytes.append(contentsOf: blob)
                    default: isUniform = false
                    }
                    bytes.set(big: UInt32(bytes.count - start - 4), at: start)
                }
            }
            guard isUniform else { throw .programming("column \(column) has values of several types") }
        }
    }

    private mutating func append(bits: UInt64, _ type: Oid) {
        append(type) { $0.append(big: bits) }
    }

    private mutating func append(_ type: Oid, _ write: ((inout [UInt8]) -> Void)?) {
        types.append(type)
        guard let write else {
            offsets.append(-1)
            lengths.append(0)
            return
        }
        offsets.append(bytes.count)
        write(&bytes)
        lengths.append(Int32(clamping: bytes.count - (offsets.last ?? 0)))
    }

    /// Passes pointers that are valid during the call, in the form that libpq takes.
    func withPointers<R>(
        _ body: (_ values: [UnsafePointer<CChar>?], _ lengths: [Int32], _ formats: [Int32]) -> R
    ) -> R {
        bytes.withUnsafeBytes { buffer in
            let base = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
            let pointers = offsets.map { offset in offset < 0 ? nil : base.map { $0 + offset } }
            return body(pointers, lengths, Array(repeating: 1, count: count))
        }
    }
}

extension [UInt8] {
    /// Appends an integer with its most significant byte first.
    fileprivate mutating func append(big integer: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: integer.bigEndian) { append(contentsOf: $0) }
    }

    fileprivate mutating func set(big integer: UInt32, at index: Int) {
        for offset in 0..<4 { self[index + offset] = UInt8(truncatingIfNeeded: integer >> UInt32(24 - 8 * offset)) }
    }

    /// Appends UTF-8; a zero character, which PostgreSQL's texts do not hold, becomes U+FFFD.
    fileprivate mutating func append(text: String) {
        var text = text
        text.withUTF8 { utf8 in
            guard utf8.contains(0) else { return append(contentsOf: utf8) }
            for byte in utf8 { if byte == 0 { self += [0xEF, 0xBF, 0xBD] } else { append(byte) } }
        }
    }
}

/// The server's numbers of the types that are sent and read.
enum TypeID {
    static let bool: Oid = 16
    static let bytes: Oid = 17
    static let bigint: Oid = 20
    static let smallint: Oid = 21
    static let integer: Oid = 23
    static let text: Oid = 25
    static let real: Oid = 700
    static let double: Oid = 701
    static let numeric: Oid = 1700
    static let void: Oid = 2278
    /// The type of an array of such values, and of its elements; nil for values that are not put into arrays.
    static func array(of value: SQLValue) -> (array: Oid, element: Oid)? {
        switch value {
        case .integer: (1016, bigint)
        case .text: (1009, text)
        case .blob: (1001, bytes)
        case .double, .null: nil
        }
    }

    /// `char`, `name`, `unknown`, `bpchar`, `varchar`.
    static let texts: Set<Oid> = [18, 19, 25, 705, 1042, 1043]
}
