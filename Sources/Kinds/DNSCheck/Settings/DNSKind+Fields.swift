import Base
package import Checks

extension DNSKind {
    package static let fields: [Field<DNSSettings>] = questionFields + transportFields + answerFields

    private static let questionFields: [Field<DNSSettings>] = [
        Field(
            "query",
            \.query,
            .text(1...255, placeholder: "NAME", example: "example.org", rule: query),
            default: "",
            isRequired: true,
            "The name that is asked for; for PTR an address may stand here."
        ),
        Field(
            "record_type",
            \.options.recordType,
            .word,
            default: .A,
            short: "t",
            "The type of record that is asked for."
        ),
        Field(
            "server",
            \.options.server,
            .optional(.text(1...260, placeholder: "SERVER", example: "192.0.2.53", rule: server)),
            default: nil,
            flag: "name-server",
            short: "s",
            "The name server, ADDRESS:PORT or a host name; null asks the system's."
        ),
        Field(
            "servers",
            \.options.servers,
            .list(.text(1...260, placeholder: "SERVER", rule: server), maximum: 16),
            default: [],
            flag: "name-servers",
            "Several name servers, each of which must answer as expected."
        ),
        Field(
            "recursion",
            \.options.isRecursive,
            .flag,
            default: true,
            "Whether the server is asked to look elsewhere (RD)."
        ),
    ]

    private static let transportFields: [Field<DNSSettings>] = [
        Field("transport", \.options.transport, .choice, default: .udp, "How the question travels: tls is RFC 7858."),
        Field(
            "server_name",
            \.options.serverName,
            .optional(.text(1...253, placeholder: "NAME", example: "dns.example.org", rule: host)),
            default: nil,
            "The name or address that the server's certificate must be for; null means the server as written."
        ),
        Field(
            "verify_tls",
            \.options.verifiesTLS,
            .flag,
            default: true,
            "Whether the server's certificate must be valid."
        ),
        Field(
            "timeout",
            \.options.timeout,
            .seconds(.milliseconds(100)...(.seconds(60))),
            default: .seconds(5),
            "Seconds for the whole check."
        ),
        Field(
            "query_retries",
            \.options.queryRetries,
            .integer(0...5),
            default: 2,
            storage: .named("retries"),
            "How often a question over UDP is sent again within the timeout."
        ),
    ]

    private static let answerFields: [Field<DNSSettings>] = [
        Field("rcode", \.options.responseCode, .word, default: .noError, "The response code that is expected."),
        Field(
            "answers",
            \.options.answers,
            .list(.text(1...1024, placeholder: "RECORD", example: "192.0.2.1"), maximum: 50),
            default: [],
            short: "a",
            "The records expected, as zone files have them."
        ),
        Field(
            "answers_match",
            \.options.answersMatch,
            .choice,
            default: .exact,
            "How answers are compared with the records expected."
        ),
        Field(
            "min_answers",
            \.options.minimumAnswers,
            .integer(0...100),
            default: 1,
            "The fewest records of the type in an answer."
        ),
        Field(
            "expect_authoritative",
            \.options.expectsAuthoritative,
            .flag,
            default: false,
            "Whether the answer must be authoritative (AA)."
        ),
        Field(
            "min_ttl",
            \.options.minimumTTL,
            ttl,
            default: nil,
            "The least TTL of the records, in seconds; null means any."
        ),
        Field(
            "max_ttl",
            \.options.maximumTTL,
            ttl,
            default: nil,
            "The greatest TTL of the records, in seconds; null means any."
        ),
        Field(
            "expect_dnssec",
            \.options.expectsDNSSEC,
            .flag,
            default: false,
            "Whether the resolver must have verified the answer (AD)."
        ),
        Field(
            "same_serial",
            \.options.sameSerial,
            .flag,
            default: false,
            "Whether servers must have the same SOA serial."
        ),
    ]

    private static let ttl = FieldType<Int?>.optional(.integer(0...2_147_483_647, placeholder: "SECONDS"))

    @Sendable private static func query(_ text: String) -> Schema.TextError? {
        if IPAddress(text) != nil { return nil }
        if let scheme = text.firstRange(of: "://") {
            let host = text[scheme.upperBound...].prefix { !"/?#:".contains($0) }
            return Schema.TextError(
                "it is a URL: ask for its host alone, such as \(host.isEmpty ? "example.org" : host)"
            )
        }
        do throws(DNSName.ParseError) {
            _ = try DNSName.encode(text)
            return nil
        } catch {
            return Schema.TextError("the name \(error)")
        }
    }

    @Sendable private static func server(_ text: String) -> Schema.TextError? {
        do throws(ServerName.FieldReason) {
            _ = try ServerName(text)
            return nil
        } catch {
            return Schema.TextError(error.text)
        }
    }

    @Sendable private static func host(_ text: String) -> Schema.TextError? {
        do throws(ServerName.FieldReason) {
            return try ServerName(text).port == nil ? nil : Schema.TextError("a port does not belong here")
        } catch {
            return Schema.TextError(error.text)
        }
    }
}

extension FieldType where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of a few words in capitals; on a command line lower case is accepted too.
    static var word: Self {
        var type = choice
        type.parse = { .string($0.uppercased()) }
        type.placeholder = "WORD"
        return type
    }
}
