import Base
package import Broker
package import Domain
import Messages
package import Runtime

/// What the process that sends notifications is told by those that write them or change channels.
///
/// A hint: the sender looks at the store by itself every few seconds.
package enum SenderSignal: Sendable, Equatable {
    /// There may be something new to send.
    case wake
    /// A channel or a policy was created, changed or deleted.
    case channelsChanged
    /// A channel works, as a test has shown: what waits there for another try is tried now.
    case works(ChannelID)
}

extension Topics {
    /// From API and alerters to the sender.
    package static let senderSignals = Topic<SenderSignal>(
        name: "sender-signals",
        capacity: 1000,
        whenFull: .dropOldest
    )
}

extension MessageCodec<SenderSignal> {
    package static let senderSignals = MessageCodec { signal in
        let object: JSONObject =
            switch signal {
            case .wake: JSONObject([("signal", "wake")])
            case .channelsChanged: JSONObject([("signal", "channels")])
            case .works(let id): JSONObject([("signal", "works"), ("channel_id", .integer(id.rawValue))])
            }
        return Array(JSONValue.object(object).description.utf8)
    } decode: { bytes throws(MessageError) in
        guard let value = try? JSONValue(parsing: bytes), let word = value["signal"]?.stringValue else {
            throw MessageError("signal is missing")
        }
        switch word {
        case "channels": return .channelsChanged
        case "works":
            guard let id = value["channel_id"]?.integerValue else { throw MessageError("channel_id is missing") }
            return .works(ChannelID(rawValue: id))
        // A newer release may have more signals; to look is never wrong.
        default: return .wake
        }
    }
}

/// Sends signals to the sender of notifications, wherever it runs.
package final class SenderSignals: Sendable {
    private struct State {
        /// Signals that wait; an equal one that waits already says the same.
        var waiting: [SenderSignal] = []
        var isSending = false
    }
    private let broker: any Broker
    private let state = Locked(State())

    package init(_ broker: any Broker) { self.broker = broker }

    /// Returns at once; a signal that gets lost only delays what it is about.
    package func send(_ signal: SenderSignal) {
        let begins = state.withLock { state in
            if !state.waiting.contains(signal) { state.waiting.append(signal) }
            defer { state.isSending = true }
            return !state.isSending
        }
        if begins { Task { await sendWaiting() } }
    }

    private func sendWaiting() async {
        while let signal = next() { await broker.broadcast(signal, on: Topics.senderSignals) }
    }

    private func next() -> SenderSignal? {
        state.withLock { state in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.isSending = false
            return nil
        }
    }
}

/// Passes signals on to the sender of this process.
///
/// Where they come from other processes some may get lost: then it also looks by itself.
package struct SenderSignalService<C: Clock>: Service where C.Duration == Duration {
    package let name = "sender signals"
    private let sender: NotificationSender<C>
    private let broker: any Broker
    private let clock: C
    /// How long a message may wait whose signal got lost, a change of channels six times as long; nil when none is lost.
    private let patience: Duration?

    package init(_ sender: NotificationSender<C>, _ broker: any Broker, clock: C, patience: Duration?) {
        (self.sender, self.broker, self.clock, self.patience) = (sender, broker, clock, patience)
    }

    package func run(until shutdown: GracefulShutdown, ready: Readiness) async throws {
        let signals = await broker.listen(Topics.senderSignals)
        ready.report()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await signal in signals {
                    switch signal {
                    case .message(.wake): sender.wake()
                    case .message(.channelsChanged), .missed: sender.channelsChanged()
                    case .message(.works(let id)): sender.hurry(id)
                    }
                }
            }
            if let patience {
                group.addTask {
                    var round = 0
                    while !Task.isCancelled {
                        try? await clock.sleep(for: patience)
                        round += 1
                        // Whether channels changed takes a look at every open incident.
                        if round.isMultiple(of: 6) { sender.channelsChanged() } else { sender.wake() }
                    }
                }
            }
            await shutdown.wait()
            group.cancelAll()
        }
    }
}
