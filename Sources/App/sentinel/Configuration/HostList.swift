package import Base
import HTTPServer

extension ValueReader where Value == [String] {
    /// Host names as `AccessPolicy` compares them: without scheme and port.
    package static var hosts: Self {
        words(
            "HOST,…",
            expected:
                "host names without scheme and port, with commas between (such as status.example.org,.example.org,*)"
        ) { word in
            if word == "*" { return true }
            let field = HostField(word.hasPrefix(".") ? String(word.dropFirst()) : word)
            return field.map { $0.port == nil && !word.hasSuffix(":") && !$0.name.isEmpty } ?? false
        }
    }

    /// Origins as browsers send them: a scheme and a host, with the port where it is not the scheme's own.
    package static var origins: Self {
        words(
            "URL,…",
            expected: "origins with commas between: scheme and host, the port where it is not the usual one "
                + "(such as https://status.example.org)"
        ) { word in
            guard let separator = word.firstRange(of: "://") else { return false }
            let scheme = word[..<separator.lowerBound].lowercased()
            let isScheme = scheme.utf8.first.map { $0 &- 97 < 26 } ?? false
            guard isScheme, scheme.utf8.allSatisfy({ $0 &- 97 < 26 || $0 &- 48 < 10 || "+-.".utf8.contains($0) }),
                let host = HostField(String(word[separator.upperBound...])), !word.hasSuffix(":")
            else { return false }
            return host.port == nil || host.port != ["http": 80, "https": 443][scheme]
        }
    }
}
