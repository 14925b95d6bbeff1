import Base

/// The address of a PostgreSQL server that is set in parts: `POSTGRES_HOST`, `POSTGRES_DB` and their like.
enum PostgresParts {
    private static let url = "database.url"

    /// The settings with `database.url` made of the parts.
    ///
    /// A `database.url` that is set counts over the parts, except that it may leave the password to them. A host or a
    /// database means PostgreSQL.
    static func joined(_ configuration: Configuration) -> Configuration {
        let settings = Settings(configuration)
        let origin = configuration.origin(of: url)
        guard origin == .default else {
            guard case .postgres(let text) = settings.database, let password = settings.postgresPassword,
                let completed = completed(text, password)
            else { return configuration }
            return configuration.replacing(url, with: completed, from: origin)
        }
        for part in ["postgres.host", "postgres.database"] where configuration.origin(of: part) != .default {
            return configuration.replacing(url, with: text(settings), from: configuration.origin(of: part))
        }
        return configuration
    }

    private static func text(_ settings: Settings) -> String {
        var user = settings.postgresUser.map(encoded) ?? ""
        if let password = settings.postgresPassword { user += ":\(encoded(password))" }
        let host = settings.postgresHost ?? ""
        // A folder of sockets is percent-encoded as a whole, an IPv6 address stands in brackets.
        let shown = host.contains(":") && !host.hasPrefix("/") ? "[\(host)]" : encoded(host)
        let port = settings.postgresPort == 5432 ? "" : ":\(settings.postgresPort)"
        return "postgres://\(user.isEmpty ? "" : user + "@")\(shown)\(port)/\(encoded(settings.postgresDatabase ?? ""))"
    }

    /// An address with a password that it leaves out; nil when it has one.
    private static func completed(_ text: String, _ password: String) -> String? {
        let query = text.firstIndex(of: "?").map { text[text.index(after: $0)...] } ?? ""
        guard !query.split(separator: "&").contains(where: { $0.hasPrefix("password=") }) else { return nil }
        guard let start = text.firstRange(of: "://")?.upperBound else { return nil }
        let authority = text[start...].prefix { $0 != "/" && $0 != "?" }
        if let at = authority.lastIndex(of: "@"), authority[..<at].contains(":") { return nil }
        return text + (text.contains("?") ? "&" : "?") + "password=\(encoded(password))"
    }

    /// A text with everything percent-encoded that may mean something in a URL.
    private static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            let isPlain = (byte | 32) &- 97 <= 25 || byte &- 48 <= 9 || [45, 46, 95, 126].contains(byte)
            bytes += isPlain ? [byte] : [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
