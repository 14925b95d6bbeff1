/// Takes a channel's secrets out of texts that people see.
struct SecretMask: Sendable {
    private var secrets: [String] = []

    /// `values` are those of all settings; `provider` says which are secret.
    init(_ provider: Provider, _ values: [String: String]) {
        for setting in provider.settings where setting.isSecret {
            guard let value = values[setting.name], value.utf8.count >= 4 else { continue }
            secrets += [value, Escape.urlencode.apply(value)]
            guard setting.format == .url else { continue }
            // A webhook's secret is the path of its URL, and receivers like to quote a part of it.
            let path =
                value.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).dropFirst(3).first ?? ""
            secrets.append(String(path))
            secrets += path.split { "/?&=".contains($0) }.filter { $0.utf8.count >= 8 }.map(String.init)
        }
        secrets = Set(secrets).filter { $0.utf8.count >= 4 }.sorted { $0.utf8.count > $1.utf8.count }
    }

    /// The text with `***` for each secret.
    func apply(_ text: String) -> String {
        secrets.reduce(text) { text, secret in Self.replace(secret, in: text) }
    }

    private static func replace(_ secret: String, in text: String) -> String {
        let (bytes, wanted) = (Array(text.utf8), Array(secret.utf8))
        guard bytes.count >= wanted.count else { return text }
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == wanted[0], bytes[index...].starts(with: wanted) {
                result += Array("***".utf8)
                index += wanted.count
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
