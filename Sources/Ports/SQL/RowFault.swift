/// What is wrong with one stored row; says where, and never what stands there.
package struct RowFault: Sendable, Hashable {
    package let table: String
    /// The row's key as a text; `?` when that is what cannot be read.
    package let row: String
    /// Which column holds what it should not.
    package let problem: String

    package init(table: String, row: String, problem: String) {
        (self.table, self.row, self.problem) = (table, row, problem)
    }
}

extension RowFault: CustomStringConvertible {
    package var description: String { "\(table) \(row): \(problem)" }
}
