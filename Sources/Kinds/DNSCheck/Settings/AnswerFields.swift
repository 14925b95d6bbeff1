import Base

/// The fields of a record's data in zone file format, each with one form for all spellings of its value.
struct AnswerFields {
    /// What a field holds.
    enum Field {
        case number, name, word, string
        /// A record type: `A`, `TYPE1`.
        case type
        /// Seconds, or `YYYYMMDDHHmmSS` (RFC 4034 §3.2).
        case time
    }

    /// What all words after the fields hold together.
    enum Rest {
        case hex, base64, string, types, parameters
    }

    private let words: [String]

    init(_ text: String) { words = ZoneText.words(text) }

    /// The text with the fields in their normal form.
    ///
    /// Words beyond the fields are kept as they are if there is no `rest`.
    func text(_ fields: [Field], rest: Rest? = nil) -> String {
        if words.first == "\\#" { return Self.unknown(words) }
        var parts = zip(words, fields).map { Self.normal($0, $1) }
        let left = Array(words.dropFirst(fields.count))
        guard !left.isEmpty else { return parts.joined(separator: " ") }
        switch rest {
        case nil: parts += left
        case .hex: parts.append(left.joined().lowercased())
        case .base64: parts.append(left.joined())
        case .string: parts.append(left.map { ZoneText.value($0) }.joined(separator: " "))
        case .types: parts += Self.types(left)
        case .parameters: parts += ServiceParameterText.normal(left)
        }
        return parts.joined(separator: " ")
    }

    private static func normal(_ word: String, _ field: Field) -> String {
        switch field {
        case .number: UInt32(word)?.description ?? word
        case .name: name(word)
        case .word: word
        case .string: ZoneText.value(word)
        case .type: RecordType.number(named: word).map(RecordType.name(of:)) ?? word.uppercased()
        case .time: seconds(word)?.description ?? word
        }
    }

    /// A name in lower case without the final dot, with only the necessary escapes.
    private static func name(_ word: String) -> String {
        var text = word.lowercased()
        do throws(DNSName.ParseError) {
            text = try DNSName.text(DNSName.encode(word)).lowercased()
        } catch {
            // It is compared as it is.
        }
        return text.utf8.count > 1 && text.hasSuffix(".") ? String(text.dropLast()) : text
    }

    /// In the order of their numbers, as in messages.
    private static func types(_ words: [String]) -> [String] {
        let numbers = words.map { RecordType.number(named: $0) }
        guard !numbers.contains(nil) else { return words.map { $0.uppercased() } }
        return numbers.compactMap { $0 }.sorted().map { RecordType.name(of: $0) }
    }

    /// RFC 3597 §5: a size, and hexadecimal digits with or without spaces.
    private static func unknown(_ words: [String]) -> String {
        (words.prefix(2) + [words.dropFirst(2).joined().lowercased()].filter { !$0.isEmpty }).joined(separator: " ")
    }

    // MARK: Times

    private static func seconds(_ word: String) -> UInt32? {
        let digits = word.utf8.map { Int($0) - 48 }
        guard digits.allSatisfy({ (0...9).contains($0) }) else { return nil }
        guard digits.count == 14 else { return UInt32(word) }
        func number(_ range: Range<Int>) -> Int { digits[range].reduce(0) { $0 * 10 + $1 } }
        let day = days(year: number(0..<4), month: number(4..<6), day: number(6..<8))
        let time = number(8..<10) * 3600 + number(10..<12) * 60 + number(12..<14)
        // The 32 bits of a message start again in 2106.
        return UInt32(truncatingIfNeeded: day * 86_400 + time)
    }

    /// Days from 1970-01-01 to a date of the Gregorian calendar, in years that begin in March.
    private static func days(year: Int, month: Int, day: Int) -> Int {
        let marchYear = month > 2 ? year : year - 1
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return marchYear * 365 + marchYear / 4 - marchYear / 100 + marchYear / 400 + dayOfYear - 719_468
    }
}
