import Base
import Domain
import Results
import SQL

/// The observations of a batch that this process has not stored today.
struct NewObservations: Sendable {
    private struct Entry: Sendable {
        let key: ObservationKey
        let day: Int32
    }

    private var entries: [Entry] = []
    /// The rows for `insert`, as one flat array.
    private(set) var rows: [SQLValue] = []

    /// Takes columns as arrays; mends an observation that was damaged, too.
    static let insert = """
        INSERT INTO observations (monitor_id, digest, last_seen, content)
        SELECT o.* FROM unnest($1, $2, $3, $4) AS o (monitor_id, digest, last_seen, content)
        WHERE EXISTS (SELECT 1 FROM monitors WHERE id = o.monitor_id) ORDER BY o.monitor_id, o.digest
        ON CONFLICT (monitor_id, digest) DO UPDATE SET content = excluded.content,
            last_seen = GREATEST(observations.last_seen, excluded.last_seen)
        """
    static let columns = 4

    init(_ results: [CheckResult], _ cache: inout ObservationCache) {
        var seen: Set<ObservationKey> = []
        for result in results where !Observation.isEmpty(result) {
            let monitor = result.monitorID.rawValue
            let key = ObservationKey(monitor: monitor, digest: Observation.digest(result))
            let day = ObservationCache.day(of: result.scheduledAt.milliseconds, monitor: monitor)
            guard cache.number(key, day: day) == nil, seen.insert(key).inserted else { continue }
            entries.append(Entry(key: key, day: day))
            rows += [.integer(monitor), .integer(key.digest), .integer(Int64(day)), .text(Observation(result).json)]
        }
    }

    /// Notes that they are stored.
    func remember(in cache: inout ObservationCache) {
        for entry in entries { cache.remember(entry.key, number: 1, day: entry.day) }
    }
}
