/// The labels that distinguish a series from the others of its query.
///
/// Keys are compared byte for byte: Unicode's equivalent spellings are different series.
package struct SeriesKey: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// A label's name and value; neither is empty.
    package struct Label: Sendable {
        package let name: String
        package let value: String

        package init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
    }

    /// The most labels that a key may have.
    package static let maximumLabels = 64
    /// The most bytes of all names and values together.
    package static let maximumBytes = 4096

    /// Sorted by the bytes of their names.
    package let labels: [Label]
    /// The canonical text, different for different keys: `up{instance="a:9100",job="node"}`, `{}` without labels.
    package let description: String
    /// The same in every process and version.
    package let stableHash: UInt64

    /// The key without labels, for a scalar.
    package static let empty = SeriesKey(sorted: [])

    /// Sorts the labels and drops those with an empty value, which equal missing ones.
    ///
    /// nil when a name is empty or repeated, or the key would exceed its limits.
    package init?(_ labels: [Label]) {
        let kept = labels.filter { !$0.value.isEmpty }.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        guard kept.count <= Self.maximumLabels, kept.allSatisfy({ !$0.name.isEmpty }),
            kept.reduce(0, { $0 + $1.name.utf8.count + $1.value.utf8.count }) <= Self.maximumBytes,
            zip(kept, kept.dropFirst()).allSatisfy({ !$0.name.utf8.elementsEqual($1.name.utf8) })
        else { return nil }
        self.init(sorted: kept)
    }

    private init(sorted labels: [Label]) {
        self.labels = labels
        description = Self.text(labels)
        stableHash = Self.hash(description)
    }

    /// The value of the label with a name.
    package subscript(_ name: String) -> String? { labels.first { $0.name.utf8.elementsEqual(name.utf8) }?.value }

    /// The hashes nearly always decide; only equal ones need a comparison of the texts.
    package static func == (left: SeriesKey, right: SeriesKey) -> Bool {
        left.stableHash == right.stableHash && left.description.utf8.elementsEqual(right.description.utf8)
    }

    package static func < (left: SeriesKey, right: SeriesKey) -> Bool {
        left.description.utf8.lexicographicallyPrecedes(right.description.utf8)
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(stableHash) }

    /// FNV-1a, with its bits mixed.
    private static func hash(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash ^ hash >> 29
    }
}
