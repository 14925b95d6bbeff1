package import Base

extension TimeZoneRules {
    /// Which of two instants a time stands for that clocks show twice.
    package enum Repetition: Sendable { case first, last }

    /// Reads ISO 8601: with `Z` or an offset as that says, without one by the clocks of the zone.
    ///
    /// A time that clocks skip is the end of the gap. nil when the text is no time, or stands in a gap of over three
    /// hours.
    package func instant(_ text: String, _ repetition: Repetition = .first) -> Timestamp? {
        guard let time = Timestamp(iso8601: text) else { return nil }
        // What follows the date.
        guard !text.utf8.dropFirst(10).contains(where: { "Zz+-".utf8.contains($0) }) else { return time }
        let local = time.wholeSeconds
        let repeated = repetition == .last ? seconds(of: local).last : nil
        guard let second = repeated ?? second(plannedFor: local) else { return nil }
        return Timestamp(exactMilliseconds: second * 1000 + time.milliseconds - local * 1000)
    }

    /// Whether the clocks of the zone never show the time of a text without an offset: they are put forward over it.
    package func skips(_ text: String) -> Bool {
        guard let time = Timestamp(iso8601: text),
            !text.utf8.dropFirst(10).contains(where: { "Zz+-".utf8.contains($0) })
        else { return false }
        return seconds(of: time.wholeSeconds).isEmpty
    }
}
