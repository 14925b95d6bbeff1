import Base

/// What a listener receives next.
package enum Broadcast<Message: Sendable>: Sendable {
    case message(Message)
    /// The listener was too slow, and this many broadcasts before the next one are lost: read the store.
    case missed(Int)

    /// nil for missed broadcasts.
    package var message: Message? { if case .message(let message) = self { message } else { nil } }
}

/// The broadcasts on a topic for one listener, in order; ends when the broker is closed.
///
/// Keeps the newest `capacity` messages for a slow listener, and reports how many were lost.
package struct Broadcasts<Message: Sendable>: AsyncSequence, Sendable {
    package typealias Element = Broadcast<Message>
    let mailbox: BroadcastMailbox<Message>

    package init(mailbox: BroadcastMailbox<Message>) { self.mailbox = mailbox }

    /// An empty sequence.
    package static var none: Broadcasts {
        let mailbox = BroadcastMailbox<Message>(capacity: 1)
        mailbox.close()
        return Broadcasts(mailbox: mailbox)
    }

    package struct AsyncIterator: AsyncIteratorProtocol {
        let mailbox: BroadcastMailbox<Message>
        /// Waits for the next broadcast; nil when the broker was closed or the task is cancelled.
        package func next() async -> Broadcast<Message>? { await mailbox.next() }
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(mailbox: mailbox) }
}

/// The broadcasts that one listener has not taken yet.
package final class BroadcastMailbox<Message: Sendable>: Sendable {
    private struct State {
        var waiting = RingBuffer<Message>()
        var missed = 0
        var isClosed = false
        var waiter: CheckedContinuation<Void, Never>?
    }
    private let state = Locked(State())
    private let capacity: Int

    /// `capacity` is how many messages wait for a slow listener.
    package init(capacity: Int) { self.capacity = max(1, capacity) }

    /// Adds a message; false when an older one was dropped for it.
    package func put(_ message: Message) -> Bool {
        let (kept, waiter) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
            guard !state.isClosed else { return (true, nil) }
            let isFull = state.waiting.count >= capacity
            if isFull {
                _ = state.waiting.popFirst()
                state.missed += 1
            }
            state.waiting.append(message)
            return (!isFull, state.waiter.take())
        }
        waiter?.resume()
        return kept
    }

    /// Reports that broadcasts are lost before the next one.
    package func miss(_ count: Int) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.isClosed else { return nil }
            state.missed += count
            return state.waiter.take()
        }
        waiter?.resume()
    }

    /// Ends the sequence after the messages that wait.
    package func close() {
        let waiter = state.withLock { state in
            state.isClosed = true
            return state.waiter.take()
        }
        waiter?.resume()
    }

    func next() async -> Broadcast<Message>? {
        while !Task.isCancelled {
            let (found, isClosed) = state.withLock { state -> (Broadcast<Message>?, Bool) in
                if state.missed > 0 {
                    defer { state.missed = 0 }
                    return (.missed(state.missed), false)
                }
                return (state.waiting.popFirst().map(Broadcast.message), state.isClosed)
            }
            if let found { return found }
            if isClosed { return nil }
            await wait()
        }
        return nil
    }

    private func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let resumed = state.withLock { state -> CheckedContinuation<Void, Never>? in
                    if Task.isCancelled || state.isClosed || state.missed > 0 || !state.waiting.isEmpty {
                        return waiter
                    }
                    // Only one listener waits at a time; another one is resumed to look again.
                    defer { state.waiter = waiter }
                    return state.waiter
                }
                resumed?.resume()
            }
        } onCancel: {
            state.withLock { $0.waiter.take() }?.resume()
        }
    }
}
