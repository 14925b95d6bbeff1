import Base
import Domain

/// The schemas of results.
enum ResultSchema {
    /// See `CheckResult.domainJSON`.
    static let domain = Schema.object(
        "PingResult",
        [
            .required("id", .integer(example: 1_763_615_377_382_000), "The result's number."),
            .required("domain_id", .integer(example: 1), "The domain's number."),
            .required("checked_at", .timestamp, "When the check started."),
            .required("latency_ms", .number(example: 12.34), "Milliseconds from the start to the result."),
            .required("status_code", .integer(example: 200), "The final status; 0 without a response."),
            .required("is_success", .boolean, "Whether the check succeeded."),
            .required("error_message", Schema.string().nullable, "Why it failed; null on success."),
        ]
    )

    /// See `CheckResult.json(_:of:)`; each kind of check adds its facts.
    static func full(_ kinds: CheckKinds) -> Schema {
        let facts = kinds.all.filter { !$0.facts.isEmpty }.map { kind in
            Schema.Field.optional(
                kind.name,
                .object("\(kind.name.uppercased())Facts", kind.facts.map(\.partial)),
                "Measurements of a \(kind.name) check."
            )
        }
        return .object("CheckResult", identity + outcome + facts + derived)
    }

    /// The last result, as a monitor shows it.
    static let digest = Schema.object(
        "LastCheck",
        [
            .required("id", .integer(example: 1_763_615_377_382_000), "The result's number."),
            .required("checked_at", .timestamp, "When the check started."),
            .required("is_success", .boolean, "Whether it succeeded."),
            .required("latency_ms", .number(example: 12.345), "Milliseconds from the start to the result."),
            .required("status_code", Schema.integer(example: 200).nullable, "The final status; null without one."),
            .required("reason", .oneOf(Reason.allCases.map(\.description)).nullable, "Why it failed; null on success."),
            .required("error_message", Schema.string().nullable, "Why it failed, in words; null on success."),
        ]
    )

    private static let identity: [Schema.Field] = [
        .required("id", .integer(example: 1_763_615_377_382_000), "The result's number."),
        .required("monitor_id", .integer(example: 1), "The monitor's number."),
        .required("kind", Schema.string(example: "http").nullable, "The kind of check; null when it is not known."),
        .required("region", .string(example: "local"), "The place that the check ran from."),
        .required("scheduled_at", .timestamp, "When the check was due."),
        .required("checked_at", .timestamp, "When it started."),
    ]

    private static let outcome: [Schema.Field] = [
        .required("is_success", .boolean, "Whether the check succeeded."),
        .required("status_code", Schema.integer(example: 200).nullable, "The final status; null without a response."),
        .required("latency_ms", .number(example: 12.345), "Milliseconds from the start to the result."),
        .required("phases", phases, "Milliseconds by phase; null where it was not reached."),
        .required("reason", .oneOf(Reason.allCases.map(\.description)).nullable, "Why it failed; null on success."),
        .required("phase", .oneOf(Phase.allCases.map(\.description)).nullable, "Where it failed; null on success."),
        .required("error_message", Schema.string().nullable, "Why it failed, in words; null on success."),
        .required(
            "remote_address",
            Schema.string(example: "127.0.0.1:443").nullable,
            "The address of the last connection."
        ),
        .required("http_version", Schema.string(example: "1.1").nullable, "Of the final response."),
        .required("redirects", .integer(example: 0), "How many were followed."),
        .required("final_url", Schema.string().nullable, "The URL of the final response."),
        .required("body_bytes", .integer(example: 1256), "Decoded bytes read."),
        .required("certificate", certificate.nullable, "The target's certificate; null without TLS."),
        .optional("response", evidence, "The target's response; kept for failures."),
    ]

    private static let derived: [Schema.Field] = [
        .required("monitor_name", Schema.string(example: "Shop").nullable, "The monitor's name; null when deleted."),
        .required("url", Schema.string().nullable, "What was checked: a URL, host:port, a name."),
        .required("status", .oneOf(["UP", "DOWN", "TIMEOUT", "ERROR"]), "The outcome in one word."),
        .required("timestamp", .timestamp, "The same as checked_at."),
    ]

    private static let phases = Schema.object(
        "PhaseTimes",
        [Phase.dns, .connect, .tls, .firstByte, .transfer, .request].map { phase in
            .optional(
                phase.description,
                Schema.number(example: 1.5).nullable,
                "Milliseconds in the phase \(phase); each kind of check has phases of its own."
            )
        }
    )

    private static let link: [Schema.Field] = [
        .required("subject", .string(), "RFC 2253 text."),
        .required("issuer", .string(), "RFC 2253 text."),
        .required("not_before", .timestamp, "Valid from."),
        .required("not_after", .timestamp, "Valid until."),
        .required("sha256", .string(), "Lower-case hexadecimal."),
    ]

    private static let certificate = Schema.object(
        "Certificate",
        link + [
            .required("sans", .array(.string()), "The names and addresses for which it is valid."),
            .required("valid", .boolean, "Whether chain and host name were verified."),
            .required("problem", Schema.string().nullable, "The verification error, if there was one."),
            .required("chain", .array(.object("CertificateLink", link)), "The issuers that the target sent."),
        ]
    )

    private static let evidence = Schema.object(
        "Evidence",
        [
            .required(
                "headers",
                .array(
                    .object(
                        "HeaderField",
                        [.required("name", .string(), "Its name."), .required("value", .string(), "Its value.")]
                    )
                ),
                "The response's header fields as received."
            ),
            .required("body", .string(), "The first 4,096 bytes of the decoded body."),
        ]
    )
}
