/// A part of a keyed topic: messages of one key are in one partition.
package struct Partition: RawRepresentable, Sendable, Hashable, Comparable {
    /// From 0 to `count` - 1.
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }

    /// The number of partitions of every keyed topic.
    ///
    /// Fixed, because the owner of a key follows from it: to change it, all consumers would have to stop first.
    package static let count = 64

    /// All partitions, ascending.
    package static let all = (0..<count).map(Partition.init)

    /// The partition of a key; neighbouring keys get different partitions (the finalizer of SplitMix64).
    package static func of(_ key: UInt64) -> Partition {
        var mixed = key &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Partition(rawValue: Int((mixed ^ (mixed >> 31)) % UInt64(count)))
    }

    package static func < (left: Partition, right: Partition) -> Bool { left.rawValue < right.rawValue }
}
