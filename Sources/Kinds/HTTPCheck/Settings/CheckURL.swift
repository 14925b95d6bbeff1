package import Base
import HTTPClient

/// A URL as people write it: its host may be internationalized, and it may hold a user name and a password.
package struct CheckURL {
    /// The URL to request: without the user, and with the host in ASCII.
    package let target: TargetURL
    /// The URL as written, but without the user.
    package let text: String
    /// The user of the URL, decoded; nil without one.
    package let user: (name: String, password: String)?
    /// Whether the host was written with letters beyond ASCII.
    let isInternational: Bool

    /// Parses a URL.
    ///
    /// Throws as `TargetURL` does, and `.malformed` for an internationalized name that cannot be converted, or a user
    /// or password that cannot be sent.
    package init(_ text: String) throws(TargetURL.ParseError) {
        guard text.utf8.count <= TargetURL.maximumLength else { throw .tooLong }
        guard let mark = text.firstRange(of: "://") else {
            self.init(target: try TargetURL(text), text: text, user: nil, isInternational: false)
            return
        }
        let rest = text[mark.upperBound...]
        let authority = rest.prefix { !"/?#\\".contains($0) }
        let at = authority.lastIndex(of: "@")
        let host = at.map { authority[authority.index(after: $0)...] } ?? authority
        let user: (String, String)? =
            if let at { try Self.user(authority[..<at]) } else { nil }
        let plain = at == nil ? text : "\(text[..<mark.upperBound])\(host)\(rest[authority.endIndex...])"
        guard !host.utf8.allSatisfy({ $0 < 128 }) else {
            self.init(target: try TargetURL(plain), text: plain, user: user, isInternational: false)
            return
        }
        let name = host.prefix { $0 != ":" }
        let ascii = try Self.ascii(String(name))
        let converted = "\(text[..<mark.upperBound])\(ascii)\(host[name.endIndex...])\(rest[authority.endIndex...])"
        self.init(target: try TargetURL(converted), text: plain, user: user, isInternational: true)
    }

    private init(target: TargetURL, text: String, user: (String, String)?, isInternational: Bool) {
        (self.target, self.text, self.user) = (target, text, user)
        self.isInternational = isInternational
    }

    /// The stored form: as written, except for parts that no request can carry.
    package var kept: String {
        isInternational || target.description == text + "/" ? text : target.description
    }

    /// The name in its form for name servers.
    private static func ascii(_ name: String) throws(TargetURL.ParseError) -> String {
        do throws(InternationalName.ConversionError) { return try InternationalName.ascii(name) } catch {
            throw .malformed("the host is no internationalised name: \(error.reason)")
        }
    }

    private static func user(_ text: Substring) throws(TargetURL.ParseError) -> (String, String) {
        let name = text.prefix { $0 != ":" }
        let password = name.endIndex < text.endIndex ? text[text.index(after: name.endIndex)...] : ""
        guard let name = try? PercentEncoding.decode(name), let password = try? PercentEncoding.decode(password),
            !name.isEmpty
        else {
            throw .malformed("the user name or password before the host cannot be read; use the auth setting instead")
        }
        guard HTTPRules.userName(name) == nil, HTTPRules.headerValue(password) == nil, name.count <= 255 else {
            throw .malformed("the user name or password before the host holds characters that cannot be sent")
        }
        return (name, password)
    }
}
