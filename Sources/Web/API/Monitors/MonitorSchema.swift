import Base
import Domain

/// The schemas of a monitor in requests and responses; each kind of check adds its settings.
struct MonitorSchema: Sendable {
    private let kinds: CheckKinds
    /// The limits and defaults of this server.
    private let policy: MonitorPolicy

    init(kinds: CheckKinds, policy: MonitorPolicy) {
        self.kinds = kinds
        self.policy = policy
    }

    /// A new monitor: members that are left out get their defaults.
    var creation: Schema {
        .tagged("kind", kinds.all.map { ($0.name, creation(of: $0)) }, standard: kinds.standard.name)
    }

    /// A whole monitor: members that are left out get their defaults; read-only members are ignored.
    var replacement: Schema { .open(kinds.all.map(replacement)) }

    /// A change: members that are left out stay as they are; read-only members are ignored.
    var change: Schema { .open(kinds.all.map(change)) }

    /// A monitor in responses.
    var answer: Schema { .tagged("kind", kinds.all.map { ($0.name, answer(of: $0)) }) }

    private func creation(of kind: any CheckKind.Type) -> Schema {
        .object("\(Self.component(kind))Creation", fields(of: kind))
    }
    func replacement(of kind: any CheckKind.Type) -> Schema {
        .object("\(Self.component(kind))Replacement", fields(of: kind) + readOnlyFields + [.warnings])
    }
    func change(of kind: any CheckKind.Type) -> Schema {
        .object("\(Self.component(kind))Change", fields(of: kind).map(\.partial) + readOnlyFields + [.warnings])
    }
    private func answer(of kind: any CheckKind.Type) -> Schema {
        .object(Self.component(kind), (readOnlyFields + fields(of: kind)).map(\.response) + [.warnings])
    }

    /// `HTTPMonitor`, `TCPMonitor`.
    private static func component(_ kind: any CheckKind.Type) -> String { "\(kind.name.uppercased())Monitor" }

    private var readOnlyFields: [Schema.Field] {
        let status = Schema.oneOf(CurrentStatus.words)
        return [
            Schema.Field.required("id", .integer(1...Int64.max, example: 1), "The monitor's number."),
            .required("status", status, "Whether it is up; paused when it is not active."),
            .required("status_since", Schema.timestamp.nullable, "Since when it has this status."),
            .required("last_check", ResultSchema.digest.nullable, "Its newest result; null before the first."),
            .required(
                "region_states",
                .array(RegionState.schema),
                "What each of its regions sees; empty without regions."
            ),
            .required("target", .string(), "What is checked: a URL, host:port, a name."),
            .required("created_at", .timestamp, "When it was created."),
            .required("updated_at", .timestamp, "When it was last changed."),
        ].map(\.readOnly)
    }

    private func fields(of kind: any CheckKind.Type) -> [Schema.Field] {
        let kindField = Schema.Field.optional(
            "kind",
            .oneOf([kind.name]),
            default: .string(kind.name),
            "What kind of check it is: \(kind.summary)"
        )
        let settings = kind.members.map { member in
            guard member.name == "timeout", !member.isRequired else { return member }
            return member.defaulting(to: .number(policy.timeout.inSeconds))
        }
        let own = MonitorDraft.fields.members.map { member in
            guard member.name == "interval" else { return member }
            return member.defaulting(to: .integer(policy.interval.components.seconds))
        }
        // People read what is required first: the name and the target.
        return [kindField] + own.prefix(1) + settings.filter(\.isRequired) + own.dropFirst()
            + settings.filter { !$0.isRequired }
    }
}

extension Schema.Field {
    /// The same member with another default.
    fileprivate func defaulting(to value: JSONValue) -> Schema.Field {
        var field = self
        field.defaultValue = value
        return field
    }
}
