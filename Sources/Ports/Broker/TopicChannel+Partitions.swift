import Base

extension TopicChannel {
    /// The next event of a member that owns partitions: changes of its partitions come before messages.
    func next(upTo limit: Int, group: String, member: Int) async -> PartitionEvent<Message> {
        let topic = topic
        while true {
            let now = clock.elapsed
            let (event, publishers) = state.withLock { state -> (PartitionEvent<Message>?, [Waiter]) in
                guard !state.isClosed, let owned = state.groups[group]?.assignment, owned.contains(member) else {
                    return (.end, [])
                }
                switch state.groups[group]?.assignment?.takeNews(for: member) {
                case .assigned(let partitions): return (.assigned(partitions), [])
                case .revoked(let partitions): return (.revoked(partitions), [])
                case nil: break
                }
                let expired = state.groups[group]?.queue.expire(now: now) ?? 0
                if expired > 0 { counters.redelivered(expired, topic: topic.name) }
                // The only member need not look at each message.
                let taken =
                    owned.isSole(member)
                    ? state.groups[group]?.queue.take(upTo: limit, for: member, now: now)
                    : state.groups[group]?.queue.take(upTo: limit, for: member, now: now) {
                        owned.mayTake(member, topic.partition(of: $0))
                    }
                guard let taken, !taken.isEmpty else { return (nil, []) }
                defer { state.publishers = [:] }
                return (.messages(taken), Array(state.publishers.values))
            }
            for publisher in publishers { publisher.resume() }
            if let event { return event }
            if Task.isCancelled { return .end }
            await waitForMessages(group: group) { group in
                guard let owned = group.assignment, owned.contains(member) else { return true }
                if owned.hasNews(for: member) { return true }
                return group.queue.contains { owned.mayTake(member, topic.partition(of: $0)) }
            }
        }
    }

    /// Frees partitions of a member; their unacknowledged messages wait for the next owner.
    func release(_ partitions: [Partition], group: String, member: Int) {
        let topic = topic
        let receivers = state.withLock { state -> [Waiter] in
            guard let freed = state.groups[group]?.assignment?.release(partitions, by: member), !freed.isEmpty else {
                return []
            }
            let released = Set(freed)
            state.groups[group]?.queue.release(member: member) { released.contains(topic.partition(of: $0)) }
            return state.groups[group]?.takeReceivers() ?? []
        }
        for receiver in receivers { receiver.resume() }
    }
}
