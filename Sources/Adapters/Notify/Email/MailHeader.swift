import Base

/// Header fields of a mail (RFC 5322, RFC 2047): ASCII only, short lines, and no value can end its line.
enum MailHeader {
    /// A free text such as a subject; encoded words unless it is short and plain.
    static func text(_ text: String) -> String {
        let line = Escape.line.apply(text)
        let isPlain = line.utf8.allSatisfy { $0 < 127 } && !line.contains("=?")
        guard isPlain, !line.hasPrefix(" "), !line.hasSuffix(" "), !line.contains("  ") else {
            return encodedWords(line)
        }
        return folded(line) ?? encodedWords(line)
    }

    /// Plain text folded to 76 characters a line, the first line after a name of up to 12; nil when a word is too long.
    ///
    /// A long word gets a longer line, up to the limit of RFC 5322 §2.1.1.
    private static func folded(_ line: String) -> String? {
        var lines: [String] = []
        var current = ""
        for word in line.split(separator: " ") {
            let room = lines.isEmpty ? 64 : 75
            guard word.utf8.count <= 900 else { return nil }
            if current.isEmpty {
                current = String(word)
            } else if current.utf8.count + 1 + word.utf8.count <= room {
                current += " \(word)"
            } else {
                lines.append(current)
                current = String(word)
            }
        }
        return (lines + [current]).joined(separator: "\r\n ")
    }

    /// The display name before an address.
    static func address(_ address: MailAddress) -> String {
        guard !address.name.isEmpty else { return address.address }
        let isPlain = address.name.utf8.count <= 60 && address.name.utf8.allSatisfy { $0 < 127 && $0 >= 32 }
        let name = isPlain ? "\"\(address.name)\"" : encodedWords(Escape.line.apply(address.name))
        return "\(name) <\(address.address)>"
    }

    /// Addresses, one a line.
    static func addresses(_ addresses: [MailAddress]) -> String {
        addresses.map(address).joined(separator: ",\r\n ")
    }

    /// Base64 encoded words of at most 75 characters, each of whole Unicode scalars.
    private static func encodedWords(_ text: String) -> String {
        var words: [String] = []
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            let next = Array(String(scalar).utf8)
            if bytes.count + next.count > 45 {
                words.append("=?UTF-8?B?\(Array(bytes).base64())?=")
                bytes = []
            }
            bytes += next
        }
        if !bytes.isEmpty { words.append("=?UTF-8?B?\(Array(bytes).base64())?=") }
        return words.joined(separator: "\r\n ")
    }

    /// A date in the format of mails: `Tue, 14 Nov 2023 22:13:20 +0000`.
    static func date(_ time: Timestamp) -> String {
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let day = Int((Double(time.milliseconds) / 86_400_000).rounded(.down))
        let civil = CivilDate(daysSinceEpoch: Int64(day))
        let clock = time.description.dropFirst(11).prefix(8)
        return "\(days[((day % 7) + 7) % 7]), \(civil.day) \(months[civil.month - 1]) \(civil.year) \(clock) +0000"
    }
}
