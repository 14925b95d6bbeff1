import Base
package import Domain
import SQL
package import Storage
package import Results

/// What settings would have alerted over monitors' stored results, beside what those in force would have.
package struct MonitorPreview: Sendable {
    /// A monitor and the rules to replay its results under.
    package struct Subject: Sendable {
        package let id: MonitorID
        package let name: String
        /// From one check to the next.
        package let interval: Duration
        package let current: VerdictRule
        package let proposed: VerdictRule
        /// The raw values of the regions that check under each of them; nil for all.
        let regions: (current: Set<Int64>?, proposed: Set<Int64>?)
        /// Whether results of several regions decide under either of them.
        let hasRegions: Bool
        /// How many regions check.
        let regionCount: Int

        /// `directory` has the numbers of regions; without one results of any region are looked at.
        package init(_ monitor: Monitor, proposed: MonitorAlerting, _ directory: RegionDirectory? = nil) {
            (id, name, interval) = (monitor.id, monitor.name, monitor.interval)
            current = monitor.judgement.rule
            self.proposed = proposed.judging(every: monitor.interval, within: monitor.spec.timeout).rule
            let numbers = { (names: [RegionName]) -> Set<Int64>? in
                guard let directory else { return nil }
                let ids = names.isEmpty ? [RegionID.local] : names.compactMap { directory.region($0)?.id }
                return Set(ids.map { Int64($0.rawValue) })
            }
            regions = (numbers(monitor.regions), numbers(proposed.regions))
            hasRegions = max(monitor.regions.count, proposed.regions.count) > 1
            regionCount = max(1, monitor.regions.count)
        }
    }

    /// What the replays of a monitor came to.
    package struct Finding: Sendable, Equatable {
        package let id: MonitorID
        package let name: String
        /// Whether results of several regions decide.
        package let hasRegions: Bool
        /// How many results were looked at.
        package let checks: Int
        package internal(set) var current: OutageForecast
        package internal(set) var proposed: OutageForecast
    }

    package static let maximumMonitors = 1000
    /// Results of one preview, as the monitors' intervals have it; some seconds' work.
    package static let maximumResults = 50_000_000
    /// Outages listed of a monitor under each of the two rules.
    package static let outagesPerMonitor = 100
    /// Outages listed in all.
    package static let outagesInAll = 1000

    private let monitors: MonitorRepository
    private let results: any ResultStore

    package init(monitors: MonitorRepository, results: any ResultStore) {
        (self.monitors, self.results) = (monitors, results)
    }

    /// The monitors of these numbers that exist, paused ones too, in ascending order, and which do not exist.
    ///
    /// Monitors whose rows cannot be read are left out. Throws `.database` when the database cannot be read.
    package func monitors(
        _ ids: [MonitorID]
    ) async throws(StorageError) -> (found: [Monitor], missing: Set<MonitorID>) {
        var (found, missing): ([Monitor], Set<MonitorID>) = ([], [])
        for id in Set(ids).sorted() {
            do throws(StorageError) {
                if let monitor = try await monitors.monitor(id) { found.append(monitor) } else { missing.insert(id) }
            } catch {
                guard case .unreadable = error else { throw error }
            }
        }
        return (found, missing)
    }

    /// The active monitors that pass a filter, ascending; one more than can be looked at when there are more.
    ///
    /// Rows that cannot be read are left out. Throws `.database` when the database cannot be read.
    package func monitors(passing filter: MonitorFilter) async throws(StorageError) -> [Monitor] {
        var filter = filter
        filter.isActive = true
        return try await monitors.list(filter, limit: Self.maximumMonitors + 1).items.map(\.monitor)
    }

    /// Replays the results of each monitor twice; in the order of the monitors.
    ///
    /// Lists of outages are cut where they are long: see `isCut`. Runs apart from the caller, on as many monitors at
    /// once as the store reads at once.
    ///
    /// Throws `.tooMuch` for more results than `maximumResults`, `.store` when the database cannot be read, and
    /// `.cancelled` when the task was.
    @concurrent package func replay(
        _ subjects: [Subject],
        over window: PreviewWindow
    ) async throws(PreviewError) -> [Finding] {
        let expected = subjects.reduce(0.0) { $0 + window.length / $1.interval * Double($1.regionCount) }
        guard expected <= Double(Self.maximumResults) else { throw .tooMuch(results: Int(min(expected, 1e15))) }
        let queue = PreviewQueue(subjects)
        let results = results
        let parts = await withTaskGroup(of: Result<[(Int, Finding)], SQLError>.self) { group in
            for _ in 0..<results.longReads {
                group.addTask {
                    do throws(SQLError) { return .success(try await Self.replay(queue, over: window, results)) } catch {
                        return .failure(error)
                    }
                }
            }
            var parts: [Result<[(Int, Finding)], SQLError>] = []
            for await part in group {
                if case .failure = part { group.cancelAll() }
                parts.append(part)
            }
            return parts
        }
        var found: [(Int, Finding)] = []
        for part in parts {
            switch part {
            case .success(let findings): found += findings
            case .failure(let error): throw .store(.database(error))
            }
        }
        guard !Task.isCancelled else { throw .cancelled }
        return Self.bounded(found.sorted { $0.0 < $1.0 }.map(\.1))
    }

    private static func replay(
        _ queue: PreviewQueue<Subject>,
        over window: PreviewWindow,
        _ results: any ResultStore
    ) async throws(SQLError) -> [(Int, Finding)] {
        var findings: [(Int, Finding)] = []
        while !Task.isCancelled, let (index, subject) = queue.next() {
            let pair = ReplayPair(subject, limit: outagesPerMonitor)
            let seen = try await results.replay(subject.id, from: window.from, to: window.to, into: pair) {
                $0.see($1)
            }
            findings.append((index, seen.finding(of: subject, at: window.to)))
        }
        return findings
    }

    /// Cuts the lists of outages to what is listed in all; those of the proposed settings are of more interest.
    private static func bounded(_ findings: [Finding]) -> [Finding] {
        var room = outagesInAll
        return findings.map { finding in
            var finding = finding
            finding.proposed.keep(room)
            room -= finding.proposed.outages.count
            finding.current.keep(room)
            room -= finding.current.outages.count
            return finding
        }
    }
}

/// A monitor's results under two rules at once.
private struct ReplayPair: Sendable {
    var checks = 0
    var current: VerdictReplay
    var proposed: VerdictReplay

    init(_ subject: MonitorPreview.Subject, limit: Int) {
        current = VerdictReplay(subject.current, regions: subject.regions.current, limit: limit)
        proposed = VerdictReplay(subject.proposed, regions: subject.regions.proposed, limit: limit)
    }

    mutating func see(_ check: StoredCheck) {
        checks &+= 1
        current.see(check)
        proposed.see(check)
    }

    func finding(of subject: MonitorPreview.Subject, at end: Timestamp) -> MonitorPreview.Finding {
        MonitorPreview.Finding(
            id: subject.id,
            name: subject.name,
            hasRegions: subject.hasRegions,
            checks: checks,
            current: current.finish(at: end),
            proposed: proposed.finish(at: end)
        )
    }
}
