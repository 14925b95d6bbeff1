import Glibc

/// What the output's destination can display.
package struct TerminalStyle: Sendable, Equatable {
    /// Columns of a line, 40 to 200.
    package var width: Int
    package var hasColour: Bool
    /// Whether characters beyond ASCII can be displayed.
    package var hasUnicode: Bool

    package init(width: Int = 80, hasColour: Bool = false, hasUnicode: Bool = false) {
        self.width = min(max(width, 40), 200)
        (self.hasColour, self.hasUnicode) = (hasColour, hasUnicode)
    }

    /// Reads the terminal and the environment: colour only on a terminal and without `NO_COLOR`, 80 columns elsewhere.
    package init(descriptor: Int32, environment: [String: String]) {
        let isTerminal = isatty(descriptor) == 1
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        let charset = locale.uppercased()
        self.init(
            width: isTerminal ? Self.columns(descriptor) ?? 80 : 80,
            hasColour: isTerminal && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb",
            hasUnicode: charset.contains("UTF-8") || charset.contains("UTF8")
        )
    }

    /// The width reported by the terminal.
    private static func columns(_ descriptor: Int32) -> Int? {
        // `winsize` is four 16-bit words: rows, columns, and two unused ones.
        var size: [UInt16] = [0, 0, 0, 0]
        let answer = size.withUnsafeMutableBytes { bytes in
            bytes.baseAddress.map { ioctl(descriptor, UInt(TIOCGWINSZ), $0) } ?? -1
        }
        return answer == 0 && size[1] > 0 ? Int(size[1]) : nil
    }

    /// An SGR colour or weight.
    package enum Paint: Int, Sendable {
        case bold = 1, dim = 2, red = 31, green = 32, yellow = 33, blue = 34, cyan = 36
    }

    /// The text in a colour, if colour is enabled.
    package func paint(_ text: String, _ paint: Paint) -> String {
        hasColour && !text.isEmpty ? "\u{1B}[\(paint.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// Makes an external text safe: without terminal control sequences, and in ASCII where needed.
    package func safe(_ text: String) -> String {
        let printable = Self.printable(text)
        guard !hasUnicode else { return printable }
        return printable.unicodeScalars.map { $0.isASCII ? String($0) : "?" }.joined()
    }

    /// Replaces control characters, including those for text direction, by "?".
    package static func printable(_ text: String) -> String {
        func isControl(_ scalar: Unicode.Scalar) -> Bool {
            switch scalar.value {
            case 0..<32, 127..<160, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
            default: false
            }
        }
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        return text.unicodeScalars.map { isControl($0) ? "?" : String($0) }.joined()
    }
}
