import Base
import Checks
import Patterns

/// What is asked, of whom, and what the answer must be.
///
/// Most monitors differ only in the name, so all else lives in one shared, copy-on-write value.
package struct DNSSettings: CheckSettings {
    package typealias Kind = DNSKind

    /// The name that is asked for; with the type PTR an address too.
    package var query = ""
    private var shared = SharedOptions.standard

    package init() {}

    /// How the question travels.
    package enum Transport: String, Sendable, CaseIterable { case udp, tcp, tls }

    /// How the records of an answer are compared with the texts that are expected.
    package enum AnswersMatch: String, Sendable, CaseIterable {
        /// The same set.
        case exact
        /// One of the texts at least.
        case any
        /// Every text, others too.
        case all
        /// Every text is an expression that one record at least matches.
        case regex
    }

    /// All settings but the name.
    package struct Options: Sendable, Equatable {
        package var recordType = RecordType.A
        /// Nil asks the system's servers.
        package var server: String?
        /// Several servers, all of which must answer as expected.
        package var servers: [String] = []
        package var transport = Transport.udp
        /// Whom the certificate must be for; nil means the server as it is written.
        package var serverName: String?
        package var verifiesTLS = true
        /// For the whole check.
        package var timeout = Duration.seconds(5)
        /// How often a question over UDP is sent once more.
        package var retries = 2
        /// Whether the server is asked to find the answer elsewhere (RD).
        package var isRecursive = true
        package var responseCode = ResponseCode.noError
        /// Texts of records, or expressions.
        package var answers: [String] = []
        package var answersMatch = AnswersMatch.exact
        /// The fewest records of the type, where the response code is NOERROR.
        package var minimumAnswers = 1
        package var expectsAuthoritative = false
        /// Seconds; nil means any.
        package var minimumTTL: Int?
        package var maximumTTL: Int?
        /// Whether the answer must be verified by the resolver (AD).
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

    /// The servers that are asked; empty means the system's.
    package var servers: [ServerName] { shared.servers }
    /// The expected texts, in the form in which answers are compared.
    var expectedAnswers: [String] { shared.expectedAnswers }
    /// The expressions, where answers are compared with such.
    var expressions: [RegularExpression] { shared.expressions }

    /// What is asked and expected, and what is read from it once for all checks.
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
            expectedAnswers = isRegex ? [] : options.answers.map { AnswerText.normal($0, options.recordType) }
            expressions = isRegex ? options.answers.compactMap { try? RegularExpression($0) } : []
        }

        static let standard = SharedOptions(Options())
    }

    package static func == (left: DNSSettings, right: DNSSettings) -> Bool {
        left.query == right.query && (left.shared === right.shared || left.options == right.options)
    }
}
