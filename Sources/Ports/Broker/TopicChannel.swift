import Base

/// One topic in the process: its consumer groups, its listeners and the tasks that wait for either.
///
/// The state changes under a lock; continuations are resumed and tasks started after it is released.
final class TopicChannel<Message: Sendable>: Sendable {
    typealias Waiter = CheckedContinuation<Void, Never>

    struct Group {
        var queue: GroupQueue<Message>
        var members: Set<Int> = []
        /// The owners of partitions; nil in a group whose members share all messages.
        var assignment: PartitionAssignment?
        var receivers: [Int: Waiter] = [:]
        var hasTimer = false

        mutating func takeReceivers() -> [Waiter] {
            defer { receivers = [:] }
            return Array(receivers.values)
        }
    }
    struct State {
        var groups: [String: Group] = [:]
        /// Messages that were published while the topic had no group, for the first one that joins.
        var early = GroupQueue<Message>(redelivery: .zero)
        var publishers: [Int: Waiter] = [:]
        var listeners: [Int: WeakMailbox] = [:]
        var nextID = 0
        var isClosed = false

        mutating func makeID() -> Int {
            nextID += 1
            return nextID
        }
    }

    /// A listener that was released ends by itself.
    struct WeakMailbox { weak var mailbox: BroadcastMailbox<Message>? }

    let topic: Topic<Message>
    let state = Locked(State())
    let clock: any BrokerClock
    let counters: BrokerCounters
    private let bury: @Sendable ([Message]) -> Void

    /// `bury` takes rejected messages.
    init(
        topic: Topic<Message>,
        clock: any BrokerClock,
        counters: BrokerCounters,
        bury: @escaping @Sendable ([Message]) -> Void
    ) {
        (self.topic, self.clock, self.counters, self.bury) = (topic, clock, counters, bury)
    }

    // MARK: Publishing

    func publish(_ messages: [Message]) async throws(BrokerError) {
        while true {
            let outcome = offer(messages)
            switch outcome {
            case .taken(let receivers):
                for receiver in receivers { receiver.resume() }
                return
            case .full: throw .full(topic: topic.name)
            case .closed: throw .closed
            case .wait: await waitForSpace(messages.count)
            }
            if Task.isCancelled { throw .closed }
        }
    }

    /// Adds messages without waiting, even to a full topic; for dead letters.
    func keep(_ messages: [Message]) {
        if case .taken(let receivers) = offer(messages) { for receiver in receivers { receiver.resume() } }
    }

    private enum Offer { case taken([Waiter]), full, closed, wait }

    private func offer(_ messages: [Message]) -> Offer {
        state.withLock { state -> Offer in
            if state.isClosed { return .closed }
            if !Self.hasSpace(messages.count, in: state, capacity: topic.capacity) {
                switch topic.whenFull {
                case .refuse: return .full
                case .block: return .wait
                case .dropOldest: break
                }
            }
            var receivers: [Waiter] = []
            if state.groups.isEmpty {
                state.early.enqueue(messages)
                let dropped = state.early.drop(downTo: topic.capacity)
                if dropped > 0 { counters.dropped(dropped, topic: topic.name) }
            }
            for name in state.groups.keys {
                state.groups[name]?.queue.enqueue(messages)
                if let dropped = state.groups[name]?.queue.drop(downTo: topic.capacity), dropped > 0 {
                    counters.dropped(dropped, topic: topic.name)
                }
                receivers += state.groups[name]?.takeReceivers() ?? []
            }
            return .taken(receivers)
        }
    }

    /// A batch larger than the whole capacity is accepted into an empty queue; otherwise it could never be published.
    private static func hasSpace(_ count: Int, in state: State, capacity: Int) -> Bool {
        state.groups.values.allSatisfy { $0.queue.waitingCount == 0 || $0.queue.waitingCount + count <= capacity }
    }

