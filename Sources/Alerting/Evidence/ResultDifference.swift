import Base
package import Domain

/// One thing that a failed check has otherwise than the last good one.
package struct ResultDifference: Sendable, Equatable {
    package let name: String
    /// nil when there was, or is, no such thing.
    package let before: String?
    package let after: String?

    package init(_ name: String, _ before: String?, _ after: String?) {
        (self.name, self.before, self.after) = (name, before, after)
    }

    /// What differs, in the order in which a check goes on; what the failure did not reach is left out.
    package static func between(good: CheckResult, bad: CheckResult) -> [ResultDifference] {
        let (old, new) = (good.outcome, bad.outcome)
        var found: [ResultDifference] = []
        func compare(_ name: String, _ before: String?, _ after: String?) {
            if let after, before != after { found.append(ResultDifference(name, before, after)) }
        }
        compare("URL", good.url, bad.url)
        compare("address", old.remoteAddress, new.remoteAddress)
        compare("certificate", old.certificate?.sha256, new.certificate?.sha256)
        compare("certificate issuer", old.certificate?.issuer, new.certificate?.issuer)
        compare("certificate ends", old.certificate?.notAfter.description, new.certificate?.notAfter.description)
        compare("certificate problem", old.certificate?.problem, new.certificate?.problem)
        compare("HTTP version", old.httpVersion, new.httpVersion)
        compare("status", old.statusCode.map(String.init), new.statusCode.map(String.init))
        compare("final URL", old.finalURL, new.finalURL)
        if new.statusCode != nil, old.redirects != new.redirects {
            compare("redirects", "\(old.redirects)", "\(new.redirects)")
        }
        if new.statusCode != nil, isFar(Double(old.bodyBytes), Double(new.bodyBytes), atLeast: 64) {
            compare("body", "\(old.bodyBytes) bytes", "\(new.bodyBytes) bytes")
        }
        let phases: [(String, KeyPath<ProbeOutcome.PhaseTimes, Duration?>)] = [
            ("dns time", \.dns), ("connect time", \.connect), ("tls time", \.tls), ("first byte time", \.firstByte),
            ("transfer time", \.transfer),
        ]
        for (name, path) in phases {
            guard let before = old.phases[keyPath: path], let after = new.phases[keyPath: path],
                isFar(before.inSeconds, after.inSeconds, atLeast: 0.05)
            else { continue }
            compare(name, before.text, after.text)
        }
        return found
    }

    /// Whether two amounts differ by half or more, and by enough to matter.
    private static func isFar(_ old: Double, _ new: Double, atLeast least: Double) -> Bool {
        abs(new - old) >= least && abs(new - old) >= 0.5 * max(old, new)
    }
}
