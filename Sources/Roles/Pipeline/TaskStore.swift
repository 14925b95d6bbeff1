package import Base
package import Domain

/// The requested checks and their outcomes.
package protocol TaskStore: Sendable {
    /// Adds a new task as queued, unless the monitor has one that is still queued; returns the one to follow.
    ///
    /// A new task's time is later than that of any other of the monitor, because it becomes the identity of its result.
    func create(_ id: String, monitor: MonitorID, at time: Timestamp) async -> CheckTask
    /// Notes that a task runs, or that it was given up, with the reason as text.
    func update(_ id: String, _ state: CheckTask.State) async
    /// The task, as long as it is kept.
    func task(_ id: String) async -> CheckTask?
}

/// A requested check.
package struct CheckTask: Sendable, Equatable {
    package let id: String
    package let monitorID: MonitorID
    package let createdAt: Timestamp
    package var state: State

    /// The state of a task.
    package enum State: Sendable, Equatable {
        case queued
        case running
        /// The check was made and its result stored.
        case finished(CheckResult)
        /// The check was not made.
        case failed(String)
    }

    package init(id: String, monitorID: MonitorID, createdAt: Timestamp, state: State) {
        (self.id, self.monitorID, self.createdAt, self.state) = (id, monitorID, createdAt, state)
    }
}
