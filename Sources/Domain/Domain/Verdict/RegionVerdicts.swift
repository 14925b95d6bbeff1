import Base

/// The verdicts of a monitor's regions; usually there is one, which needs no allocation.
struct RegionVerdicts: Sendable, Equatable {
    private var first: (region: RegionID, verdict: RegionVerdict)?
    private var others: [RegionID: RegionVerdict] = [:]

    subscript(region: RegionID) -> RegionVerdict {
        get {
            if let first, first.region == region { return first.verdict }
            return others[region] ?? RegionVerdict()
        }
        set {
            if first.map({ $0.region == region }) ?? true {
                first = (region, newValue)
            } else {
                others[region] = newValue
            }
        }
    }

    mutating func remove(_ region: RegionID) {
        guard first?.region == region else {
            others[region] = nil
            return
        }
        first = nil
        if let next = others.first { (first, others[next.key]) = ((next.key, next.value), nil) }
    }

    /// The verdict when at most one region checks.
    var only: RegionVerdict? { others.isEmpty ? first?.verdict ?? RegionVerdict() : nil }
    var all: [RegionVerdict] { (first.map { [$0.verdict] } ?? []) + others.values }

    /// The due time of the newest check of any region.
    var newest: Timestamp? { all.compactMap(\.scheduledAt).max() }

    /// Marks the regions that were not heard for longer than `freshness`.
    mutating func noteSilence(_ freshness: Duration, at time: Timestamp) {
        for (region, verdict) in sorted {
            guard let last = verdict.scheduledAt, !verdict.isSilent else { continue }
            if time - last > freshness { self[region].isSilent = true }
        }
    }

    /// Each verdict with its region, in ascending order.
    var sorted: [(region: RegionID, verdict: RegionVerdict)] {
        ((first.map { [$0] } ?? []) + others.map { (region: $0.key, verdict: $0.value) })
            .sorted { $0.region.rawValue < $1.region.rawValue }
    }

    /// Has every latest check been due at an instant at the latest.
    mutating func rewind(to time: Timestamp) {
        for region in sorted.map(\.region) { self[region].scheduledAt = self[region].scheduledAt.map { min($0, time) } }
    }

    /// Whether both remember the same, whatever the times of the latest checks.
    func remember(theSameAs other: RegionVerdicts) -> Bool {
        guard others.isEmpty, other.others.isEmpty else {
            return sorted.elementsEqual(other.sorted) {
                $0.region == $1.region && $0.verdict.view == $1.verdict.view && $0.verdict.memory == $1.verdict.memory
                    && $0.verdict.isSilent == $1.verdict.isSilent
            }
        }
        return first?.region == other.first?.region && first?.verdict.view == other.first?.verdict.view
            && first?.verdict.memory == other.first?.verdict.memory
            && first?.verdict.isSilent == other.first?.verdict.isSilent
    }

    static func == (left: RegionVerdicts, right: RegionVerdicts) -> Bool {
        left.sorted.elementsEqual(right.sorted) { $0 == $1 }
    }
}

extension MonitorState {
    /// The state of a monitor with a single region's view.
    package init(_ view: RegionVerdict.View) {
        self =
            switch view {
            case .unknown: .unknown
            case .up: .up
            case .degraded: .degraded
            case .pending: .pending
            case .down: .down
            }
    }
}
