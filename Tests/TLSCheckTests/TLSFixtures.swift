import Base
import Checks
import TLSCheck
import TestSupport
import Testing

/// The helpers for tests of TLS checks.
struct TLSBench {
    static let authority = TestCertificate("Test CA", sans: nil, isAuthority: true, to: 90 * 86_400)
    static let authorityFile = authority.certificateFile()

    let bench: KindBench

    init(_ configuration: ProbeConfiguration = ProbeConfiguration(caFile: authorityFile)) throws {
        bench = try KindBench(TLSKind.self, configuration)
    }

    /// Runs one check of a loopback port.
    func run(
        _ port: UInt16,
        host: String = "127.0.0.1",
        _ change: (inout TLSSettings.Options) -> Void = { _ in }
    ) async -> Outcome {
        var settings = TLSKind.blank
        settings.host = host
        settings.options.port = Int(port)
        settings.options.timeout = .seconds(20)
        change(&settings.options)
        return await bench.run(settings)
    }

    /// A server that completes the handshake and waits.
    static func target(
        _ certificate: TestCertificate?,
        client: TestCertificate? = nil,
        version: Int32 = 0x0304,
        staple: TestStaple? = nil,
        isWeak: Bool = false
    ) -> LoopbackTarget {
        let context = TLSServerContext(
            certificate,
            clientAuthority: client,
            maximumVersion: version,
            staple: staple,
            isWeak: isWeak,
            agreesOnProtocol: true
        )
        return LoopbackTarget(tls: context) { $0.waitForClose() }
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
    #expect(TLSKind.reasons.contains(reason), sourceLocation: location)
}
