import Base
import Runtime
import Testing

@Suite struct TimerWheelTests {
    /// Compares the wheel with a sorted list, with random arms, cancels and steps of every size.
    @Test(arguments: 0..<30) func firesLikeASortedList(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var wheel = TimerWheel<Int>(startingAt: UInt64.random(in: 0...1 << 40, using: &random))
        var model: [Int: UInt64] = [:]
        var tokens: [Int: TimerToken] = [:]
        for id in 0..<3000 {
            let reach: UInt64 = [10, 300, 70_000, 20_000_000, 6_000_000_000].randomElement(using: &random) ?? 10
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<6:
                let tick = wheel.current + UInt64.random(in: 0...reach, using: &random)
                tokens[id] = wheel.arm(at: tick, id)
                model[id] = max(tick, wheel.current + 1)
            case 6..<8:
                guard let victim = model.keys.min(), let token = tokens[victim] else { continue }
                #expect(wheel.cancel(token) == victim)
                #expect(wheel.cancel(token) == nil)
                model[victim] = nil
            default:
                let target = wheel.current + UInt64.random(in: 0...reach, using: &random)
                var fired: [Int] = []
                while let due = wheel.popExpired(through: target) { fired.append(due) }
                let expected = model.filter { $0.value <= target }
                #expect(Set(fired) == Set(expected.keys), "seed \(seed)")
                let expiries = fired.compactMap { expected[$0] }
                #expect(zip(expiries, expiries.dropFirst()).allSatisfy { $0 <= $1 }, "seed \(seed): out of order")
                for id in fired { model[id] = nil }
                #expect(wheel.current == target)
            }
            #expect(wheel.count == model.count)
            if let next = wheel.nextTick, let first = model.values.min() { #expect(next <= first) }
            #expect((wheel.nextTick == nil) == model.isEmpty)
        }
    }

    @Test func timerArmedWhileFiringFiresLater() {
        var wheel = TimerWheel<Int>()
        _ = wheel.arm(at: 5, 1)
        #expect(wheel.popExpired(through: 10) == 1)
        _ = wheel.arm(at: 5, 2)
        #expect(wheel.popExpired(through: 5) == nil)
        #expect(wheel.popExpired(through: 6) == 2)
    }

    @Test func aMillionTimersFireInOrder() {
        var wheel = TimerWheel<UInt64>()
        for id in 0..<1_000_000 as Range<UInt64> { _ = wheel.arm(at: 1 + mix64(id) % 60_000, mix64(id) % 60_000) }
        var count = 0
        var last: UInt64 = 0
        while let tick = wheel.popExpired(through: 60_001) {
            if tick < last { Issue.record("out of order") }
            last = tick
            count += 1
        }
        #expect(count == 1_000_000 && wheel.count == 0)
    }
}
