package import Base

/// A process of workers says that it serves a region.
package struct RegionBeat: Sendable, Equatable {
    package var region: RegionName
    /// The process's name, a new one for each start.
    package var process: String
    /// Whether it stops serving now.
    package var isLast: Bool
    /// Whether it reaches any of its canaries; nil when it has none.
    package var isOnline: Bool?

    package init(region: RegionName, process: String, isLast: Bool = false, isOnline: Bool? = nil) {
        (self.region, self.process, self.isLast, self.isOnline) = (region, process, isLast, isOnline)
    }
}

/// Which regions are served, as far as their workers were heard.
package struct RegionPresence: Sendable {
    private struct Process {
        var at: Timestamp
        var isOnline: Bool?
    }

    private var heard: [RegionName: [String: Process]] = [:]
    /// Since when beats are listened to.
    private let since: Timestamp
    private var count = 0

    /// How often a process says that it serves its region.
    package static let interval: Duration = .seconds(5)
    /// For how long a beat counts.
    private static let lifetime: Duration = .seconds(30)
    /// The most processes that are remembered; further ones are ignored.
    private static let limit = 10_000

    package init(since: Timestamp) { self.since = since }

    /// Whether no process is known.
    package var isEmpty: Bool { count == 0 }

    /// Takes a beat at a time.
    package mutating func hear(_ beat: RegionBeat, at time: Timestamp) {
        if beat.isLast {
            if heard[beat.region]?.removeValue(forKey: beat.process) != nil { count -= 1 }
            return
        }
        if heard[beat.region]?[beat.process] == nil {
            if count >= Self.limit { sweep(at: time) }
            guard count < Self.limit else { return }
            count += 1
        }
        heard[beat.region, default: [:]][beat.process] = Process(at: time, isOnline: beat.isOnline)
    }

    /// How many processes serve a region; nil while too little time has passed to know of none.
    package func workers(in region: RegionName, at time: Timestamp) -> Int? {
        let living = heard[region]?.values.count { time - $0.at < Self.lifetime } ?? 0
        return living > 0 || time - since >= Self.lifetime || time < since ? living : nil
    }

    /// Whether a region reaches the network, by the canaries of its processes; nil when none is known.
    ///
    /// One process that reaches a canary is sufficient: the others have trouble of their own.
    package func isOnline(_ region: RegionName, at time: Timestamp) -> Bool? {
        let words = heard[region]?.values.filter { time - $0.at < Self.lifetime }.compactMap(\.isOnline) ?? []
        return words.isEmpty ? nil : words.contains(true)
    }

    /// The regions that are served, in order.
    package func served(at time: Timestamp) -> [RegionName] {
        heard.keys.filter { workers(in: $0, at: time) ?? 0 > 0 }.sorted()
    }

    private mutating func sweep(at time: Timestamp) {
        heard = heard.mapValues { $0.filter { time - $0.value.at < Self.lifetime } }.filter { !$0.value.isEmpty }
        count = heard.values.reduce(0) { $0 + $1.count }
    }
}
