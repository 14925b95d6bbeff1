import Base

/// The messages of one consumer group: waiting, or with a member and not acknowledged.
///
/// No clock, no waiting.
struct GroupQueue<Message: Sendable> {
    private struct InFlight {
        let message: Message
        let attempt: Int
        let member: Int
        let deadline: Duration
    }

    private var waiting = RingBuffer<(message: Message, attempt: Int)>()
    private var inFlight: [UInt64: InFlight] = [:]
    /// Deliveries in order of their deadlines; those acknowledged since are skipped when reached.
    private var deadlines = RingBuffer<UInt64>()
    private var nextID: UInt64 = 1
    private let redelivery: Duration

    init(redelivery: Duration) { self.redelivery = redelivery }

    var waitingCount: Int { waiting.count }
    var inFlightCount: Int { inFlight.count }

    mutating func enqueue(_ messages: [Message]) {
        for message in messages { waiting.append((message, 1)) }
    }

    /// Removes the oldest waiting messages until at most `limit` are left; how many went.
    mutating func drop(downTo limit: Int) -> Int {
        var dropped = 0
        while waiting.count > limit, waiting.popFirst() != nil { dropped += 1 }
        return dropped
    }

    mutating func take(upTo limit: Int, for member: Int, now: Duration) -> [Delivery<Message>] {
        var taken: [Delivery<Message>] = []
        taken.reserveCapacity(min(limit, waiting.count))
        while taken.count < limit, let (message, attempt) = waiting.popFirst() {
            let id = nextID
            nextID += 1
            inFlight[id] = InFlight(message: message, attempt: attempt, member: member, deadline: now + redelivery)
            deadlines.append(id)
            taken.append(Delivery(id: DeliveryID(rawValue: id), attempt: attempt, message: message))
        }
        return taken
    }

    /// Forgets deliveries; how many were really in flight.
    mutating func acknowledge(_ ids: [DeliveryID]) -> Int {
        var count = 0
        for id in ids where inFlight.removeValue(forKey: id.rawValue) != nil { count += 1 }
        skipAcknowledged()
        return count
    }

    /// Makes deliveries whose time is over wait again, before the others; how many.
    mutating func expire(now: Duration) -> Int {
        var expired: [UInt64] = []
        while let id = nextDeadlineID, let entry = inFlight[id], entry.deadline <= now {
            _ = deadlines.popFirst()
            expired.append(id)
            skipAcknowledged()
        }
        putBack(expired)
        return expired.count
    }

    /// Makes everything that a member holds wait again.
    mutating func release(member: Int) {
        putBack(inFlight.filter { $0.value.member == member }.keys.sorted())
        skipAcknowledged()
    }

    /// When the next unacknowledged delivery is due again.
    var nextDeadline: Duration? { nextDeadlineID.flatMap { inFlight[$0]?.deadline } }

    private var nextDeadlineID: UInt64? { deadlines.first }

    private mutating func skipAcknowledged() {
        while let id = deadlines.first, inFlight[id] == nil { _ = deadlines.popFirst() }
    }

    private mutating func putBack(_ ids: [UInt64]) {
        for id in ids.reversed() {
            guard let entry = inFlight.removeValue(forKey: id) else { continue }
            waiting.prepend((entry.message, entry.attempt + 1))
        }
        skipAcknowledged()
    }
}
