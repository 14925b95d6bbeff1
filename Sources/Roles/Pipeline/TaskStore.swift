package import Base
package import Domain

/// The requested checks and their outcomes.
package protocol TaskStore: Sendable {
    /// Adds a new task as queued, unless the monitor has one that is still queued; returns the one to follow.
    ///
    /// A new task's time is later than that of any other of the monitor, because it becomes the identity of its result.
    func create(_ id: String, monitor: MonitorID, at time: Timestamp) async -> CheckTask
    /// Notes that a task runs, or that it was given up, with the reason as text.
    ///
    /// `worker` is the process that runs it, by its id in the fleet.
    func update(_ id: String, _ state: CheckTask.State, by worker: String?, at time: Timestamp) async
    /// The task, as long as it is kept.
    func task(_ id: String) async -> CheckTask?
    /// The tasks that a filter wants, newest first: those after the task `after`, at most `limit`.
    ///
    /// A page may have fewer although more follow. Throws `TaskStoreError` when they cannot be read now.
    func list(_ filter: TaskFilter, after: String?, limit: Int) async throws(TaskStoreError) -> TaskPage
}

extension TaskStore {
    /// Notes a state without saying who runs the task.
    package func update(_ id: String, _ state: CheckTask.State) async { await update(id, state, by: nil, at: .now) }
}

/// Why tasks cannot be read, in words.
package struct TaskStoreError: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// Which tasks a list has.
package struct TaskFilter: Sendable, Equatable {
    /// nil for any.
    package var state: CheckTask.Word?
    /// nil for any.
    package var monitor: MonitorID?

    package init(state: CheckTask.Word? = nil, monitor: MonitorID? = nil) {
        (self.state, self.monitor) = (state, monitor)
    }

    func wants(_ task: CheckTask) -> Bool {
        (state == nil || state == task.state.word) && (monitor == nil || monitor == task.monitorID)
    }
}

/// A part of a list of tasks.
package struct TaskPage: Sendable, Equatable {
    package var tasks: [CheckTask]
    /// The id to continue after; nil on the last page.
    package var next: String?

    package init(tasks: [CheckTask], next: String?) { (self.tasks, self.next) = (tasks, next) }

    /// How many tasks are looked at for one page.
    package static let scan = 2000
}

/// A requested check.
package struct CheckTask: Sendable, Equatable {
    package let id: String
    package let monitorID: MonitorID
    package let createdAt: Timestamp
    package var state: State
    /// The process that runs it, or has run it; nil before.
    package var worker: String?
    /// When it was started; nil before.
    package var startedAt: Timestamp?

    /// The state of a task.
    package enum State: Sendable, Equatable {
        case queued
        case running
        /// The check was made and its result stored.
        case finished(CheckResult)
        /// The check was not made.
        case failed(String)

        package var word: Word {
            switch self {
            case .queued: .queued
            case .running: .running
            case .finished: .finished
            case .failed: .failed
            }
        }
    }

    /// The name of a state.
    package enum Word: String, Sendable, CaseIterable { case queued, running, finished, failed }

    package init(id: String, monitorID: MonitorID, createdAt: Timestamp, state: State) {
        (self.id, self.monitorID, self.createdAt, self.state) = (id, monitorID, createdAt, state)
    }
}
