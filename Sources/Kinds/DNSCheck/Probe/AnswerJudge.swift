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
            let foreign =
                message.foreignCount > 0 ? "; \(message.foreignCount) of other names or classes do not count" : ""
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
        let found = records.map { FoundAnswer($0, queried: settings.options.recordType) }
        let expected = settings.expectedAnswers
        switch settings.options.answersMatch {
        case .exact:
            if let missing = missing(expected, found) { return missing }
            let extra = found.first { answer in !expected.contains { answer.fits($0) } }
            return extra.map { "\(quote($0.text)) is in the answer and not expected" }
        case .all: return missing(expected, found)
        case .any:
            let isFound = expected.contains { text in found.contains { $0.fits(text) } }
            return isFound ? nil : "none of the expected records is in the answer"
        case .regex: return mismatch(settings.expressions, found.map(\.text))
        }
    }

    private static func missing(_ expected: [String], _ found: [FoundAnswer]) -> String? {
        let text = expected.first { text in !found.contains { $0.fits(text) } }
        return text.map { "\(quote($0)) is not in the answer" }
    }

    /// A record of the answer with its normal text.
    private struct FoundAnswer {
        let text: String
        /// The type as which an expected text is read, if a query for all types leaves that open.
        private let openType: RecordType?

        init(_ record: DNSRecord, queried: RecordType) {
            let type = RecordType(number: record.type) ?? .ANY
            text = AnswerText.normal(record.text, type)
            openType = queried == .ANY ? type : nil
        }

        func fits(_ expected: String) -> Bool {
            text == (openType.map { AnswerText.normal(expected, $0) } ?? expected)
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
