import Base

/// Numbers as messages have them: rounded to the digits that count.
extension Double {
    /// With so many digits, but no fewer than the whole number has, and without a needless fraction: `848.1`, `0.3`.
    package func text(digits: Int) -> String {
        guard isFinite, self != 0, abs(self) < 1e12 else { return Self.plain(self) }
        var scale = 1.0
        while abs(self) * scale * 10 < Self.power(digits), scale < 1e12 { scale *= 10 }
        return Self.plain((self * scale).rounded() / scale)
    }

    private static func power(_ digits: Int) -> Double { (0..<digits).reduce(1.0) { power, _ in power * 10 } }

    private static func plain(_ value: Double) -> String {
        let text = "\(value)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}

extension Duration {
    /// In milliseconds: `848.1 ms`.
    package var messageText: String { "\((inSeconds * 1000).text(digits: 4)) ms" }
}
