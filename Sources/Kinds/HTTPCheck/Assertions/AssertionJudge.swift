import Base
import Checks
import Patterns

/// The facts that assertions are checked against.
struct AssertionSubject {
    var status = 0
    /// "1.0", "1.1", "2".
    var httpVersion = ""
    /// 1.3; nil without TLS.
    var tlsVersion: Double?
    var certificateEnd: Timestamp?
    var latency: Duration = .zero
    var phases = Outcome.PhaseTimes()
    var finalURL = ""
    var headers: [Outcome.Evidence.Header] = []
    /// The decoded body in UTF-8; nil when no assertion needs it.
    var body: CollectedText?
    /// For each assertion that looks for a text in the body, in order: whether the text was found.
    var seenTexts: [Bool] = []
}

/// Checks a response against assertions; an assertion that cannot be evaluated has failed.
struct AssertionJudge {
    private let subject: AssertionSubject
    private let cache: AssertionCache
    /// Texts that are never shown.
    private let secrets: [String]
    private let stepLimit: Int
    /// The steps that the regular expressions of the check have left together.
    private var patternSteps = 4 * RegularExpression.stepLimit(bytes: CollectedText.limit)
    private var json: Result<JSONValue, AssertionFlaw>?
    private var texts = 0

    /// The most steps that all paths of one check may take together.
    private static let stepBudget = 200_000
    /// The longest whole message in characters.
    private static let messageLimit = 2000
    private static let shownLength = 100

    init(_ subject: AssertionSubject, _ cache: AssertionCache, secrets: [String], paths: Int) {
        (self.subject, self.cache, self.secrets) = (subject, cache, secrets.filter { $0.utf8.count >= 4 })
        stepLimit = min(JSONPath.defaultStepLimit, Self.stepBudget / max(1, paths))
    }

    /// All failed assertions in words, with the first one's reason; nil when all hold.
    mutating func failure(of assertions: [HTTPAssertion]) -> Outcome.Failure? {
        var reason: Reason?
        var message = ""
        var unnamed = 0
        for assertion in assertions {
            guard let flaw = flaw(of: assertion) else { continue }
            reason = reason ?? Self.reason(of: assertion.subject)
            let text = "\(expectation(assertion)): \(flaw.text)"
            if message.count + text.count > Self.messageLimit {
                unnamed += 1
            } else {
                message += message.isEmpty ? text : "; \(text)"
            }
        }
        guard let reason else { return nil }
        return .init(reason, in: .assertion, message + (unnamed > 0 ? "; and \(unnamed) more" : ""))
    }

    static func reason(of subject: HTTPAssertion.Subject) -> Reason {
        switch subject {
        case .status: .httpStatus
        case .header: .assertionHeader
        case .body: .assertionBody
        case .json, .jsonCount: .assertionJSON
        case .latency: .assertionLatency
        case .httpVersion: .assertionVersion
        case .tlsVersion: .assertionTLS
        case .certificateDays: .assertionCertificate
        case .finalURL: .assertionURL
        }
    }

    // MARK: Each

    private mutating func flaw(of assertion: HTTPAssertion) -> AssertionFlaw? {
        switch assertion.subject {
        case .status:
            if case .isStatus(let set) = assertion.test {
                return set.contains(subject.status) != assertion.isNegated ? nil : seen("\(subject.status)")
            }
            return compared(assertion, Double(subject.status), "\(subject.status)")
        case .header(let name): return header(assertion, name)
        case .body: return body(assertion)
        case .json(let path): return json(assertion, path)
        case .jsonCount(let path):
            switch nodes(path) {
            case .failure(let flaw): return flaw
            case .success(let nodes): return compared(assertion, Double(nodes.count), "\(nodes.count)")
            }
        case .latency(let phase):
            let length = phase.map { subject.phases[$0] } ?? subject.latency
            guard let length else { return AssertionFlaw("there was no such phase") }
            return compared(assertion, length.inSeconds, length.text)
        case .httpVersion: return compared(assertion, Double(subject.httpVersion), subject.httpVersion)
        case .tlsVersion:
            guard let version = subject.tlsVersion else { return AssertionFlaw("there was no TLS") }
            return compared(assertion, version, "\(version)")
        case .certificateDays:
            guard let end = subject.certificateEnd else { return AssertionFlaw("there was no certificate") }
            let days = Double(end.milliseconds - Timestamp.now.milliseconds) / 86_400_000
            return compared(assertion, days.rounded(.down), "\(Int(days.rounded(.down)))")
        case .finalURL: return text(assertion, subject.finalURL)
        }
    }

