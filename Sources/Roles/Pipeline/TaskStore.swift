package import Base
package import Domain

/// The checks that somebody asked for, and what became of them.
package protocol TaskStore: Sendable {
    /// Notes a new task as queued, unless one already waits for the monitor: the one to be asked about.
    ///
    /// A new task's time is later than that of any other of the monitor, for its result is named after it.
    func create(_ id: String, monitor: MonitorID, at time: Timestamp) async -> CheckTask
    /// Notes that it runs, or that it was given up with a reason in words.
    func update(_ id: String, _ state: CheckTask.State) async
    /// The task, while it is remembered.
    func task(_ id: String) async -> CheckTask?
}

/// A check on demand.
package struct CheckTask: Sendable, Equatable {
    package let id: String
    package let monitorID: MonitorID
    package let createdAt: Timestamp
    package var state: State

    /// How far a task has come.
    package enum State: Sendable, Equatable {
        case queued
        case running
        /// The check was made, and its result stored.
        case finished(CheckResult)
        /// The check was not made.
        case failed(String)
    }

    package init(id: String, monitorID: MonitorID, createdAt: Timestamp, state: State) {
        (self.id, self.monitorID, self.createdAt, self.state) = (id, monitorID, createdAt, state)
    }
}
