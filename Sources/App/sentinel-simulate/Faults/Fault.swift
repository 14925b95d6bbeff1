import Base
import Glibc

/// What goes wrong between a process and the broker, the store or a receiver.
enum Fault: String, CaseIterable {
    case publishRefused = "publish refused"
    case publishAnswerLost = "answer to publish lost"
    case publishDelayed = "publish delayed"
    case doubled = "message doubled"
    case reordered = "messages reordered"
    case deliveryDelayed = "delivery delayed"
    case acknowledgeRefused = "acknowledgement refused"
    case acknowledgeAnswerLost = "answer to acknowledgement lost"
    case broadcastLost = "broadcast lost"
    case broadcastDelayed = "broadcast delayed"
    case storeRefused = "store refuses"
    case storeFull = "store full"
    case storeConflict = "transactions in conflict"
    case storeFailsMidway = "transaction breaks off"
    case storeAnswerLost = "answer to commit lost"
    case storeDelayed = "store delayed"
    case deliveryRefused = "receiver fails"
    case deliveryAnswerLost = "answer of receiver lost"
    case receiverDelayed = "receiver delayed"
    // Of whole processes.
    case killed = "process killed"
    case suspended = "process suspended"
    case brokerCut = "cut off from the broker"
    case storeCut = "cut off from the store"
    case restarted = "process restarted"
    case clockSet = "wall clock set"
    case leaderless = "nobody schedules"

    /// How often an operation meets it in a phase of average trouble.
    var rate: Double {
        switch self {
        case .storeRefused, .storeFull, .storeConflict, .storeFailsMidway, .storeAnswerLost: 0.002
        case .storeDelayed: 0.01
        case .broadcastLost, .broadcastDelayed: 0.05
        case .deliveryRefused, .deliveryAnswerLost, .receiverDelayed: 0.15
        case .publishRefused, .publishAnswerLost, .acknowledgeRefused, .acknowledgeAnswerLost: 0.02
        case .publishDelayed, .doubled, .reordered, .deliveryDelayed: 0.05
        case .killed, .suspended, .brokerCut, .storeCut, .restarted, .clockSet, .leaderless: 1
        }
    }
}

/// Decides by the seed what goes wrong, and counts it.
///
/// Invariant: used by the simulation's only thread.
final class Chance: @unchecked Sendable {
    private var random: SeededGenerator
    /// How much more, or less, goes wrong than on average; 0 for nothing.
    var trouble = 0.0
    private(set) var counts: [Fault: Int] = [:]

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    var total: Int { counts.values.reduce(0, +) }

    func strikes(_ fault: Fault) -> Bool {
        guard trouble > 0, Double.random(in: 0..<1, using: &random) < fault.rate * trouble else { return false }
        count(fault)
        return true
    }

    func count(_ fault: Fault) {
        counts[fault, default: 0] += 1
        Simulator.shared.note(UInt64(counts[fault] ?? 0) ^ mix64(UInt64(total)))
    }

    /// A length of time between two others; short ones are as frequent as long ones ten times their length.
    func duration(_ range: ClosedRange<Duration>) -> Duration {
        let (low, high) = (
            Double(max(1, range.lowerBound.wholeMilliseconds)), Double(range.upperBound.wholeMilliseconds)
        )
        let share = Double.random(in: 0...1, using: &random)
        return .milliseconds(Int64(low * pow(high / low, share)))
    }

    func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    func coin(_ chance: Double = 0.5) -> Bool { Double.random(in: 0..<1, using: &random) < chance }
    func pick<Element>(_ elements: [Element]) -> Element? { elements.randomElement(using: &random) }
    func shuffled<Element>(_ elements: [Element]) -> [Element] { elements.shuffled(using: &random) }

}
