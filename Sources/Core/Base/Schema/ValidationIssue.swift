/// One error in a request, in Pydantic's vocabulary.
package struct ValidationIssue: Error, Sendable, Equatable {
    /// A fixed word per kind of error, such as `missing` or `extra_forbidden`.
    package let type: String
    /// The location: the part of the request, then member names and positions.
    package let location: [Step]
    /// A sentence for people; never repeats the input.
    package let message: String

    /// One step of the location.
    package enum Step: Sendable, Equatable, ExpressibleByStringLiteral {
        case key(String)
        case index(Int)
        package init(stringLiteral value: String) { self = .key(value) }
    }

    package init(_ type: String, at location: [Step], _ message: String) {
        (self.type, self.location, self.message) = (type, location, message)
    }

    /// A value that a rule of its own refused.
    package static func value(_ message: String, at location: [Step]) -> ValidationIssue {
        ValidationIssue("value_error", at: location, "Value error, \(message)")
    }

    /// `{type, loc, msg}`.
    package var json: JSONValue {
        let steps = location.map { step -> JSONValue in
            switch step {
            case .key(let name): .string(name)
            case .index(let position): .integer(Int64(position))
            }
        }
        return ["type": .string(type), "loc": .array(steps), "msg": .string(message)]
    }

    /// The schema of `json`.
    package static let schema = Schema.object(
        "ValidationIssue",
        [
            .required("type", .string(example: "missing"), "A fixed word per kind of fault."),
            .required("loc", .array(.any), "The part of the request, then member names and positions."),
            .required("msg", .string(example: "Field required"), "What is wrong, in words."),
        ]
    )
}
