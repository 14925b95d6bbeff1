import Base

/// Splits texts in zone file format (RFC 1035 §5.1).
enum ZoneText {
    /// The words between spaces, with their quotes and escapes; spaces inside quotes do not separate words.
    ///
    /// Parentheses that stand alone, which let a record span lines, are left out.
    static func words(_ text: String) -> [String] {
        var found: [[UInt8]] = []
        var isInside = false
        var isBetween = true
        var bytes = text.utf8.makeIterator()
        while let byte = bytes.next() {
            if !isInside, isBlank(byte) {
                isBetween = true
                continue
            }
            if isBetween { found.append([]) }
            isBetween = false
            found[found.count - 1].append(byte)
            if byte == UInt8(ascii: "\"") {
                isInside.toggle()
            } else if byte == UInt8(ascii: "\\"), let next = bytes.next() {
                found[found.count - 1].append(next)
            }
        }
        return found.map { String(decoding: $0, as: UTF8.self) }.filter { $0 != "(" && $0 != ")" }
    }

    /// A word without its quotes, with its escapes replaced; the word itself when it is not valid.
    static func value(_ word: some StringProtocol) -> String {
        var value: [UInt8] = []
        var bytes = String(word).utf8.makeIterator()
        while let byte = bytes.next() {
            switch byte {
            case UInt8(ascii: "\""): continue
            case UInt8(ascii: "\\"):
                guard let real = escaped(&bytes) else { return String(word) }
                value.append(real)
            default: value.append(byte)
            }
        }
        return String(validating: value, as: UTF8.self) ?? String(word)
    }

    /// The quoted strings; nil when the text does not consist of quoted strings.
    static func strings(_ text: String) -> [String]? {
        guard text.hasPrefix("\"") else { return nil }
        var found: [[UInt8]] = []
        var isInside = false
        var bytes = text.utf8.makeIterator()
        while let byte = bytes.next() {
            if byte == UInt8(ascii: "\"") {
                if !isInside { found.append([]) }
                isInside.toggle()
            } else if !isInside {
                guard isBlank(byte) else { return nil }
            } else if byte == UInt8(ascii: "\\") {
                guard let value = escaped(&bytes) else { return nil }
                found[found.count - 1].append(value)
            } else {
                found[found.count - 1].append(byte)
            }
        }
        return isInside ? nil : found.map { String(decoding: $0, as: UTF8.self) }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { [9, 10, 13, 32].contains(byte) }

    private static func escaped(_ bytes: inout String.UTF8View.Iterator) -> UInt8? {
        guard let first = bytes.next() else { return nil }
        guard first &- 48 <= 9 else { return first }
        guard let second = bytes.next(), let third = bytes.next(), second &- 48 <= 9, third &- 48 <= 9 else {
            return nil
        }
        return UInt8(exactly: Int(first - 48) * 100 + Int(second - 48) * 10 + Int(third - 48))
    }
}
