package import Base

extension MaintenanceWindow {
    /// The next occurrences that begin after an instant, at most `limit`; those that touch are one.
    package func occurrences(after time: Timestamp, limit: Int) -> [Range<Timestamp>] {
        var found: [Range<Timestamp>] = []
        var last = occurrence(at: time)?.upperBound ?? time
        while found.count < limit {
            // What begins at the very end of the last one would be part of it.
            guard let start = isActive(at: last) ? last : nextChange(after: last), let next = occurrence(at: start)
            else {
                break
            }
            found.append(next)
            last = next.upperBound
        }
        return found
    }
}

extension TimeZoneRules {
    /// What clocks of the zone show at an instant, with their offset: `2026-03-29T03:00:00+02:00`.
    package func text(_ time: Timestamp) -> String {
        let minutes = offset(at: time).wholeMilliseconds / 60_000
        var bytes: [UInt8] = []
        bytes.append(minutes < 0 ? "-" : "+")
        bytes.append(decimal: Int(abs(minutes) / 60), width: 2)
        bytes.append(":")
        bytes.append(decimal: Int(abs(minutes) % 60), width: 2)
        return local(at: time).description + String(decoding: bytes, as: UTF8.self)
    }
}
