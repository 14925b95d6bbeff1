import Runtime
import Base
import Broker
import Domain
import Messages
import Storage

/// Monitors that several regions check.
extension Alerter {
    /// Whether a result is of a region that still checks its monitor.
    func isJudged(_ result: CheckResult) -> Bool {
        guard regions != nil else { return true }
        let named = states.alerting(of: result.monitorID).regions
        guard !named.isEmpty else { return result.region == .local }
        guard let name = result.regionName else { return true }
        return named.contains(name)
    }

    /// Takes what the regions saw that no longer check a monitor out of its verdict.
    func leaveRegions(_ id: MonitorID) async -> [VerdictChange] {
        guard let regions, let entry = states[id] else { return [] }
        let known = entry.verdict.knownRegions
        let named = states.alerting(of: id).regions
        if named.isEmpty, known.allSatisfy({ $0 == .local }) { return [] }
        _ = await retrying { () async throws(StorageError) in try await regions.learn(named) }
        let ids = named.isEmpty ? [RegionID.local] : named.compactMap { regions.region($0)?.id }
        // Without the number of each, a region that still checks might be taken for one that does not.
        guard ids.count == max(1, named.count) else { return [] }
        return known.filter { !ids.contains($0) }
            .compactMap { states.apply(.regionLeft($0), to: id, at: now()) }
    }

    /// Has a monitor looked at when the next of its regions may have fallen silent.
    func watchSilence(of id: MonitorID) {
        let rule = states.alerting(of: id).rule
        guard let freshness = rule.freshness, let next = states[id]?.verdict.silence(rule) else { return }
        silence.watch(id, at: silence.deadline(next, freshness), now: now())
        watching.continuation.yield()
    }

    /// Takes regions that are not heard any more for silent, as long as the task is not cancelled.
    func watchSilence() async {
        for await _ in watching.stream { break }
        while !Task.isCancelled {
            try? await clock.sleep(for: .seconds(1))
            await lock.withLock { await judgeSilence() }
        }
    }

    private func judgeSilence() async {
        let time = silence.reached(now())
        let due = silence.due(at: time)
        guard !due.isEmpty else { return }
        var changes: [VerdictChange] = []
        for id in due {
            let rule = states.alerting(of: id).rule
            guard let freshness = rule.freshness, let next = states[id]?.verdict.silence(rule) else { continue }
            if silence.deadline(next, freshness) < time, let change = states.apply(.timePassed, to: id, at: time) {
                changes.append(change)
            }
            watchSilence(of: id)
        }
        noteCounts()
        await storeAndPublish(changes)
    }

    func hear(_ beat: RegionBeat) { presence.hear(beat, at: now()) }

    /// The regions of results whose canaries cannot be reached, for monitors that name their regions.
    func lostRegions(of results: [CheckResult], at time: Timestamp) -> Set<RegionName> {
        guard regions != nil, !presence.isEmpty else { return [] }
        return Set(results.compactMap(\.regionName)).filter { presence.isOnline($0, at: time) == false }
    }

    /// Whether a result of a monitor that names its regions comes from one of these.
    func isFromLost(_ result: CheckResult, _ lost: Set<RegionName>) -> Bool {
        guard let name = result.regionName, lost.contains(name) else { return false }
        return !states.alerting(of: result.monitorID).regions.isEmpty
    }

    /// Notes for metrics how many monitors there are in each state, and of how many each region is heard.
    func noteCounts() {
        counts.set(states)
        for (region, count) in states.regionCounts { metrics.set(count, of: writer.regions.name(of: region)) }
    }

    /// Counts the results of monitors that name their regions.
    func countRegions(of results: [CheckResult]) {
        var counts: [RegionName: Int] = [:]
        for result in results where !states.alerting(of: result.monitorID).regions.isEmpty {
            if let name = result.regionName { counts[name, default: 0] += 1 }
        }
        for (name, count) in counts { metrics.countResults(count, from: name.rawValue) }
    }

    /// Has the other regions check monitors that the first region sees failing.
    func requestRounds(of changes: [VerdictChange]) async {
        for change in changes where change.actions.contains(.confirmElsewhere) {
            guard let result = change.result, let region = result.regionName else { continue }
            let others = states.alerting(of: change.id).regions.filter { $0 != region }
            guard !others.isEmpty, !states.isDoubted, rounds.take(at: now()) else { continue }
            await broker.broadcast(
                Confirmation(monitorID: change.id, at: now(), regions: others),
                on: Topics.confirmations
            )
        }
    }
}
