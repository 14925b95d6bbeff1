package import Base

/// What one check does and what it expects, of whichever kind.
///
/// Settings of up to three words lie in place, so a monitor costs no allocation for having a kind.
package struct CheckSpec: Sendable {
    package var settings: any CheckSettings
    /// Members that this release does not know: written by a newer one, kept as they are.
    package var unknown: UnknownMembers?

    package init(_ settings: some CheckSettings, unknown: UnknownMembers? = nil) {
        self.settings = settings
        self.unknown = unknown
    }

    /// The settings when they are of that kind.
    package func settings<Kind: CheckKind>(of kind: Kind.Type) -> Kind.Settings? { settings as? Kind.Settings }

    package var kind: any CheckKind.Type { settings.kind }
    package var target: String { settings.target }
    /// The target without credentials.
    package var shownTarget: String { settings.shownTarget }
    /// The target in normal form.
    package var identity: String { settings.identity }
    package var targetKey: UInt64 { settings.targetKey }
    package var timeout: Duration { settings.limit }
    package var holdsSecret: Bool { settings.holdsSecret }
}

extension CheckSettings {
    fileprivate var kind: any CheckKind.Type { Kind.self }
    fileprivate var target: String { Kind.target(of: self) }
    fileprivate var shownTarget: String { Kind.shownTarget(of: self) }
    fileprivate var identity: String { Kind.identity(of: self) }
    fileprivate var targetKey: UInt64 { Kind.targetKey(of: self) }
    fileprivate var holdsSecret: Bool { Kind.fields.contains { $0.holdsSecret(self) } }
    fileprivate var limit: Duration { Kind.timeout(of: self) }
    fileprivate func isEqual(to other: any CheckSettings) -> Bool { self == other as? Self }
}

extension CheckSpec: Equatable {
    package static func == (left: CheckSpec, right: CheckSpec) -> Bool {
        left.settings.isEqual(to: right.settings) && left.unknown == right.unknown
    }
}

/// Members of a stored object that this release does not know.
package final class UnknownMembers: Sendable {
    package let members: JSONObject
    package init(_ members: JSONObject) { self.members = members }

    /// The names of the members.
    package var names: [String] { members.members.map(\.key) }
}

extension UnknownMembers: Equatable {
    package static func == (left: UnknownMembers, right: UnknownMembers) -> Bool { left.members == right.members }
}
