import Base
import Broker
import Domain

/// One job of a worker; an object, because it is passed on often.
final class Assignment: AdmissibleCheck {
    let job: CheckJob
    let delivery: DeliveryID
    let targetKey: UInt64
    /// When it was due, in the loop's time.
    let due: MonotonicTime
    /// The worker's run that has taken it.
    let epoch: Int

    init(job: CheckJob, delivery: DeliveryID, targetKey: UInt64, due: MonotonicTime, epoch: Int) {
        self.job = job
        self.delivery = delivery
        self.targetKey = targetKey
        self.due = due
        self.epoch = epoch
    }

    var monitorID: MonitorID { job.monitorID }
    var expiresAt: Timestamp { job.expiresAt }
}

/// The jobs that a worker has taken, until they are finished, dropped or put aside; used by one actor only.
struct ClaimedJobs {
    var count = 0 { didSet { check() } }
    /// Whether a worker that stops finishes them, and leaves none for others.
    var areFinished = false { didSet { check() } }
    private var waiter: CheckedContinuation<Void, Never>?

    /// Resumes the continuation when all are finished, or when the others are left.
    mutating func wait(_ continuation: CheckedContinuation<Void, Never>) {
        waiter = continuation
        check()
    }

    private mutating func check() {
        if count == 0 || !areFinished { waiter.take()?.resume() }
    }
}
