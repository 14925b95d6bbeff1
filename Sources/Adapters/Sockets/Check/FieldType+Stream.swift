import Base
package import Checks
package import HTTPClient

/// Which address family a check uses.
package enum StreamFamily: String, Sendable, CaseIterable {
    case any
    case v4 = "4"
    case v6 = "6"

    package var resolverFamily: Resolver.Family {
        switch self {
        case .any: .any
        case .v4: .v4
        case .v6: .v6
        }
    }
}

extension FieldType<String> {
    /// The name or address to connect to; an IPv6 address may be in brackets.
    package static var streamHost: Self {
        .text(1...255, placeholder: "HOST", example: "example.org", rule: hostFault)
    }

    /// A name or address without a port.
    package static var streamName: Self {
        .text(1...253, placeholder: "NAME", example: "example.org", rule: hostFault)
    }

    /// A numeric address.
    package static var streamAddress: Self {
        .text(2...47, placeholder: "ADDRESS", example: "192.0.2.1") { text in
            if HostName.hasZone(text) { return Schema.TextError(HostName.zoneAdvice) }
            return IPAddress(text) == nil ? Schema.TextError("Write a numeric IPv4 or IPv6 address") : nil
        }
    }

    /// `ADDRESS:PORT` of a name server.
    package static var streamResolver: Self {
        .text(1...60, placeholder: "ADDRESS:PORT", example: "192.0.2.53:53") { text in
            if HostName.hasZone(text) { return Schema.TextError(HostName.zoneAdvice) }
            guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0,
                IPAddress(String(text[..<colon])) != nil
            else { return Schema.TextError("Write ADDRESS:PORT with a numeric address") }
            return nil
        }
    }

    @Sendable private static func hostFault(_ text: String) -> Schema.TextError? {
        if IPAddress(text) != nil { return nil }
        do throws(TargetURL.ParseError) {
            _ = try HostName.checked(text[...])
            return nil
        } catch {
            if case .malformed(let words) = error { return Schema.TextError(words) }
            return Schema.TextError("Write a host name or an address")
        }
    }
}

extension FieldType<Int> {
    package static var streamPort: Self { .integer(1...65_535, placeholder: "PORT", example: 443) }
}

extension FieldType<Duration> {
    package static var streamTimeout: Self { .seconds(.milliseconds(100)...(.seconds(300)), example: 10) }
}
