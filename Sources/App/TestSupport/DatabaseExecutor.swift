import Base
import Dispatch

/// A queue's executor that counts its jobs, and so the thread changes to it.
package final class DatabaseExecutor: SerialExecutor {
    private let queue: DispatchQueue
    private let jobs = Locked(0)

    /// An executor with a queue of its own.
    package init(label: String) { queue = DispatchQueue(label: label) }

    /// The jobs enqueued so far.
    package var count: Int { jobs.withLock { $0 } }

    package func enqueue(_ job: consuming ExecutorJob) {
        jobs.withLock { $0 += 1 }
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    package func checkIsolated() { dispatchPrecondition(condition: .onQueue(queue)) }
}
