import Base

/// Removes a channel's secrets from texts that people see.
struct SecretMask: Sendable {
    /// A secret and how it is matched.
    private struct Secret: Sendable, Hashable {
        let bytes: [UInt8]
        /// Whether it is matched only as a separate word: inside other words it would be ordinary text.
        let isWord: Bool
    }
    private let secrets: [Secret]

    /// Shorter values are not masked: they would hide parts of ordinary words.
    private static let shortest = 4
    /// Parts of a URL that receivers quote are masked from this length on.
    private static let shortestPiece = 8
    /// Shorter secrets are masked only as separate words.
    private static let longWord = 16

    /// `values` holds every setting; `provider` says which are secret.
    init(_ provider: Provider, _ values: [String: String]) {
        var texts: Set<String> = []
        for setting in provider.settings where setting.isSecret {
            guard let value = values[setting.name], !value.isEmpty else { continue }
            texts.insert(value)
            switch setting.format {
            case .url: texts.formUnion(Self.pieces(ofURL: value))
            case .headers: texts.formUnion(Self.pieces(ofHeaders: value))
            default: break
            }
            // A password is also sent as basic authentication, combined with any of the other settings.
            for user in provider.settings where !user.isSecret {
                guard let name = values[user.name], !name.isEmpty, name.utf8.count <= 256 else { continue }
                texts.insert(Array("\(name):\(value)".utf8).base64())
            }
        }
        let kept = texts.union(texts.map(Escape.urlencode.apply)).filter { $0.utf8.count >= Self.shortest }
        secrets = Set(kept.map { Secret(bytes: Array($0.utf8), isWord: $0.utf8.count < Self.longWord) })
            .sorted { $0.bytes.count > $1.bytes.count }
    }

    /// The secret of a webhook is its URL's path, and receivers often quote a part of it.
    private static func pieces(ofURL url: String) -> [String] {
        let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        let path = parts.dropFirst(3).first ?? ""
        let pieces = path.split { "/?&=".contains($0) }.map(String.init)
        return (pieces + [String(path)]).filter { $0.utf8.count >= shortestPiece }
    }

    /// The value of each line, and the part after a scheme such as `Bearer`.
    private static func pieces(ofHeaders text: String) -> [String] {
        (HeaderLines.fields(text) ?? []).flatMap { field in
            [field.value, field.value.split(separator: " ").last.map(String.init) ?? ""]
        }
    }

    /// The text with `***` for each secret.
    func apply(_ text: String) -> String {
        guard !secrets.isEmpty else { return text }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if let secret = secrets.first(where: { Self.stands($0, in: bytes, at: index) }) {
                result += Array("***".utf8)
                index += secret.bytes.count
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func stands(_ secret: Secret, in bytes: [UInt8], at index: Int) -> Bool {
        guard bytes[index] == secret.bytes[0], bytes[index...].starts(with: secret.bytes) else { return false }
        guard secret.isWord else { return true }
        let end = index + secret.bytes.count
        let follows = end < bytes.count && isLetterOrDigit(bytes[end])
        return !follows && !(index > 0 && isLetterOrDigit(bytes[index - 1]))
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (byte | 32) &- 97 < 26 || byte &- 48 < 10 || byte >= 128
    }
}
