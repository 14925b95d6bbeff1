import Base

/// How many steps a process has until it is killed.
///
/// A kill may fall before and after everything that leaves the process: each call of the database and each message is
/// two steps. Once dead, nothing reaches the outside any more.
package final class Lifeline: Sendable {
    private let left: Locked<Int>

    /// Immortal until steps are set.
    package init(steps: Int = .max) { left = Locked(steps) }

    package var isDead: Bool { left.withLock { $0 <= 0 } }

    /// Lets the process live for so many steps from now, unless it is dead.
    package func set(steps: Int) { left.withLock { if $0 > 0 { $0 = steps } } }

    /// Takes a step; false when the process was killed before it.
    package func step() -> Bool {
        left.withLock { left in
            guard left > 0 else { return false }
            if left != .max { left -= 1 }
            return left > 0
        }
    }
}
