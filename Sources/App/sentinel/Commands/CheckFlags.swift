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
        let parts = kind.members.filter(\.isRequired).compactMap {
            $0.schema.example?.stringValue ?? $0.schema.example?.description
        }
        let example = "\(kind.name) \(parts.isEmpty ? "TARGET" : parts.joined(separator: ":"))"
        let words = "a \(kind.name) check needs a target, such as: \(command) \(example)"
        return .other("\(words) (a host of this name is https://\(kind.name))")
    }

    private func unknown(_ name: String) -> UsageError {
        let hint = Suggestion.nearest(to: name, among: kinds.names).map { "; did you mean \($0)?" } ?? ""
        return .other("there is no kind of check '\(name.prefix(50))'\(hint)")
    }

    /// The settings given by flags, with the API's names; reads small files, so it blocks.
    ///
    /// Without a target the flags are a change of a check, which implies nothing else.
    ///
    /// Throws a usage error for another kind's flag, or an invalid value.
    func members(
        _ invocation: Invocation,
        _ kind: any CheckKind.Type,
        target: String?,
        _ context: CommandContext
    ) throws -> JSONObject {
        var members = target.map { kind.members(ofTarget: $0) } ?? JSONObject()
        var mine: Set<String> = [Self.kind.spec.name]
        for setting in kind.flags {
            let flag = setting.flag
            mine.formUnion([flag.name, "no-" + flag.name])
            guard let value = try CheckFlagValue(setting).value(invocation) else { continue }
            members[setting.name] = value
        }
        var given: String?
        for shorthand in kind.shorthands {
            mine.insert(shorthand.name)
            guard let found = try CheckFlagValue.members(shorthand, invocation, context) else { continue }
            for (name, value) in found.members.members {
                if name == "auth" {
                    if let given { throw UsageError.other("\(given) and \(found.source) exclude each other") }
                    given = found.source
                }
                members[name] = value
            }
        }
        for spec in specs where !mine.contains(spec.name) && invocation.text(ofOption: spec.name) != nil {
            let own = kind.flags.map(\.flag.name) + kind.shorthands.map(\.name)
            let hint = Suggestion.nearest(to: spec.name, among: own).map { "; did you mean --\($0)?" } ?? ""
            throw UsageError.other("--\(spec.name) is no setting of a \(kind.name) check\(hint)")
        }
        return target == nil ? members : kind.completed(members)
    }

    /// Whether any flag of a kind of check is given.
    func isAnyGiven(_ invocation: Invocation) -> Bool {
        specs.contains { invocation.text(ofOption: $0.name) != nil }
    }

    /// The check with these settings; throws a usage error that names the flag of an invalid setting.
    func spec(_ kind: any CheckKind.Type, _ members: JSONObject) throws(UsageError) -> CheckSpec {
        var issues: [ValidationIssue] = []
        let body = Schema.object(nil, kind.members).read(.object(members), at: [], into: &issues)
        guard let body, issues.isEmpty else { throw .other(Self.text(issues, kind)) }
        var errors: [FieldError] = []
        let spec = kind.standard(timeout: CheckLimits.standardTimeout).applying(body, stored: nil, &errors)
        if let error = errors.first { throw .other(Self.text(error.field, error.fault.reason, kind)) }
        return spec
    }

    private static func text(_ issues: [ValidationIssue], _ kind: any CheckKind.Type) -> String {
        guard let issue = issues.first, case .key(let name)? = issue.location.first else { return "it does not fit" }
        let prefix = "Value error, "
        let message = issue.message.hasPrefix(prefix) ? String(issue.message.dropFirst(prefix.count)) : issue.message
        return text(name, message, kind)
    }

    private static func text(_ setting: String, _ reason: String, _ kind: any CheckKind.Type) -> String {
        let isTarget = kind.members.first(where: \.isRequired)?.name == setting
        let name = kind.flags.first { $0.name == setting }?.flag.name ?? setting
        return isTarget ? "\(setting.uppercased()): \(reason)" : "--\(name): \(reason)"
    }
}
