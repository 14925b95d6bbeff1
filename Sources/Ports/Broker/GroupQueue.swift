import Base

/// The messages of one consumer group: waiting, or delivered and not acknowledged.
///
/// Has no clock and does not wait. Messages are moved in the batches in which they were published: code that is generic
/// over the message does as little as possible for each.
package struct GroupQueue<Message: Sendable> {
    private struct Chunk {
        var messages: [Message]
        let attempt: Int
    }

    private var waiting = RingBuffer<Chunk>()
    private var pending = PendingDeliveries()
    private var inFlight: [UInt64: [Message]] = [:]
    /// The time after which an unacknowledged message is delivered again; set before the first one is taken.
    package var redelivery: Duration
    package private(set) var waitingCount = 0

    package init(redelivery: Duration) { self.redelivery = redelivery }

    package var inFlightCount: Int { pending.count }

    package mutating func enqueue(_ messages: [Message]) {
        guard !messages.isEmpty else { return }
        waiting.append(Chunk(messages: messages, attempt: 1))
        waitingCount += messages.count
    }

    /// Removes the oldest waiting messages until at most `limit` are left; returns how many.
    package mutating func drop(downTo limit: Int) -> Int {
        let excess = max(0, waitingCount - limit)
        var left = excess
        while left > 0, let chunk = waiting.popFirst() {
            if chunk.messages.count > left {
                waiting.prepend(Chunk(messages: Array(chunk.messages[left...]), attempt: chunk.attempt))
            }
            left -= min(left, chunk.messages.count)
        }
        waitingCount -= excess
        return excess
    }

    /// Whether a wanted message is waiting.
    package func contains(where isWanted: (Message) -> Bool) -> Bool {
        (0..<waiting.count).contains { waiting[$0].messages.contains(where: isWanted) }
    }

    /// The next wanted messages of one attempt, at most `limit`; the others keep waiting in their order.
    ///
    /// Looks at each message that waits before them.
    package mutating func take(
        upTo limit: Int,
        for member: Int,
        now: Duration,
        where isWanted: (Message) -> Bool
    ) -> Deliveries<Message> {
        var taken: [Message] = []
        var attempt = 1
        var rest = RingBuffer<Chunk>()
        while let chunk = waiting.popFirst() {
            guard taken.count < limit, taken.isEmpty || chunk.attempt == attempt else {
                rest.append(chunk)
                continue
            }
            var left: [Message] = []
            for message in chunk.messages {
                if taken.count < limit, isWanted(message) {
                    taken.append(message)
                    attempt = chunk.attempt
                } else {
                    left.append(message)
                }
            }
            if !left.isEmpty { rest.append(Chunk(messages: left, attempt: chunk.attempt)) }
        }
        waiting = rest
        return deliver(taken, attempt, to: member, now: now)
    }

    /// The next messages of one attempt, at most `limit`; empty when none waits.
    package mutating func take(upTo limit: Int, for member: Int, now: Duration) -> Deliveries<Message> {
        var messages: [Message] = []
        var attempt = 1
        while messages.count < limit, let chunk = waiting.first, messages.isEmpty || chunk.attempt == attempt {
            _ = waiting.popFirst()
            attempt = chunk.attempt
            let room = limit - messages.count
            if chunk.messages.count > room {
                waiting.prepend(Chunk(messages: Array(chunk.messages[room...]), attempt: attempt))
                messages += chunk.messages[..<room]
            } else if messages.isEmpty {
                messages = chunk.messages
            } else {
                messages += chunk.messages
            }
        }
        return deliver(messages, attempt, to: member, now: now)
    }

    private mutating func deliver(
        _ messages: [Message],
        _ attempt: Int,
        to member: Int,
        now: Duration
    ) -> Deliveries<Message> {
        guard !messages.isEmpty else {
            return Deliveries(firstID: DeliveryID(rawValue: 0), attempt: attempt, messages: [])
        }
        waitingCount -= messages.count
        let first = pending.add(messages.count, attempt: attempt, member: member, deadline: now + redelivery)
        inFlight[first] = messages
        return Deliveries(firstID: DeliveryID(rawValue: first), attempt: attempt, messages: messages)
    }

    /// Forgets acknowledged deliveries; unknown ones are ignored.
    package mutating func acknowledge(_ ids: [DeliveryID]) {
        for first in pending.acknowledge(ids) { inFlight[first] = nil }
    }

    /// Makes deliveries whose time is over wait again, before the others; returns how many.
    package mutating func expire(now: Duration) -> Int { putBack(pending.expire(now: now)) }

    /// Makes all messages that were delivered to a member wait again.
    package mutating func release(member: Int) { _ = putBack(pending.release(member: member)) }

    /// Makes some of the messages that were delivered to a member wait again, before the others.
    package mutating func release(member: Int, where isReleased: (Message) -> Bool) {
        for batch in pending.batches(of: member).reversed() {
            guard let messages = inFlight[batch.first] else { continue }
            let released = messages.indices.filter { !batch.isAcknowledged($0) && isReleased(messages[$0]) }
            guard !released.isEmpty else { continue }
            acknowledge(released.map { DeliveryID(rawValue: batch.first + UInt64($0)) })
            waiting.prepend(Chunk(messages: released.map { messages[$0] }, attempt: batch.attempt + 1))
            waitingCount += released.count
        }
    }

    /// Removes messages that a member rejects, for the dead letters; unknown ones are ignored.
    package mutating func reject(_ ids: [DeliveryID]) -> [Message] {
        var rejected: [Message] = []
        for id in ids {
            guard let (first, index) = pending.locate(id), let messages = inFlight[first] else { continue }
            rejected.append(messages[index])
            acknowledge([id])
        }
        return rejected
    }

    /// The messages of deliveries that are not acknowledged.
    package func messages(_ ids: [DeliveryID]) -> [Message] {
        ids.compactMap { id in pending.locate(id).flatMap { inFlight[$0.first]?[$0.index] } }
    }

    /// When the next unacknowledged delivery is due again.
    package var nextDeadline: Duration? { pending.nextDeadline }

    private mutating func putBack(_ batches: [PendingDeliveries.Batch]) -> Int {
        var count = 0
        for batch in batches.reversed() {
            guard let messages = inFlight.removeValue(forKey: batch.first) else { continue }
            let left = messages.indices.filter { !batch.isAcknowledged($0) }.map { messages[$0] }
            waiting.prepend(Chunk(messages: left, attempt: batch.attempt + 1))
            count += left.count
        }
        waitingCount += count
        return count
    }
}
