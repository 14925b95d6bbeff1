package import Base

/// The stored form of a verdict: nothing if it follows from the monitor's state, otherwise a compact object.
extension MonitorVerdict {
    /// Why a stored verdict cannot be parsed.
    package struct Unreadable: Error, Sendable, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// Whether both behave the same from here on; ignores the time of the latest check.
    package func remembers(theSameAs other: MonitorVerdict) -> Bool {
        state == other.state && outage == other.outage && closedAt == other.closedAt && isPaused == other.isPaused
            && (closedAt == nil || closed == other.closed) && isDoubted == other.isDoubted
            && isInMaintenance == other.isInMaintenance && recovery == other.recovery
            && regions.remember(theSameAs: other.regions)
    }

    /// A verdict in a state without contrary checks.
    package init(_ state: MonitorState, scheduledAt: Timestamp?) {
        self.state = state
        let view: RegionVerdict.View? =
            switch state {
            case .up: .up
            case .degraded: .degraded
            case .down: .down
            case .unknown, .pending, .maintenance, .paused: nil
            }
        if let view { regions[.local] = RegionVerdict(view, scheduledAt: scheduledAt) }
        outage = state == .down ? .down : nil
        isPaused = state == .paused
    }

    /// The latest due time of any check.
    package var scheduledAt: Timestamp? { regions.all.compactMap(\.scheduledAt).max() }

    /// The part to store beside the state; nil when the state is sufficient.
    package var stored: JSONValue? {
        let plain = MonitorVerdict(state, scheduledAt: scheduledAt)
        if plain.remembers(theSameAs: self) { return nil }
        var object = JSONObject()
        object["regions"] = .array(regions.sorted.map { Self.json($0.region, $0.verdict) })
        object["open"] = .bool(isOpen)
        if outage == .degraded { object["degraded"] = true }
        let silent = regions.sorted.filter(\.verdict.isSilent).map { JSONValue.integer(Int64($0.region.rawValue)) }
        if !silent.isEmpty { object["silent"] = .array(silent) }
        let since = sinces.sorted { $0.key.rawValue < $1.key.rawValue }
        if !since.isEmpty {
            object["since"] = .array(
                since.map { [.integer(Int64($0.key.rawValue)), .integer($0.value.milliseconds)] }
            )
        }
        if let recovery {
            let numbers = [recovery.round.milliseconds, Int64(recovery.before), Int64(recovery.rounds)]
            object["recovery"] = .array(numbers.map { .integer($0) })
        }
        if let closedAt {
            object["closed_at"] = .integer(closedAt.milliseconds)
            if closed == .degraded { object["closed_degraded"] = true }
        }
        return .object(object)
    }

    private static func json(_ region: RegionID, _ verdict: RegionVerdict) -> JSONValue {
        let memory = verdict.memory
        // The counts are stored separately, as when they could differ.
        func count(_ view: RegionVerdict.View) -> Int64 { verdict.view == view ? Int64(memory.inRow) : 0 }
        var numbers: [Int64] = [
            Int64(region.rawValue), verdict.scheduledAt?.milliseconds ?? -1, Int64(verdict.view.rawValue),
            Int64(memory.settled.rawValue), count(.pending), count(.down), count(.up), count(.degraded),
            Int64(bitPattern: memory.recent),
        ]
        if memory.sinceCounted > 0 { numbers.append(Int64(memory.sinceCounted)) }
        return .array(numbers.map { .integer($0) })
    }

    /// The verdict of a stored state and its stored part.
    ///
    /// Maintenance and doubt are not stored: their sources report them again.
    ///
    /// Throws `Unreadable` when `json` could not have written the stored part: members are missing, or numbers are out
    /// of bounds.
    package init(_ state: MonitorState, scheduledAt: Timestamp?, stored: JSONValue?) throws(Unreadable) {
        guard let stored else {
            self.init(state, scheduledAt: scheduledAt)
            return
        }
        guard let rows = stored["regions"]?.arrayValue, rows.count <= 1024, let open = stored["open"]?.boolValue else {
            throw Unreadable(description: "a verdict needs regions and open")
        }
        self.init(state, scheduledAt: nil)
        regions = RegionVerdicts()
        outage = open ? stored["degraded"] == true ? .degraded : .down : nil
        if stored["closed_degraded"] == true { closed = .degraded }
        closedAt = stored["closed_at"]?.integerValue.map(Timestamp.init(milliseconds:))
        for row in rows {
            let numbers = (row.arrayValue ?? []).compactMap(\.integerValue)
            guard numbers.count == 9 || numbers.count == 10, let region = UInt16(exactly: numbers[0]),
                let view = UInt8(exactly: numbers[2]).flatMap(RegionVerdict.View.init(rawValue:)),
                let settled = UInt8(exactly: numbers[3]).flatMap(RegionVerdict.View.init(rawValue:)),
                numbers[4...7].allSatisfy({ (0...255).contains($0) })
            else { throw Unreadable(description: "a region of a verdict needs nine or ten numbers in their bounds") }
            var verdict = RegionVerdict(view, scheduledAt: nil)
            if numbers[1] >= 0 { verdict.scheduledAt = Timestamp(milliseconds: numbers[1]) }
            verdict.memory.settled = settled
            let counts: [RegionVerdict.View: Int64] = [
                .pending: numbers[4], .down: numbers[5], .up: numbers[6], .degraded: numbers[7],
            ]
            verdict.memory.inRow = UInt8(counts[view] ?? 0)
            if numbers.count == 10, view == .pending { verdict.memory.sinceCounted = UInt32(clamping: numbers[9]) }
            verdict.memory.recent = UInt64(bitPattern: numbers[8])
            regions[RegionID(rawValue: region)] = verdict
        }
        for number in (stored["silent"]?.arrayValue ?? []).compactMap(\.integerValue) {
            guard let region = UInt16(exactly: number).map(RegionID.init(rawValue:)), verdict(of: region) != nil
            else { continue }
            regions[region].isSilent = true
        }
        for row in stored["since"]?.arrayValue ?? [] {
            let numbers = (row.arrayValue ?? []).compactMap(\.integerValue)
            guard numbers.count == 2, let region = UInt16(exactly: numbers[0]).map(RegionID.init(rawValue:)),
                verdict(of: region) != nil
            else { continue }
            sinces[region] = Timestamp(milliseconds: numbers[1])
        }
        let numbers = (stored["recovery"]?.arrayValue ?? []).compactMap(\.integerValue)
        if numbers.count == 3, let before = UInt8(exactly: numbers[1]), let rounds = UInt8(exactly: numbers[2]) {
            recovery = Recovery(round: Timestamp(milliseconds: numbers[0]), before: before, rounds: rounds)
        }
    }
}
