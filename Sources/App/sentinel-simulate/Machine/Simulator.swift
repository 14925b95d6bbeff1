import Base
import CSimulation

/// Runs every task of the process on one thread, in an order that the seed chooses, in simulated time.
///
/// Time stands still while anything can run, and jumps to the next timer when nothing can. The clocks of the process
/// show it.
///
/// Invariant: the process has one thread; only that one touches what is here.
final class Simulator: @unchecked Sendable {
    static let shared = Simulator()

    private enum Work {
        /// A task of the shared pool.
        case task(UnsafeMutableRawPointer)
        /// A task of an actor with an executor of its own.
        case serial(UnownedJob, UnownedSerialExecutor)
        case action(() -> Void)
    }

    private var ready: [Work] = []
    private var timers = TimerQueue()
    private var random = SeededGenerator(seed: 0)
    /// Nanoseconds since the beginning.
    private(set) var elapsed: Int64 = 0
    /// How many pieces of work have run.
    private(set) var steps = 0
    /// A hash of the order and the times of all of them: the same for the same seed.
    private(set) var trace: UInt64 = 0

    /// Whether what happens is printed.
    var isVerbose = false

    private init() {}

    /// The wall clock at the beginning of each simulation.
    static let start = Timestamp(milliseconds: 1_795_824_000_000)

    /// The wall clock.
    var wall: Timestamp { Timestamp(milliseconds: Self.start.milliseconds + elapsed / 1_000_000) }

    /// Takes over clocks, randomness and tasks of the process; called once, before there is any task.
    func begin(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        trace = seed
        CSimulation_begin(
            mix64(seed &+ 1),
            Self.start.milliseconds * 1_000_000,
            { job in if let job { Simulator.shared.ready.append(.task(job)) } },
            { wait, function, context in
                guard let function else { return }
                Simulator.shared.after(wait) { Simulator.shared.soon { function(context) } }
            }
        )
    }

    /// Runs until `isDone`; false when nothing is left to run before that.
    func run(until isDone: () -> Bool) -> Bool {
        while !isDone() {
            if ready.isEmpty {
                guard let next = timers.popFirst() else { return false }
                if next.due > elapsed {
                    elapsed = next.due
                    CSimulation_set_elapsed(elapsed)
                }
                next.action()
                continue
            }
            step()
        }
        return true
    }

    private func step() {
        let count = ready.count
        let index = count == 1 ? 0 : Int(random.next() % UInt64(count))
        ready.swapAt(index, count - 1)
        steps += 1
        note(UInt64(truncatingIfNeeded: elapsed) ^ UInt64(index) << 40 ^ UInt64(count) << 52)
        switch ready.removeLast() {
        case .task(let job): CSimulation_run(job)
        case .serial(let job, let executor): job.runSynchronously(on: executor)
        case .action(let body): body()
        }
    }

    /// Prints what happens, for whoever looks for a cause.
    func say(_ words: @autoclosure () -> String) { if isVerbose { print("\(wall) \(words())") } }

    /// Mixes what has happened into the trace.
    func note(_ value: UInt64) { trace = mix64(trace ^ value) }

    /// Runs a closure soon, before time goes on.
    func soon(_ body: @escaping () -> Void) { ready.append(.action(body)) }

    /// Runs a task on an actor's own executor.
    func enqueue(_ job: UnownedJob, on executor: UnownedSerialExecutor) { ready.append(.serial(job, executor)) }

    /// Runs a closure when that many nanoseconds have passed.
    func after(_ wait: Int64, _ body: @escaping () -> Void) { at(elapsed + wait, body) }

    /// Runs a closure at a time, in nanoseconds since the beginning.
    func at(_ time: Int64, _ body: @escaping () -> Void) { timers.insert(max(time, elapsed), body) }
}

/// The executor of an actor that blocks elsewhere, such as a connection of SQLite.
final class SimulatedExecutor: SerialExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        Simulator.shared.enqueue(UnownedJob(job), on: asUnownedSerialExecutor())
    }

    /// There is only one thread.
    func checkIsolated() {}
}
