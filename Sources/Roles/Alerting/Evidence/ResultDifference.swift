import Base
package import Domain

/// One difference between a failed check and the last good one.
package struct ResultDifference: Sendable, Equatable {
    package let name: String
    /// nil when the value did not exist in that check.
    package let before: String?
    package let after: String?

    package init(_ name: String, _ before: String?, _ after: String?) {
        (self.name, self.before, self.after) = (name, before, after)
    }

    /// The differences in the order of a check's phases; phases that the failed check did not reach are left out.
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
        compareHeaders(old.header, new.header, compare)
        if new.statusCode != nil, isFar(Double(old.bodyBytes), Double(new.bodyBytes), atLeast: 64) {
            compare("body", "\(old.bodyBytes) bytes", "\(new.bodyBytes) bytes")
        }
        let phases: [(String, KeyPath<Outcome.PhaseTimes, Duration?>)] = [
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

    /// Header fields with changed values, and those that are missing or new.
    private static func compareHeaders(
        _ old: HeaderOutline?,
        _ new: HeaderOutline?,
        _ compare: (String, String?, String?) -> Void
    ) {
        guard let old, let new, old != new else { return }
        let before = Dictionary(old.fields.map { ($0.name, $0) }) { first, _ in first }
        let after = Dictionary(new.fields.map { ($0.name, $0) }) { first, _ in first }
        for field in new.fields {
            if let earlier = before[field.name] { compare("header \(field.name)", earlier.value, field.value) }
        }
        func names(_ fields: [HeaderOutline.Field]) -> String? {
            fields.isEmpty ? nil : fields.prefix(20).map(\.name).joined(separator: ", ")
        }
        if let gone = names(old.fields.filter { after[$0.name] == nil }) { compare("headers gone", gone, "none") }
        if let added = names(new.fields.filter { before[$0.name] == nil }) { compare("headers added", nil, added) }
    }

    /// Whether two amounts differ by half or more, and by at least `least`.
    private static func isFar(_ old: Double, _ new: Double, atLeast least: Double) -> Bool {
        abs(new - old) >= least && abs(new - old) >= 0.5 * max(old, new)
    }
}
