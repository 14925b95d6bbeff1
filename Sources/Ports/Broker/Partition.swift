/// One of the parts into which a keyed topic is divided: messages of one key are in one partition.
package struct Partition: RawRepresentable, Sendable, Hashable, Comparable {
    /// 0 up to `count`.
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }

    /// How many partitions every keyed topic has.
    ///
    /// Fixed, because the owner of a key follows from it: a different number would need every consumer to stop first.
    package static let count = 64

    /// All partitions, ascending.
    package static let all = (0..<count).map(Partition.init)

    /// The partition of a key; neighbouring keys are spread (the finalizer of SplitMix64).
    package static func of(_ key: UInt64) -> Partition {
        var mixed = key &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Partition(rawValue: Int((mixed ^ (mixed >> 31)) % UInt64(count)))
    }

    package static func < (left: Partition, right: Partition) -> Bool { left.rawValue < right.rawValue }
}
