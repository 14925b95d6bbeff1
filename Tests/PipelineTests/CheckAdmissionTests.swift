import Worker
import Base
import Domain
import Pipeline
import Testing

@Suite struct CheckAdmissionTests {
    private struct Check: AdmissibleCheck, Equatable {
        var monitor: Int64
        var targetKey: UInt64 = 1
        var expires: Int64 = 1000
        var monitorID: MonitorID { MonitorID(rawValue: monitor) }
        var expiresAt: Timestamp { Timestamp(milliseconds: expires) }
    }
    private let now = Timestamp(milliseconds: 0)

    @Test func oneMonitorIsNeverCheckedTwiceAtOnce() {
        var admission = CheckAdmission<Check>(maximumRunning: 10, maximumPerTarget: 10, maximumWaiting: 10)
        #expect(admission.admit(Check(monitor: 1)) == .start)
        #expect(admission.admit(Check(monitor: 1)) == .drop(.overlap))
        _ = admission.finish(Check(monitor: 1), now: now)
        #expect(admission.admit(Check(monitor: 1)) == .start)
    }

    @Test func fullTargetDelaysOnlyItsOwnChecks() {
        var admission = CheckAdmission<Check>(maximumRunning: 10, maximumPerTarget: 1, maximumWaiting: 10)
        #expect(admission.admit(Check(monitor: 1)) == .start)
        #expect(admission.admit(Check(monitor: 2)) == .wait)
        #expect(admission.admit(Check(monitor: 3, targetKey: 2)) == .start)
        #expect(admission.finish(Check(monitor: 3, targetKey: 2), now: now).start.isEmpty)
        #expect(admission.finish(Check(monitor: 1), now: now).start == [Check(monitor: 2)])
    }

    @Test func waitingChecksAreBounded() {
        var admission = CheckAdmission<Check>(maximumRunning: 1, maximumPerTarget: 1, maximumWaiting: 2)
        #expect(admission.admit(Check(monitor: 1)) == .start)
        #expect(admission.admit(Check(monitor: 2)) == .wait)
        #expect(admission.admit(Check(monitor: 3, targetKey: 9)) == .wait)
        #expect(admission.admit(Check(monitor: 4)) == .drop(.overloaded))
        #expect(admission.waiting == 2 && admission.takeEvicted().isEmpty)
    }

    @Test("the reported room matches admission", arguments: 0..<20 as Range<UInt64>)
    func roomIsWhatAdmissionFinds(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var admission = CheckAdmission<Check>(maximumRunning: 8, maximumPerTarget: 3, maximumWaiting: 20)
        var refused = 0
        for monitor in 1...500 as ClosedRange<Int64> {
            let key = UInt64.random(in: 1...4, using: &random) * UInt64.random(in: 1...2, using: &random)
            let hadRoom = admission.hasRoom(for: key)
            let decision = admission.admit(Check(monitor: monitor, targetKey: key))
            if !hadRoom {
                refused += 1
                #expect(decision == .drop(.overloaded))
            }
        }
        #expect(refused > 0)
    }

    @Test("when the queue is full, the longest line loses a check") func longestLineGivesWay() {
        var admission = CheckAdmission<Check>(maximumRunning: 1, maximumPerTarget: 1, maximumWaiting: 3)
        for monitor in 1...4 { _ = admission.admit(Check(monitor: Int64(monitor))) }
        #expect(admission.admit(Check(monitor: 5, targetKey: 2)) == .wait)
        #expect(admission.takeEvicted() == [Check(monitor: 2)])
        #expect(admission.admit(Check(monitor: 2)) == .drop(.overloaded))
        #expect(admission.waiting == 3)
    }

    @Test("hung targets leave room for those that answer", arguments: 0..<10)
    func silentTargetsLeavePlaces(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var admission = CheckAdmission<Check>(maximumRunning: 40, maximumPerTarget: 20, maximumWaiting: 100_000)
        var hanging: [Check] = []
        for monitor in 1...20_000 {
            let check = Check(monitor: Int64(monitor), targetKey: UInt64.random(in: 1...6, using: &random))
            if admission.admit(check) == .start { hanging.append(check) }
        }
        // The targets are unknown at first; after their first timeouts they count as silent.
        for _ in 0..<200 {
            let check = hanging.remove(at: Int.random(in: hanging.indices, using: &random))
            hanging += admission.finish(check, answered: false, now: now).start
        }
        #expect(admission.running == 30, "three quarters of the places: \(admission.running)")
        for round in 0..<100 {
            let healthy = Check(monitor: 100_000 + Int64(round), targetKey: 7)
            #expect(admission.admit(healthy) == .start, "round \(round)")
            _ = admission.finish(healthy, now: now)
        }
    }

