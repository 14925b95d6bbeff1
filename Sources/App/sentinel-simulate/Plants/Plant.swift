/// A bug that is put into the installation on purpose, to show that the simulation finds it.
enum Plant: String, CaseIterable {
    case ackBeforeEffect = "ack-before-effect"
    case noFencing = "no-fencing"
    case lostFlush = "lost-flush"
    case offByOneSlot = "off-by-one-slot"
    case dedupByTime = "dedup-by-time"
    case stalePage = "stale-page"
    case dropBeforeConsumer = "drop-before-consumer"
    case earlyHandover = "early-handover"
    case newKeyEachTry = "new-key-each-try"
    case forgottenJobs = "forgotten-jobs"

    var summary: String {
        switch self {
        case .ackBeforeEffect: "Processors acknowledge results before they store them."
        case .noFencing: "The store takes writes under leases that belong to another process."
        case .lostFlush: "A worker that stops drops its last results and acknowledges their jobs."
        case .offByOneSlot: "A scheduler that takes over skips a minute after the last job that was published."
        case .dedupByTime: "Of the results of one second only the first is stored, whichever monitor they are of."
        case .stalePage: "A page of monitors that was read before a change counts as newer than the change."
        case .dropBeforeConsumer: "A topic drops what is published before its first consumer has come."
        case .earlyHandover: "An alerter hands over its partitions before it has written what it took from them."
        case .newKeyEachTry: "A notification that is tried again has another key."
        case .forgottenJobs: "Jobs of a worker that died are forgotten."
        }
    }
}
