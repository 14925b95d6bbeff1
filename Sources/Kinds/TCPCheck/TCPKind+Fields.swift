import Base
package import Checks
import Sockets

extension TCPKind {
    package static let fields: [Field<TCPSettings>] = targetFields + tlsFields + exchangeFields

    private static let targetFields: [Field<TCPSettings>] = [
        Field("host", \.host, .streamHost, default: "", isRequired: true, "The name or address that is connected to."),
        Field("port", \.options.port, .streamPort, default: 0, isRequired: true, short: "p", "The port."),
        Field("timeout", \.options.timeout, .streamTimeout, default: .seconds(10), "Seconds for the whole check."),
        Field("ip_version", \.options.family, .choice, default: .any, "The address family."),
        Field(
            "resolver",
            \.options.resolver,
            .optional(.streamResolver),
            default: nil,
            "ADDRESS:PORT of the name server to ask; null asks the system's."
        ),
        Field(
            "resolve",
            \.options.address,
            .optional(.streamAddress),
            default: nil,
            "The address that is connected to instead of asking for the host's."
        ),
    ]

    private static let tlsFields: [Field<TCPSettings>] = [
        Field("tls", \.options.usesTLS, .flag, default: false, "Whether TLS begins with the connection."),
        Field(
            "starttls",
            \.options.startTLS,
            .choice,
            default: .none,
            "The protocol in which TLS is asked for on the plain connection."
        ),
        Field("verify_tls", \.options.verifiesTLS, .flag, default: true, "Whether the certificate must be valid."),
        Field(
            "server_name",
            \.options.serverName,
            .optional(.streamName),
            default: nil,
            "The name that the certificate must be for and that is sent to the server (SNI); null means the host."
        ),
        Field(
            "ca_file",
            \.options.caFile,
            .optional(.pemFile),
            default: nil,
            "A PEM file on the server that replaces its authorities."
        ),
        Field(
            "client_cert",
            \.options.clientCertificate,
            .optional(.pemFile),
            default: nil,
            "A PEM file on the server: the client's certificate."
        ),
        Field(
            "client_key",
            \.options.clientKey,
            .optional(.pemFile),
            default: nil,
            "A PEM file on the server: the certificate's key."
        ),
    ]

    private static let exchangeFields: [Field<TCPSettings>] = [
        Field(
            "send",
            \.options.send,
            .optional(FieldType<[TCPStep]>.bytes("PING\\r\\n")),
            default: nil,
            "Text to send once connected; \\r \\n \\t \\0 \\xHH \\\\ are escapes."
        ),
        Field(
            "expect",
            \.options.expect,
            .optional(FieldType<[TCPStep]>.bytes("PONG")),
            default: nil,
            "Text that must come within 4,096 bytes, with the same escapes."
        ),
        Field(
            "expect_pattern",
            \.options.expectPattern,
            .optional(.text(1...1024, placeholder: "REGEX", example: "^\\+PONG", rule: { PatternRule.fault($0) })),
            default: nil,
            "A regular expression (PCRE2) that what comes must match within 4,096 bytes."
        ),
        Field(
            "steps",
            \.options.steps,
            .steps,
            default: [],
            "Up to ten steps, each with what is sent and what must come, instead of send and expect."
        ),
    ]
}
