package import Base

extension ValueReader where Value == String {
    /// The address of a running server, without a slash at the end; `http://` is added when the scheme is missing.
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
}

extension TargetURL {
    /// Parses a URL that may lack its scheme.
    init(_ text: String, defaultScheme: String) throws(TargetURL.ParseError) {
        do throws(TargetURL.ParseError) {
            self = try TargetURL(text)
        } catch {
            guard error == .noScheme else { throw error }
            self = try TargetURL("\(defaultScheme)://\(text)")
        }
    }
}
