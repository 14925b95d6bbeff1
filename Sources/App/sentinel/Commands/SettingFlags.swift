package import Arguments
import Base
package import Domain

/// The flags of a command line for the settings of a table: each declared once, in the table.
package struct SettingFlags: Sendable {
    private let declarations: [FlagDeclaration]
    package let specs: [OptionSpec]

    /// The flags of a table's settings; a setting whose flag would be one of `reserved` has none, `--set` gives it.
    package init(_ declarations: [FlagDeclaration], reserved: [OptionSpec] = []) {
        let taken = Set(reserved.map(\.name))
        self.declarations = declarations.filter { !taken.contains($0.flag.name) }
        specs = self.declarations.flatMap { $0.options() }
    }

    static let none = SettingFlags([])

    /// The settings given by flags, with the API's names.
    ///
    /// Throws a usage error with all values that the settings' schemas refuse. Blocks on small files.
    func members(_ invocation: Invocation) throws -> JSONObject {
        var errors = FlagErrors()
        let members = try members(invocation, &errors)
        try errors.check(invocation)
        return members
    }

    /// The same; what is wrong is added to `errors` and left out.
    func members(_ invocation: Invocation, _ errors: inout FlagErrors) throws -> JSONObject {
        var members = JSONObject()
        for declaration in declarations {
            let name = declaration.flag.name
            let given = try errors.noting(name) {
                try CheckFlagValue(declaration).value(invocation).map { try Self.filesRead($0, declaration.flag) }
            }
            guard let given else { continue }
            if NamedReferences.hasNames(declaration.name), Self.hasText(given) {
                // The server knows the number, and whether it fits.
                members[declaration.name] = given
                continue
            }
            var issues: [ValidationIssue] = []
            let read = declaration.schema.read(given, at: [], into: &issues)
            if let issue = issues.first {
                errors.add(.other("--\(name): \(CheckFlags.words(issue))"), of: name)
            } else {
                members[declaration.name] = read
            }
        }
        return members
    }

    private static func hasText(_ value: JSONValue) -> Bool {
        (value.arrayValue ?? [value]).contains { $0.stringValue != nil }
    }

    /// The same value with the texts of files where a member of an object is `@FILE`: secrets are better not seen.
    private static func filesRead(_ value: JSONValue, _ flag: FieldFlag) throws -> JSONValue {
        guard flag.isRepeated, !flag.isList, case .object(let object) = value else { return value }
        var read = object
        for (name, member) in object.members {
            guard case .string(let text) = member, text.hasPrefix("@") else { continue }
            read[name] = .string(try ResourceBody.text(ofFile: String(text.dropFirst())))
        }
        return .object(read)
    }
}

extension FlagDeclaration {
    /// The options of a command line: one, or two for a setting that is true or false.
    func options(short: Character? = nil, before: String = "") -> [OptionSpec] {
        let help = before + about + (flag.isRepeated ? " May be repeated." : "")
        guard flag.isSwitch else {
            return [
                OptionSpec(
                    name: flag.name,
                    short: short,
                    placeholder: flag.isSecret ? flag.placeholder + "|@FILE" : flag.placeholder,
                    maximum: flag.isRepeated ? 100 : 1,
                    isSecret: flag.isSecret,
                    choices: flag.choices,
                    help: help
                )
            ]
        }
        return [
            OptionSpec(name: flag.name, short: short, placeholder: nil, help: before + about),
            OptionSpec(name: "no-" + flag.name, placeholder: nil, help: "\(before)The opposite of --\(flag.name)."),
        ]
    }
}
