import Arguments
import Base
import Glibc
import YAMLConfig

/// The options for the members of a resource, and the JSON made from them.
enum ResourceBody {
    static let set = RepeatedOption<String>(
        "set",
        .anyText("NAME=VALUE", maximum: 65_536),
        maximum: 200,
        help: "A member and its value: JSON, else a text; settings.url=… sets one within another, NAME=@FILE takes the "
            + "text of a file. May be repeated."
    )
    static let file = Option<String>(
        "file",
        short: "f",
        .text("FILE"),
        help: "A file of JSON or YAML with the members; - is standard input. --set adds to it."
    )

    static let options = [file.spec, set.spec]
    private static let sizeLimit = 1 << 20

    /// The members given by the command line: a file's, over them those of `flags`, over them those of `--set`.
    ///
    /// Throws when there are none, or when a file cannot be read or is not an object. Blocks on small files.
    static func read(_ invocation: Invocation, flags: JSONObject) throws -> GivenMembers {
        var given = GivenMembers(members: try fileMembers(invocation), sets: try sets(invocation))
        for (name, value) in flags.members { given.members[name] = value }
        guard !given.isEmpty else { throw nothingGiven }
        return given
    }

    static let nothingGiven = UsageError.other("nothing is given: use a flag of a setting, --set or --file")

    /// The members of the file that `--file` names; none without it.
    static func fileMembers(_ invocation: Invocation) throws -> JSONObject {
        guard let path = invocation[file] else { return JSONObject() }
        return try contents(of: path)
    }

    /// What `--set` gives: the names from the outside in, and the value.
    static func sets(_ invocation: Invocation) throws -> [(names: [String], value: JSONValue)] {
        var known: Set<[String]> = []
        return try invocation[set].map { text in
            guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
                throw UsageError.other("--set takes NAME=VALUE, such as name=Team")
            }
            let names = text[..<equals].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            guard names.count <= 8, !names.contains("") else {
                throw UsageError.other("--set: '\(text[..<equals])' is not the name of a member")
            }
            guard known.insert(names).inserted else {
                throw UsageError.other("--set \(text[..<equals]) is given more than once")
            }
            return (names, try value(String(text[text.index(after: equals)...])))
        }
    }

    /// Numbers, true, false, null, lists, objects and quoted texts are parsed as JSON; anything else is a text.
    private static func value(_ text: String) throws -> JSONValue {
        if text.hasPrefix("@") { return .string(try self.text(ofFile: String(text.dropFirst()))) }
        do throws(JSONError) { return try JSONValue(parsing: text) } catch { return .string(text) }
    }

    /// The text of a file, without the line feed at its end.
    static func text(ofFile path: String) throws -> String {
        var text = String(decoding: try bytes(of: path), as: UTF8.self)
        if text.hasSuffix("\n") { text.removeLast() }
        return text
    }

    private static func bytes(of path: String) throws(UsageError) -> [UInt8] {
        let path = path == "-" ? "/dev/stdin" : path
        do throws(ConfigurationError) {
            guard let bytes = try SmallFile.read(path, limit: sizeLimit) else {
                throw ConfigurationError(.unreadable(path: path, reason: "no such file"))
            }
            return bytes
        } catch {
            throw .other("\(error)")
        }
    }

    private static func contents(of path: String) throws -> JSONObject {
        let bytes = try bytes(of: path)
        var value: JSONValue?
        do throws(JSONError) { value = try JSONValue(parsing: bytes) } catch {
            let isJSON = bytes.first { $0 > 32 } == UInt8(ascii: "{")
            if isJSON { throw UsageError.other("\(path): \(error)") }
        }
        if value == nil {
            do throws(YAMLError) { value = try YAMLNode.read(bytes)?.json } catch {
                throw UsageError.other("\(path):\(error.line): \(error.reason)")
            }
        }
        guard case .object(let object)? = value else { throw UsageError.other("\(path): expected an object") }
        return object
    }
}

extension YAMLNode {
    /// The value as JSON: plain scalars become null, booleans, numbers or texts, quoted ones texts.
    fileprivate var json: JSONValue {
        switch self {
        case .scalar(let text, let isPlain, _):
            guard isPlain else { return .string(text) }
            if ["", "~", "null"].contains(text) { return .null }
            do throws(JSONError) {
                let value = try JSONValue(parsing: text)
                if case .object = value { return .string(text) }
                if case .array = value { return .string(text) }
                return value
            } catch {
                return .string(text)
            }
        case .sequence(let items, _): return .array(items.map(\.json))
        case .mapping(let members, _):
            return .object(JSONObject(members.map { (key: $0.key, value: $0.value.json) }))
        }
    }
}
