import Arguments
import Base
import Domain

/// The value of one flag of a check, from the command line, a file or the environment.
struct CheckFlagValue {
    private let setting: FlagDeclaration
    private var name: String { "--\(setting.flag.name)" }

    init(_ setting: FlagDeclaration) { self.setting = setting }

    /// nil when the flag is not given.
    func value(_ invocation: Invocation) throws -> JSONValue? {
        let flag = setting.flag
        if flag.isSwitch {
            let isOn = invocation.text(ofOption: flag.name) != nil
            let isOff = invocation.text(ofOption: "no-" + flag.name) != nil
            if isOn, isOff { throw UsageError.other("\(name) and --no-\(flag.name) exclude each other") }
            return isOn ? true : isOff ? false : nil
        }
        let texts = invocation.texts(ofOption: flag.name)
        guard !texts.isEmpty else { return nil }
        var values: [JSONValue] = []
        for text in texts {
            let text = flag.isSecret ? try Self.secret(text, name) : text
            let name = NamedReferences.hasNames(setting.name) ? JSONValue.string(text) : nil
            guard let value = flag.parse(text) ?? name else {
                let expected = FlagWords.expected(setting)
                throw UsageError.invalidValue(name: self.name, found: flag.isSecret ? nil : text, expected: expected)
            }
            values.append(value)
        }
        guard flag.isRepeated else { return values.last }
        guard !flag.isList, case .object? = values.first else { return .array(values) }
        return .object(try merged(values))
    }

    private func merged(_ values: [JSONValue]) throws(UsageError) -> JSONObject {
        var object = JSONObject()
        for case .object(let part) in values {
            for (key, value) in part.members {
                guard object[key] == nil else { throw .other("\(name): \(key) is given twice") }
                object[key] = value
            }
        }
        return object
    }

    /// The settings of a shorthand and their source; a flag overrides its variable.
    static func members(
        _ shorthand: FlagShorthand,
        _ invocation: Invocation,
        _ context: CommandContext
    ) throws -> (members: JSONObject, source: String)? {
        var source = "--\(shorthand.name)"
        var text = invocation.text(ofOption: shorthand.name)
        if text == nil, let variable = shorthand.variable, let value = context.variable(variable) {
            source = variable
            text = value
        }
        guard var text else { return nil }
        if shorthand.isSecret { text = try secret(text, source) }
        do throws(FieldValueError) {
            return (try shorthand.members(text), source)
        } catch {
            throw UsageError.other("\(source) \(error.reason)")
        }
    }

    /// The text itself, or the first line of the file named by `@FILE`.
    private static func secret(_ text: String, _ name: String) throws -> String {
        guard text.hasPrefix("@") else { return text }
        let path = String(text.dropFirst())
        guard let bytes = try SmallFile.read(path, limit: 16_384) else {
            throw UsageError.other("\(name): \(path): No such file or directory")
        }
        guard let text = String(validating: bytes.prefix { $0 != 10 && $0 != 13 }, as: UTF8.self) else {
            throw UsageError.other("\(name): \(path) is not UTF-8")
        }
        return text
    }
}
