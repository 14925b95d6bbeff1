/// Texts in a service's HTML: shortened without breaking it, or with the HTML taken out.
enum HTMLText {
    private enum Piece {
        case opening(name: Substring)
        case closing
        /// A character, or what stands for one, such as `&lt;`.
        case character
    }

    /// At most so many UTF-16 units, the last an ellipsis, with no tag or character cut through and every tag closed.
    static func cut(_ text: String, to limit: Int) -> String {
        guard text.utf16.count > limit else { return text }
        var kept = ""
        var length = 0
        var open: [Substring] = []
        func closing(_ names: [Substring]) -> Int { names.reduce(0) { $0 + $1.utf16.count + 3 } }
        forEachPiece(of: text) { piece, source in
            var next = open
            switch piece {
            case .opening(let name): next.append(name)
            case .closing: _ = next.popLast()
            case .character: break
            }
            let size = source.utf16.count
            guard length + size + closing(next) + 1 <= limit else { return false }
            (length, open) = (length + size, next)
            kept += source
            return true
        }
        return kept + "…" + open.reversed().map { "</\($0)>" }.joined()
    }

    /// The text without tags, with the characters that entities stand for, and with the addresses of links behind them.
    static func plain(_ text: String) -> String {
        var plain = ""
        var links: [String?] = []
        forEachPiece(of: text) { piece, source in
            switch piece {
            case .character: plain += entities[source] ?? String(source)
            case .opening: links.append(address(in: source))
            case .closing: if let link = links.popLast() ?? nil { plain += ": \(link)" }
            }
            return true
        }
        return plain
    }

    private static func address(in tag: Substring) -> String? {
        guard let start = tag.firstRange(of: "href=\"") else { return nil }
        let address = tag[start.upperBound...].prefix { $0 != "\"" }
        return entities.reduce(String(address)) { $0.replacing($1.key, with: $1.value) }
    }

    private static let entities: [Substring: String] = [
        "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": "\"", "&#39;": "'",
    ]
    private static let longestEntity = 10

    /// Gives each piece to the body until that says false.
    ///
    /// A `<` that begins no tag is a character.
    private static func forEachPiece(of text: String, _ body: (Piece, Substring) -> Bool) {
        var rest = text[...]
        while let first = rest.first {
            var piece = Piece.character
            var end = rest.index(after: rest.startIndex)
            if first == "<", let last = rest.firstIndex(of: ">") {
                let inner = rest[end..<last]
                if inner.first == "/" {
                    (piece, end) = (.closing, rest.index(after: last))
                } else if inner.first?.isLetter == true {
                    piece = .opening(name: inner.prefix { $0.isLetter || $0.isNumber || $0 == "-" })
                    end = rest.index(after: last)
                }
            } else if first == "&", let last = rest.prefix(longestEntity).firstIndex(of: ";") {
                end = rest.index(after: last)
            }
            guard body(piece, rest[..<end]) else { return }
            rest = rest[end...]
        }
    }
}