    private func seen(_ text: String) -> AssertionFlaw { AssertionFlaw("it is \(text)") }

    private func compared(_ assertion: HTTPAssertion, _ value: Double?, _ text: String) -> AssertionFlaw? {
        guard let value, case .compares(let comparison, let wanted) = assertion.test else {
            return AssertionFlaw("it is no number")
        }
        return comparison.holds(value, wanted) ? nil : seen(text)
    }

    private mutating func header(_ assertion: HTTPAssertion, _ name: String) -> AssertionFlaw? {
        let values = subject.headers.filter { $0.name.lowercased() == name }.map(\.value)
        if assertion.test == .exists {
            if values.isEmpty { return assertion.isNegated ? nil : AssertionFlaw("it is absent") }
            return assertion.isNegated ? seen(shown(values[0], name)) : nil
        }
        guard let first = values.first else { return AssertionFlaw("it is absent") }
        var flaws: [AssertionFlaw?] = []
        for value in values { flaws.append(text(assertion, value, of: name)) }
        // Of several fields with one name, one must match; negated, none may match.
        let isFine = assertion.isNegated ? flaws.allSatisfy { $0 == nil } : flaws.contains { $0 == nil }
        return isFine ? nil : flaws.first { $0 != nil } ?? seen(shown(first, name))
    }

    private mutating func text(_ assertion: HTTPAssertion, _ value: String, of name: String = "") -> AssertionFlaw? {
        let holds: Bool
        switch assertion.test {
        case .equals(let wanted): holds = value.utf8.elementsEqual(wanted.utf8)
        case .contains(let wanted): holds = Self.contains(Array(value.utf8), wanted)
        case .matches(let pattern):
            switch matches(pattern, Array(value.utf8)) {
            case .failure(let flaw): return flaw
            case .success(let found): holds = found
            }
        default: return AssertionFlaw("it cannot be judged")
        }
        return holds != assertion.isNegated ? nil : seen(shown(value, name))
    }

    private static func contains(_ bytes: [UInt8], _ wanted: String) -> Bool {
        var search = KeywordSearch(wanted)
        bytes.withUnsafeBytes { search.feed($0) }
        return search.isFound
    }

    private mutating func matches(_ pattern: String, _ bytes: [UInt8]) -> Result<Bool, AssertionFlaw> {
        do throws(PatternError) {
            let limit = min(patternSteps, RegularExpression.stepLimit(bytes: bytes.count))
            var left = limit
            defer { patternSteps -= limit - left }
            return .success(try cache.pattern(pattern).matches(bytes, steps: &left))
        } catch {
            return .failure(AssertionFlaw("\(error)"))
        }
    }

    private mutating func body(_ assertion: HTTPAssertion) -> AssertionFlaw? {
        if case .contains = assertion.test {
            defer { texts += 1 }
            let isSeen = texts < subject.seenTexts.count && subject.seenTexts[texts]
            if isSeen != assertion.isNegated { return nil }
            return AssertionFlaw(isSeen ? "the body holds it" : "the body lacks it")
        }
        guard let body = subject.body else { return AssertionFlaw("there was no body") }
        guard !body.isCut else { return AssertionFlaw(CollectedText.cutText) }
        if case .matches(let pattern) = assertion.test {
            switch matches(pattern, body.bytes) {
            case .failure(let flaw): return flaw
            case .success(let found):
                if found != assertion.isNegated { return nil }
                return AssertionFlaw(found ? "the body matches" : "the body does not match")
            }
        }
        return text(assertion, String(decoding: body.bytes, as: UTF8.self))
    }

    // MARK: JSON

