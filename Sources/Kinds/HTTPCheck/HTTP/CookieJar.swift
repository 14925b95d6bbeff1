import Base
import CCurl
import HTTPClient

/// The cookies that one check received from its redirects, by the rules of RFC 6265 §5.
///
/// A domain must be the host itself, or a parent of it that contains a dot. There is no list of public suffixes,
/// because the jar lives only as long as the check.
struct CookieJar {
    private struct Cookie {
        let name: String
        let value: String
        /// Lower case.
        let domain: String
        let isHostOnly: Bool
        let path: String
        let isSecure: Bool
    }

    private var cookies: [Cookie] = []
    private static let limit = 50
    private static let sizeLimit = 4096

    var isEmpty: Bool { cookies.isEmpty }

    /// Stores the values of an answer's Set-Cookie fields; malformed and too large ones are ignored.
    mutating func take(_ fields: [[UInt8]], from target: HTTPTarget, path: String) {
        for field in fields where field.count <= Self.sizeLimit {
            take(String(decoding: field, as: UTF8.self), from: target, path: path)
        }
    }

    private mutating func take(_ text: String, from target: HTTPTarget, path: String) {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false)
        guard let (name, value) = Self.pair(parts[0]), !name.isEmpty else { return }
        guard text.utf8.allSatisfy({ $0 >= 32 && $0 != 127 || $0 == 9 }) else { return }
        let host = target.host.lowercased()
        var (domain, isHostOnly, cookiePath, isSecure, isOver) = (host, true, Self.folder(path), false, false)
        var hasAge = false
        var wanted = ""
        for part in parts.dropFirst() {
            let (key, value) = Self.pair(part) ?? (part.trimmingSpaces.lowercased(), "")
            switch key.lowercased() {
            case "domain":
                let name = (value.hasPrefix(".") ? String(value.dropFirst()) : value).lowercased()
                if !name.isEmpty { wanted = name }
            case "path": if value.hasPrefix("/") { cookiePath = value }
            case "secure": isSecure = true
            case "max-age":
                guard let age = Int64(value) else { continue }
                (hasAge, isOver) = (true, age <= 0)
            case "expires":
                guard !hasAge else { continue }
                let time = Int64(curl_getdate(value, nil))
                isOver = time >= 0 && time * 1000 <= Timestamp.now.milliseconds
            default: break
            }
        }
        if !wanted.isEmpty {
            let isName = target.address == nil && wanted.contains(".")
            guard wanted == host || (isName && Self.isBelow(host, wanted)) else { return }
            // A single label is as wide as a public suffix, and an address has nothing below it.
            (domain, isHostOnly) = (wanted, !isName)
        }
        if isSecure, !target.isSecure { return }
        cookies.removeAll { $0.name == name && $0.domain == domain && $0.path == cookiePath }
        guard !isOver, cookies.count < Self.limit else { return }
        cookies.append(
            Cookie(
                name: name,
                value: value,
                domain: domain,
                isHostOnly: isHostOnly,
                path: cookiePath,
                isSecure: isSecure
            )
        )
    }

    /// The Cookie field for a request; a pair of `own` is kept unless an answer has set its name.
    func value(for target: HTTPTarget, path: String, after own: String) -> String {
        let host = target.host.lowercased()
        let fitting = cookies.filter { cookie in
            let isHost = cookie.isHostOnly ? host == cookie.domain : Self.isBelow(host, cookie.domain)
            return isHost && Self.matches(path, cookie.path) && (target.isSecure || !cookie.isSecure)
        }
        let kept = own.split(separator: ";").map { $0.trimmingSpaces }.filter { pair in
            let name = pair.prefix { $0 != "=" }
            return !pair.isEmpty && !fitting.contains { $0.name == name }
        }
        // The longer path first, as RFC 6265 §5.4 demands.
        let sorted = fitting.enumerated().sorted {
            ($1.element.path.utf8.count, $0.offset) < ($0.element.path.utf8.count, $1.offset)
        }
        return (kept.map(String.init) + sorted.map { "\($0.element.name)=\($0.element.value)" }).joined(separator: "; ")
    }

    private static func isBelow(_ host: String, _ domain: String) -> Bool {
        host == domain || host.hasSuffix("." + domain)
    }

    private static func matches(_ path: String, _ cookiePath: String) -> Bool {
        guard path.hasPrefix(cookiePath) else { return false }
        return path.utf8.count == cookiePath.utf8.count || cookiePath.hasSuffix("/")
            || path.dropFirst(cookiePath.count).hasPrefix("/")
    }

    /// The path of a URL, without query and fragment.
    static func path(of url: String) -> String {
        guard let start = url.firstRange(of: "://") else { return "/" }
        let rest = url[start.upperBound...].drop { $0 != "/" && $0 != "?" && $0 != "#" }
        let path = rest.prefix { $0 != "?" && $0 != "#" }
        return path.isEmpty ? "/" : String(path)
    }

    private static func folder(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    private static func pair(_ text: Substring) -> (String, String)? {
        guard let equals = text.firstIndex(of: "=") else { return nil }
        return (
            String(text[..<equals].trimmingSpaces), String(text[text.index(after: equals)...].trimmingSpaces)
        )
    }
}
