/// The problem of one stored row; never contains the stored value.
package struct RowFault: Sendable, Hashable {
    package let table: String
    /// The row's key as text; `?` when the key cannot be read.
    package let row: String
    /// The column and what is wrong with it.
    package let problem: String

    package init(table: String, row: String, problem: String) {
        (self.table, self.row, self.problem) = (table, row, problem)
    }
}

extension RowFault: CustomStringConvertible {
    package var description: String { "\(table) \(row): \(problem)" }
}
