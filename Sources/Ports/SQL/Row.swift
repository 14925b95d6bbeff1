/// One row of a result; columns are numbered from 0.
///
/// All rows of one result share one array, so that a row costs a reference count and not an allocation.
package struct Row: Sendable {
    private let values: [SQLValue]
    private let start: Int
    /// The number of columns.
    package let count: Int
    /// The names of the columns, for error texts; may be empty.
    private var names: [String] = []

    /// The columns `start ..< start + count` of the result's values.
    package init(values: [SQLValue], start: Int, count: Int) {
        (self.values, self.start, self.count) = (values, start, count)
    }

    /// The same row with names of columns for its errors.
    package func named(_ names: [String]) -> Row {
        var row = self
        row.names = names
        return row
    }

    /// The name of a column.
    package func name(_ column: Int) -> String { column < names.count ? names[column] : "column \(column)" }

    /// The error for a column with an invalid value; it does not contain the value.
    package func corrupt(_ column: Int, _ problem: String) -> SQLError { .corrupt("\(name(column)) \(problem)") }

    /// Splits a flat array into rows.
    package static func rows(of values: [SQLValue], columns: Int) -> [Row] {
        guard columns > 0 else { return [] }
        return stride(from: 0, to: values.count, by: columns).map { Row(values: values, start: $0, count: columns) }
    }

    /// The value of a column; null for one that does not exist.
    package subscript(_ column: Int) -> SQLValue { column < count ? values[start + column] : .null }

    /// The integer of a column.
    ///
    /// Throws `.corrupt` when it holds anything else.
    package func integer(_ column: Int) throws(SQLError) -> Int64 {
        guard case .integer(let value) = self[column] else { throw mismatch(column, "an integer") }
        return value
    }

    /// The integer of a column, nil for null.
    ///
    /// Throws `.corrupt` when it holds anything else.
    package func optionalInteger(_ column: Int) throws(SQLError) -> Int64? {
        if case .null = self[column] { nil } else { try integer(column) }
    }

    /// The text of a column.
    ///
    /// Throws `.corrupt` when it holds anything else.
    package func text(_ column: Int) throws(SQLError) -> String {
        guard case .text(let value) = self[column] else { throw mismatch(column, "a text") }
        return value
    }

    /// The text of a column, nil for null.
    ///
    /// Throws `.corrupt` when it holds anything else.
    package func optionalText(_ column: Int) throws(SQLError) -> String? {
        if case .null = self[column] { nil } else { try text(column) }
    }

    /// The bytes of a column.
    ///
    /// Throws `.corrupt` when it holds anything else.
    package func blob(_ column: Int) throws(SQLError) -> [UInt8] {
        guard case .blob(let value) = self[column] else { throw mismatch(column, "a blob") }
        return value
    }

    /// The number of a column, integers included.
    ///
    /// Throws `.corrupt` when it holds anything else.
    package func double(_ column: Int) throws(SQLError) -> Double {
        switch self[column] {
        case .double(let value): return value
        case .integer(let value): return Double(value)
        default: throw mismatch(column, "a number")
        }
    }

    /// Whether the integer of a column is 1.
    ///
    /// Throws `.corrupt` when it holds anything but 0 and 1.
    package func flag(_ column: Int) throws(SQLError) -> Bool {
        switch try integer(column) {
        case 0: return false
        case 1: return true
        default: throw corrupt(column, "is neither 0 nor 1")
        }
    }

    private func mismatch(_ column: Int, _ wanted: String) -> SQLError {
        corrupt(column, "holds \(self[column].kind), not \(wanted)")
    }
}
