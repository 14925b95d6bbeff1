extension TimeZoneRules {
    /// The longest gap in seconds after which skipped events still run, as in Debian's cron.
    private static let correctionLimit = 3 * 3600

    /// The second since 1970 at which an event planned for a local time begins.
    ///
    /// The first one when the time is repeated, the end of the gap when it is skipped. nil when it is in a gap of over
    /// three hours, such as a day that a country skipped to move across the date line.
    func second(plannedFor local: Int64) -> Int64? {
        if let first = seconds(of: local).first { return first }
        let span = Int64(Self.offsetLimit)
        var second = local - span
        while let change = change(after: second), change.second <= local + span {
            let gap = change.second + Int64(change.before)..<change.second + Int64(max(change.before, change.after))
            if gap.contains(local) { return gap.count <= Self.correctionLimit ? change.second : nil }
            second = change.second
        }
        return nil
    }
}
