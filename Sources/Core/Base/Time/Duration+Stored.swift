extension Duration {
    /// The longest that is read back, milliseconds: a hundred years.
    package static let longestStored: Int64 = 3_155_760_000_000

    /// A stored number of milliseconds; nil for one that was not written by this program.
    package init?(storedMilliseconds value: Int64) {
        guard (0...Self.longestStored).contains(value) else { return nil }
        self = .milliseconds(value)
    }
}
