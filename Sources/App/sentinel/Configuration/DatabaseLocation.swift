package import Base

/// The store named by `DATABASE_URL`.
package enum DatabaseLocation: Sendable, Equatable {
    /// A file, absolute or relative to the working directory.
    case sqlite(path: String)
    /// The whole URL, which may hold a password; libpq reads it.
    case postgres(url: String)

    /// Parses `sqlite:RELATIVE`, `sqlite:///ABSOLUTE` and `postgres://…`; nil for anything else.
    ///
    /// Nothing is kept in memory only: `sqlite::memory:` would lose monitors and incidents with the process.
    package init?(text: String) {
        let plain = text.utf8.allSatisfy { $0 > 32 && $0 != 127 }
        guard plain, text.utf8.count <= 4096, let colon = text.firstIndex(of: ":") else { return nil }
        let scheme = text[..<colon].lowercased()
        let rest = text[text.index(after: colon)...]
        switch scheme {
        case "sqlite":
            // `sqlite:///data/x.db` has an empty host; `sqlite://data/x.db` would have a host, so it is refused.
            let path = rest.hasPrefix("///") ? rest.dropFirst(2) : rest
            // `sqlite:/data/x.db` is neither form: guessing would make folders where nobody meant them.
            guard path.hasPrefix("/") == rest.hasPrefix("///"), !path.hasPrefix(":") else { return nil }
            guard !path.isEmpty, !path.hasPrefix("//"), !path.hasSuffix("/"), !path.contains("?") else { return nil }
            self = .sqlite(path: String(path))
        case "postgres", "postgresql", "postgresql+asyncpg", "postgresql+psycopg":
            guard rest.hasPrefix("//"), rest.utf8.count > 2 else { return nil }
            self = .postgres(url: text)
        default: return nil
        }
    }

    /// The text that `init(text:)` parses; may hold a password.
    package var text: String {
        switch self {
        case .sqlite(let path): path.hasPrefix("/") ? "sqlite://\(path)" : "sqlite:\(path)"
        case .postgres(let url): url
        }
    }

    package static let reader = ValueReader<DatabaseLocation>(
        expected: "sqlite:RELATIVE/PATH, sqlite:///ABSOLUTE/PATH or postgres://USER:PASSWORD@HOST:PORT/DATABASE",
        placeholder: "URL",
        read: { DatabaseLocation(text: $0) },
        write: { $0.text }
    )
}
