/// The number of the region that a check ran in; 0 is the default region.
///
/// The store has numbers, people have names: the database says which number a name has.
package struct RegionID: RawRepresentable, Sendable, Hashable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }
    package static let local = RegionID(rawValue: 0)
    /// The greatest number: the id of a result has three digits for it.
    package static let last = RegionID(rawValue: 999)
}

/// The name of a place that checks are made from.
package struct RegionName: RawRepresentable, Sendable, Hashable, Comparable, CustomStringConvertible {
    package let rawValue: String

    /// nil unless it is 1 to 50 lower-case letters, digits, `-` and `_`.
    package init?(rawValue: String) {
        let bytes = rawValue.utf8
        let isName = bytes.allSatisfy { $0 &- 48 <= 9 || $0 &- 97 <= 25 || $0 == 45 || $0 == 95 }
        guard isName, (1...50).contains(bytes.count) else { return nil }
        self.rawValue = rawValue
    }

    private init(valid: String) { rawValue = valid }

    /// The name of the default region where no other is set.
    package static let local = RegionName(valid: "local")

    package var description: String { rawValue }
    package static func < (left: RegionName, right: RegionName) -> Bool { left.rawValue < right.rawValue }
}

/// A region with its number and its name.
package struct Region: Sendable, Hashable {
    package let id: RegionID
    package let name: RegionName

    package init(_ id: RegionID, _ name: RegionName) {
        self.id = id
        self.name = name
    }

    package static let local = Region(.local, .local)
}

/// Names the regions of results for people.
package struct RegionNaming: Sendable {
    private let name: @Sendable (RegionID) -> String

    /// `name` gives the name of a result from the store, which has the number alone.
    package init(_ name: @escaping @Sendable (RegionID) -> String) { self.name = name }

    /// Gives every region the same name.
    package static func always(_ name: String) -> RegionNaming { RegionNaming { _ in name } }

    /// The name of the region that a check ran in.
    package func name(of result: CheckResult) -> String { result.regionName?.rawValue ?? name(result.region) }

    package func name(of region: RegionID) -> String { name(region) }
}
