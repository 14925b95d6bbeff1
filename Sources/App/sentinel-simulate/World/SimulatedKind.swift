import Base
import Domain
import Runtime

/// A kind of check without a network: its outcomes follow from the seed, the monitor and the time.
enum SimulatedKind: CheckKind {
    struct Settings: CheckSettings {
        typealias Kind = SimulatedKind
        var door = ""
    }

    static let name = "simulated"
    static let summary = "Looks up an outcome."
    static let blank = Settings()
    static let fields: [Field<Settings>] = [
        Field("door", \.door, .text(1...50), default: "", isRequired: true, "The name of the target.")
    ]
    static let phases: [Phase] = [.connect]
    static let reasons: [Reason] = [.connectRefused]

    static func target(of settings: Settings) -> String { settings.door }
    static func targetKey(of settings: Settings) -> UInt64 { TargetKey.hash(settings.door) }
    static func timeout(of settings: Settings) -> Duration { .seconds(10) }
    static func makeProber(on loop: EventLoop, _ configuration: ProbeConfiguration) -> (any Prober)? { nil }
}

/// When targets are up, and how long they take to answer.
struct Script: Sendable {
    let seed: UInt64

    private func draw(_ monitor: MonitorID, _ purpose: UInt64, _ time: Int64) -> UInt64 {
        mix64(seed ^ mix64(UInt64(bitPattern: monitor.rawValue) &* 8 &+ purpose) ^ mix64(UInt64(bitPattern: time)))
    }

    /// Outages of ten minutes and more, and moments in which a check fails.
    func isUp(_ monitor: MonitorID, at time: Timestamp) -> Bool {
        if draw(monitor, 0, time.milliseconds / 600_000) % 4 == 0 { return false }
        return draw(monitor, 1, time.milliseconds / 10_000) % 12 != 0
    }

    func latency(_ monitor: MonitorID, at time: Timestamp) -> Duration {
        let number = draw(monitor, 2, time.milliseconds)
        return .milliseconds(number % 4 == 0 ? Int64(500 + number % 8000) : Int64(5 + number % 400))
    }
}

/// Makes the checks of one event loop.
final class SimulatedProber: Prober {
    private let loop: EventLoop
    private let script: Script
    private var running: [UInt64: (Outcome) -> Void] = [:]
    private var nextNumber: UInt64 = 0

    init(loop: EventLoop, script: Script) {
        self.loop = loop
        self.script = script
    }

    var runningCount: Int { running.count }

    func probe(_ spec: CheckSpec, monitor: MonitorID?, completion: @escaping (Outcome) -> Void) -> ProbeToken {
        nextNumber += 1
        let number = nextNumber
        let (id, time) = (monitor ?? MonitorID(rawValue: 0), Simulator.shared.wall)
        running[number] = completion
        let latency = script.latency(id, at: time)
        var outcome = Outcome(latency: latency)
        if !script.isUp(id, at: time) { outcome.failure = Outcome.Failure(.connectRefused, in: .connect, "refused") }
        loop.arm(after: latency) { self.running.removeValue(forKey: number)?(outcome) }
        return ProbeToken(number: number)
    }

    func cancel(_ token: ProbeToken) {
        let failure = Outcome.Failure(.internalError, in: .internal, "cancelled")
        running.removeValue(forKey: token.number)?(Outcome(failure: failure, latency: .zero))
    }

    func cancelAll() { for number in running.keys.sorted() { cancel(ProbeToken(number: number)) } }
}
