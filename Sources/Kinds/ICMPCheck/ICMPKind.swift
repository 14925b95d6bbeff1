package import Base
package import Checks
package import Runtime

/// Pings a host: sends echo requests and measures loss and round trips.
package enum ICMPKind: CheckKind {
    package static let name = "icmp"
    package static let summary = "Pings a host and measures loss, round trip and jitter."
    package static let blank = ICMPSettings()
    package static let phases: [Phase] = [.dns, .request]
    package static let reasons: [Reason] = [
        .dnsNXDomain, .dnsNoAddress, .dnsServfail, .dnsRefused, .dnsTimeout, .answerTimeout, .answerMalformed,
        .icmpUnreachable, .icmpTTL, .assertionAnswer, .assertionLatency, .policyBlocked, .internalError, .overloaded,
    ]

    package static let fields: [Field<ICMPSettings>] = [
        Field(
            "host",
            \.host,
            .text(1...253, placeholder: "HOST", example: "example.org", rule: HostRule.check),
            default: "",
            isRequired: true,
            "The name or address that is pinged."
        ),
        Field("count", \.options.count, .integer(1...20), default: 3, short: "c", "How many packets are sent."),
        Field(
            "packet_size",
            \.options.packetSize,
            .integer(16...8192, placeholder: "BYTES"),
            default: 56,
            "Bytes of a packet after its ICMP header."
        ),
        Field(
            "spacing",
            \.options.spacing,
            .seconds(.milliseconds(100)...(.seconds(10))),
            default: .milliseconds(200),
            "Seconds from one packet to the next."
        ),
        Field(
            "timeout",
            \.options.timeout,
            .seconds(.milliseconds(100)...(.seconds(60))),
            default: .seconds(5),
            "Seconds for the whole check."
        ),
        Field("ip_version", \.options.ipVersion, .choice, default: .any, "The address family."),
        Field(
            "max_loss",
            \.options.maximumLoss,
            .share,
            default: 0.5,
            "The share of packets that may be lost, from 0 to 1."
        ),
        Field(
            "max_latency",
            \.options.maximumLatency,
            .optional(.seconds(.milliseconds(1)...(.seconds(60)))),
            default: nil,
            "Seconds that the average round trip may take; null means any."
        ),
        Field(
            "ttl",
            \.options.ttl,
            .optional(.integer(1...255)),
            default: nil,
            "The hop limit (TTL) that packets are sent with; null means the system's."
        ),
    ]

    package static let facts: [Schema.Field] = [
        .required("sent", .integer(), "Packets sent."),
        .required("received", .integer(), "Packets that came back whole and in time."),
        .required("loss", .number(0...1), "The share of packets that did not."),
        .required("min_ms", .number().nullable, "The shortest round trip; null when none came back."),
        .required("avg_ms", .number().nullable, "The average round trip."),
        .required("max_ms", .number().nullable, "The longest round trip."),
        .required("jitter_ms", .number().nullable, "The mean difference of neighbouring round trips; null below two."),
        .required("ttl", .integer().nullable, "The hop limit (TTL) that the last reply arrived with."),
    ]

    package static func target(of settings: ICMPSettings) -> String { settings.host }
    package static func targetKey(of settings: ICMPSettings) -> UInt64 { TargetKey.hash(settings.host) }
    package static func timeout(of settings: ICMPSettings) -> Duration { settings.options.timeout }

    package static func conflicts(in settings: ICMPSettings) -> [FieldError] {
        let options = settings.options
        let sending = options.spacing * (options.count - 1)
        guard sending >= options.timeout else { return [] }
        let packets = "\(options.count) packets \(options.spacing.text) apart take \(sending.text) to send"
        // Most likely the setting that is not as usual is the wrong one.
        let standard = ICMPSettings.Options()
        if options.timeout >= standard.timeout, options.spacing > standard.spacing {
            return [
                FieldError(field: "spacing", reason: "is too long: \(packets), the timeout is \(options.timeout.text)")
            ]
        }
        return [FieldError(field: "timeout", reason: "is too short: \(packets)")]
    }

    package static func makeProber(on loop: EventLoop, _ configuration: ProbeConfiguration) -> (any Prober)? {
        ICMPProber(loop: loop, configuration: configuration)
    }
}

/// The rule for hosts.
enum HostRule {
    @Sendable static func check(_ text: String) -> Schema.TextError? {
        if IPAddress(text) != nil { return nil }
        do throws(TargetURL.ParseError) {
            _ = try HostName.checked(text[...])
            return nil
        } catch {
            guard case .malformed(let reason) = error else { return Schema.TextError("the host name is invalid") }
            return Schema.TextError(reason)
        }
    }
}

extension FieldType<Double> {
    /// A fraction from 0 to 1.
    static var share: Self {
        Self(
            schema: .number(0...1),
            placeholder: "SHARE",
            write: { .number($0) },
            read: { $0.doubleValue.flatMap { (0...1).contains($0) ? $0 : nil } },
            parse: { Double($0).map { .number($0) } }
        )
    }
}
