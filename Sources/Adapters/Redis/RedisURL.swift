import Base

/// Where a Redis server is: `redis[s]://[USER][:PASSWORD]@HOST[:PORT][/DATABASE]`.
package struct RedisURL: Sendable, Equatable, CustomStringConvertible {
    /// Whether the connection is encrypted: `rediss`.
    package let isSecure: Bool
    /// A name or an address, without brackets.
    package let host: String
    package let port: UInt16
    /// nil for the default user.
    package let user: String?
    let password: String?
    package let database: Int
    /// PEM file with the authorities for `rediss`; nil uses the system's.
    package var caFile: String?

    /// Without the password.
    package var description: String {
        let account = user != nil || password != nil ? "\(user ?? "")\(password == nil ? "" : ":***")@" : ""
        return "\(isSecure ? "rediss" : "redis")://\(account)\(authority)/\(database)"
    }

    /// Host and port.
    var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Why a text is no address of a Redis server; never contains a part of the text that may be a password.
    package struct ParseError: Error, Sendable, Equatable, CustomStringConvertible {
        /// What is wrong, without the variable.
        package let reason: String
        package var description: String { "REDIS_URL: " + reason }
        init(_ text: String) { reason = text }
    }

    /// Reads an address.
    ///
    /// Throws the first part that is wrong, in words.
    package init(_ text: String) throws(ParseError) {
        guard text.utf8.count <= 2048 else { throw ParseError("it is longer than 2048 bytes") }
        guard text.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
            throw ParseError("it holds a space, a control character or one that is not ASCII; write them as %XX")
        }
        let rest: Substring
        if text.hasPrefix("redis://") {
            (isSecure, rest) = (false, text.dropFirst(8))
        } else if text.hasPrefix("rediss://") {
            (isSecure, rest) = (true, text.dropFirst(9))
        } else {
            throw ParseError("it should begin with redis:// or rediss://")
        }
        guard !rest.contains(where: { $0 == "?" || $0 == "#" }) else {
            throw ParseError("it should have no '?' and no '#'; in a password write %3F and %23")
        }
        let end = rest.firstIndex(of: "/") ?? rest.endIndex
        let (account, place) = try Self.split(rest[..<end])
        (user, password) = try Self.account(account)
        (host, port) = try Self.place(place)
        database = try Self.database(rest[end...])
    }

    private static func split(_ text: Substring) throws(ParseError) -> (Substring?, Substring) {
        guard let sign = text.lastIndex(of: "@") else { return (nil, text) }
        guard text.firstIndex(of: "@") == sign else {
            throw ParseError("it has more than one '@'; in a password write %40")
        }
        return (text[..<sign], text[text.index(after: sign)...])
    }

    private static func account(_ text: Substring?) throws(ParseError) -> (String?, String?) {
        guard let text else { return (nil, nil) }
        let end = text.firstIndex(of: ":") ?? text.endIndex
        let user = try decoded(text[..<end], "user name")
        let password = end == text.endIndex ? "" : try decoded(text[text.index(after: end)...], "password")
        guard password.isEmpty == false else { throw ParseError("there is no password before the '@'") }
        return (user.isEmpty ? nil : user, password)
    }

    private static func place(_ text: Substring) throws(ParseError) -> (String, UInt16) {
        let host: Substring
        let rest: Substring
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]") else { throw ParseError("']' is missing after the address") }
            host = text[text.index(after: text.startIndex)..<close]
            rest = text[text.index(after: close)...]
            guard IPAddress(String(host)) != nil else { throw ParseError("the IPv6 address is invalid") }
        } else {
            host = text.prefix { $0 != ":" }
            rest = text[host.endIndex...]
            let isName = host.utf8.allSatisfy { byte in
                byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 32)
            }
            guard isName, host.utf8.count <= 253 else { throw ParseError("the host is no name and no address") }
        }
        guard !host.isEmpty else { throw ParseError("there is no host") }
        if rest.isEmpty { return (String(host), 6379) }
        let digits = rest.dropFirst()
        guard rest.hasPrefix(":"), isNumber(digits), let port = UInt16(digits), port > 0 else {
            throw ParseError("the port is not a number from 1 to 65535")
        }
        return (String(host), port)
    }

    private static func database(_ text: Substring) throws(ParseError) -> Int {
        let digits = text.dropFirst()
        if digits.isEmpty { return 0 }
        guard isNumber(digits), digits.utf8.count <= 6, let number = Int(digits) else {
            throw ParseError("the database after the '/' is not a number")
        }
        return number
    }

    private static func isNumber(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 &- UInt8(ascii: "0") <= 9 }
    }

    private static func decoded(_ text: Substring, _ part: String) throws(ParseError) -> String {
        do throws(PercentEncoding.DecodingError) { return try PercentEncoding.decode(text) } catch {
            switch error {
            case .digits: throw ParseError("a '%' in the \(part) is not followed by two hexadecimal digits")
            case .encoding: throw ParseError("the \(part) is not UTF-8")
            }
        }
    }
}
