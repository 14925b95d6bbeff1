/// A body's character encoding, by the labels of the WHATWG Encoding standard.
struct Charset: Equatable {
    /// The name for iconv; nil for UTF-8, which needs no conversion.
    let converter: String?
    /// For people.
    let name: String

    static let utf8 = Charset(converter: nil, name: "utf-8")

    /// The encoding by a byte order mark, which overrides any label.
    static func mark(_ start: some Collection<UInt8>) -> Charset? {
        let bytes = Array(start.prefix(3))
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return utf8 }
        if bytes.starts(with: [0xFF, 0xFE]) { return Charset(converter: "UTF-16LE", name: "utf-16le") }
        if bytes.starts(with: [0xFE, 0xFF]) { return Charset(converter: "UTF-16BE", name: "utf-16be") }
        return nil
    }

    /// How many bytes the byte order mark takes; 0 without one.
    static func markLength(_ start: some Collection<UInt8>) -> Int {
        mark(start).map { $0 == utf8 ? 3 : 2 } ?? 0
    }

    /// The encoding with a label; nil when it is not supported.
    static func labelled(_ label: some StringProtocol) -> Charset? {
        let label = label.lowercased()
        if ["utf-8", "utf8", "unicode-1-1-utf-8"].contains(label) { return utf8 }
        guard let converter = converters[label] ?? family(label) else { return nil }
        return Charset(converter: converter, name: label)
    }

    /// The charset parameter of a Content-Type; nil without one.
    static func parameter(of contentType: [UInt8]) -> String? { value(after: "charset", in: contentType) }

    /// The encoding declared by a `<meta>` near the start of a page; UTF-16 there can only be a mistake.
    static func meta(in start: [UInt8]) -> Charset? {
        let text = String(decoding: start.prefix(1024), as: UTF8.self).lowercased()
        guard let tag = text.firstRange(of: "<meta") else { return nil }
        guard let label = value(after: "charset", in: Array(text[tag.lowerBound...].utf8)) else { return nil }
        return label.hasPrefix("utf-16") ? utf8 : labelled(label)
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

    /// Only these names reach iconv, because a stranger chooses the label.
    private static let converters: [String: String] = [
        "iso-8859-1": "WINDOWS-1252", "iso8859-1": "WINDOWS-1252", "latin1": "WINDOWS-1252", "l1": "WINDOWS-1252",
        "us-ascii": "WINDOWS-1252", "ascii": "WINDOWS-1252", "cp1252": "WINDOWS-1252", "iso-8859-9": "WINDOWS-1254",
        "latin2": "ISO-8859-2", "koi8-r": "KOI8-R", "koi8-u": "KOI8-U", "ibm866": "CP866", "macintosh": "MACINTOSH",
        "gb2312": "GB18030", "gbk": "GB18030", "gb18030": "GB18030", "big5": "BIG5-HKSCS", "euc-jp": "EUC-JP",
        "shift_jis": "CP932", "sjis": "CP932", "windows-31j": "CP932", "euc-kr": "CP949", "tis-620": "TIS-620",
        "utf-16": "UTF-16LE", "utf-16le": "UTF-16LE", "utf-16be": "UTF-16BE",
    ]

    private static func family(_ label: String) -> String? {
        let known =
            (2...16).contains { label == "iso-8859-\($0)" && $0 != 12 }
            || (1250...1258).contains { label == "windows-\($0)" }
        return known ? label.uppercased() : nil
    }
}
