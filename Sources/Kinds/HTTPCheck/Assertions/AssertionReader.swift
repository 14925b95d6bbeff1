import Base
import Checks

/// Parses `SUBJECT OPERATOR VALUE`.
struct AssertionReader {
    private let text: String
    private var rest: Substring

    init(_ text: String) {
        self.text = text
        rest = text[...].trimmingSpaces
    }

    private static let subjects =
        "status, header NAME, body, json PATH, latency, latency.PHASE, http_version, tls_version, certificate_days or "
        + "final_url"

    private func fault(_ reason: String, at place: Substring) -> AssertionError {
        AssertionError(reason: reason, place: text.distance(from: text.startIndex, to: place.startIndex) + 1)
    }

    private mutating func word() -> Substring {
        let word = rest.prefix { $0 != " " && $0 != "\t" }
        rest = rest[word.endIndex...].drop { $0 == " " || $0 == "\t" }
        return word
    }

    // MARK: Subject

    mutating func subject() throws(AssertionError) -> HTTPAssertion.Subject {
        let name = word()
        switch name.lowercased() {
        case "status": return .status
        case "body": return .body
        case "latency": return .latency(nil)
        case "http_version": return .httpVersion
        case "tls_version": return .tlsVersion
        case "certificate_days": return .certificateDays
        case "final_url": return .finalURL
        case "header":
            let field = word()
            guard !field.isEmpty, field.utf8.allSatisfy(RequestRules.isTokenByte) else {
                throw fault("a header's name is missing or holds characters that are not allowed", at: field)
            }
            return .header(field.lowercased())
        case "json":
            let path = try jsonPath()
            let before = rest
            if word().lowercased() == "count" { return .jsonCount(path) }
            rest = before
            return .json(path)
        case let name where name.hasPrefix("latency."):
            let phase = HTTPKind.phases.first { $0.description == name.dropFirst(8) }
            guard let phase else {
                let words = HTTPKind.phases.map { "latency.\($0)" }.joined(separator: ", ")
                throw fault("the phase is none of \(words)", at: text[...].trimmingSpaces)
            }
            return .latency(phase)
        default: throw fault("it begins with none of \(Self.subjects)", at: name)
        }
    }

    /// A path ends at the first space outside of brackets and quotes.
    private mutating func jsonPath() throws(AssertionError) -> String {
        var depth = 0
        var quote: Character?
        var isEscaped = false
        let path = rest.prefix { character in
            if isEscaped {
                isEscaped = false
            } else if let open = quote {
                if character == "\\" { isEscaped = true } else if character == open { quote = nil }
            } else {
                switch character {
                case "'", "\"": if depth > 0 { quote = character }
                case "[", "(": depth += 1
                case "]", ")": depth -= 1
                case " ", "\t": return depth > 0
                default: break
                }
            }
            return true
        }
        guard path.hasPrefix("$") else { throw fault("a JSONPath begins with $", at: path) }
        rest = rest[path.endIndex...].drop { $0 == " " || $0 == "\t" }
        return String(path)
    }

    // MARK: Test

    mutating func test(of subject: HTTPAssertion.Subject) throws(AssertionError) -> (HTTPAssertion.Test, Bool) {
        var start = rest
        var name = word().lowercased()
        var isNegated = false
        if name == "not" {
            isNegated = true
            (start, name) = (rest, word().lowercased())
        }
        if name == "absent" { (name, isNegated) = ("exists", !isNegated) }
        if name == "=" { name = "==" }
        guard Self.operators(of: subject).contains(name) else {
            let words = Self.operators(of: subject).joined(separator: " ")
            throw fault(
                name.isEmpty ? "an operator is missing: \(words)" : "the operator is none of: \(words)",
                at: start
            )
        }
        if isNegated, Self.isSymbol(name) { throw fault("not stands before words only", at: start) }
        let value = rest
        guard name == "exists" || !value.isEmpty else { throw fault("the value is missing", at: value) }
        guard name != "exists" || value.isEmpty else { throw fault("nothing may stand behind it", at: value) }
        let test = try test(of: subject, name, value)
        // The operator `!=` negates equality of texts.
        if name == "!=", !Self.isCompared(test) { isNegated = true }
        return (test, isNegated)
    }

