package import Base
package import Runtime

/// The settings of one kind of check: everything that a worker needs to know.
package protocol CheckSettings: Sendable, Equatable {
    associatedtype Kind: CheckKind where Kind.Settings == Self
}

/// One kind of check: its name, its settings and its prober.
///
/// A kind is one folder and one line in the list of kinds. The API, the store, messages, the command line and the
/// pages read these declarations and know no kind by name.
package protocol CheckKind: Sendable {
    associatedtype Settings: CheckSettings where Settings.Kind == Self

    /// The name in the API, the store and metrics: "http", "tcp", "dns".
    static var name: String { get }
    /// One sentence for help and documentation.
    static var summary: String { get }
    /// Every setting at its default.
    static var blank: Settings { get }
    /// Every setting, in the order of documentation.
    static var fields: [Field<Settings>] { get }
    /// The phases in the order of a check.
    static var phases: [Phase] { get }
    /// Every reason that a check of the kind can fail with.
    static var reasons: [Reason] { get }
    /// The members of a result below the member named after the kind; may be empty.
    static var facts: [Schema.Field] { get }

    /// The target in people's words: a URL, `host:port`, a domain name. Searches for monitors use it too.
    static func target(of settings: Settings) -> String
    /// The target as everybody may see it, who may see results and lists; without what is a credential.
    static func shownTarget(of settings: Settings) -> String
    /// Settings that lists do not show, since they are credentials: only who reads or changes a single monitor sees them.
    static var unlisted: [String] { get }
    /// The normalized target: equal for settings that check the same thing.
    static func identity(of settings: Settings) -> String
    /// The settings for a target on a command line: `host:port`, a URL.
    static func members(ofTarget text: String) -> JSONObject
    /// Flags beside those of the settings: other names, or shorter forms.
    static var shorthands: [FlagShorthand] { get }
    /// Adds the settings that the flags of a command line imply.
    static func completed(_ members: JSONObject) -> JSONObject
    /// Equal for checks of the same server, which share a limit. See `TargetKey`.
    static func targetKey(of settings: Settings) -> UInt64
    /// The longest duration of a check.
    static func timeout(of settings: Settings) -> Duration
    /// Whether workers run the checks; otherwise results come from outside and nothing is scheduled.
    static var isActive: Bool { get }
    /// Whether no two monitors may have the same target, as with the address of a push monitor.
    static var hasExclusiveTarget: Bool { get }
    /// Adds settings that the server generates when people omit them, such as the address of a push monitor.
    ///
    /// `stored` are the settings of the same monitor before a change; nil for a new one.
    static func prepared(_ settings: Settings, stored: Settings?) -> Settings
    /// The contradictions between settings that are all valid separately.
    static func conflicts(in settings: Settings) -> [FieldError]
    /// Whether secrets of the old settings may be sent with the new settings.
    ///
    /// False for another target: then stored secrets are not kept.
    static func isSameRecipient(_ old: Settings, _ new: Settings) -> Bool
    /// Makes the checks on one event loop; nil for a kind that waits for pings (push). Called on the loop.
    static func makeProber(on loop: EventLoop, _ configuration: ProbeConfiguration) -> (any Prober)?
    /// The check of a row stored before there were kinds; see version 1 of the store.
    static func spec(version1 target: String, _ options: JSONObject) throws(FieldError) -> CheckSpec
}

extension CheckKind {
    package static var facts: [Schema.Field] { [] }
    package static var shorthands: [FlagShorthand] { [] }
    package static var unlisted: [String] { [] }
    package static func shownTarget(of settings: Settings) -> String { target(of: settings) }
    package static func completed(_ members: JSONObject) -> JSONObject { members }
    package static func conflicts(in settings: Settings) -> [FieldError] { [] }
    package static func isSameRecipient(_ old: Settings, _ new: Settings) -> Bool {
        target(of: old) == target(of: new)
    }
    package static func identity(of settings: Settings) -> String { target(of: settings) }
    package static func members(ofTarget text: String) -> JSONObject {
        JSONObject([(fields.first(where: \.isRequired)?.name ?? "target", .string(text))])
    }
    /// The check of a row stored before there were kinds.
    ///
    /// Throws `FieldError` for every row, because a later kind has no such rows.
    package static func spec(version1 target: String, _ options: JSONObject) throws(FieldError) -> CheckSpec {
        throw FieldError(field: "kind", reason: "had no rows of version 1")
    }
    package static var isActive: Bool { true }
    package static var hasExclusiveTarget: Bool { false }
    package static func prepared(_ settings: Settings, stored: Settings?) -> Settings { settings }
}

/// A hash of a target, for limits per target.
package enum TargetKey {
    /// FNV-1a: a collision only makes two targets share a limit.
    package static func hash(_ text: some StringProtocol) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash
    }
}
