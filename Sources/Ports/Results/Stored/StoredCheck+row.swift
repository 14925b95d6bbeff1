package import Domain

extension StoredCheck {
    /// The columns of a scanned row.
    package init(_ row: Span<Int64>) {
        let observation = row.count > 4 ? row[4] : 0
        self.init(due: row[0], region: row[1], reason: row[2], latency: row[3], observation: observation)
    }

    /// The order of a monitor's results; the same as that of their ids.
    package var key: (Int64, Int64) { (due, region) }
}
