package import Base
package import Domain

extension CheckResult {
    /// Any result that a probe could give, without evidence.
    package static func random(_ monitor: MonitorID, at time: Timestamp, _ random: inout SeededGenerator) -> CheckResult
    {
        func chance() -> Bool { Bool.random(using: &random) }
        func time64() -> Duration {
            .microseconds(Int64.random(in: 0...(1 << Int64.random(in: 1...26)), using: &random))
        }
        func text() -> String { ["", "a", "ü\"\\\n🚦", "http://x/?a=b"].randomElement(using: &random) ?? "" }
        var outcome = Outcome(latency: time64())
        if chance() {
            let reason = Reason.allCases.randomElement(using: &random) ?? .overloaded
            outcome.failure = .init(reason, in: Phase.allCases.randomElement(using: &random) ?? .dns, text())
        }
        if chance() { outcome.statusCode = [0, 100, 200, 404, 599].randomElement(using: &random) }
        if chance() { outcome.phases.dns = time64() }
        if chance() { outcome.phases.connect = time64() }
        if chance() { outcome.phases.tls = time64() }
        if chance() { outcome.phases.firstByte = time64() }
        if chance() { outcome.phases.transfer = time64() }
        if chance() { outcome.remoteAddress = "[::1]:\(Int.random(in: 1...3, using: &random))" }
        if chance() { outcome.httpVersion = ["1.0", "1.1", "2"].randomElement(using: &random) }
        if chance() { outcome.redirects = Int.random(in: 0...20, using: &random) }
        if chance() { outcome.finalURL = text() }
        if chance() { outcome.bodyBytes = Int.random(in: 0...(64 << 20), using: &random) }
        if chance() { outcome.certificate = .random(&random) }
        if chance() { outcome.header = .random(&random) }
        let revision = Int64.random(in: 0...3, using: &random)
        return CheckResult(
            monitorID: monitor,
            region: RegionID(rawValue: UInt16.random(in: 0...999, using: &random)),
            scheduledAt: time,
            checkedAt: time + .milliseconds(Int64.random(in: -50...5000, using: &random)),
            outcome: outcome,
            taskID: chance() ? text() : nil,
            revision: revision,
            url: revision == 0 ? nil : "http://revision-\(revision)/"
        )
    }
}

extension HeaderOutline {
    package static func random(_ random: inout SeededGenerator) -> HeaderOutline {
        let digest = UInt64.random(in: (.max - 2)...(.max), using: &random)
        return HeaderOutline([Field("server", "\(digest)"), Field("x-\(digest % 2)", nil)], digest: digest)
    }
}

extension CertificateFacts {
    package static func random(_ random: inout SeededGenerator) -> CertificateFacts {
        let isValid = Bool.random(using: &random)
        let link = Link(
            subject: "CN=ca",
            issuer: "CN=root",
            notBefore: Timestamp(milliseconds: -1),
            notAfter: randomStart,
            sha256: "bb"
        )
        return CertificateFacts(
            subject: "CN=\(Int.random(in: 0...2, using: &random))",
            issuer: "CN=ca",
            sans: (0..<Int.random(in: 0...3, using: &random)).map { "\($0).example" },
            notBefore: randomStart,
            notAfter: randomStart + .seconds(86_400),
            sha256: "aa",
            valid: isValid,
            problem: isValid ? nil : "expired",
            chain: Array(repeating: link, count: Int.random(in: 0...2, using: &random))
        )
    }
}

/// When certificates of random results begin.
private let randomStart = Timestamp(milliseconds: 1_795_000_000_000)
