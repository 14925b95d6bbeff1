package import Base

/// The offsets of one time zone from UTC, at any instant in the past and future.
package struct TimeZoneRules: Sendable, Hashable {
    /// The largest zone file in bytes; real ones have less than 4000.
    package static let sizeLimit = 1 << 18
    /// The limit of offsets in seconds, in both directions (RFC 8536 §3.2).
    static let offsetLimit = 26 * 3600

    /// As in the zone database: `Europe/Berlin`.
    package let name: String
    /// Seconds since 1970 at which the offset changes, ascending.
    private let changes: [Int64]
    /// Seconds east of UTC: before the first change, then from each change on.
    private let offsets: [Int]
    /// The rules after `tailStart`.
    private let tail: PosixZone?
    private let tailStart: Int64
    /// Every offset that ever applies, once.
    private let knownOffsets: [Int]

    /// Coordinated universal time.
    package static let utc = TimeZoneRules(name: "UTC", file: TZifFile(offset: 0))

    /// Parses a zone file (RFC 8536, versions 1 to 4).
    ///
    /// Throws `.notZoneFile`, `.tooLarge` above `sizeLimit`, `.truncated`, `.leapSeconds` for a file with leap seconds,
    /// and `.malformed` for any other error.
    package init(name: String, bytes: [UInt8]) throws(TimeZoneError) {
        self.init(name: name, file: try TZifFile(bytes))
    }

    private init(name: String, file: TZifFile) {
        self.name = name
        tail = file.footer
        tailStart = file.transitions.last?.second ?? .min
        var (changes, offsets): ([Int64], [Int]) = ([], [file.firstOffset])
        for (index, transition) in file.transitions.enumerated() {
            // The footer overrides the last transition.
            let isLast = index == file.transitions.count - 1
            let offset = isLast ? tail?.offset(at: transition.second) ?? transition.offset : transition.offset
            guard offset != offsets.last else { continue }
            changes.append(transition.second)
            offsets.append(offset)
        }
        (self.changes, self.offsets) = (changes, offsets)
        knownOffsets = Set(offsets + (tail?.offsets ?? [])).sorted()
    }

    /// How far local time is ahead of UTC at an instant; negative west of Greenwich.
    package func offset(at time: Timestamp) -> Duration { .seconds(offset(at: time.wholeSeconds)) }

    /// The local time of the zone at an instant; fractions of a second are dropped.
    package func local(at time: Timestamp) -> LocalDateTime {
        LocalDateTime(seconds: time.wholeSeconds + Int64(offset(at: time.wholeSeconds)))
    }

    /// The instants at which clocks show a local time, ascending: usually one, two when repeated, none when skipped.
    package func instants(of local: LocalDateTime) -> [Timestamp] {
        seconds(of: local.seconds).compactMap { second in
            let (milliseconds, overflow) = second.multipliedReportingOverflow(by: 1000)
            return overflow ? nil : Timestamp(milliseconds: milliseconds)
        }
    }

    /// The same in seconds: of local time, and since 1970.
    func seconds(of local: Int64) -> [Int64] {
        // Ascending offsets give descending instants.
        knownOffsets.reversed().map { (local - Int64($0), $0) }.filter { offset(at: $0.0) == $0.1 }.map(\.0)
    }

    /// The offset at a second since 1970, in seconds east of UTC.
    func offset(at second: Int64) -> Int {
        if let tail, second >= tailStart { return tail.offset(at: second) }
        return offsets[changeCount(through: second)]
    }

    /// The first offset change after a second since 1970; nil when there is none.
    func change(after second: Int64) -> OffsetChange? {
        let index = changeCount(through: second)
        if index < changes.count {
            return OffsetChange(second: changes[index], before: offsets[index], after: offsets[index + 1])
        }
        return tail?.change(after: max(second, tailStart))
    }

    /// The number of changes up to a second, by bisection.
    private func changeCount(through second: Int64) -> Int {
        var (low, high) = (0, changes.count)
        while low < high {
            let middle = (low + high) / 2
            if changes[middle] <= second { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// A change of a zone's offset.
struct OffsetChange: Equatable {
    /// Since 1970; the first second of the new offset.
    let second: Int64
    /// Seconds east of UTC.
    let before: Int
    /// Seconds east of UTC.
    let after: Int
}

extension Timestamp {
    /// Seconds since 1970, rounded towards the past.
    var wholeSeconds: Int64 { milliseconds.flooredDivision(by: 1000).quotient }
}
