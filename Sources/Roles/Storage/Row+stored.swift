import Base
import Domain
import SQL

/// Domain values that stand in many tables; what is not one of them was not written by this program.
extension Row {
    /// A word that this release knows.
    func word<Word: RawRepresentable>(_ column: Int) throws(SQLError) -> Word where Word.RawValue == String {
        guard let word = Word(rawValue: try text(column)) else {
            throw corrupt(column, "holds a word that this release does not know")
        }
        return word
    }

    /// Takes over an object that `table` wrote; returns the members that this release does not know.
    ///
    /// A member that was always written must be there.
    func settings<Root>(
        _ column: Int,
        of table: FieldTable<Root>,
        into root: inout Root
    ) throws(SQLError) -> UnknownMembers? {
        guard case .object(let object) = try json(column) else { throw corrupt(column, "holds no object") }
        if let name = table.missing(in: object) { throw corrupt(column, "lacks \(name)") }
        do throws(FieldError) { return try table.read(object, into: &root) } catch {
            throw corrupt(column, "has a member that cannot be read: \(error.field)")
        }
    }

    /// Matchers, one a line.
    func matchers(_ column: Int) throws(SQLError) -> [LabelMatcher] {
        var matchers: [LabelMatcher] = []
        for text in try text(column).split(separator: "\n") {
            guard let matcher = try? LabelMatcher(stored: String(text)) else {
                throw corrupt(column, "holds no matcher")
            }
            matchers.append(matcher)
        }
        return matchers
    }
}
