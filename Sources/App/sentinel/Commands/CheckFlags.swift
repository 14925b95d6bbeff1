package import Arguments
import Base
package import Domain
import Glibc

/// The flags of `sentinel check` and `sentinel monitors add` and `edit`: one for each setting of each kind of check.
///
/// Kinds share a flag when their settings have the same name; the arguments decide which kind is meant.
package struct CheckFlags: Sendable {
    private let kinds: CheckKinds
    package let specs: [OptionSpec]

    static let kind = Option<String>(
        "kind",
        .text("KIND", length: 1...50),
        help: "What kind of check: \(Kinds.all.names.joined(separator: ", ")) (default: \(Kinds.all.standard.name))."
    )

    /// `reserved` are the command's own options.
    package init(_ kinds: CheckKinds, reserved: [OptionSpec] = []) {
        self.kinds = kinds
        var names = Set(reserved.map(\.name))
        var letters = Set(reserved.compactMap(\.short))
        var specs: [OptionSpec] = [Self.kind.spec]
        func add(_ spec: OptionSpec) { if names.insert(spec.name).inserted { specs.append(spec) } }
        func letter(_ short: Character?) -> Character? { short.flatMap { letters.insert($0).inserted ? $0 : nil } }
        for kind in kinds.all {
            let others = kind == kinds.standard ? "" : "[\(kind.name)] "
            for setting in kind.flags {
                let flag = setting.flag
                let isTaken = names.contains(flag.name)
                for spec in setting.options(short: isTaken ? nil : letter(flag.short), before: others) { add(spec) }
            }
            for shorthand in kind.shorthands {
                add(
                    OptionSpec(
                        name: shorthand.name,
                        short: letter(shorthand.short),
                        placeholder: shorthand.placeholder,
                        isSecret: shorthand.isSecret,
                        help: others + shorthand.help
                    )
                )
            }
        }
        self.specs = specs
    }

    /// The kind and the target in the arguments: `[KIND] TARGET`.
    ///
    /// `command` stands before them in examples. Throws a usage error for an unknown kind, and for one without its target.
    func kind(_ invocation: Invocation, _ words: [String], in command: String) throws(UsageError) -> (
        kind: any CheckKind.Type, target: String
    ) {
        if let name = invocation[Self.kind] {
            let kind = try self.kind(named: name)
            guard words.count == 1, let target = words.first else {
                throw .other("--kind and a kind before the target exclude each other")
            }
            return (kind, target)
        }
        // A kind without required settings needs no target.
        if words.count == 1, let kind = kinds[words[0]], kind.needsNoTarget { return (kind, "") }
        guard words.count > 1 else {
            let word = words.first ?? ""
            if let kind = kinds[word.lowercased()] { throw Self.targetIsMissing(kind, in: command) }
            return (kinds.standard, word)
        }
        guard let kind = kinds[words[0]] else { throw unknown(words[0]) }
        return (kind, words[1])
    }

    /// The kind with a name; throws a usage error when there is none.
    func kind(named name: String) throws(UsageError) -> any CheckKind.Type {
        guard let kind = kinds[name] else { throw unknown(name) }
        return kind
    }

    /// For a kind's name alone, which is also what a host may be called.
    private static func targetIsMissing(_ kind: any CheckKind.Type, in command: String) -> UsageError {
        let example = "\(kind.name) \(exampleTarget(kind))"
        let words = "a \(kind.name) check needs a target, such as: \(command) \(example)"
        return .other("\(words) (a host of this name is https://\(kind.name))")
    }

    private static func exampleTarget(_ kind: any CheckKind.Type) -> String {
        let parts = kind.members.filter(\.isRequired).compactMap {
            $0.schema.example?.stringValue ?? $0.schema.example?.description
        }
        return parts.isEmpty ? "TARGET" : parts.joined(separator: ":")
    }

    /// How to write the target of a kind that has several parts; nil for one that is a single setting.
    private static func targetForm(_ kind: any CheckKind.Type) -> String? {
        let parts = kind.members.filter(\.isRequired)
        guard parts.count > 1 else { return nil }
        let form = parts.map { $0.name.uppercased() }.joined(separator: ":")
        return "write the target as \(form), such as \(exampleTarget(kind))"
    }

    private func unknown(_ name: String) -> UsageError {
        let hint = Suggestion.nearest(to: name, among: kinds.names).map { "; did you mean \($0)?" } ?? ""
        return .other("there is no kind of check '\(name.prefix(50))'\(hint)")
    }

    /// The settings given by flags, with the API's names; reads small files, so it blocks.
    ///
    /// Without a target the flags are a change of a check, which implies nothing else.
    ///
    /// Another kind's flag and an invalid value are added to `errors` and left out.
    func members(
        _ invocation: Invocation,
        _ kind: any CheckKind.Type,
        target: String?,
        _ context: CommandContext,
        _ errors: inout FlagErrors
    ) throws -> JSONObject {
        var members = target.map { kind.members(ofTarget: $0) } ?? JSONObject()
        var mine: Set<String> = [Self.kind.spec.name]
        for setting in kind.flags {
            let flag = setting.flag
            mine.formUnion([flag.name, "no-" + flag.name])
            let value = try errors.noting(flag.name) { try CheckFlagValue(setting).value(invocation) }
            if let value { members[setting.name] = value }
        }
        var given: String?
        for shorthand in kind.shorthands {
            mine.insert(shorthand.name)
            let read = try errors.noting(shorthand.name) {
                try CheckFlagValue.members(shorthand, invocation, context)
            }
            guard let found = read else { continue }
            for (name, value) in found.members.members {
                if name == "auth" {
                    if let given {
                        errors.add(.other("\(given) and \(found.source) exclude each other"), of: shorthand.name)
                    }
                    given = found.source
                }
                members[name] = value
            }
        }
        for spec in specs where !mine.contains(spec.name) && invocation.text(ofOption: spec.name) != nil {
            let isTarget = kind.members.contains { $0.isRequired && $0.name == spec.name }
            if isTarget, let form = Self.targetForm(kind) {
                errors.add(
                    .other("--\(spec.name) is a part of the target of a \(kind.name) check: \(form)"),
                    of: spec.name
                )
                continue
            }
            let own = kind.flags.map(\.flag.name) + kind.shorthands.map(\.name)
            let hint = Suggestion.nearest(to: spec.name, among: own).map { "; did you mean --\($0)?" } ?? ""
            errors.add(.other("--\(spec.name) is no setting of a \(kind.name) check\(hint)"), of: spec.name)
        }
        return target == nil ? members : kind.completed(members)
    }

    /// Whether any flag of a kind of check is given.
    func isAnyGiven(_ invocation: Invocation) -> Bool {
        specs.contains { invocation.text(ofOption: $0.name) != nil }
    }

    /// The check with these settings; nil when one is invalid, which is added to `errors` with its flag.
    func spec(_ kind: any CheckKind.Type, _ members: JSONObject, _ errors: inout FlagErrors) -> CheckSpec? {
        var issues: [ValidationIssue] = []
        let body = Schema.object(nil, kind.members).read(.object(members), at: [], into: &issues)
        for issue in issues {
            guard case .key(let name)? = issue.location.first else { continue }
            let isMissing = issue.type == "missing"
            // A flag of this name was given, which says more.
            if isMissing, errors.holds(name) { continue }
            Self.add(isMissing ? "the \(name) is missing" : Self.words(issue), about: name, kind, to: &errors)
        }
        guard let body, issues.isEmpty else {
            if errors.isEmpty { errors.add(.other("the settings do not fit"), of: "") }
            return nil
        }
        // Settings that were left out because of an error would only cause more.
        guard errors.isEmpty else { return nil }
        var found: [FieldError] = []
        let spec = kind.standard(timeout: CheckLimits.standardTimeout).applying(body, stored: nil, &found)
        for error in found { Self.add(error.fault.reason, about: error.field, kind, to: &errors) }
        return found.isEmpty ? spec : nil
    }

    /// The message without the prefix that only the API has.
    static func words(_ issue: ValidationIssue) -> String {
        let prefix = "Value error, "
        return issue.message.hasPrefix(prefix) ? String(issue.message.dropFirst(prefix.count)) : issue.message
    }

    private static func add(
        _ reason: String,
        about setting: String,
        _ kind: any CheckKind.Type,
        to errors: inout FlagErrors
    ) {
        if kind.members.contains(where: { $0.isRequired && $0.name == setting }) {
            let form = targetForm(kind).map { "; \($0)" } ?? ""
            errors.add(.other("\(setting.uppercased()): \(reason)\(form)"), of: "")
        } else {
            let name = kind.flags.first { $0.name == setting }?.flag.name ?? setting
            errors.add(.other("--\(name): \(reason)"), of: name)
        }
    }
}
