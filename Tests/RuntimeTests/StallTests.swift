import Base
import Glibc
import Runtime
import Testing

/// How a loop behaves after it, or the machine, was suspended: answers count before the deadlines that passed.
@Suite struct StallTests {
    /// A watched pipe and a timer; reports which comes first.
    ///
    /// Invariant: all but the ends of the pipe is touched on the loop alone.
    private final class Race: @unchecked Sendable {
        enum Winner { case event, timer }
        let loop: EventLoop
        private var ends: [Int32] = [0, 0]
        private var registration: EventLoop.Registration?
        private var timer: TimerToken?

        init(_ rule: EventLoop.StallRule) throws {
            loop = try EventLoop(name: "stall-test", stallRule: rule)
            try #require(pipe(&ends) == 0)
        }

        deinit { for end in ends { close(end) } }

        func write() { _ = Glibc.write(ends[1], "x", 1) }

        /// Arms the timer, then keeps the loop's thread busy until the timer is `late`, then calls `after` there.
        func run(late: Duration, before: @escaping @Sendable () -> Void = {}, after: @escaping @Sendable () -> Void)
            async
            -> Winner
        {
            await withCheckedContinuation { continuation in
                loop.execute { [self] in
                    registration = try? loop.register(ends[0], .read) { [self] _ in
                        timer.map(loop.cancel)
                        registration.map(loop.deregister)
                        continuation.resume(returning: .event)
                    }
                    let due = loop.now + .milliseconds(1)
                    timer = loop.arm(at: due) { [self] in
                        registration.map(loop.deregister)
                        continuation.resume(returning: .timer)
                    }
                    before()
                    while MonotonicTime.now < due + late {}
                    after()
                }
            }
        }
    }

    @Test func arrivedDataComesBeforePassedTimers() async throws {
        let race = try Race(EventLoop.StallRule())
        let winner = await race.run(late: .milliseconds(3), before: { race.write() }, after: {})
        #expect(winner == .event)
        race.loop.shutdown()
    }

    @Test func timersWaitForArrivingDataAfterAStall() async throws {
        var rule = EventLoop.StallRule()
        (rule.lateness, rule.grace) = (.milliseconds(5), .seconds(60))
        let race = try Race(rule)
        // The byte arrives once the loop has checked its descriptors again.
        let winner = await race.run(late: .milliseconds(10)) {
            race.loop.execute { race.loop.execute { race.loop.execute { race.write() } } }
        }
        #expect(winner == .event)
        race.loop.shutdown()
    }

    @Test func timersFireAfterTheGrace() async throws {
        var rule = EventLoop.StallRule()
        (rule.lateness, rule.grace) = (.milliseconds(5), .milliseconds(50))
        let race = try Race(rule)
        let start = MonotonicTime.now
        #expect(await race.run(late: .milliseconds(10), after: {}) == .timer)
        #expect(MonotonicTime.now - start >= .milliseconds(60))
        race.loop.shutdown()
    }

    @Test func overloadedLoopGetsNoSecondGrace() async throws {
        var rule = EventLoop.StallRule()
        (rule.lateness, rule.grace, rule.pause) = (.milliseconds(5), .milliseconds(1), .seconds(600))
        let race = try Race(rule)
        #expect(await race.run(late: .milliseconds(10), after: {}) == .timer)
        // Late again: a byte that arrives a moment later is now too late.
        let winner = await race.run(late: .milliseconds(10), after: {})
        #expect(winner == .timer)
        race.loop.shutdown()
    }
}
