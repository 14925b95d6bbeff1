import Base

/// Identifies an observation of a monitor.
package struct ObservationKey: Hashable, Sendable {
    package let monitor: Int64
    package let digest: Int64

    package init(monitor: Int64, digest: Int64) { (self.monitor, self.digest) = (monitor, digest) }

    /// Digests are well distributed already: hashing them again would only cost time.
    package func hash(into hasher: inout Hasher) { hasher.combine(digest ^ monitor &* 0x1E37_79B9_7F4A_7C15) }
}

/// The numbers of recently seen observations, so that a usual result needs no look-up.
///
/// Has two generations of bounded size: when the young one is full it becomes the old one, and entries that were not
/// used since are dropped. An entry is valid for one day, after which the row's `last_seen` has to be updated.
package struct ObservationCache: Sendable {
    private struct Entry: Sendable {
        let number: Int32
        let day: Int32
    }
    private var young: [ObservationKey: Entry] = [:]
    private var old: [ObservationKey: Entry] = [:]
    private let capacity: Int

    /// Keeps at least `capacity` and at most twice as many entries.
    package init(capacity: Int) { self.capacity = capacity }

    /// The day of an instant for one monitor; the day of each monitor begins at another hour.
    package static func day(of milliseconds: Int64, monitor: Int64) -> Int32 {
        let offset = Int64(mix64(UInt64(bitPattern: monitor)) % 86_400_000)
        return Int32(clamping: (milliseconds + offset) / 86_400_000)
    }

    /// The number of an observation that was stored as seen on this day or later.
    package mutating func number(_ key: ObservationKey, day: Int32) -> Int64? {
        if let entry = young[key] { return entry.day >= day ? Int64(entry.number) : nil }
        guard let entry = old[key], entry.day >= day else { return nil }
        insert(key, entry)
        return Int64(entry.number)
    }

    /// Adds a stored observation.
    package mutating func remember(_ key: ObservationKey, number: Int64, day: Int32) {
        guard let small = Int32(exactly: number) else { return }
        insert(key, Entry(number: small, day: day))
    }

    private mutating func insert(_ key: ObservationKey, _ entry: Entry) {
        if young.count >= capacity {
            old = young
            young = [:]
        }
        young[key] = entry
    }

    /// Removes all entries.
    package mutating func removeAll() { (young, old) = ([:], [:]) }
}
