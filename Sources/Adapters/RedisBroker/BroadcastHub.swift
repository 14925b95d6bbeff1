import Base
import Broker

/// The listeners of one topic in this process.
final class BroadcastHub<Message: Sendable>: AnyHub {
    /// A listener that was released ends by itself.
    private struct WeakMailbox { weak var mailbox: BroadcastMailbox<Message>? }

    private let mailboxes = Locked<[WeakMailbox]>([])
    private let topic: Topic<Message>
    private let codec: MessageCodec<Message>
    private let counters: BrokerCounters

    init(_ topic: Topic<Message>, _ codec: MessageCodec<Message>, _ counters: BrokerCounters) {
        (self.topic, self.codec, self.counters) = (topic, codec, counters)
    }

    func add() -> Broadcasts<Message> {
        let mailbox = BroadcastMailbox<Message>(capacity: topic.capacity)
        mailboxes.withLock { all in
            all.removeAll { $0.mailbox == nil }
            all.append(WeakMailbox(mailbox: mailbox))
        }
        return Broadcasts(mailbox: mailbox)
    }

    /// Passes a message on; nil when some may have been lost.
    func hear(_ bytes: [UInt8]?) {
        var message: Message?
        // What cannot be read, or only says that something has changed, sends listeners to the store.
        if let bytes { message = try? codec.decode(bytes) }
        let all = mailboxes.withLock { $0.compactMap(\.mailbox) }
        var lost = 0
        for mailbox in all {
            if let message {
                if !mailbox.put(message) { lost += 1 }
            } else {
                mailbox.miss(1)
            }
        }
        if lost > 0 { counters.unheard(lost, topic: topic.name) }
    }

    func close() { for mailbox in mailboxes.withLock({ $0.compactMap(\.mailbox) }) { mailbox.close() } }
}

/// A hub without its message type.
protocol AnyHub: Sendable {
    func close()
}