    private static func operators(of subject: HTTPAssertion.Subject) -> [String] {
        let numbers = ["==", "!=", "<", "<=", ">", ">="]
        return switch subject {
        case .status: numbers + ["in"]
        case .header: ["exists", "absent", "==", "!=", "contains", "matches"]
        case .body, .finalURL: ["==", "!=", "contains", "matches"]
        case .json: ["exists", "absent", "contains", "matches"] + numbers
        case .jsonCount, .httpVersion, .tlsVersion, .certificateDays: numbers
        case .latency: ["<", "<="]
        }
    }

    private static func isSymbol(_ name: String) -> Bool { HTTPAssertion.Comparison(rawValue: name) != nil }

    private static func isCompared(_ test: HTTPAssertion.Test) -> Bool {
        if case .compares = test { true } else { false }
    }

    private func test(
        of subject: HTTPAssertion.Subject,
        _ name: String,
        _ value: Substring
    ) throws(AssertionError) -> HTTPAssertion.Test {
        switch name {
        case "exists": return .exists
        case "contains": return .contains(try string(value))
        case "matches": return .matches(try string(value))
        case "in":
            guard let set = StatusSet(text: String(value)) else {
                throw fault("write codes from 100 to 599 as 200-299,301", at: value)
            }
            return .isStatus(set)
        default: break
        }
        switch subject {
        case .header, .body, .finalURL: return .equals(try string(value))
        case .json where name == "==" || name == "!=": return .isJSON(try json(value))
        default: break
        }
        guard let comparison = HTTPAssertion.Comparison(rawValue: name) else {
            throw fault("the operator is not known", at: value)
        }
        if case .json = subject { return .ordersJSON(comparison, try jsonNumber(value)) }
        return .compares(comparison, try number(value, of: subject))
    }

    /// A number as JSON reads it, so that integers stay exact, or as Swift does, such as `+5`.
    private func jsonNumber(_ value: Substring) throws(AssertionError) -> JSONValue {
        if let number = try? JSONValue(parsing: String(value)), number.doubleValue != nil { return number }
        if let integer = Int64(value) { return .integer(integer) }
        return .number(try number(value, of: .json("$")))
    }

    private func number(_ value: Substring, of subject: HTTPAssertion.Subject) throws(AssertionError) -> Double {
        if case .latency = subject {
            guard let length = Duration(text: String(value)), length > .zero, length <= .seconds(3600) else {
                throw fault("write a length of time such as 500ms or 2s", at: value)
            }
            return length.inSeconds
        }
        guard let number = Double(value), number.isFinite else { throw fault("write a number", at: value) }
        switch subject {
        case .httpVersion where ![1, 1.1, 2, 3].contains(number): throw fault("write 1.0, 1.1, 2 or 3", at: value)
        case .tlsVersion where ![1, 1.1, 1.2, 1.3].contains(number): throw fault("write 1.0 to 1.3", at: value)
        case .status where !(100...599).contains(number): throw fault("write a status from 100 to 599", at: value)
        default: return number
        }
    }

    /// The rest of the line, or a JSON string, which can hold any character.
    private func string(_ value: Substring) throws(AssertionError) -> String {
        guard value.hasPrefix("\""), value.hasSuffix("\""), value.utf8.count > 1 else { return String(value) }
        guard let text = (try? JSONValue(parsing: String(value)))?.stringValue else {
            throw fault("the text in quotes is no JSON string", at: value)
        }
        guard !text.isEmpty else { throw fault("the text is empty", at: value) }
        return text
    }

    /// A JSON value; anything else is a text.
    private func json(_ value: Substring) throws(AssertionError) -> JSONValue {
        if let value = try? JSONValue(parsing: String(value)) { return value }
        guard let first = value.first, !"\"[{".contains(first) else {
            throw fault("the value is no JSON", at: value)
        }
        return .string(String(value))
    }
}
