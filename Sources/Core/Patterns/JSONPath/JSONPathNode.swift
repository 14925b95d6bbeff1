import Base

/// A value and its location; locations share their parents, so a node costs one small object.
struct JSONPathNode {
    let value: JSONValue
    var location: JSONPathLocation?

    /// The normalized path (RFC 9535, section 2.7).
    var normalizedPath: String {
        var steps: [JSONPathStep] = []
        var current = location
        while let location = current {
            steps.append(location.step)
            current = location.parent
        }
        return steps.reversed().reduce(into: "$") { path, step in
            switch step {
            case .index(let index): path += "[\(index)]"
            case .name(let name): path += "['\(Self.escaped(name))']"
            }
        }
    }

    private static func escaped(_ name: String) -> String {
        var result = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "\u{8}": result += "\\b"
            case "\t": result += "\\t"
            case "\n": result += "\\n"
            case "\u{C}": result += "\\f"
            case "\r": result += "\\r"
            case "'": result += "\\'"
            case "\\": result += "\\\\"
            case ..<" ":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

enum JSONPathStep {
    case name(String)
    case index(Int)
}

/// One step below a parent.
///
/// Its depth is that of the JSON text, which the JSON parser limits.
final class JSONPathLocation {
    let parent: JSONPathLocation?
    let step: JSONPathStep

    init(parent: JSONPathLocation?, step: JSONPathStep) {
        self.parent = parent
        self.step = step
    }
}
