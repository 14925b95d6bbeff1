/// A text that equals only the same bytes: Swift takes canonically equivalent texts, such as "é" and "e\u{301}", for equal.
package struct ExactText: Sendable, Hashable {
    package let text: String

    package init(_ text: String) { self.text = text }

    package static func == (left: Self, right: Self) -> Bool { left.text.isSame(as: right.text) }

    package func hash(into hasher: inout Hasher) {
        var copy = text
        copy.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

extension String {
    /// Whether two texts have the same bytes.
    package func isSame(as other: String) -> Bool { self == other && utf8.elementsEqual(other.utf8) }
}
