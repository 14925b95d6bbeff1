package import Base
import Domain
import HTTPClient

extension ValueReader where Value == String {
    /// The address of a running server, without a slash at the end; gets `http://` when it has no scheme.
    package static var serverURL: Self {
        Self(
            expected: "the http:// or https:// URL of a server",
            placeholder: "URL",
            read: { text in
                guard var url = try? TargetURL(text, defaultScheme: "http").description, !url.contains("?") else {
                    return nil
                }
                while url.hasSuffix("/") { url.removeLast() }
                return url
            },
            write: { $0 }
        )
    }

    /// The URL of a proxy with one of curl's schemes.
    static var proxyURL: Self {
        Self(
            expected: "an http://, https://, socks4://, socks5:// or socks5h:// URL",
            placeholder: "URL",
            read: { text in
                let scheme = text.prefix { $0 != ":" }.lowercased()
                let known = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"].contains(scheme)
                let rest = text.dropFirst(scheme.count)
                let plain = text.utf8.allSatisfy { $0 > 32 && $0 != 127 }
                return known && plain && rest.hasPrefix("://") && rest.count > 3 && text.utf8.count <= 2048 ? text : nil
            },
            write: { $0 }
        )
    }

    /// A method token, made upper case.
    static var httpMethod: Self {
        Self(
            expected: "a request method",
            placeholder: "METHOD",
            read: { text in
                (1...32).contains(text.utf8.count) && text.utf8.allSatisfy(isTokenByte) ? text.uppercased() : nil
            },
            write: { $0 }
        )
    }

    /// A byte of an RFC 9110 token.
    fileprivate static func isTokenByte(_ byte: UInt8) -> Bool {
        byte &- 48 <= 9 || (byte | 32) &- 97 <= 25 || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}

extension ValueReader where Value == HTTPSpec.Header {
    /// `NAME:VALUE`; blanks around the value do not count.
    static var header: Self {
        Self(
            expected: "a header as NAME:VALUE that the check does not set itself",
            placeholder: "NAME:VALUE",
            read: { text in
                guard let colon = text.firstIndex(of: ":"), text.utf8.count <= MonitorLimits.headerLength else {
                    return nil
                }
                let name = text[..<colon]
                guard !name.isEmpty, name.utf8.allSatisfy(ValueReader<String>.isTokenByte) else { return nil }
                var value = text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
                while let last = value.last, last == " " || last == "\t" { value.removeLast() }
                guard value.utf8.allSatisfy({ ($0 >= 32 && $0 != 127) || $0 == 9 }) else { return nil }
                let header = HTTPSpec.Header(name: String(name), value: String(value))
                return header.isReserved ? nil : header
            },
            write: { "\($0.name): \($0.value)" }
        )
    }
}

extension ValueReader where Value == HTTPSpec.ResolveOverride {
    /// `HOST:PORT:ADDR`, an IPv6 address with or without brackets.
    static var resolveOverride: Self {
        Self(
            expected: "HOST:PORT:ADDR (such as example.com:443:127.0.0.1)",
            placeholder: "HOST:PORT:ADDR",
            read: { text in
                guard let found = HTTPSpec.ResolveOverride(text: text), IPAddress(found.address) != nil else {
                    return nil
                }
                return found
            },
            write: { $0.text }
        )
    }
}

extension ValueReader where Value == StatusSet {
    /// Codes and ranges from 100 to 599 with commas between.
    static var statusSet: Self {
        Self(
            expected: "a set of status codes (such as 200-299,301)",
            placeholder: "CODES",
            read: { StatusSet(text: $0) },
            write: { $0.description }
        )
    }
}

extension ValueReader where Value == Int {
    /// Bytes: a number, also with K or M for 1024 and 1048576.
    static func byteCount(_ range: ClosedRange<Int>) -> Self {
        Self(
            expected: "a size from \(range.lowerBound) to \(range.upperBound) bytes (such as 4096, 64K, 10M)",
            placeholder: "BYTES",
            read: { text in
                let factor = ["K": 1 << 10, "M": 1 << 20][text.suffix(1).uppercased()] ?? 1
                guard let number = Int(factor == 1 ? text[...] : text.dropLast()), !text.hasPrefix("+") else {
                    return nil
                }
                let (size, overflow) = number.multipliedReportingOverflow(by: factor)
                return !overflow && range.contains(size) ? size : nil
            },
            write: { String($0) }
        )
    }
}

extension TargetURL {
    /// Reads a URL that may lack its scheme.
    init(_ text: String, defaultScheme: String) throws(Fault) {
        do throws(Fault) {
            self = try TargetURL(text)
        } catch {
            guard error == .noScheme else { throw error }
            self = try TargetURL("\(defaultScheme)://\(text)")
        }
    }
}
