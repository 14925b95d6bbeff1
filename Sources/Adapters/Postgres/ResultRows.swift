import CPostgres
import SQL

/// Decodes the rows of a result in PostgreSQL's binary form.
struct ResultRows {
    private let result: OpaquePointer  // PGresult *
    private let types: [Oid]
    let columnCount: Int
    let rowCount: Int

    init(_ result: OpaquePointer) {
        self.result = result
        columnCount = Int(PQnfields(result))
        rowCount = Int(PQntuples(result))
        types = (0..<PQnfields(result)).map { PQftype(result, $0) }
    }

    /// All rows.
    ///
    /// Throws `.programming` for a column of a type that the port does not have.
    func rows() throws(SQLError) -> [Row] {
        var values: [SQLValue] = []
        values.reserveCapacity(rowCount * columnCount)
        for row in 0..<rowCount {
            for column in 0..<columnCount { values.append(try value(row, column)) }
        }
        return Row.rows(of: values, columns: columnCount)
    }

    /// The integer of a column; 0 for null.
    ///
    /// Throws `.corrupt` for anything else.
    func integer(_ row: Int, _ column: Int) throws(SQLError) -> Int64 {
        switch try value(row, column) {
        case .integer(let integer): return integer
        case .null: return 0
        default: throw .corrupt("column \(column) holds no integer")
        }
    }

    private func value(_ row: Int, _ column: Int) throws(SQLError) -> SQLValue {
        let (row, index) = (Int32(row), Int32(column))
        guard PQgetisnull(result, row, index) == 0, let start = PQgetvalue(result, row, index) else { return .null }
        let bytes = UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(result, row, index)))
        switch types[column] {
        case TypeID.bigint: return .integer(bytes.big(Int64.self))
        case TypeID.integer: return .integer(Int64(bytes.big(Int32.self)))
        case TypeID.smallint: return .integer(Int64(bytes.big(Int16.self)))
        case TypeID.bool: return .integer(bytes.first == 1 ? 1 : 0)
        case TypeID.double: return .double(Double(bitPattern: bytes.big(UInt64.self)))
        case TypeID.real: return .double(Double(Float(bitPattern: bytes.big(UInt32.self))))
        case TypeID.bytes: return .blob(Array(bytes))
        case TypeID.numeric: return NumericValue.decode(bytes)
        case TypeID.void: return .null
        case let type where TypeID.texts.contains(type): return .text(String(decoding: bytes, as: UTF8.self))
        case let type: throw .programming("column \(column) has the type \(type), which is not read")
        }
    }
}

extension UnsafeRawBufferPointer {
    /// The integer at the start, which the server sends with its most significant byte first.
    fileprivate func big<Integer: FixedWidthInteger>(_ type: Integer.Type) -> Integer {
        guard count >= MemoryLayout<Integer>.size else { return 0 }
        return Integer(bigEndian: loadUnaligned(as: Integer.self))
    }
}

/// The server's `numeric`, the type of sums and averages of integers.
enum NumericValue {
    /// An integer where the value is one that fits, a double otherwise.
    ///
    /// The form: number of digits, weight of the first, sign, digits after the point; then digits of base 10,000.
    static func decode(_ bytes: UnsafeRawBufferPointer) -> SQLValue {
        func field(_ index: Int) -> Int {
            guard bytes.count >= index * 2 + 2 else { return 0 }
            return Int(Int16(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 2, as: Int16.self)))
        }
        let (count, weight, sign) = (field(0), field(1), field(2))
        guard sign == 0 || sign == 0x4000 else { return .double(.nan) }
        var (whole, isWhole, value) = (Int64(0), true, 0.0)
        for index in 0..<max(0, count) {
            let digit = field(4 + index)
            value = value * 10_000 + Double(digit)
            guard index <= weight else {
                isWhole = isWhole && digit == 0
                continue
            }
            let (product, overflow) = whole.multipliedReportingOverflow(by: 10_000)
            let (sum, carry) = product.addingReportingOverflow(Int64(digit))
            isWhole = isWhole && !overflow && !carry
            whole = sum
        }
        for _ in 0..<max(0, weight + 1 - count) {
            let (product, overflow) = whole.multipliedReportingOverflow(by: 10_000)
            isWhole = isWhole && !overflow
            whole = product
        }
        if isWhole { return .integer(sign == 0 ? whole : -whole) }
        for _ in 0..<max(0, weight + 1 - count) { value *= 10_000 }
        for _ in 0..<max(0, count - weight - 1) { value /= 10_000 }
        return .double(sign == 0 ? value : -value)
    }
}
