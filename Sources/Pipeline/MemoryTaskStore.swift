package import Base
package import Domain

/// Tasks of one process: the newest 10,000, for a day.
package actor MemoryTaskStore: TaskStore {
    private var tasks: [String: CheckTask] = [:]
    private var order: [String] = []
    private var oldest = 0
    private let capacity: Int
    private let lifetime: Duration

    package init(capacity: Int = 10_000, lifetime: Duration = .seconds(86_400)) {
        (self.capacity, self.lifetime) = (capacity, lifetime)
    }

    package func create(_ id: String, monitor: MonitorID, at time: Timestamp) {
        guard tasks[id] == nil else { return }
        tasks[id] = CheckTask(id: id, monitorID: monitor, createdAt: time, state: .queued)
        order.append(id)
        while oldest < order.count, let task = tasks[order[oldest]],
            order.count - oldest > capacity || task.createdAt < time - lifetime
        {
            tasks[order[oldest]] = nil
            oldest += 1
        }
        if oldest > capacity {
            order.removeFirst(oldest)
            oldest = 0
        }
    }

    package func update(_ id: String, _ state: CheckTask.State) {
        switch tasks[id]?.state {
        case .queued, .running: tasks[id]?.state = state
        case .finished, .failed, nil: break
        }
    }

    package func task(_ id: String) -> CheckTask? { tasks[id] }
}
