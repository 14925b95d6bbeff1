import Base
import Domain

/// The schemas of a monitor as it is sent and as it is answered.
struct MonitorSchema: Sendable {
    /// What this server allows and assumes.
    private let policy: MonitorPolicy

    init(policy: MonitorPolicy) { self.policy = policy }

    /// A new monitor: what is left out takes its default.
    var creation: Schema { .object("MonitorCreation", fields) }

    /// A whole monitor: what is left out goes back to its default; what only the server sets is let pass.
    var replacement: Schema { .object("MonitorReplacement", fields + readOnlyFields) }

    /// A change: what is left out stays.
    var change: Schema { .object("MonitorChange", fields.map(\.partial)) }

    /// A monitor as the server answers it.
    var answer: Schema {
        .object("Monitor", (readOnlyFields + fields).map(\.response))
    }

    private var readOnlyFields: [Schema.Field] {
        let status = Schema.oneOf(MonitorStanding.words)
        return [
            Schema.Field.required("id", .integer(1...Int64.max, example: 1), "The monitor's number."),
            .required("status", status, "Whether it is up; paused when it is not active."),
            .required("status_since", Schema.timestamp.nullable, "Since when it has this status."),
            .required("last_check", ResultSchema.digest.nullable, "Its newest result; null before the first."),
            .required("created_at", .timestamp, "When it was created."),
            .required("updated_at", .timestamp, "When it was last changed."),
        ].map(\.readOnly)
    }

    private var fields: [Schema.Field] {
        basicFields + requestFields + expectationFields + connectionFields + alertingFields
    }

    private var basicFields: [Schema.Field] {
        let interval = Schema.integer(10...86_400, example: 60)
        let seconds = JSONValue.integer(policy.interval.components.seconds)
        return [
            .required(
                "name",
                .string(length: 1...MonitorLimits.nameLength, example: "Shop", rule: TextRules.name),
                "Its name."
            ),
            .required(
                "url",
                .string(format: "uri", example: "https://example.com/", rule: TextRules.url),
                "What is asked for."
            ),
            .optional("interval", interval, default: seconds, "Seconds from check to check."),
            .optional("interval_seconds", interval, "The same as interval."),
            .optional("enabled", .boolean, default: true, "Whether it is checked."),
            .optional("is_active", .boolean, "The same as enabled."),
            .optional(
                "tags",
                .array(
                    .string(length: 1...MonitorLimits.tagLength, rule: TextRules.tag),
                    maximumCount: MonitorLimits.tagCount
                ),
                default: [],
                "Words to find it by: letters, digits and _ . : -"
            ),
        ]
    }

    private var requestFields: [Schema.Field] {
        let header = Schema.string(length: 0...MonitorLimits.headerLength, rule: TextRules.headerValue)
        return [
            .optional(
                "method",
                .string(example: "GET", rule: TextRules.method),
                default: "GET",
                "The request's method."
            ),
            .optional(
                "headers",
                .map(of: header, maximumCount: MonitorLimits.headerCount, names: TextRules.headerName)
                    .example(["X-Probe": "sentinel"]),
                default: .object(JSONObject()),
                "Request header fields; a secret one is answered as ********, which keeps it when it is sent back."
            ),
            .optional(
                "body",
                .string(rule: TextRules.bytes(MonitorLimits.requestBodyLength)).nullable,
                default: .null,
                "The request's body."
            ),
            .optional("auth", Self.authentication.nullable, default: .null, "How the request proves who it is."),
            .optional(
                "user_agent",
                .string(length: 1...1024, rule: TextRules.headerValue).nullable,
                default: .null,
                "The User-Agent field; null sends Sentinel's own."
            ),
        ]
    }

    private static let authentication: Schema = {
        let secret = Schema.string(length: 0...4096, rule: TextRules.headerValue)
        let basic = Schema.object(
            "BasicAuthentication",
            [
                .required("type", .oneOf(["basic"]), "HTTP basic authentication."),
                .required("username", .string(length: 0...255, rule: TextRules.userName), "The user's name."),
                .required("password", secret.example("********"), "Never answered; ******** keeps what is stored."),
            ]
        )
        let bearer = Schema.object(
            "BearerAuthentication",
            [
                .required("type", .oneOf(["bearer"]), "A bearer token."),
                .required(
                    "token",
                    .string(length: 1...4096, rule: TextRules.headerValue).example("********"),
                    "Never answered; ******** keeps what is stored."
                ),
            ]
        )
        return .tagged("type", [("basic", basic), ("bearer", bearer)])
    }()

    private var expectationFields: [Schema.Field] {
        let status = Schema.either(
            .integer(100...599, example: 200),
            .string(example: "200-299,301", rule: TextRules.statusSet)
        )
        let keyword = Schema.string(length: 1...MonitorLimits.keywordLength).nullable
        return [
            .optional("expected_status", status, default: "200-399", "The status codes that count as success."),
            .optional("keyword", keyword, default: .null, "Text that must stand in the decoded body."),
            .optional("not_keyword", keyword, default: .null, "Text that must not stand in the decoded body."),
            .optional(
                "max_body",
                .integer(1...Int64(MonitorLimits.maximumBody)),
                default: .integer(Int64(MonitorLimits.defaultMaximumBody)),
                "Bytes of decoded body after which the check fails."
            ),
            .optional("follow_redirects", .boolean, default: true, "Whether redirects are followed."),
            .optional(
                "max_redirects",
                .integer(0...Int64(MonitorLimits.maximumRedirects)),
                default: .integer(Int64(MonitorLimits.defaultRedirects)),
                "How many redirects are followed."
            ),
        ]
    }

    private var connectionFields: [Schema.Field] {
        let seconds = Schema.number(0.1...60, example: 10)
        let resolve = Schema.string(example: "example.com:443:127.0.0.1", rule: TextRules.resolveOverride)
        let path = Schema.string(rule: TextRules.file(under: policy.tlsDirectory)).nullable
        return [
            .optional("timeout", seconds, default: .number(policy.timeout.inSeconds), "Seconds for the whole check."),
            .optional("connect_timeout", seconds.nullable, default: .null, "Seconds to resolve and connect."),
            .optional("verify_tls", .boolean, default: true, "Whether the certificate must be valid."),
            .optional("ca_file", path, default: .null, "A PEM file on the server that replaces its authorities."),
            .optional("client_cert", path, default: .null, "A PEM file on the server: the client's certificate."),
            .optional("client_key", path, default: .null, "A PEM file on the server: the certificate's key."),
            .optional(
                "resolve",
                .array(resolve, maximumCount: 20),
                default: [],
                "HOST:PORT:ADDRESS, instead of asking."
            ),
            .optional(
                "resolver",
                .string(example: "127.0.0.1:53", rule: TextRules.resolver).nullable,
                default: .null,
                "ADDRESS:PORT of the name server to ask; null asks the system's."
            ),
            .optional(
                "proxy",
                .string(length: 1...1024, rule: TextRules.proxy).nullable,
                default: .null,
                "An http, https, socks4, socks5 or socks5h URL."
            ),
            .optional("ip_version", .oneOf(["any", "4", "6"]), default: "any", "The address family."),
            .optional(
                "http_version",
                .oneOf(HTTPSpec.HTTPVersion.allCases.map(\.rawValue)),
                default: "auto",
                "The HTTP version."
            ),
            .optional("reuse_connection", .boolean, default: false, "Whether a connection is kept for the next check."),
        ]
    }
}
