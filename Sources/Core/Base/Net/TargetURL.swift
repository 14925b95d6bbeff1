/// An absolute http or https URL that a check may request, in normal form.
///
/// Scheme and host are in lower case, a default port and a fragment are removed, an empty path is "/", and bytes that a
/// request line may not hold are percent-encoded. Names are ASCII: an internationalised name is given in its xn-- form.
package struct TargetURL: Sendable, Hashable, CustomStringConvertible {
    /// Whether the connection is encrypted.
    package enum Scheme: String, Sendable { case http, https }

    package let scheme: Scheme
    /// Lower case; an IPv6 address stands without brackets.
    package let host: String
    /// Never 0; the scheme's own when the URL names none.
    package let port: UInt16
    /// Path and query, starting with "/".
    package let target: String

    /// The largest length of a URL, in bytes.
    package static let maximumLength = 2048

    private var defaultPort: UInt16 { scheme == .http ? 80 : 443 }

    /// Host and port as they stand in the URL: `[::1]:8080`, `example.com`.
    package var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == defaultPort ? name : "\(name):\(port)"
    }

    /// The URL in normal form.
    package var description: String { "\(scheme.rawValue)://\(authority)\(target)" }

    /// Why a text is not a URL that can be checked.
    package enum ParseError: Error, Sendable, Equatable {
        /// Longer than `TargetURL.maximumLength` bytes.
        case tooLong
        /// No scheme in front: `example.com`.
        case noScheme
        /// A scheme other than http and https.
        case scheme(String)
        /// Any other error, in words.
        case malformed(String)
    }

    /// Reads a URL.
    ///
    /// Throws `.tooLong`, `.noScheme` when the scheme is missing, `.scheme` for one other than http and https, and
    /// `.malformed` with the first part that is wrong.
    package init(_ text: String) throws(ParseError) {
        guard text.utf8.count <= TargetURL.maximumLength else { throw .tooLong }
        guard text.utf8.allSatisfy({ $0 > 32 && $0 != 127 }) else {
            throw .malformed("it holds a space or control character")
        }
        let (scheme, rest) = try Self.splitScheme(text)
        let end = rest.firstIndex { "/?#\\".contains($0) } ?? rest.endIndex
        let (host, port) = try Self.splitAuthority(rest[..<end])
        self.scheme = scheme
        self.host = host
        self.port = port ?? (scheme == .http ? 80 : 443)
        target = try Self.target(rest[end...])
        guard description.utf8.count <= TargetURL.maximumLength else { throw .tooLong }
    }

    private static func splitScheme(_ text: String) throws(ParseError) -> (Scheme, Substring) {
        let word = text.prefix { $0 != ":" && $0 != "/" }
        let rest = text[word.endIndex...]
        let isWord = word.first?.isLetter == true && word.utf8.allSatisfy(isSchemeByte)
        guard rest.hasPrefix(":"), isWord else { throw .noScheme }
        let after = rest.dropFirst()
        guard let scheme = Scheme(rawValue: word.lowercased()) else {
            // `localhost:8000` and `example.com:80/x` are addresses without a scheme, `mailto:x` is a scheme.
            let isAddress = !after.hasPrefix("//") && (after.first?.isNumber == true || word.contains("."))
            throw isAddress ? .noScheme : .scheme(word.lowercased())
        }
        guard after.hasPrefix("//") else { throw .malformed("'//' is missing after '\(word):'") }
        return (scheme, after.dropFirst(2))
    }

    private static func isSchemeByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): true
        default: false
        }
    }

    private static func splitAuthority(_ text: Substring) throws(ParseError) -> (String, UInt16?) {
        guard !text.contains("@") else {
            throw .malformed("it holds a user name or password; use the auth setting instead")
        }
        guard text.hasPrefix("[") else {
            let name = text.prefix { $0 != ":" }
            return (try HostName.checked(name), try port(text[name.endIndex...]))
        }
        guard let close = text.firstIndex(of: "]") else { throw .malformed("']' is missing after the IPv6 address") }
        let address = text[text.index(after: text.startIndex)..<close].lowercased()
        guard !HostName.hasZone(address) else { throw .malformed(HostName.zoneAdvice) }
        guard HostName.isIPv6(address) else { throw .malformed("the IPv6 address is invalid") }
        return (address, try port(text[text.index(after: close)...]))
    }

    /// Reads `:8080`; nil for nothing.
    private static func port(_ text: Substring) throws(ParseError) -> UInt16? {
        guard !text.isEmpty else { return nil }
        let digits = text.dropFirst()
        guard text.hasPrefix(":"), !digits.isEmpty, digits.utf8.allSatisfy({ $0 &- 48 <= 9 }),
            let port = UInt16(digits), port > 0
        else { throw .malformed("the port is not a number from 1 to 65535") }
        return port
    }

    /// Path and query without the fragment.
    private static func target(_ text: Substring) throws(ParseError) -> String {
        guard !text.hasPrefix("\\") else { throw .malformed("it holds a backslash after the host") }
        var bytes: [UInt8] = text.hasPrefix("/") ? [] : [UInt8(ascii: "/")]
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in text.utf8.prefix(while: { $0 != UInt8(ascii: "#") }) {
            switch byte {
            case 128..., UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\\"):
                bytes.append(contentsOf: [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]])
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension TargetURL.ParseError: CustomStringConvertible {
    /// A sentence for the person who sent the URL.
    package var description: String {
        switch self {
        case .tooLong: "URL should have at most \(TargetURL.maximumLength) characters"
        case .noScheme:
            "Input should be a valid URL, relative URL without a base: put http:// or https:// in front"
        case .scheme: "URL scheme should be 'http' or 'https'"
        case .malformed(let reason): "Input should be a valid URL: \(reason)"
        }
    }
}

extension TargetURL.ParseError {
    /// The error in Pydantic's vocabulary.
    package var issueType: String {
        switch self {
        case .tooLong: "string_too_long"
        case .scheme: "url_scheme"
        case .noScheme, .malformed: "url_parsing"
        }
    }
}