    private mutating func json(_ assertion: HTTPAssertion, _ path: String) -> AssertionFlaw? {
        let values: [JSONValue]
        switch nodes(path) {
        case .failure(let flaw): return flaw
        case .success(let nodes): values = nodes
        }
        if assertion.test == .exists {
            if values.isEmpty { return assertion.isNegated ? nil : AssertionFlaw("nothing is there") }
            return assertion.isNegated ? seen(shown(values[0].description, path)) : nil
        }
        if values.isEmpty { return AssertionFlaw("nothing is there") }
        for value in values {
            if let flaw = flaw(of: value, assertion, path) { return flaw }
        }
        return nil
    }

    private mutating func flaw(of value: JSONValue, _ assertion: HTTPAssertion, _ path: String) -> AssertionFlaw? {
        switch assertion.test {
        case .isJSON(let wanted):
            return JSONPath.areEqual(value, wanted) != assertion.isNegated ? nil : seen(shown(value.description, path))
        case .ordersJSON(let comparison, let wanted):
            return comparison.holds(value, wanted) ? nil : seen(shown(value.description, path))
        default: return text(assertion, value.stringValue ?? value.description, of: path)
        }
    }

    private mutating func nodes(_ path: String) -> Result<[JSONValue], AssertionFlaw> {
        let document = json ?? parsed()
        json = document
        switch document {
        case .failure(let flaw): return .failure(flaw)
        case .success(let value):
            do throws(JSONPathError) {
                let path = try cache.path(path)
                // Such a path selects as if its expression matched nothing, and "absent" would hold.
                if let flaw = path.flaws.first { throw flaw }
                return .success(try path.nodes(in: value, limit: stepLimit))
            } catch {
                return .failure(AssertionFlaw("\(error)"))
            }
        }
    }

    private func parsed() -> Result<JSONValue, AssertionFlaw> {
        guard let body = subject.body, !body.bytes.isEmpty else { return .failure(AssertionFlaw("the body is empty")) }
        guard !body.isCut else { return .failure(AssertionFlaw(CollectedText.cutText)) }
        do throws(JSONError) {
            return .success(try JSONValue(parsing: body.bytes))
        } catch {
            return .failure(AssertionFlaw("the body is no JSON: \(error)"))
        }
    }

    // MARK: Words

    /// The expectation, without a value that is probably secret.
    private func expectation(_ assertion: HTTPAssertion) -> String {
        if case .header(let name) = assertion.subject, assertion.test != .exists, SecretName.matches(header: name) {
            return "header \(name)"
        }
        return masked(assertion.text, limit: 2 * Self.shownLength)
    }

    /// The found value in quotes, limited in length; hidden when its name is that of a secret.
    private func shown(_ text: String, _ name: String) -> String {
        if !name.isEmpty, SecretName.matches(header: name) { return "something else (it is not shown)" }
        return "\"\(masked(text, limit: Self.shownLength))\""
    }

    private func masked(_ text: String, limit: Int) -> String {
        // More than is shown, so that the cut leaves no part of a secret.
        var start = String(text.prefix(limit + 4096))
        for secret in secrets { start = start.replacing(secret, with: SecretMask.text) }
        let isCut = start.count > limit || text.count > limit + 4096
        let clean = start.prefix(limit).map {
            $0.unicodeScalars.contains { $0.value < 32 || $0.value == 127 } ? " " : $0
        }
        return String(clean) + (isCut ? "…" : "")
    }
}

/// What was found instead, in words that follow the assertion.
struct AssertionFlaw: Error, Equatable {
    let text: String
    init(_ text: String) { self.text = text }
}

/// The text of a body, as much as is kept for assertions.
struct CollectedText {
    private(set) var bytes: [UInt8] = []
    private(set) var isCut = false
    /// Bytes.
    static let limit = 1 << 20
    static let cutText = "the body is over 1 MiB, which is more than is looked at"

    mutating func append(_ piece: UnsafeRawBufferPointer) {
        let room = Self.limit - bytes.count
        bytes.append(contentsOf: piece.prefix(room))
        if piece.count > room { isCut = true }
    }
}
