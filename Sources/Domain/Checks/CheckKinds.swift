package import Base

/// The kinds of checks of a program, each listed once.
package struct CheckKinds: Sendable {
    package let all: [any CheckKind.Type]
    private let byName: [String: any CheckKind.Type]

    /// The first kind is the default.
    package init(_ all: [any CheckKind.Type]) {
        precondition(!all.isEmpty, "there is at least one kind")
        self.all = all
        byName = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }
    }

    /// The default kind.
    package var standard: any CheckKind.Type { all[0] }
    package var names: [String] { all.map { $0.name } }
    package subscript(_ name: String) -> (any CheckKind.Type)? { byName[name] }

    /// The check of a stored or received object; throws `FieldError` when the kind is unknown or a setting is invalid.
    ///
    /// Unknown members are kept.
    package func spec(kind name: String, _ members: JSONObject) throws(FieldError) -> CheckSpec {
        guard let kind = self[name] else {
            let hint = Suggestion.nearest(to: name, among: names).map { "; did you mean \($0)?" } ?? ""
            throw FieldError(field: "kind", reason: "\"\(name.prefix(50))\" is not known here\(hint)")
        }
        return try kind.spec(members)
    }
}

// MARK: What the store and messages hold

extension CheckKind {
    /// The settings as a table.
    package static var table: FieldTable<Settings> { FieldTable(fields) }

    /// The members that differ from the default, secrets in clear, in the order of the table.
    package static func object(_ settings: Settings) -> JSONObject { table.object(settings) }

    /// The check of an object as `object` writes it; missing members have their default, unknown ones are kept.
    ///
    /// Throws `FieldError` for a value that is out of bounds or of another type.
    package static func spec(_ members: JSONObject) throws(FieldError) -> CheckSpec {
        var settings = blank
        let unknown = try table.read(members, into: &settings)
        return CheckSpec(settings, unknown: unknown)
    }
}

extension CheckSpec {
    /// The members that differ from the default and those that this release does not know, secrets in clear.
    package var object: JSONObject {
        settings.object.keeping(unknown)
    }

    /// Every setting with secrets masked.
    package var masked: JSONObject { settings.masked }
}

extension CheckSettings {
    fileprivate var object: JSONObject { Kind.object(self) }
    fileprivate var masked: JSONObject { JSONObject(Kind.table.shown(self)) }
}

// MARK: What people send

extension CheckKind {
    /// The members of the API's schema.
    package static var members: [Schema.Field] { table.members }

    /// Applies the members of a body that a schema of `members` let pass.
    ///
    /// Members missing in the body stay as in `current`. Secrets that were sent back masked come from `stored`, if the
    /// settings still go to the same recipient. Every error is appended to `errors`.
    package static func apply(
        _ body: JSONValue,
        to current: Settings,
        stored: Settings?,
        _ errors: inout [FieldError]
    ) -> Settings {
        var settings = current
        table.apply(body, to: &settings, stored: stored, &errors)
        if errors.isEmpty { errors = conflicts(in: settings) }
        guard let stored, !isSameRecipient(stored, settings) else { return settings }
        for field in fields where field.holdsSecret(settings) {
            // A secret sent again in clear text is meant for the new recipient.
            guard body[field.name] == nil || field.write(settings) == field.write(stored) else { continue }
            let reason = "is secret and stored for another target: send it again, or null, together with the new one"
            errors.append(FieldError(field: field.name, reason: reason))
        }
        return settings
    }
}

extension CheckKind {
    /// The default settings with a given timeout, if the kind has one.
    package static func standard(timeout: Duration) -> CheckSpec {
        var settings = blank
        if let field = fields.first(where: { $0.name == "timeout" }) {
            // If the kind refuses the timeout, its own default stays.
            try? field.set(.number(timeout.inSeconds), &settings, nil)
        }
        return CheckSpec(settings)
    }

    /// The settings of the kind whose values are paths of files on the server.
    package static var serverFiles: [String] { fields.filter { $0.serverFile != nil }.map(\.name) }

    /// Those of them whose files hold PEM blocks.
    package static var pemFiles: [String] { fields.filter { $0.serverFile == .pem }.map(\.name) }
}

extension CheckSpec {
    /// The same check with the members of a body applied; see `CheckKind.apply`.
    package func applying(_ body: JSONValue, stored: CheckSpec?, _ errors: inout [FieldError]) -> CheckSpec {
        var spec = settings.applying(body, stored: stored?.settings, &errors)
        spec.unknown = unknown
        return spec
    }

    /// The same check with generated settings; see `CheckKind.prepared`.
    package func prepared(stored: CheckSpec?) -> CheckSpec {
        var spec = settings.prepared(stored: stored?.settings)
        spec.unknown = unknown
        return spec
    }
}

extension CheckSettings {
    fileprivate func applying(
        _ body: JSONValue,
        stored: (any CheckSettings)?,
        _ errors: inout [FieldError]
    ) -> CheckSpec {
        CheckSpec(Kind.apply(body, to: self, stored: stored as? Self, &errors))
    }

    fileprivate func prepared(stored: (any CheckSettings)?) -> CheckSpec {
        CheckSpec(Kind.prepared(self, stored: stored as? Self))
    }
}
