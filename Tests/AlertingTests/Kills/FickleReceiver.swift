import Base
import Domain
import TestSupport

/// The receiver of every channel: accepts some messages and honours their keys; refuses, delays, hangs or breaks off
/// for others, also after accepting them.
final class FickleReceiver: Sendable {
    /// One received try.
    struct Try: Sendable {
        let channel: ChannelID
        let key: String
        let message: AlertMessage
    }

    private struct State {
        var random: SeededGenerator
        var tries: [Try] = []
        var taken: [Try] = []
        var bodies: [String: AlertMessage] = [:]
        var hanging: [ChannelID: Int] = [:]
        var changed: [String] = []
    }

    private enum Answer { case takes, breaks, fails, asksForTime, hangs, takesAndHangs }

    private let state: Locked<State>

    init(seed: UInt64) { state = Locked(State(random: SeededGenerator(seed: seed))) }

    /// Everything received, in order.
    var tries: [Try] { state.withLock { $0.tries } }
    /// The new messages, in order.
    var taken: [Try] { state.withLock { $0.taken } }
    /// The keys that were repeated with another message.
    var changed: [String] { state.withLock { $0.changed } }
    /// How many requests of each channel hang now.
    var hanging: [ChannelID: Int] { state.withLock { $0.hanging } }

    func take(_ message: AlertMessage, _ channel: Channel, _ clock: ManualClock) async -> DeliveryOutcome {
        switch state.withLock({ Self.answer(message, channel.id, &$0) }) {
        case .takes: return .delivered(reference: nil)
        case .breaks: return .retry(reason: "the connection was reset", after: nil)
        case .fails: return .retry(reason: "status 500", after: nil)
        case .asksForTime: return .retry(reason: "status 429", after: .seconds(90))
        case .hangs, .takesAndHangs:
            try? await clock.sleep(for: .seconds(10))
            state.withLock { $0.hanging[channel.id, default: 0] -= 1 }
            return .retry(reason: "timed out", after: nil)
        }
    }

    private static func answer(_ message: AlertMessage, _ channel: ChannelID, _ state: inout State) -> Answer {
        let arrived = Try(channel: channel, key: message.id, message: message)
        state.tries.append(arrived)
        var answer: Answer =
            switch Int.random(in: 0..<100, using: &state.random) {
            case ..<60: .takes
            case ..<70: .breaks
            case ..<80: .fails
            case ..<86: .asksForTime
            case ..<93: .hangs
            default: .takesAndHangs
            }
        // A worker with every slot occupied may send nothing, which the story would have to predict.
        if answer == .hangs || answer == .takesAndHangs {
            if state.hanging[channel, default: 0] < 3 {
                state.hanging[channel, default: 0] += 1
            } else {
                answer = .fails
            }
        }
        if answer == .takes || answer == .breaks || answer == .takesAndHangs {
            if let before = state.bodies[message.id] {
                if before != message { state.changed.append(message.id) }
            } else {
                state.bodies[message.id] = message
                state.taken.append(arrived)
            }
        }
        return answer
    }
}
