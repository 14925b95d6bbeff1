package import Base
package import Runtime

/// The settings of one kind of check: everything that a worker needs to know.
package protocol CheckSettings: Sendable, Equatable {
    associatedtype Kind: CheckKind where Kind.Settings == Self
}

/// One kind of check: what it is called, its settings, and what can be done with them.
///
/// A kind is one folder and one line in the list of kinds. The API, the store, messages, the command line and the
/// pages read these declarations and know no kind by name.
package protocol CheckKind: Sendable {
    associatedtype Settings: CheckSettings where Settings.Kind == Self

    /// In the API, the store and metrics: "http", "tcp", "dns".
    static var name: String { get }
    /// One sentence for help and documents.
    static var summary: String { get }
    /// Every setting at its default.
    static var blank: Settings { get }
    /// Every setting, in the order in which people read them.
    static var fields: [Field<Settings>] { get }
    /// In the order in which a check goes through them.
    static var phases: [Phase] { get }
    /// Every reason that a check of the kind can fail with.
    static var reasons: [Reason] { get }
    /// What a result holds below the member named after the kind; empty when it is nothing.
    static var facts: [Schema.Field] { get }

    /// What is checked, as people name it: a URL, `host:port`, a domain name. Also what a monitor is found by.
    static func target(of settings: Settings) -> String
    /// The target in normal form: equal for settings that check the same thing.
    static func identity(of settings: Settings) -> String
    /// The settings that a target on a command line stands for: `host:port`, a URL.
    static func members(ofTarget text: String) -> JSONObject
    /// Flags beside those of the settings: other names, or shorter ways to say something.
    static var shorthands: [FlagShorthand] { get }
    /// What the flags of a command line leave open but imply.
    static func completed(_ members: JSONObject) -> JSONObject
    /// Equal for checks that burden the same server: they share a limit. See `TargetKey`.
    static func targetKey(of settings: Settings) -> UInt64
    /// The longest that a check may take.
    static func timeout(of settings: Settings) -> Duration
    /// Whether a worker makes the checks; otherwise results come from outside and nothing is scheduled.
    static var isActive: Bool { get }
    /// Gives settings what the server hands out where people leave it open: the address of a push.
    ///
    /// `stored` are the settings of the same monitor before a change; nil for a new one.
    static func prepared(_ settings: Settings, stored: Settings?) -> Settings
    /// What does not fit together among settings of which each is valid.
    static func conflicts(in settings: Settings) -> [FieldError]
    /// Whoever was trusted with the old settings' secrets is still the one who gets the new settings'.
    ///
    /// False when the target is another one: then stored secrets are not carried over.
    static func isSameRecipient(_ old: Settings, _ new: Settings) -> Bool
    /// Makes the checks on one event loop; nil for a kind that waits for pings (push). Called on the loop.
    static func makeProber(on loop: EventLoop, _ configuration: ProbeConfiguration) -> (any Prober)?
    /// The check of a row that was stored before there were kinds: see the store's version 1.
    static func spec(version1 target: String, _ options: JSONObject) throws(FieldError) -> CheckSpec
}

extension CheckKind {
    package static var facts: [Schema.Field] { [] }
    package static var shorthands: [FlagShorthand] { [] }
    package static func completed(_ members: JSONObject) -> JSONObject { members }
    package static func conflicts(in settings: Settings) -> [FieldError] { [] }
    package static func isSameRecipient(_ old: Settings, _ new: Settings) -> Bool {
        target(of: old) == target(of: new)
    }
    package static func identity(of settings: Settings) -> String { target(of: settings) }
    package static func members(ofTarget text: String) -> JSONObject {
        JSONObject([(fields.first(where: \.isRequired)?.name ?? "target", .string(text))])
    }
    /// The check of a row that was stored before there were kinds.
    ///
    /// Throws `FieldError` for every row, as a kind that came later had none.
    package static func spec(version1 target: String, _ options: JSONObject) throws(FieldError) -> CheckSpec {
        throw FieldError(field: "kind", reason: "had no rows of version 1")
    }
    package static var isActive: Bool { true }
    package static func prepared(_ settings: Settings, stored: Settings?) -> Settings { settings }
}

/// A hash of what a target is, for limits per target.
package enum TargetKey {
    /// FNV-1a: a collision only makes two targets share a limit.
    package static func hash(_ text: some StringProtocol) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash
    }
}
