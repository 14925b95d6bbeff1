import Base
import Domain
import HTTPCheck
import TestSupport
import Testing

@testable import Alerting
@testable import Storage

/// Whether this end's network is suspected before the first outage counts: the watch and the states, as the alerter joins
/// them.
@Suite struct SuspicionTests {
    /// Twelve hosts that are checked each minute, five seconds apart; a failed check gives up after ten seconds and is
    /// confirmed five seconds after it was due.
    private struct World {
        var watch = ConnectivityWatch()
        var states = MonitorStates()
        var log: [String] = []
        /// The checks that are due, by time and monitor.
        var due: [(at: Timestamp, monitor: Int64)] = []
        let start = Timestamp(milliseconds: 1_795_000_000_000)
        let limit: Duration

        init(hosts: Int64 = 12, limit: Duration = .seconds(10)) {
            self.limit = limit
            for id in 1...hosts {
                let status = MonitorStatus(
                    monitorID: MonitorID(rawValue: id),
                    state: .up,
                    since: start,
                    scheduledAt: start - .seconds(600)
                )
                try? states.restore(StoredVerdict(status: status, alerting: MonitorAlerting(), isActive: true))
                for round in 0..<3 { due.append((start + .seconds(Int64(round) * 60 + id * 60 / hosts), id)) }
            }
        }

        /// Goes on to a time with hosts that are away from a time on.
        mutating func run(until seconds: Int64, away: (Int64, Timestamp) -> Bool) {
            while let next = due.indices.min(by: { end(due[$0], away) < end(due[$1], away) }),
                end(due[next], away) <= start + .seconds(seconds)
            {
                let (at, id) = due.remove(at: next)
                judge(result(id, at, isUp: !away(id, at)))
            }
        }

        private func end(_ check: (at: Timestamp, monitor: Int64), _ away: (Int64, Timestamp) -> Bool) -> Timestamp {
            check.at + (away(check.monitor, check.at) ? limit : .milliseconds(50))
        }

        private func result(_ id: Int64, _ at: Timestamp, isUp: Bool) -> CheckResult {
            var outcome = Outcome(latency: isUp ? .milliseconds(50) : limit)
            if !isUp { outcome.failure = .init(.connectTimeout, in: .connect, "no connection") }
            return CheckResult(
                monitorID: MonitorID(rawValue: id),
                region: .local,
                scheduledAt: at,
                checkedAt: at,
                outcome: outcome,
                url: "http://host\(id).test/"
            )
        }

        /// What the alerter does with a result.
        private mutating func judge(_ result: CheckResult) {
            let end = result.checkedAt + result.outcome.latency
            let seconds = (end - start).wholeMilliseconds / 1000
            let states = states
            if let change = watch.observe([result], opens: { states.opens($0) }) {
                log.append("\(seconds) \(change)")
                switch change {
                case .suspected:
                    self.states.isSuspecting = true
                    for id in watch.witnesses { due.append((end, id.rawValue)) }
                case .cleared: note(self.states.endSuspicion(at: end), seconds)
                case .doubted:
                    self.states.isDoubted = true
                    note(self.states.endSuspicion(at: end), seconds)
                case .trusted: self.states.isDoubted = false
                }
            }
            guard let change = self.states.apply(.checked(CheckSummary(result)), to: result.monitorID, at: end) else {
                return
            }
            note([change], seconds)
            if change.actions.contains(.confirm) {
                due.append((max(end, result.scheduledAt + .seconds(5)), result.monitorID.rawValue))
            }
        }

        private mutating func note(_ changes: [VerdictChange], _ seconds: Int64) {
            for change in changes where change.opening != nil { log.append("\(seconds) open \(change.id)") }
        }
    }

    @Test func guardSpeaksBeforeTheFirstAlarmWhenEverythingIsAway() {
        var world = World()
        let gone = world.start + .seconds(62)
        world.run(until: 175) { _, at in at >= gone }
        #expect(world.log.map { $0.split(separator: " ").last.map(String.init) } == ["suspected", "doubted"])
        #expect(world.states.held.count > 5, "they are down, and wait")
    }

    @Test func oneHostThatIsAwayOpensAsSoonAsAnotherIsReached() {
        var world = World()
        let gone = world.start + .seconds(62)
        world.run(until: 130) { id, at in id == 7 && at >= gone }
        // Others are checked each five seconds: they were reached while the confirmation was under way.
        #expect(world.log.map { String($0.drop { $0 != " " }) } == [" open 7"])
    }

    @Test func witnessesClearASuspicionWithinTheirOwnTime() {
        // Quick failures: nothing else is looked at between a failure and its confirmation.
        var world = World(limit: .milliseconds(10))
        let gone = world.start + .seconds(62)
        world.run(until: 110) { id, at in id == 7 && at >= gone }
        #expect(world.log.count == 3)
        #expect(world.log.map { String($0.drop { $0 != " " }) } == [" suspected", " cleared", " open 7"])
        #expect(Set(world.log.map { $0.prefix { $0 != " " } }).count == 1, "within a second: \(world.log)")
    }

    @Test func fewHostsAreNoWitnesses() {
        var world = World(hosts: 4)
        let gone = world.start + .seconds(62)
        world.run(until: 175) { _, at in at >= gone }
        #expect(world.log.count == 4 && world.log.allSatisfy { $0.contains("open") })
    }
}
