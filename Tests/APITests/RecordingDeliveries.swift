import Base
import Domain

/// Accepts every message, or answers as the test sets.
final class RecordingDeliveries: Sendable {
    private let proven = Locked<[ChannelID]>([])
    /// The channels reported as working, in order.
    var working: [ChannelID] { proven.withLock { $0 } }
    func noteWorking(_ id: ChannelID) { proven.withLock { $0.append(id) } }

    private let state = Locked<(outcome: DeliveryOutcome, sent: [(AlertMessage, Channel)])>(
        (.delivered(reference: "7"), [])
    )

    var sent: [(message: AlertMessage, channel: Channel)] { state.withLock { $0.sent } }
    func answer(_ outcome: DeliveryOutcome) { state.withLock { $0.outcome = outcome } }

    func take(_ message: AlertMessage, _ channel: Channel) -> DeliveryOutcome {
        state.withLock { state in
            state.sent.append((message, channel))
            return state.outcome
        }
    }
}
