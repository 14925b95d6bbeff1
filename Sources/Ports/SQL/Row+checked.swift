package import Base

/// Values held to their range: what lies beyond it was not written by this program.
extension Row {
    /// An instant within the years 1 to 9999.
    package func time(_ column: Int) throws(SQLError) -> Timestamp {
        guard let time = Timestamp(exactMilliseconds: try integer(column)) else {
            throw corrupt(column, "is no instant of the years 1 to 9999")
        }
        return time
    }

    /// An instant, nil for null.
    package func optionalTime(_ column: Int) throws(SQLError) -> Timestamp? {
        if case .null = self[column] { nil } else { try time(column) }
    }

    /// A whole number within a range.
    package func number(_ column: Int, in range: ClosedRange<Int64>) throws(SQLError) -> Int {
        let value = try integer(column)
        guard range.contains(value) else { throw corrupt(column, "is out of its range") }
        return Int(value)
    }

    /// How many there are of something: not negative, and not more than anything that is counted here.
    package func count(_ column: Int) throws(SQLError) -> Int { try number(column, in: 0...1_000_000_000) }

    /// A duration in milliseconds, up to a hundred years.
    package func duration(_ column: Int) throws(SQLError) -> Duration {
        .milliseconds(try number(column, in: 0...Duration.longestStored))
    }

    /// A duration, nil for null.
    package func optionalDuration(_ column: Int) throws(SQLError) -> Duration? {
        if case .null = self[column] { nil } else { try duration(column) }
    }

    /// JSON of any kind.
    package func json(_ column: Int) throws(SQLError) -> JSONValue {
        let text = try text(column)
        do throws(JSONError) { return try JSONValue(parsing: text) } catch { throw corrupt(column, "holds no JSON") }
    }

    /// JSON, nil for null.
    package func optionalJSON(_ column: Int) throws(SQLError) -> JSONValue? {
        if case .null = self[column] { nil } else { try json(column) }
    }

    /// Lines of text; none for null.
    package func lines(_ column: Int) throws(SQLError) -> [String] {
        try optionalText(column)?.split(separator: "\n").map(String.init) ?? []
    }
}
