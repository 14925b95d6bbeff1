package import Base

/// The rules for the texts of an HTTP check's settings.
package enum HTTPRules {
    package static func url(_ text: String) -> Schema.TextError? {
        do throws(TargetURL.ParseError) {
            _ = try CheckURL(text)
            return nil
        } catch {
            return Schema.TextError(type: error.issueType, message: error.description)
        }
    }

    /// Like `url`, but without user and password, which have members of their own.
    package static func tokenURL(_ text: String) -> Schema.TextError? {
        if let fault = url(text) { return fault }
        guard (try? CheckURL(text))?.user == nil else {
            return .init(type: "url_parsing", message: "The user name stands in client_id, not in the URL")
        }
        return nil
    }

    package static func method(_ text: String) -> Schema.TextError? {
        guard (1...20).contains(text.utf8.count), text.utf8.allSatisfy({ ($0 | 32) &- 97 < 26 }) else {
            return .init("A method is a word of 1 to 20 letters")
        }
        return ["CONNECT", "TRACE"].contains(text.uppercased()) ? .init("CONNECT and TRACE are not allowed") : nil
    }

    package static func headerName(_ text: String) -> Schema.TextError? {
        guard (1...256).contains(text.utf8.count), text.utf8.allSatisfy(isTokenByte) else {
            return .init("A header name is a token: letters, digits and - without spaces")
        }
        let isReserved = HTTPSettings.Header(name: text, value: "").isReserved
        return isReserved ? .init("This header is set by the check itself") : nil
    }

    package static func headerValue(_ text: String) -> Schema.TextError? {
        let isClean = text.utf8.allSatisfy { ($0 >= 32 && $0 != 127) || $0 == 9 }
        return isClean ? nil : .init("It holds a line break, a NUL or another control character")
    }

    /// A host name of ASCII labels, not an address: SNI cannot carry addresses.
    package static func serverName(_ text: String) -> Schema.TextError? {
        let isName = text.utf8.allSatisfy { ($0 | 32) &- 97 < 26 || $0 &- 48 < 10 || "-_.".utf8.contains($0) }
        return isName && !HostName.isAddress(text)
            ? nil : .init("Write a host name of ASCII letters, digits, - _ and ., not an address")
    }

    package static func userName(_ text: String) -> Schema.TextError? {
        text.contains(":") ? .init("A user name cannot hold a colon") : headerValue(text)
    }

    package static func statusSet(_ text: String) -> Schema.TextError? {
        StatusSet(text: text) == nil ? .init("Write codes from 100 to 599 as 200-299,301") : nil
    }

    package static func resolveOverride(_ text: String) -> Schema.TextError? {
        if let parts = HTTPSettings.ResolveOverride(text: text), HostName.hasZone(parts.address) {
            return .init(HostName.zoneAdvice)
        }
        guard let override = HTTPSettings.ResolveOverride(text: text), HostName.isAddress(override.address) else {
            return .init("Write HOST:PORT:ADDRESS with a numeric address")
        }
        let isName = override.host.utf8.allSatisfy { $0 &- 97 < 26 || $0 &- 48 < 10 || "-_.".utf8.contains($0) }
        return isName ? nil : .init("Write HOST:PORT:ADDRESS with a host name of ASCII letters, digits, - _ and .")
    }

    package static func resolver(_ text: String) -> Schema.TextError? {
        if HostName.hasZone(text) { return .init(HostName.zoneAdvice) }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0 else {
            return .init("Write ADDRESS:PORT with a numeric address")
        }
        let host = text[..<colon]
        let isAddress =
            host.hasPrefix("[") && host.hasSuffix("]")
            ? HostName.isIPv6(String(host.dropFirst().dropLast())) : HostName.isIPv4(String(host))
        return isAddress ? nil : .init("Write ADDRESS:PORT with a numeric address; IPv6 in brackets")
    }

    package static func proxy(_ text: String) -> Schema.TextError? {
        let schemes = ["http", "https", "socks4", "socks5", "socks5h"]
        guard let mark = text.firstRange(of: "://"), schemes.contains(text[..<mark.lowerBound].lowercased()) else {
            return .init(
                type: "url_scheme",
                message: "URL scheme should be 'http', 'https', 'socks4', 'socks5' or 'socks5h'"
            )
        }
        do throws(TargetURL.ParseError) {
            let url = try TargetURL("http://" + text[mark.upperBound...])
            guard url.target == "/" else { return .init(type: "url_parsing", message: "A proxy's URL has no path") }
            return nil
        } catch {
            if text.contains("@") { return .init("A proxy's user name and password are not supported") }
            return .init(type: error.issueType, message: error.description)
        }
    }

    package static func bytes(_ limit: Int) -> Schema.TextRule {
        { text in
            text.utf8.count <= limit
                ? nil : .init(type: "string_too_long", message: "String should have at most \(limit) bytes")
        }
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        (byte | 32) &- 97 < 26 || byte &- 48 < 10 || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}
