package import Base
import Domain

extension ValueReader where Value == [String] {
    /// Up to 10 comma-separated `HOST:PORT`, with IPv6 in brackets; may be empty.
    package static var endpoints: Self {
        Self(
            expected: "up to 10 of HOST:PORT with commas between (such as 1.1.1.1:443,dns.example:53)",
            placeholder: "HOST:PORT,…",
            read: { text in
                let words = text.split(separator: ",").map { $0.filter { $0 != " " } }.filter { !$0.isEmpty }
                return words.count <= 10 && words.allSatisfy(isEndpoint) ? words : nil
            },
            write: { $0.joined(separator: ",") },
            json: { .array($0.map { .string($0) }) }
        )
    }

    private static func isEndpoint(_ text: String) -> Bool {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0,
            !text.contains(where: { "/?#@".contains($0) })
        else { return false }
        return (try? TargetURL("http://\(text)/")) != nil
    }
}
