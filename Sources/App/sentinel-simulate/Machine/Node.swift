import Base
import Runtime

/// One simulated process: it can be suspended, killed and cut off, and has a wall clock of its own.
///
/// Whatever a process does outside of its memory passes here, so that a suspended one does nothing and a dead one
/// never does anything again.
///
/// Invariant: used by the simulation's only thread.
final class Node: @unchecked Sendable {
    enum State { case running, suspended, dead }

    /// What a process can be cut off from.
    enum Link: CaseIterable { case broker, store }

    let name: String
    let role: SimulatedRole
    private(set) var state = State.running
    private(set) var isStopping = false
    /// What happens to it after it has passed so many times.
    private var fuse: (steps: Int, action: () -> Void)?
    private var transactionFuse: (() -> Void)?
    /// The jobs that it acknowledged, and the results that it published.
    var acknowledged: Set<UInt64> = []
    var published: Set<PublishedResult> = []
    /// By how much its wall clock is ahead.
    var clockError = Duration.zero
    private var cut: Set<Link> = []
    private var held: [UnsafeContinuation<Void, Never>] = []
    private var atResume: [() -> Void] = []
    /// Memberships in groups of the broker, which notices when the process is gone.
    private var memberships: [any Membership] = []

    init(name: String, role: SimulatedRole) {
        self.name = name
        self.role = role
    }

    /// Its wall clock.
    var now: Timestamp { Simulator.shared.wall + clockError }
    var clock: SimulatedClock { SimulatedClock(node: self) }

    /// Waits until the process runs; for ever when it is dead.
    func pass() async {
        if let fuse, state == .running {
            self.fuse = fuse.steps > 0 ? (fuse.steps - 1, fuse.action) : nil
            if fuse.steps == 0 { fuse.action() }
        }
        while state != .running {
            // Invariant: the continuation of a dead process is dropped, and with it all that waits for it.
            await withUnsafeContinuation { if state == .suspended { held.append($0) } }
        }
    }

    /// Runs a closure on the process's event loop when the process runs; never when it is dead.
    func whenRunning(_ body: @escaping () -> Void) {
        switch state {
        case .running: body()
        case .suspended: atResume.append(body)
        case .dead: break
        }
    }

    /// Does something to the process in the middle of its work: when it has passed so many times more.
    func arm(after steps: Int, _ action: @escaping () -> Void) { fuse = (steps, action) }
    /// The same when it begins a transaction next.
    func armTransaction(_ action: @escaping () -> Void) { transactionFuse = action }

    func disarm() {
        fuse = nil
        transactionFuse = nil
    }

    /// Call between the beginning of a transaction and its commit.
    func enterTransaction() async {
        transactionFuse.take()?()
        await pass()
    }

    func suspend() { if state == .running { state = .suspended } }

    func resume() {
        guard state == .suspended else { return }
        state = .running
        let (tasks, actions) = (held, atResume)
        held = []
        atResume = []
        for task in tasks { task.resume() }
        for action in actions { Simulator.shared.soon(action) }
    }

    func kill() {
        state = .dead
        held = []
        atResume = []
    }

    func noteStopping() { isStopping = true }

    func cut(_ link: Link) { cut.insert(link) }
    func mend(_ link: Link) { cut.remove(link) }
    func isCut(_ link: Link) -> Bool { cut.contains(link) }

    /// Waits while the process is cut off, at most for a time; false when it still is, or the task is cancelled.
    func reach(_ link: Link, within limit: Duration) async -> Bool {
        await pass()
        let deadline = clock.now.advanced(by: limit)
        while isCut(link), !Task.isCancelled, clock.now < deadline { try? await clock.sleep(for: .seconds(1)) }
        return !isCut(link)
    }

    // MARK: Groups

    func join(_ membership: any Membership) { memberships.append(membership) }

    /// Takes the process out of all groups, as a broker does that has not heard of it for too long.
    func evict() async { for membership in memberships { await membership.evict() } }
}

/// One check that was made, however often its result was published.
struct PublishedResult: Hashable {
    let monitor: Int64
    let due: Int64
    let made: Int64
}

/// A process's place in a group of the broker.
protocol Membership: Sendable {
    func evict() async
}

/// The roles of the simulation.
enum SimulatedRole: String, CaseIterable, Sendable {
    case scheduler, worker, processor, alerter

    /// Whether it writes more to the store than its lease.
    var usesStore: Bool { self == .processor || self == .alerter }
}
