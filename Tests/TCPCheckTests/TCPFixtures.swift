import Base
import Checks
import TCPCheck
import TestSupport
import Testing

/// The helpers for tests of a kind over a stream.
struct TCPBench {
    static let authority = TestCertificate("Test CA", sans: nil, isAuthority: true)
    static let authorityFile = authority.certificateFile()

    let bench: KindBench

    init(_ configuration: ProbeConfiguration = ProbeConfiguration(caFile: authorityFile)) throws {
        bench = try KindBench(TCPKind.self, configuration)
    }

    /// Runs one check of a loopback port.
    func run(_ port: UInt16, _ change: (inout TCPSettings.Options) -> Void = { _ in }) async -> Outcome {
        await run("127.0.0.1", port, change)
    }

    func run(
        _ host: String,
        _ port: UInt16,
        _ change: (inout TCPSettings.Options) -> Void = { _ in }
    ) async -> Outcome {
        var settings = TCPKind.blank
        settings.host = host
        settings.options.port = Int(port)
        settings.options.timeout = .seconds(20)
        change(&settings.options)
        return await bench.run(settings)
    }
}

/// Expects a failure for a reason, in a phase, that the kind declares.
func expect(
    _ outcome: Outcome,
    _ reason: Reason,
    _ phase: Phase,
    _ location: SourceLocation = #_sourceLocation
) {
    #expect(outcome.failure?.reason == reason, "\(String(describing: outcome.failure))", sourceLocation: location)
    #expect(outcome.failure?.phase == phase, "\(String(describing: outcome.failure))", sourceLocation: location)
    #expect(outcome.failure?.message.isEmpty == false, sourceLocation: location)
    #expect(TCPKind.reasons.contains(reason), sourceLocation: location)
}
