import Base
import Checks
import Patterns

/// Compares an answer with the expectations.
enum AnswerJudge {
    /// Why the answer fails; nil when it passes.
    static func failure(_ message: DNSMessage, _ settings: DNSSettings) -> Outcome.Failure? {
        let options = settings.options
        guard message.code == options.responseCode.number else {
            let text =
                "the response code is \(ResponseCode.name(of: message.code)), expected \(options.responseCode.rawValue)"
            return .init(.dnsRcode, in: .request, text)
        }
        if options.expectsAuthoritative, !message.isAuthoritative {
            return wrong("the answer is not authoritative (AA)")
        }
        if options.expectsDNSSEC, !message.isAuthentic { return wrong("the answer was not verified by DNSSEC (AD)") }
        guard options.responseCode == .noError else { return nil }
        let records = message.answers.filter { options.recordType == .ANY || $0.type == options.recordType.number }
        guard records.count >= options.minimumAnswers else {
            let type = options.recordType == .ANY ? "" : " \(options.recordType.rawValue)"
            let foreign = message.foreignCount > 0 ? "; \(message.foreignCount) of other names do not count" : ""
            return wrong(
                "the answer has \(records.count)\(type) records, at least \(options.minimumAnswers) expected\(foreign)"
            )
        }
        if !options.answers.isEmpty, let text = mismatch(records, settings) { return wrong(text) }
        return lifetime(records, options)
    }

    private static func wrong(_ text: String) -> Outcome.Failure { .init(.assertionAnswer, in: .assertion, text) }

    private static func lifetime(_ records: [DNSRecord], _ options: DNSSettings.Options) -> Outcome.Failure? {
        if let least = options.minimumTTL, let record = records.min(by: { $0.ttl < $1.ttl }), record.ttl < least {
            return wrong("a record has a TTL of \(record.ttl) seconds, at least \(least) expected")
        }
        if let most = options.maximumTTL, let record = records.max(by: { $0.ttl < $1.ttl }), record.ttl > most {
            return wrong("a record has a TTL of \(record.ttl) seconds, at most \(most) expected")
        }
        return nil
    }

    // MARK: Texts

    private static func mismatch(
        _ records: [DNSRecord],
        _ settings: DNSSettings
    ) -> String? {
        let type = settings.options.recordType
        let found = records.map { AnswerText.normal($0.text, RecordType(number: $0.type) ?? type) }
        let expected = settings.expectedAnswers
        switch settings.options.answersMatch {
        case .exact:
            if let missing = expected.first(where: { !found.contains($0) }) {
                return "\(quote(missing)) is not in the answer"
            }
            return found.first { !expected.contains($0) }.map { "\(quote($0)) is in the answer and not expected" }
        case .all: return expected.first { !found.contains($0) }.map { "\(quote($0)) is not in the answer" }
        case .any:
            return expected.contains(where: found.contains) ? nil : "none of the expected records is in the answer"
        case .regex: return mismatch(settings.expressions, found)
        }
    }

    private static func quote(_ text: String) -> String { text.utf8.count <= 200 ? text : "\(text.prefix(200))…" }

    /// The steps of all expressions together for one answer: some 50 ms.
    private static let stepLimit = 10_000_000

    private static func mismatch(_ expressions: [RegularExpression], _ found: [String]) -> String? {
        var steps = stepLimit
        do throws(PatternError) {
            for expression in expressions {
                var isFound = false
                for text in found where !isFound {
                    isFound = try expression.matches(Array(text.utf8), steps: &steps)
                }
                if !isFound { return "no record matches \(quote(expression.pattern))" }
            }
            return nil
        } catch {
            return "the records could not be compared: \(error)"
        }
    }
}
