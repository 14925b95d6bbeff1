import Base
import Runtime

/// The event loop of a simulated process.
///
/// Invariant: used by the simulation's only thread.
final class SteppedLoop: @unchecked Sendable {
    private let node: Node
    private var isScheduled = false
    /// The time of the step that is already planned.
    private var planned = Int64.max
    private(set) lazy var loop = EventLoop(steppedAfter: { [weak self] in self?.schedule() })

    init(_ node: Node) { self.node = node }

    private func schedule() {
        guard !isScheduled else { return }
        isScheduled = true
        Simulator.shared.soon { self.node.whenRunning { self.step() } }
    }

    private func step() {
        isScheduled = false
        guard let next = loop.step() else { return }
        let wait = max(0, next.nanoseconds - MonotonicTime.now.nanoseconds)
        let due = Simulator.shared.elapsed + wait
        guard due < planned else { return }
        planned = due
        Simulator.shared.at(due) {
            if self.planned == due { self.planned = .max }
            self.schedule()
        }
    }
}
