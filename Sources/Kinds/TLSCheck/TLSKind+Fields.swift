import Base
package import Checks
import Sockets

extension TLSKind {
    package static let fields: [Field<TLSSettings>] = targetFields + handshakeFields + certificateFields + sessionFields

    private static let targetFields: [Field<TLSSettings>] = [
        Field("host", \.host, .streamHost, default: "", isRequired: true, "The name or address that is connected to."),
        Field("port", \.options.port, .streamPort, default: 443, short: "p", "The port."),
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

    private static let handshakeFields: [Field<TLSSettings>] = [
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
        Field(
            "alpn",
            \.options.protocols,
            .list(.text(1...255, placeholder: "PROTOCOL", example: "h2", rule: ascii), maximum: 10),
            default: [],
            "The protocols offered with ALPN, best first."
        ),
    ]

    private static let certificateFields: [Field<TLSSettings>] = [
        Field(
            "min_days_left",
            \.options.minimumDays,
            .optional(.integer(0...10_000, placeholder: "DAYS", example: 14)),
            default: nil,
            "Days that every certificate of the verified chain must last; null means that none has expired."
        ),
        Field(
            "names",
            \.options.names,
            .list(.text(1...253, placeholder: "NAME", example: "www.example.org", rule: name), maximum: 50),
            default: [],
            "Names and addresses that the certificate must cover besides the server's name."
        ),
        Field(
            "key_types",
            \.options.keyTypes,
            .list(.choice, maximum: 4),
            default: [],
            "The algorithms that the certificate's key may have; none means any."
        ),
        Field(
            "min_rsa_bits",
            \.options.minimumRSABits,
            .integer(512...16_384, placeholder: "BITS"),
            default: 2048,
            "The least size of an RSA key in the chain."
        ),
        Field(
            "min_ec_bits",
            \.options.minimumECBits,
            .integer(112...1024, placeholder: "BITS"),
            default: 224,
            "The least size of an elliptic-curve key in the chain."
        ),
        Field(
            "allow_weak_signatures",
            \.options.allowsWeakSignatures,
            .flag,
            default: false,
            "Whether SHA-1 and MD5 signatures are accepted without verification; verification never accepts them."
        ),
        Field(
            "pins",
            \.options.pins,
            .list(.pin, maximum: 20),
            default: [],
            "SHA-256 of certificates or public keys, one of which must be in the chain: hexadecimal or sha256/BASE64."
        ),
    ]

    private static let sessionFields: [Field<TLSSettings>] = [
        Field("min_protocol", \.options.minimumVersion, .choice, default: .v12, "The oldest TLS version accepted."),
        Field(
            "protocol",
            \.options.version,
            .optional(.choice),
            default: nil,
            "The TLS version that must be agreed on; null means any that is new enough."
        ),
        Field(
            "ciphers",
            \.options.ciphers,
            .list(.text(1...100, placeholder: "CIPHER", example: "TLS_AES_256_GCM_SHA384", rule: ascii), maximum: 50),
            default: [],
            "The ciphers accepted, by OpenSSL's names; none means any."
        ),
        Field(
            "ocsp",
            \.options.staple,
            .choice,
            default: .any,
            "Whether an OCSP response must come with the certificate: present, or good."
        ),
    ]

    @Sendable private static func ascii(_ text: String) -> Schema.TextError? {
        text.utf8.allSatisfy { $0 > 32 && $0 < 127 } ? nil : Schema.TextError("Write printable ASCII without spaces")
    }

    /// A name, one whose first label is `*`, or an address.
    @Sendable private static func name(_ text: String) -> Schema.TextError? {
        if IPAddress(text) != nil { return nil }
        let plain = text.hasPrefix("*.") ? text.dropFirst(2) : text[...]
        do throws(TargetURL.ParseError) {
            _ = try HostName.checked(plain)
            return nil
        } catch {
            return Schema.TextError("Write a host name, *.NAME or an address")
        }
    }
}

extension FieldType<TLSPin> {
    static var pin: Self {
        let digits = "d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592"
        return Self(
            schema: .string(
                length: 50...102,
                example: digits,
                rule: { TLSPin($0) == nil ? Schema.TextError("Write 64 hexadecimal digits or sha256/BASE64") : nil }
            ),
            placeholder: "SHA256",
            write: { .string($0.source) },
            read: { $0.stringValue.flatMap { TLSPin($0) } }
        )
    }
}
