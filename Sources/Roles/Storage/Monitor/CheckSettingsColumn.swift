import Base
package import Domain

/// The settings of a check as one stored text: a character for the version, then the members as JSON.
///
/// Version 2 is plain JSON; version 3 is the same JSON encrypted, for settings with a secret. A row of version 1 has no
/// text here, but a URL and an object of options, of HTTP checks only.
package struct CheckSettingsColumn: Sendable {
    private let kinds: CheckKinds
    private let seal: SettingsSeal?

    /// Without a seal, secrets are stored in plain text and encrypted ones cannot be read.
    package init(kinds: CheckKinds, seal: SettingsSeal?) {
        self.kinds = kinds
        self.seal = seal
    }

    private static let place = "monitor settings"

    /// The text of a check's settings, sealed where they hold a secret.
    package func encode(_ spec: CheckSpec) -> String {
        let json = JSONValue.object(spec.object).description
        guard let seal, spec.holdsSecret else { return "2" + json }
        return "3" + seal.seal(json, Self.place)
    }

    /// The check of a stored text.
    ///
    /// Throws `FieldError` for a text of a later version, one that cannot be opened, or settings that cannot be read.
    package func decode(_ stored: String, kind: String) throws(FieldError) -> CheckSpec {
        switch stored.utf8.first {
        case UInt8(ascii: "2"): return try kinds.spec(kind: kind, try Self.object(String(stored.dropFirst())))
        case UInt8(ascii: "3"):
            guard let seal else { throw FieldError(field: "settings", reason: "are sealed, and no key is configured") }
            let opened: String
            do throws(SettingsSeal.SealError) { opened = try seal.open(String(stored.dropFirst()), Self.place) } catch {
                throw FieldError(field: "settings", reason: "cannot be opened: \(error)")
            }
            return try kinds.spec(kind: kind, try Self.object(opened))
        default: throw FieldError(field: "settings", reason: "are of a version that this release cannot read")
        }
    }

    /// The settings of a row that was stored before there were kinds of checks.
    func decode(version1 options: String?, target: String, kind name: String) throws(FieldError) -> CheckSpec {
        guard let kind = kinds[name] else {
            throw FieldError(field: "kind", reason: "\"\(name.prefix(50))\" is not known here")
        }
        return try kind.spec(version1: target, try options.map(Self.object) ?? JSONObject())
    }

    private static func object(_ text: String) throws(FieldError) -> JSONObject {
        do throws(JSONError) {
            if case .object(let object) = try JSONValue(parsing: text) { return object }
        } catch {
            throw FieldError(field: "settings", reason: "are no JSON: \(error.description)")
        }
        throw FieldError(field: "settings", reason: "are no object")
    }
}
