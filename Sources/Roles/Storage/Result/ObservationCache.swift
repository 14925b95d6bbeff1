import Base
import Domain

/// Which observation of which monitor.
struct ObservationKey: Hashable, Sendable {
    let monitor: Int64
    let digest: Int64

    /// Digests are well mixed already: hashing them again would only cost time.
    func hash(into hasher: inout Hasher) { hasher.combine(digest ^ monitor &* 0x1E37_79B9_7F4A_7C15) }
}

/// The numbers of observations that were seen lately, so that a usual result needs no look-up.
///
/// Two generations of bounded size: when the young one is full it becomes the old one, and what was not used since is
/// forgotten. An entry is good for one day, after which the row's `last_seen` has to be moved on.
struct ObservationCache: Sendable {
    private struct Entry: Sendable {
        let number: Int32
        let day: Int32
    }
    private var young: [ObservationKey: Entry] = [:]
    private var old: [ObservationKey: Entry] = [:]
    private let capacity: Int

    /// Keeps at least `capacity` and at most twice as many entries.
    init(capacity: Int) { self.capacity = capacity }

    /// The day that an instant belongs to for one monitor; monitors change days at different hours.
    static func day(of milliseconds: Int64, monitor: Int64) -> Int32 {
        let offset = Int64(mix64(UInt64(bitPattern: monitor)) % 86_400_000)
        return Int32(clamping: (milliseconds + offset) / 86_400_000)
    }

    /// The number of an observation that was stored as seen on this day or later.
    mutating func number(_ key: ObservationKey, day: Int32) -> Int64? {
        if let entry = young[key] { return entry.day >= day ? Int64(entry.number) : nil }
        guard let entry = old[key], entry.day >= day else { return nil }
        insert(key, entry)
        return Int64(entry.number)
    }

    /// Remembers a stored observation.
    mutating func remember(_ key: ObservationKey, number: Int64, day: Int32) {
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

    /// Forgets everything.
    mutating func removeAll() { (young, old) = ([:], [:]) }
}
