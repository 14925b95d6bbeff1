import TestSupport
import Base
import Domain
import Scheduling
import Testing

@Suite struct JobScheduleTests {
    private let start = Timestamp(milliseconds: 1_795_000_000_000)

    private func monitor(_ id: Int64, seconds: Int = 60, revision: Int64 = 1, url: String = "http://a/") -> Monitor {
        Monitor(
            id: MonitorID(rawValue: id),
            name: "m\(id)",
            spec: CheckSpec.http(url),
            interval: .seconds(seconds),
            isActive: true,
            tags: [],
            createdAt: start,
            updatedAt: start,
            revision: revision
        )
    }

    /// Steps of random length: every slot of every monitor exactly once, in order, none missed.
    @Test(arguments: 0..<10) func everySlotIsScheduledOnce(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var schedule = JobSchedule(now: start, region: .local)
        let monitors = (1...40).map { monitor($0, seconds: [10, 15, 60, 3600].randomElement(using: &random) ?? 10) }
        for monitor in monitors { #expect(schedule.set(monitor, now: start) == true) }
        var now = start
        var jobs: [CheckJob] = []
        while now < start + .seconds(7200) {
            now = now + .milliseconds(Int.random(in: 1...2000, using: &random))
            let step = schedule.advance(to: now + .seconds(2), now: now)
            #expect(step.missed == 0)
            #expect(zip(step.jobs, step.jobs.dropFirst()).allSatisfy { $0.scheduledAt <= $1.scheduledAt })
            jobs += step.jobs
        }
        for monitor in monitors {
            let rule = SlotRule(id: monitor.id, interval: monitor.interval)
            let found = jobs.filter { $0.monitorID == monitor.id }.map(\.scheduledAt)
            var expected: [Timestamp] = []
            var slot = rule.next(atOrAfter: start)
            while slot <= now + .seconds(2) {
                expected.append(slot)
                slot = rule.next(atOrAfter: Timestamp(milliseconds: slot.milliseconds + 1))
            }
            #expect(found == expected, "seed \(seed), monitor \(monitor.id)")
        }
    }

    @Test func missedSlotsAreCountedNotRunLate() {
        var schedule = JobSchedule(now: start, region: .local)
        schedule.set(monitor(1, seconds: 10), now: start)
        let late = start + .seconds(3600)
        let step = schedule.advance(to: late, now: late)
        #expect(step.jobs.count == 1, "only the slot of the last interval may still run")
        #expect(step.missed == 359)
        #expect(step.jobs.allSatisfy { $0.scheduledAt > late - .seconds(10) && $0.expiresAt > late })
    }

    @Test func changedSettingsApplyFromTheNextSlot() {
        var schedule = JobSchedule(now: start, region: .local)
        schedule.set(monitor(1, seconds: 60), now: start)
        _ = schedule.advance(to: start + .seconds(62), now: start + .seconds(60))
        #expect(
            schedule.set(monitor(1, seconds: 10, revision: 2, url: "http://b/"), now: start + .seconds(60)) == true
        )
        #expect(schedule.set(monitor(1, seconds: 60, revision: 1), now: start + .seconds(60)) == false)
        let step = schedule.advance(to: start + .seconds(90), now: start + .seconds(88))
        #expect((2...3).contains(step.jobs.count))
        #expect(step.jobs.allSatisfy { $0.revision == 2 && $0.spec.target == "http://b/" })
        #expect(schedule.count == 1)
    }

    @Test func removedMonitorsAreNotScheduled() {
        var schedule = JobSchedule(now: start, region: .local)
        for id in 1...100 { schedule.set(monitor(Int64(id), seconds: 10), now: start) }
        for id in 1...99 { schedule.remove(MonitorID(rawValue: Int64(id))) }
        for id in 200...210 { schedule.set(monitor(Int64(id), seconds: 10), now: start) }
        let ids = Set(
            schedule.advance(to: start + .seconds(10), now: start + .seconds(8)).jobs.map(\.monitorID.rawValue)
        )
        #expect(ids == Set([100] + Array(200...210)))
    }

    @Test func clockSetBackRestartsTheSchedule() throws {
        var schedule = JobSchedule(now: start, region: .local)
        schedule.set(monitor(1, seconds: 10), now: start)
        _ = schedule.advance(to: start + .seconds(12), now: start + .seconds(10))
        let earlier = start - .seconds(86_400)
        schedule.rebuild(now: earlier)
        #expect(try #require(schedule.nextDue) <= earlier + .seconds(10))
        #expect(schedule.advance(to: earlier + .seconds(10), now: earlier + .seconds(8)).jobs.count == 1)
    }

    @Test func aConfirmationIsMadeThoughASlotComesBeforeIt() {
        var schedule = JobSchedule(now: start, region: .local)
        let monitor = monitor(7)
        schedule.set(monitor, now: start)
        let slot = SlotRule(id: monitor.id, interval: monitor.interval).next(atOrAfter: start)
        #expect(
            schedule.jobs(of: monitor.id, at: slot + .seconds(5), now: start).first?.scheduledAt == slot + .seconds(5)
        )
        #expect(schedule.jobs(of: monitor.id, at: slot, now: start).isEmpty, "the slot itself is the check")
    }
}
