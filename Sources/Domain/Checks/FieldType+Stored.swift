import Base

extension FieldType<Int> {
    /// The same for values that need only lie within wider bounds in the store.
    package func stored(in bounds: ClosedRange<Int>) -> Self {
        var type = self
        type.stored = Stored(write: write) { value in
            value.integerValue.flatMap(Int.init(exactly:)).flatMap { bounds.contains($0) ? $0 : nil }
        }
        return type
    }
}

extension FieldType<Duration> {
    /// The same, stored in milliseconds and of any length that makes sense.
    package var storedInMilliseconds: Self {
        var type = self
        type.stored = Stored(
            write: { .integer($0.wholeMilliseconds) },
            read: { $0.integerValue.flatMap(Duration.init(storedMilliseconds:)) }
        )
        return type
    }
}
