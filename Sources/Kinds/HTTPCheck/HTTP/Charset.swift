/// A body's character encoding, by the labels of the WHATWG Encoding standard and some more.
struct Charset: Equatable {
    /// The name for iconv; nil for UTF-8, which needs no conversion.
    let converter: String?
    /// For people.
    let name: String

    static let utf8 = Charset(converter: nil, name: "utf-8")

    /// An encoding, and how it was found.
    struct Choice {
        var charset = Charset.utf8
        /// A label that is not known, in place of which `charset` is used.
        var unknown: String?
        /// Whether more of the body would change nothing.
        var isFinal = false
    }

    /// The encoding by a byte order mark, else by the Content-Type, else by what a page declares itself; else UTF-8.
    ///
    /// `readsPage` looks for the declaration, which is in the first kilobyte.
    static func choice(contentType: [UInt8]?, start: [UInt8], readsPage: Bool) -> Choice {
        let label = contentType.flatMap { value(after: "charset", in: $0) }
        let declared = label.flatMap { labelled($0, start: start) }
        // FF FE and a NUL character in UTF-16 look like the mark of UTF-32.
        if let mark = mark(start, isUTF16: declared?.converter == "UTF-16LE") {
            return Choice(charset: mark, isFinal: true)
        }
        if let declared { return Choice(charset: declared, isFinal: true) }
        guard isPage(contentType) else { return Choice(unknown: label, isFinal: true) }
        guard readsPage, let own = declaration(in: start) else { return Choice(unknown: label) }
        guard let charset = labelled(own, start: start) else { return Choice(unknown: label ?? own) }
        // A declaration that can be read as ASCII is not in UTF-16 or UTF-32.
        return Choice(charset: charset.unit > 1 ? utf8 : charset)
    }

    /// The encoding with a label; nil when it is not known.
    private static func labelled(_ label: String, start: [UInt8]) -> Charset? {
        let name = CharsetLabels.plain(label)
        if CharsetLabels.utf8.contains(name) { return utf8 }
        // Without a mark the order of the bytes is seen in the first one: the top byte of a character is 0.
        let converter = name == "utf-32" ? (start.first == 0 ? "UTF-32BE" : "UTF-32LE") : CharsetLabels.converter(name)
        return converter.map { Charset(converter: $0, name: label) }
    }

    /// How many bytes a character takes at least.
    private var unit: Int { converter.map(TextConverter.unit(of:)) ?? 1 }

    // MARK: Byte order marks

    /// How many bytes show a byte order mark, or that there is none.
    static let markSize = 4

    private static let marks: [(bytes: [UInt8], charset: Charset)] = [
        ([0xEF, 0xBB, 0xBF], utf8),
        ([0xFF, 0xFE, 0, 0], Charset(converter: "UTF-32LE", name: "utf-32le")),
        ([0, 0, 0xFE, 0xFF], Charset(converter: "UTF-32BE", name: "utf-32be")),
        ([0xFF, 0xFE], Charset(converter: "UTF-16LE", name: "utf-16le")),
        ([0xFE, 0xFF], Charset(converter: "UTF-16BE", name: "utf-16be")),
    ]

    private static func mark(_ start: [UInt8], isUTF16: Bool) -> Charset? {
        marks.first { start.starts(with: $0.bytes) && !(isUTF16 && $0.bytes.count == 4) }?.charset
    }

    /// How many bytes the byte order mark of an encoding takes at the start of a text; 0 without one.
    static func markLength(_ start: [UInt8], in charset: Charset) -> Int {
        let mark = marks.first { $0.charset.converter == charset.converter && start.starts(with: $0.bytes) }
        return mark?.bytes.count ?? 0
    }

    // MARK: Declarations

    private static func isPage(_ contentType: [UInt8]?) -> Bool {
        guard let contentType else { return true }
        let type = String(decoding: contentType.prefix(60), as: UTF8.self).lowercased()
        return type.contains("html") || type.contains("xml")
    }

    /// The label in a `<meta>` or an XML declaration near the start of a page.
    private static func declaration(in start: [UInt8]) -> String? {
        let text = String(decoding: start.prefix(1024), as: UTF8.self).lowercased()
        if text.hasPrefix("<?xml") {
            let head = text.prefix { $0 != ">" }
            if let label = value(after: "encoding", in: Array(head.utf8)) { return label }
        }
        guard let tag = text.firstRange(of: "<meta") else { return nil }
        return value(after: "charset", in: Array(text[tag.lowerBound...].utf8))
    }

    private static func value(after name: String, in bytes: [UInt8]) -> String? {
        let text = String(decoding: bytes.prefix(1024), as: UTF8.self).lowercased()
        guard let found = text.firstRange(of: name) else { return nil }
        let rest = text[found.upperBound...].drop { $0 == " " }
        guard rest.first == "=" else { return nil }
        let value = rest.dropFirst().drop { $0 == " " || $0 == "\"" || $0 == "'" }
        let label = value.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "-_:.".contains($0)) }
        return label.isEmpty ? nil : String(label.prefix(40))
    }
}
