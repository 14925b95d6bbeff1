import Base
import Domain
import Testing

@testable import Alerting

@Suite struct MaintenanceStatesTests {
    private let start = Timestamp(milliseconds: 1_795_000_000_000)

    private func plan(_ id: Int64, _ from: Int64, _ to: Int64) -> MaintenancePlan {
        MaintenancePlan(
            id: id,
            name: "w\(id)",
            schedule: .once(start: start + .seconds(from), end: start + .seconds(to)),
            createdAt: start
        )
    }

    @Test func activeWindowsAndNextChangeAreKnown() {
        var states = MaintenanceStates([plan(1, 10, 20), plan(2, 15, 30)])
        for (second, active, next) in [
            (0, [], 10), (10, [1], 15), (14, [1], 15), (15, [1, 2], 20), (20, [2], 30), (30, [], nil), (500, [], nil),
            // The clock is set back.
            (16, [1, 2], 20), (5, [], 10),
        ] as [(Int64, [Int64], Int64?)] {
            states.advance(to: start + .seconds(second))
            #expect(states.active.map(\.id) == active, "\(second)")
            #expect(states.nextChange == next.map { start + .seconds($0) }, "\(second)")
            #expect(!states.isDue(at: start + .seconds(second)))
        }
    }

    @Test func invalidWindowsAreReportedAndSkipped() {
        var disabled = plan(3, 0, 100)
        disabled.isEnabled = false
        var faults: [Int64] = []
        var states = MaintenanceStates(
            [plan(1, 20, 10), plan(2, 0, 100), disabled],
            fault: { plan, _ in faults.append(plan.id) }
        )
        states.advance(to: start)
        #expect(states.active.map(\.id) == [2] && faults == [1])
    }

    /// At any time the states agree with what each window says itself.
    @Test(arguments: [1, 2, 3] as [UInt64]) func statesAgreeWithTheWindows(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let plans = (1...20).map { id in
            let from = Int64.random(in: 0...1000, using: &random)
            return plan(Int64(id), from, from + Int64.random(in: 1...300, using: &random))
        }
        let windows = try plans.map { ($0.id, try $0.window(.utc)) }
        var states = MaintenanceStates(plans)
        var time = start
        for _ in 0..<300 {
            time = time + .seconds(Int64.random(in: -3...20, using: &random))
            states.advance(to: time)
            #expect(states.active.map(\.id) == windows.filter { $0.1.isActive(at: time) }.map(\.0), "seed \(seed)")
            #expect(states.nextChange == windows.compactMap { $0.1.nextChange(after: time) }.min(), "seed \(seed)")
        }
    }
}
