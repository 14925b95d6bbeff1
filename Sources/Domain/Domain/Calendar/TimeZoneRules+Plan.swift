extension TimeZoneRules {
    /// Seconds by which clocks may be set forward before what was planned meanwhile is given up, as Debian's cron does.
    private static let correctionLimit = 3 * 3600

    /// The second since 1970 at which something planned for a local time begins.
    ///
    /// The first when clocks show it twice, the end of the gap when they skip it; nil when it falls into a gap of over
    /// three hours, such as a day that a country left out to move across the date line.
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
