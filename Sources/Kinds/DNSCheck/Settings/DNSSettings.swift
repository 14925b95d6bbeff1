import Base
import Checks
import Patterns

/// The query, its servers and the expected answer.
///
/// Most monitors differ only in the name, so all other settings share one copy-on-write value.
package struct DNSSettings: CheckSettings {
    package typealias Kind = DNSKind

    /// The queried name; with the type PTR also an address.
    package var query = ""
    private var shared = SharedOptions.standard

    package init() {}

    /// The transport of the query.
    package enum Transport: String, Sendable, CaseIterable { case udp, tcp, tls }

    /// How the records of an answer are compared with the expected texts.
    package enum AnswersMatch: String, Sendable, CaseIterable {
        /// The same set of texts.
        case exact
        /// At least one of the texts.
        case any
        /// Every text, and possibly others.
        case all
        /// Every text is an expression that matches at least one record.
        case regex
    }

    /// All settings except the name.
    package struct Options: Sendable, Equatable {
        package var recordType = RecordType.A
        /// nil queries the system's servers.
        package var server: String?
        /// Several servers, which must all answer as expected.
        package var servers: [String] = []
        package var transport = Transport.udp
        /// The name that the certificate must cover; nil uses the server as written.
        package var serverName: String?
        package var verifiesTLS = true
        /// The limit for the whole check.
        package var timeout = Duration.seconds(5)
        /// How often a query over UDP is repeated.
        package var queryRetries = 2
        /// Whether the server should resolve the name recursively (RD).
        package var isRecursive = true
        package var responseCode = ResponseCode.noError
        /// Texts of records, or expressions.
        package var answers: [String] = []
        package var answersMatch = AnswersMatch.exact
        /// The fewest records of the type, for the response code NOERROR.
        package var minimumAnswers = 1
        package var expectsAuthoritative = false
        /// Seconds; nil means any.
        package var minimumTTL: Int?
        package var maximumTTL: Int?
        /// Whether the resolver must have validated the answer (AD).
        package var expectsDNSSEC = false
        /// Whether `servers` must have the same SOA serial.
        package var sameSerial = false

        package init() {}
    }

    package var options: Options {
        _read { yield shared.options }
        _modify {
            var options = shared.options
            defer { shared = options == Options() ? .standard : SharedOptions(options) }
            yield &options
        }
    }

    /// The servers to query; empty for the system's.
    package var servers: [ServerName] { shared.servers }
    /// The expected texts, normalized for the comparison; as written in a query for all types.
    var expectedAnswers: [String] { shared.expectedAnswers }
    /// The compiled expressions, if answers are compared with expressions.
    var expressions: [RegularExpression] { shared.expressions }

    /// Options and the values derived from them, computed once for all checks.
    private final class SharedOptions: Sendable {
        let options: Options
        let servers: [ServerName]
        let expectedAnswers: [String]
        let expressions: [RegularExpression]

        init(_ options: Options) {
            self.options = options
            let texts = options.servers.isEmpty ? options.server.map { [$0] } ?? [] : options.servers
            servers = texts.compactMap { try? ServerName($0) }
            let isRegex = options.answersMatch == .regex
            let isOpen = options.recordType == .ANY
            expectedAnswers =
                isRegex ? [] : options.answers.map { isOpen ? $0 : AnswerText.normal($0, options.recordType) }
            expressions = isRegex ? options.answers.compactMap { try? RegularExpression($0) } : []
        }

        static let standard = SharedOptions(Options())
    }

    package static func == (left: DNSSettings, right: DNSSettings) -> Bool {
        left.query == right.query && (left.shared === right.shared || left.options == right.options)
    }
}
