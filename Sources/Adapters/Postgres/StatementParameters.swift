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
            case .text(var text):
                append(TypeID.text) { bytes in
                    text.withUTF8 { utf8 in
                        if utf8.contains(0) {
                            for byte in utf8 {
                                if byte == 0 { bytes += [0xEF, 0xBF, 0xBD] } else { bytes.append(byte) }
                            }
                        } else {
                            bytes.append(contentsOf: utf8)
                        }
                    }
                }
            case .blob(let blob): append(TypeID.bytes) { $0.append(contentsOf: blob) }
            }
        }
    }

    private mutating func append(bits: UInt64, _ type: Oid) {
        append(type) { bytes in
            for shift in stride(from: UInt64(56), through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: bits >> shift))
            }
        }
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
    /// `char`, `name`, `unknown`, `bpchar`, `varchar`.
    static let texts: Set<Oid> = [18, 19, 25, 705, 1042, 1043]
}
