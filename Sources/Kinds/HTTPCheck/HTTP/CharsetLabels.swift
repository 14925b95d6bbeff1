/// The labels of encodings that iconv converts.
///
/// Only names from here reach iconv, because a stranger chooses the label. UTF-7 is left out on purpose: it hides text
/// from everything that reads ASCII.
enum CharsetLabels {
    /// A label without the differences that mean nothing: case, `_` for `-`, a year, `x-`.
    static func plain(_ label: String) -> String {
        var name = label.lowercased().replacing("_", with: "-")
        name = String(name.prefix { $0 != ":" })
        if name.hasPrefix("x-") { name.removeFirst(2) }
        guard name.hasPrefix("iso8859") else { return name }
        let part = name.dropFirst(7)
        return "iso-8859\(part.hasPrefix("-") ? "" : "-")\(part)"
    }

    static let utf8: Set<String> = ["utf-8", "utf8", "unicode-1-1-utf-8", "unicode11utf8", "unicode20utf8"]

    /// iconv's name for a plain label; nil when it is not known.
    static func converter(_ name: String) -> String? {
        if let converter = converters[name] { return converter }
        if let part = number(in: name, after: ["iso-8859-"]), (2...16).contains(part.value), part.value != 12 {
            return "ISO-8859-\(part.value)"
        }
        if let page = number(in: name, after: ["windows-", "cp"]), (1250...1258).contains(page.value) {
            return "WINDOWS-\(page.value)"
        }
        let page = number(in: name, after: ["ibm-", "ibm", "csibm", "cp-", "cp"])
        return page.flatMap { codePages.contains($0.value) ? "CP\($0.digits)" : nil }
    }

    private static func number(in name: String, after prefixes: [String]) -> (value: Int, digits: String)? {
        guard let prefix = prefixes.first(where: { name.hasPrefix($0) }) else { return nil }
        let digits = String(name.dropFirst(prefix.count))
        guard digits.count <= 4, digits.utf8.allSatisfy({ $0 &- 48 <= 9 }), let value = Int(digits) else { return nil }
        return (value, value < 100 ? "0\(value)" : "\(value)")
    }

    /// Code pages of DOS and EBCDIC, one byte a character.
    private static let codePages: Set<Int> = [
        37, 273, 277, 278, 280, 284, 285, 297, 424, 437, 500, 737, 775, 850, 852, 855, 857, 858, 860, 861, 862, 863,
        864, 865, 866, 869, 870, 871, 875, 880, 1025, 1026, 1047, 1140, 1141, 1142, 1143, 1144, 1145, 1146, 1147, 1148,
        1149,
    ]

    private static let converters: [String: String] = {
        var converters: [String: String] = [:]
        for (converter, labels) in names {
            for label in labels.split(separator: " ") { converters[String(label)] = converter }
        }
        return converters
    }()

    private static let names: KeyValuePairs<String, String> = [
        "WINDOWS-1252": "ascii us-ascii ansi-x3.4-1968 latin1 l1 iso-8859-1 iso-ir-100 csisolatin1 cp819 ibm819",
        "ISO-8859-2": "latin2 l2 iso-ir-101 csisolatin2",
        "ISO-8859-3": "latin3 l3 iso-ir-109 csisolatin3",
        "ISO-8859-4": "latin4 l4 iso-ir-110 csisolatin4",
        "ISO-8859-5": "cyrillic iso-ir-144 csisolatincyrillic",
        "ISO-8859-6": "arabic asmo-708 ecma-114 iso-ir-127 csisolatinarabic",
        "ISO-8859-7": "greek greek8 ecma-118 elot-928 iso-ir-126 csisolatingreek",
        "ISO-8859-8": "hebrew visual logical iso-8859-8-e iso-8859-8-i iso-ir-138 csisolatinhebrew",
        "WINDOWS-1254": "iso-8859-9 latin5 l5 iso-ir-148 csisolatin5",
        "ISO-8859-10": "latin6 l6 iso-ir-157 csisolatin6",
        "ISO-8859-15": "latin9 l9 csisolatin9",
        "KOI8-R": "koi koi8 koi8-r cskoi8r",
        "KOI8-U": "koi8-u koi8-ru",
        "MACINTOSH": "mac macintosh csmacintosh mac-roman",
        "MAC-UK": "mac-cyrillic mac-ukrainian",
        "TIS-620": "tis-620",
        "CP1162": "windows-874 dos-874 cp874",
        "GB18030":
            "gb2312 gb-2312-80 csgb2312 chinese iso-ir-58 csiso58gb231280 euc-cn gbk cp936 ms936 windows-936 gb18030",
        "BIG5-HKSCS": "big5 big5-hkscs big5hkscs cn-big5 csbig5 cp950 windows-950",
        "EUC-JP-MS": "euc-jp cseucpkdfmtjapanese",
        "ISO-2022-JP-3": "iso-2022-jp csiso2022jp",
        "CP932": "shift-jis sjis ms-kanji csshiftjis windows-31j ms932 cp932 windows-932",
        "CP949":
            "euc-kr cseuckr korean ks-c-5601-1987 ks-c-5601-1989 ksc5601 ksc-5601 csksc56011987 iso-ir-149 windows-949 cp949 uhc",
        "JOHAB": "johab cp1361 ms1361",
        "UTF-16LE": "utf-16 utf-16le ucs-2 unicode csunicode iso-10646-ucs-2 unicodefeff",
        "UTF-16BE": "utf-16be unicodefffe",
        "UTF-32LE": "utf-32le",
        "UTF-32BE": "utf-32be ucs-4 iso-10646-ucs-4",
    ]
}
