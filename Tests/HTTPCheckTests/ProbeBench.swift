import Base
import Domain
import HTTPClient
import HTTPCheck
import Runtime
import TestSupport
import Testing

/// A prober on its own loop, with the helpers that most tests need.
struct ProbeBench {
    let loop: EventLoop
    let runner: ProbeRunner

    init(_ configuration: ProbeConfiguration = ProbeConfiguration()) throws {
        loop = try EventLoop(name: "probe-test")
        runner = ProbeRunner(loop: loop, configuration: configuration)
    }

    /// How many descriptors the loop watches once it is idle.
    func registrations() async -> Int {
        await withCheckedContinuation { continuation in
            loop.execute { continuation.resume(returning: loop.registrationCount) }
        }
    }

    /// Runs one check.
    func run(_ url: String, _ change: (inout HTTPSettings.Options) -> Void = { _ in }) async -> Outcome {
        var options = HTTPSettings.Options()
        options.timeout = .seconds(30)
        change(&options)
        return await runner.run(CheckSpec(HTTPSettings(url: url, options: options)))
    }

    /// The first check whose times are as expected, otherwise the last of ten: a busy machine delays a phase sometimes,
    /// a wrong clock always.
    static func timed(
        _ url: String,
        _ configuration: ProbeConfiguration = ProbeConfiguration(),
        _ change: (inout HTTPSettings.Options) -> Void = { _ in },
        where isWanted: (Outcome) -> Bool
    ) async throws -> Outcome {
        var outcome = await (try ProbeBench(configuration)).run(url, change)
        for _ in 0..<9 where !isWanted(outcome) { outcome = await (try ProbeBench(configuration)).run(url, change) }
        return outcome
    }
}

extension Outcome {
    /// Whether the connection was established at once.
    var connectedAtOnce: Bool { phases.connect.map { $0 < .milliseconds(20) } ?? false }
}

/// Expects a failure for a reason, in a phase.
func expect(
    _ outcome: Outcome,
    _ reason: Reason,
    _ phase: Phase,
    _ location: SourceLocation = #_sourceLocation
) {
    #expect(outcome.failure?.reason == reason, "\(String(describing: outcome.failure))", sourceLocation: location)
    #expect(outcome.failure?.phase == phase, "\(String(describing: outcome.failure))", sourceLocation: location)
    #expect(outcome.failure?.message.isEmpty == false, sourceLocation: location)
}
