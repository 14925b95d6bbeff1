import Base
import Domain
import SQL

/// What stands in many tables, held to its range: what lies beyond it was not written by this program.
extension Row {
    /// An instant within the years 1 to 9999.
    func time(_ column: Int) throws(SQLError) -> Timestamp {
        guard let time = Timestamp(exactMilliseconds: try integer(column)) else {
            throw corrupt(column, "is no instant of the years 1 to 9999")
        }
        return time
    }

    /// An instant, nil for null.
    func optionalTime(_ column: Int) throws(SQLError) -> Timestamp? {
        if case .null = self[column] { nil } else { try time(column) }
    }

    /// A whole number within a range.
    func number(_ column: Int, in range: ClosedRange<Int64>) throws(SQLError) -> Int {
        let value = try integer(column)
        guard range.contains(value) else { throw corrupt(column, "is out of its range") }
        return Int(value)
    }

    /// How many there are of something: not negative, and not more than anything that is counted here.
    func count(_ column: Int) throws(SQLError) -> Int { try number(column, in: 0...1_000_000_000) }

    /// A duration in milliseconds, up to a hundred years.
    func duration(_ column: Int) throws(SQLError) -> Duration {
        .milliseconds(try number(column, in: 0...Duration.longestStored))
    }

    /// A duration, nil for null.
    func optionalDuration(_ column: Int) throws(SQLError) -> Duration? {
        if case .null = self[column] { nil } else { try duration(column) }
    }

    /// A word that this release knows.
    func word<Word: RawRepresentable>(_ column: Int) throws(SQLError) -> Word where Word.RawValue == String {
        guard let word = Word(rawValue: try text(column)) else {
            throw corrupt(column, "holds a word that this release does not know")
        }
        return word
    }

    /// JSON of any kind.
    func json(_ column: Int) throws(SQLError) -> JSONValue {
        let text = try text(column)
        do throws(JSONError) { return try JSONValue(parsing: text) } catch { throw corrupt(column, "holds no JSON") }
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

    /// JSON, nil for null.
    func optionalJSON(_ column: Int) throws(SQLError) -> JSONValue? {
        if case .null = self[column] { nil } else { try json(column) }
    }

    /// Lines of text; none for null.
    func lines(_ column: Int) throws(SQLError) -> [String] {
        try optionalText(column)?.split(separator: "\n").map(String.init) ?? []
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
