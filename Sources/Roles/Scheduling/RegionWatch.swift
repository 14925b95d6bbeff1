import Base
import Domain

/// Which regions are served, and how many checks of others were skipped.
struct RegionWatch {
    private var presence: RegionPresence
    private var skipped: [RegionName: Int] = [:]
    /// How many monitors wait for the number of a region of theirs.
    private var unnamed = 0
    private var reportedAt: Timestamp
    private var isReported = false
    private static let interval: Duration = .seconds(10)

    init(since time: Timestamp) {
        presence = RegionPresence(since: time)
        reportedAt = time
    }

    mutating func hear(_ beat: RegionBeat, at time: Timestamp) { presence.hear(beat, at: time) }

    /// Whether jobs of a region find a worker, as far as that is known.
    func isServed(_ region: RegionName, at time: Timestamp) -> Bool { presence.workers(in: region, at: time) != 0 }

    mutating func skip(_ count: Int, in region: RegionName) { skipped[region, default: 0] += count }

    /// Notes how many monitors have a region whose number is not known.
    mutating func noteUnnamed(_ count: Int) { unnamed = count }

    /// Says nothing more about regions: another process schedules.
    mutating func endReport(to health: Health) {
        skipped = [:]
        if isReported { health.set("regions", .ok) }
        isReported = false
    }

    /// Says every ten seconds which regions nobody serves, and once that all are served again.
    mutating func report(to health: Health, _ logger: Logger, at time: Timestamp) {
        guard time - reportedAt >= Self.interval || time < reportedAt else { return }
        reportedAt = time
        // A monitor may be due once a day: what was skipped is forgotten when its region is served.
        skipped = skipped.filter { !isServed($0.key, at: time) }
        guard !skipped.isEmpty || unnamed > 0 else { return endReport(to: health) }
        var texts: [String] = []
        if !skipped.isEmpty {
            let more = skipped.count > 5 ? " and \(skipped.count - 5) more" : ""
            let names = skipped.keys.sorted().prefix(5).map(\.rawValue).joined(separator: ", ") + more
            texts.append("no worker serves \(names): their checks are skipped")
        }
        if unnamed > 0 { texts.append("\(unnamed) monitors are not checked: a region has no readable number") }
        let text = texts.joined(separator: "; ")
        health.set("regions", .degraded(text))
        if !isReported { logger.warning("checks of regions are skipped", ["reason": text]) }
        isReported = true
    }
}
