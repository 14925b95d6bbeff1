import Base
import Domain
import HTTPClient
import Probes
import Runtime
import TestSupport
import Testing

/// One prober on a loop of its own, with what most tests want.
struct ProbeBench {
    let loop: EventLoop
    let runner: ProbeRunner

    init(_ configuration: ProbeConfiguration = ProbeConfiguration()) throws {
        loop = try EventLoop(name: "probe-test")
        runner = ProbeRunner(loop: loop, configuration: configuration)
    }

    /// Makes one check.
    func run(_ url: String, _ change: (inout HTTPSpec.Options) -> Void = { _ in }) async -> ProbeOutcome {
        var options = HTTPSpec.Options()
        options.timeout = .seconds(5)
        change(&options)
        return await runner.run(HTTPSpec(url: url, options: options))
    }
}

/// Expects a failure for a reason, in a phase.
func expect(
    _ outcome: ProbeOutcome,
    _ reason: Reason,
    _ phase: Phase,
    _ location: SourceLocation = #_sourceLocation
) {
    #expect(outcome.failure?.reason == reason, "\(String(describing: outcome.failure))", sourceLocation: location)
    #expect(outcome.failure?.phase == phase, "\(String(describing: outcome.failure))", sourceLocation: location)
    #expect(outcome.failure?.message.isEmpty == false, sourceLocation: location)
}
