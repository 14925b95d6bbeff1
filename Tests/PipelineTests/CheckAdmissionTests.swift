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

    @Test func aFullTargetHoldsUpItsOwnChecksOnly() {
        var admission = CheckAdmission<Check>(maximumRunning: 10, maximumPerTarget: 1, maximumWaiting: 10)
        #expect(admission.admit(Check(monitor: 1)) == .start)
        #expect(admission.admit(Check(monitor: 2)) == .wait)
        #expect(admission.admit(Check(monitor: 3, targetKey: 2)) == .start)
        #expect(admission.finish(Check(monitor: 3, targetKey: 2), now: now).start.isEmpty)
        #expect(admission.finish(Check(monitor: 1), now: now).start == [Check(monitor: 2)])
    }

    @Test func waitingIsBounded() {
        var admission = CheckAdmission<Check>(maximumRunning: 1, maximumPerTarget: 1, maximumWaiting: 2)
        #expect(admission.admit(Check(monitor: 1)) == .start)
        #expect(admission.admit(Check(monitor: 2)) == .wait)
        #expect(admission.admit(Check(monitor: 3, targetKey: 9)) == .wait)
        #expect(admission.admit(Check(monitor: 4)) == .drop(.overloaded))
        #expect(admission.waiting == 2)
    }

    @Test func whatWaitedTooLongIsNotStarted() {
        var admission = CheckAdmission<Check>(maximumRunning: 1, maximumPerTarget: 1, maximumWaiting: 9)
        _ = admission.admit(Check(monitor: 1))
        _ = admission.admit(Check(monitor: 2, expires: 5))
        _ = admission.admit(Check(monitor: 3))
        let (start, expired) = admission.finish(Check(monitor: 1), now: Timestamp(milliseconds: 5))
        #expect(start == [Check(monitor: 3)])
        #expect(expired == [Check(monitor: 2, expires: 5)])
    }

    /// Whatever happens, the limits hold, every check ends once, and none is forgotten.
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
