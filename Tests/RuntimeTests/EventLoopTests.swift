import Base
import CLinux
import Glibc
import Runtime
import Testing

@Suite struct EventLoopTests {
    /// An actor on a loop, with a pipe to watch.
    private actor Pinned {
        nonisolated let loop: EventLoop
        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
        var count = 0
        var seen: [UInt8] = []
        private var registration: EventLoop.Registration?

        init(_ loop: EventLoop) { self.loop = loop }

        func bump() {
            loop.preconditionInLoop()
            count += 1
        }

        func watch(_ descriptor: Int32, until total: Int) async throws -> [UInt8] {
            await withCheckedContinuation { continuation in
                registration = try? loop.register(descriptor, .read) { _ in
                    self.assumeIsolated { me in  // Invariant: handlers run on the loop.
                        var byte: UInt8 = 0
                        guard read(descriptor, &byte, 1) == 1 else { return }
                        me.seen.append(byte)
                        if me.seen.count == total { continuation.resume() }
                    }
                }
            }
            if let registration { loop.deregister(registration) }
            return seen
        }

        /// Arms timers in a shuffled order; returns the order in which they fired, and how early.
        func fire(_ delays: [Int]) async -> [(delay: Int, early: Bool)] {
            let start = loop.now
            return await withCheckedContinuation { continuation in
                var fired: [(delay: Int, early: Bool)] = []
                for delay in delays {
                    loop.arm(at: start + .milliseconds(delay)) {
                        fired.append((delay, MonotonicTime.now < start + .milliseconds(delay)))
                        if fired.count == delays.count { continuation.resume(returning: fired) }
                    }
                }
            }
        }

        func cancelledTimerStaysSilent() async -> Bool {
            await withCheckedContinuation { continuation in
                var fired = false
                let token = loop.arm(after: .milliseconds(1)) { fired = true }
                loop.cancel(token)
                loop.arm(after: .milliseconds(5)) { continuation.resume(returning: !fired) }
            }
        }

        /// Both descriptors are ready in one round; the first handler replaces the second by a new one with the same
        /// number.
        func staleEventsAreDropped() async throws -> Bool {
            var first: [Int32] = [0, 0]
            var second: [Int32] = [0, 0]
            guard pipe(&first) == 0, pipe(&second) == 0 else { return false }
            for end in [first[1], second[1]] { _ = write(end, "x", 1) }
            defer { for end in first + second { close(end) } }
            var stale = false
            var registrations: [EventLoop.Registration] = []
            return await withCheckedContinuation { continuation in
                var done = false
                for (own, other) in [(first[0], second[0]), (second[0], first[0])] {
                    let registration = try? loop.register(own, .read) { [loop] _ in
                        if done {
                            stale = true
                            return
                        }
                        done = true
                        for registration in registrations { loop.deregister(registration) }
                        // Same number, new generation, nothing to read: the old event must not reach it.
                        let spare = dup(other)
                        close(spare)
                        loop.arm(after: .milliseconds(2)) { continuation.resume(returning: !stale) }
                    }
                    if let registration { registrations.append(registration) }
                }
            }
        }
    }

    @Test func actorsRunOnTheLoop() async throws {
        let loop = try EventLoop(name: "test")
        let pinned = Pinned(loop)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<500 { group.addTask { await pinned.bump() } }
        }
        #expect(await pinned.count == 500)
        #expect(!loop.inLoop)
        loop.shutdown()
    }

    @Test func bytesArriveInOrder() async throws {
        let loop = try EventLoop(name: "test")
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let pinned = Pinned(loop)
        let descriptor = ends[0]
        let seen = Task { try await pinned.watch(descriptor, until: 100) }
        for byte in UInt8(0)..<100 { withUnsafeBytes(of: byte) { _ = write(ends[1], $0.baseAddress, 1) } }
        #expect(try await seen.value == Array(0..<100))
        for end in ends { close(end) }
        loop.shutdown()
    }

    @Test func timersFireInOrderAndNeverEarly() async throws {
        let loop = try EventLoop(name: "test")
        let fired = await Pinned(loop).fire([40, 3, 300, 10, 1, 25, 270, 2])
        #expect(fired.map(\.delay) == [1, 2, 3, 10, 25, 40, 270, 300])
        #expect(fired.allSatisfy { !$0.early })
        loop.shutdown()
    }

    @Test func cancelledTimersDoNotFire() async throws {
        let loop = try EventLoop(name: "test")
        #expect(await Pinned(loop).cancelledTimerStaysSilent())
        loop.shutdown()
    }

    @Test func eventsOfAnEndedRegistrationAreDropped() async throws {
        let loop = try EventLoop(name: "test")
        #expect(try await Pinned(loop).staleEventsAreDropped())
        loop.shutdown()
    }

    @Test func closuresRunAfterTheCallerReturns() async throws {
        let loop = try EventLoop(name: "test")
        final class Order: Sendable { let lines = Locked<[String]>([]) }
        let seen = Order()
        await withCheckedContinuation { continuation in
            loop.execute {
                loop.execute {
                    seen.lines.withLock { $0.append("inner") }
                    continuation.resume()
                }
                seen.lines.withLock { $0.append("outer") }
            }
        }
        #expect(seen.lines.withLock { $0 } == ["outer", "inner"])
        loop.shutdown()
    }
}