    @Test("a step costs the same with a hundred thousand waiting checks") func longLines() {
        var admission = CheckAdmission<Check>(maximumRunning: 10, maximumPerTarget: 10, maximumWaiting: 100_000)
        var running: [Check] = []
        for monitor in 1...100_000 {
            let check = Check(monitor: Int64(monitor))
            if admission.admit(check) == .start { running.append(check) }
        }
        var ended = 0
        while let check = running.popLast() {
            running += admission.finish(check, now: now).start
            ended += 1
        }
        // Copying the queue at each step would make this take hours.
        #expect(ended == 100_000 && admission.waiting == 0)
    }

    @Test("targets with waiting checks take turns") func turns() {
        var admission = CheckAdmission<Check>(maximumRunning: 1, maximumPerTarget: 1, maximumWaiting: 100)
        _ = admission.admit(Check(monitor: 1, targetKey: 9))
        for monitor in 10...19 { _ = admission.admit(Check(monitor: Int64(monitor), targetKey: 1)) }
        _ = admission.admit(Check(monitor: 20, targetKey: 2))
        var order: [UInt64] = []
        var current = Check(monitor: 1, targetKey: 9)
        while let next = admission.finish(current, now: now).start.first {
            order.append(next.targetKey)
            current = next
        }
        #expect(order.prefix(3) == [1, 2, 1] && order.count == 11, "\(order)")
    }

    @Test("two loops with a shared guard never check one monitor at once") func sharedGuard() {
        let overlap = OverlapGuard()
        var first = CheckAdmission<Check>(maximumRunning: 9, maximumPerTarget: 9, maximumWaiting: 9, overlap: overlap)
        var second = CheckAdmission<Check>(maximumRunning: 9, maximumPerTarget: 9, maximumWaiting: 9, overlap: overlap)
        #expect(first.admit(Check(monitor: 1)) == .start)
        #expect(second.admit(Check(monitor: 1)) == .drop(.overlap))
        _ = first.finish(Check(monitor: 1), now: now)
        #expect(second.admit(Check(monitor: 1)) == .start)
    }

    @Test func checksThatWaitedTooLongAreDropped() {
        var admission = CheckAdmission<Check>(maximumRunning: 1, maximumPerTarget: 1, maximumWaiting: 9)
        _ = admission.admit(Check(monitor: 1))
        _ = admission.admit(Check(monitor: 2, expires: 5))
        _ = admission.admit(Check(monitor: 3))
        let (start, expired) = admission.finish(Check(monitor: 1), now: Timestamp(milliseconds: 5))
        #expect(start == [Check(monitor: 3)])
        #expect(expired == [Check(monitor: 2, expires: 5)])
    }

    /// For any sequence the limits hold, every check ends once, and none is forgotten.
    @Test(arguments: 0..<20) func limitsHoldUnderRandomUse(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var admission = CheckAdmission<Check>(maximumRunning: 5, maximumPerTarget: 2, maximumWaiting: 50)
        var running: [Check] = []
        var waiting: Set<Int64> = []
        for _ in 0..<5000 {
            if Bool.random(using: &random) {
                let check = Check(
                    monitor: Int64.random(in: 1...80, using: &random),
                    targetKey: UInt64.random(in: 1...6, using: &random)
                )
                let known = running.contains { $0.monitor == check.monitor } || waiting.contains(check.monitor)
                switch admission.admit(check) {
                case .start: running.append(check)
                case .wait: waiting.insert(check.monitor)
                case .drop(let reason): #expect(reason == (known ? .overlap : .overloaded), "seed \(seed)")
                }
                for gone in admission.takeEvicted() {
                    #expect(waiting.remove(gone.monitor) != nil, "seed \(seed)")
                }
            } else if let index = running.indices.randomElement(using: &random) {
                let (start, expired) = admission.finish(running.remove(at: index), now: now)
                #expect(expired.isEmpty)
                for check in start { #expect(waiting.remove(check.monitor) != nil, "seed \(seed)") }
                running += start
            }
            #expect(running.count <= 5 && admission.running == running.count && admission.waiting == waiting.count)
            #expect(Dictionary(grouping: running, by: \.targetKey).values.allSatisfy { $0.count <= 2 }, "seed \(seed)")
        }
        while !running.isEmpty {
            let (start, _) = admission.finish(running.removeFirst(), now: now)
            for check in start { waiting.remove(check.monitor) }
            running += start
        }
        #expect(waiting.isEmpty, "seed \(seed): forgotten")
    }
}
