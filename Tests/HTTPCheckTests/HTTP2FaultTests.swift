import Base
import Checks
import HTTPClient
import HTTPCheck
import TestSupport
import Testing

/// Targets that speak HTTP/2 and break it off, and targets that do not speak it.
@Suite struct HTTP2FaultTests {
    private static let authority = TestCertificate("HTTP/2 CA", sans: nil, isAuthority: true)
    private static let certificate = TestCertificate("two", issuer: authority, sans: "IP:127.0.0.1")

    private static func frame(_ type: UInt8, _ flags: UInt8, stream: UInt8, _ payload: [UInt8] = []) -> [UInt8] {
        let length: [UInt8] = [0, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        return length + [type, flags, 0, 0, 0, stream] + payload
    }

    private static func reset(_ code: UInt8) -> [UInt8] { frame(3, 0, stream: 1, [0, 0, 0, code]) }
    private static func goAway(_ code: UInt8) -> [UInt8] { frame(7, 0, stream: 0, [0, 0, 0, 0, 0, 0, 0, code]) }
    /// HEADERS with END_HEADERS.
    private static func header(_ block: [UInt8]) -> [UInt8] { frame(1, 4, stream: 1, block) }
    private static let upperCaseField: [UInt8] = [0x88, 0, 1] + Array("X".utf8) + [1] + Array("y".utf8)

    /// Sends bytes behind its settings once the header of a request is there; nil closes then.
    private func target(_ bytes: [UInt8]?, isSecure: Bool) -> LoopbackTarget {
        let tls = isSecure ? TLSServerContext(Self.certificate, agreesOnProtocol: true) : nil
        return LoopbackTarget(tls: tls) { connection in
            var received: [UInt8] = []
            while !Self.holdsRequest(received) {
                let more = connection.read()
                if more.isEmpty { return }
                received += more
            }
            connection.send(Self.frame(4, 0, stream: 0) + (bytes ?? []))
            guard bytes != nil else { return connection.close() }
            connection.waitForClose()
        }
    }

    private static func holdsRequest(_ bytes: [UInt8]) -> Bool {
        // The preface of a client takes 24 bytes.
        var rest = bytes.dropFirst(24)
        while rest.count >= 9 {
            let header = Array(rest.prefix(9))
            if header[3] == 1 { return true }
            rest = rest.dropFirst(9 + Int(header[0]) << 16 + Int(header[1]) << 8 + Int(header[2]))
        }
        return false
    }

    private func run(_ target: LoopbackTarget, isSecure: Bool) async throws -> Outcome {
        let bench = try ProbeBench(ProbeConfiguration(caFile: Self.authority.certificateFile()))
        return await bench.run(target.url(scheme: isSecure ? "https" : "http")) {
            if !isSecure { $0.httpVersion = .http2PriorKnowledge }
        }
    }

    @Test(
        arguments: [
            (reset(7), .httpReset, "REFUSED_STREAM"), (reset(2), .httpReset, "INTERNAL_ERROR"),
            (reset(1), .httpMalformed, "PROTOCOL_ERROR"), (goAway(11), .httpReset, "GOAWAY"),
            (goAway(0), .httpReset, "GOAWAY"), (header(upperCaseField), .httpMalformed, "PROTOCOL_ERROR"),
            (header([0xFE]), .httpMalformed, "HTTP/2 frames"),
        ] as [([UInt8], Reason, String)],
        [false, true]
    )
    func targetThatSendsFramesSpeaksHTTP2(_ fault: ([UInt8], Reason, String), _ isSecure: Bool) async throws {
        let outcome = try await run(target(fault.0, isSecure: isSecure), isSecure: isSecure)
        expect(outcome, fault.1, .firstByte)
        #expect(outcome.failure?.message.contains(fault.2) == true, "\(String(describing: outcome.failure))")
    }

    @Test(arguments: [false, true]) func closedConnectionIsEmpty(_ isSecure: Bool) async throws {
        let reason = try await run(target(nil, isSecure: isSecure), isSecure: isSecure).failure?.reason
        // What the client sent meanwhile makes the end a reset sometimes.
        #expect(reason == .httpEmpty || reason == .httpReset)
    }

    @Test(arguments: ["HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n"])
    func targetThatSendsTextDoesNotSpeakHTTP2(_ text: String) async throws {
        let target = LoopbackTarget { connection in
            _ = connection.readRequest()
            connection.send(text)
            connection.waitForClose()
        }
        let outcome = try await run(target, isSecure: false)
        expect(outcome, .assertionVersion, .assertion)
        #expect(outcome.failure?.message.contains("does not speak HTTP/2") == true)
    }
}