    private func waitForSpace(_ count: Int) async {
        let id = state.withLock { $0.makeID() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: Waiter) in
                let resumeNow = state.withLock { state -> Bool in
                    if state.isClosed || Task.isCancelled { return true }
                    if Self.hasSpace(count, in: state, capacity: topic.capacity) { return true }
                    state.publishers[id] = waiter
                    return false
                }
                if resumeNow { waiter.resume() }
            }
        } onCancel: {
            state.withLock { $0.publishers.removeValue(forKey: id) }?.resume()
        }
    }

    // MARK: Consuming

    /// `owning` says whether the members of the group own partitions.
    func join(group: String, redelivery: Duration, owning: Bool = false) -> Int {
        let (member, receivers) = state.withLock { state in
            if state.groups[group] == nil {
                // The first group gets the waiting messages; afterwards that queue stays empty.
                var queue = state.early
                state.early = GroupQueue(redelivery: .zero)
                queue.redelivery = redelivery
                state.groups[group] = Group(queue: queue, assignment: owning ? PartitionAssignment() : nil)
            }
            let member = state.makeID()
            precondition((state.groups[group]?.assignment != nil) == owning, "group \(group) is of another sort")
            state.groups[group]?.members.insert(member)
            state.groups[group]?.assignment?.join(member)
            // Other members may have to release partitions.
            return (member, owning ? state.groups[group]?.takeReceivers() ?? [] : [])
        }
        for receiver in receivers { receiver.resume() }
        return member
    }

    func receive(upTo limit: Int, group: String, member: Int) async -> Deliveries<Message> {
        while true {
            let now = clock.elapsed
            let (taken, publishers, closed) = state.withLock { state -> (Deliveries<Message>, [Waiter], Bool) in
                let nothing = Deliveries<Message>(firstID: DeliveryID(rawValue: 0), attempt: 1, messages: [])
                guard !state.isClosed, state.groups[group]?.members.contains(member) == true else {
                    return (nothing, [], true)
                }
                let expired = state.groups[group]?.queue.expire(now: now) ?? 0
                if expired > 0 { counters.redelivered(expired, topic: topic.name) }
                let taken = state.groups[group]?.queue.take(upTo: limit, for: member, now: now) ?? nothing
                guard !taken.isEmpty else { return (taken, [], false) }
                defer { state.publishers = [:] }
                return (taken, Array(state.publishers.values), false)
            }
            for publisher in publishers { publisher.resume() }
            if closed || !taken.isEmpty || Task.isCancelled { return taken }
            await waitForMessages(group: group) { $0.queue.waitingCount > 0 }
        }
    }

    /// Waits until the group is woken, unless `isReady` is already true.
    func waitForMessages(group: String, unless isReady: @Sendable (Group) -> Bool) async {
        let id = state.withLock { $0.makeID() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: Waiter) in
                let (resumeNow, deadline) = state.withLock { state -> (Bool, Duration?) in
                    guard !state.isClosed, !Task.isCancelled, let current = state.groups[group],
                        !isReady(current)
                    else { return (true, nil) }
                    state.groups[group]?.receivers[id] = waiter
                    guard !current.hasTimer, let deadline = current.queue.nextDeadline else { return (false, nil) }
                    state.groups[group]?.hasTimer = true
                    return (false, deadline)
                }
                if resumeNow { waiter.resume() }
                if let deadline { wakeReceivers(of: group, at: deadline) }
            }
        } onCancel: {
            state.withLock { $0.groups[group]?.receivers.removeValue(forKey: id) }?.resume()
        }
    }

    /// One timer per group wakes its receivers when the oldest unacknowledged message is delivered again.
    private func wakeReceivers(of group: String, at deadline: Duration) {
        Task {
            await clock.sleep(until: deadline)
            let receivers = state.withLock { state -> [Waiter] in
                state.groups[group]?.hasTimer = false
                return state.groups[group]?.takeReceivers() ?? []
            }
            for receiver in receivers { receiver.resume() }
        }
    }

    func acknowledge(_ ids: [DeliveryID], group: String) throws(BrokerError) {
        let isClosed = state.withLock { state in
            state.groups[group]?.queue.acknowledge(ids)
            return state.isClosed
        }
        if isClosed { throw .closed }
    }

    func reject(_ ids: [DeliveryID], group: String) throws(BrokerError) {
        let (rejected, isClosed) = state.withLock { state in
            (state.groups[group]?.queue.reject(ids) ?? [], state.isClosed)
        }
        if !rejected.isEmpty {
            counters.rejected(rejected.count, topic: topic.name)
            bury(rejected)
        }
        if isClosed { throw .closed }
    }

    func leave(group: String, member: Int) {
        let receivers = state.withLock { state -> [Waiter] in
            state.groups[group]?.members.remove(member)
            state.groups[group]?.queue.release(member: member)
            state.groups[group]?.assignment?.leave(member)
            return state.groups[group]?.takeReceivers() ?? []
        }
        for receiver in receivers { receiver.resume() }
    }

    // MARK: Broadcast

    func broadcast(_ message: Message) {
        let listeners = state.withLock { Array($0.listeners.values) }
        var lost = 0
        for listener in listeners where listener.mailbox?.put(message) == false { lost += 1 }
        if lost > 0 { counters.unheard(lost, topic: topic.name) }
    }

    func listen() -> Broadcasts<Message> {
        let mailbox = BroadcastMailbox<Message>(capacity: topic.capacity)
        let isClosed = state.withLock { state in
            state.listeners = state.listeners.filter { $0.value.mailbox != nil }
            state.listeners[state.makeID()] = WeakMailbox(mailbox: mailbox)
            return state.isClosed
        }
        if isClosed { mailbox.close() }
        return Broadcasts(mailbox: mailbox)
    }
}

extension TopicChannel: AnyTopicChannel {
    var backlog: [TopicBacklog] {
        state.withLock { state in
            state.groups.map { name, group in
                var backlog = TopicBacklog(
                    topic: topic.name,
                    group: name,
                    waiting: group.queue.waitingCount,
                    inFlight: group.queue.inFlightCount,
                    members: group.members.count
                )
                backlog.knowsAges = false
                return backlog
            }
        }
    }

    /// Waiting and unacknowledged messages of the fullest group.
    var depth: (waiting: Int, inFlight: Int) {
        state.withLock { state in
            (
                state.groups.values.map(\.queue.waitingCount).max() ?? state.early.waitingCount,
                state.groups.values.map(\.queue.inFlightCount).max() ?? 0
            )
        }
    }

    func close() {
        let (waiters, listeners) = state.withLock { state in
            state.isClosed = true
            let waiters = state.groups.values.flatMap(\.receivers.values) + Array(state.publishers.values)
            let listeners = Array(state.listeners.values)
            state.publishers = [:]
            state.listeners = [:]
            for name in state.groups.keys { _ = state.groups[name]?.takeReceivers() }
            return (waiters, listeners)
        }
        for waiter in waiters { waiter.resume() }
        for listener in listeners { listener.mailbox?.close() }
    }
}

/// A channel without its message type.
protocol AnyTopicChannel: Sendable {
    var depth: (waiting: Int, inFlight: Int) { get }
    var backlog: [TopicBacklog] { get }
    func close()
}
