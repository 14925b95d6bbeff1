package import Base
package import Domain

/// Keeps the tasks of one process in memory: the newest 10,000, for a day.
package actor MemoryTaskStore: TaskStore {
    private var tasks: [String: CheckTask] = [:]
    private var order: [String] = []
    /// The newest task of each monitor that has one.
    private var newest: [MonitorID: String] = [:]
    private var oldest = 0
    private let capacity: Int
    private let lifetime: Duration

    package init(capacity: Int = 10_000, lifetime: Duration = .seconds(86_400)) {
        (self.capacity, self.lifetime) = (capacity, lifetime)
    }

    package func create(_ id: String, monitor: MonitorID, at time: Timestamp) -> CheckTask {
        var time = time
        if let last = newest[monitor].flatMap({ tasks[$0] }) {
            if last.state == .queued, last.createdAt > time - CheckDispatcher.patience { return last }
            time = max(time, last.createdAt + .milliseconds(1))
        }
        let task = CheckTask(id: id, monitorID: monitor, createdAt: time, state: .queued)
        tasks[id] = task
        newest[monitor] = id
        order.append(id)
        forgetOld(at: time)
        return task
    }

    private func forgetOld(at time: Timestamp) {
        while oldest < order.count, let task = tasks[order[oldest]],
            order.count - oldest > capacity || task.createdAt < time - lifetime
        {
            tasks[task.id] = nil
            if newest[task.monitorID] == task.id { newest[task.monitorID] = nil }
            oldest += 1
        }
        if oldest > capacity {
            order.removeFirst(oldest)
            oldest = 0
        }
    }

    package func update(_ id: String, _ state: CheckTask.State, by worker: String?, at time: Timestamp) {
        switch tasks[id]?.state {
        case .queued, .running:
            tasks[id]?.state = state
            if let worker { tasks[id]?.worker = worker }
            if state.word == .running { tasks[id]?.startedAt = time }
        case .finished, .failed, nil: break
        }
    }

    package func list(_ filter: TaskFilter, after: String?, limit: Int) throws(TaskStoreError) -> TaskPage {
        var page = TaskPage(tasks: [], next: nil)
        var index = order.count
        if let after { index = order.lastIndex(of: after) ?? oldest }
        let end = max(oldest, index - TaskPage.scan)
        while index > end {
            index -= 1
            guard let task = tasks[order[index]], filter.wants(task) else { continue }
            page.tasks.append(task)
            if page.tasks.count == limit { break }
        }
        if index > oldest { page.next = order[index] }
        return page
    }

    package func task(_ id: String) -> CheckTask? { tasks[id] }
}
