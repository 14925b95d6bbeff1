/// An error in a template, and where.
package struct TemplateError: Error, Sendable, Equatable, CustomStringConvertible {
    /// From 1.
    package let line: Int
    /// From 1, in Unicode scalars.
    package let column: Int
    package let reason: String

    package init(line: Int, column: Int, _ reason: String) {
        (self.line, self.column, self.reason) = (line, column, reason)
    }

    package var description: String { "line \(line), column \(column): \(reason)" }
}
