import Base
import Domain

/// What a thing looks like in requests and answers, as its table of settings says.
struct ResourceSchemas: Sendable {
    /// A new one: what is left out takes its default.
    let creation: Schema
    /// A whole one: what is left out goes back to its default; what only the server sets is passed over.
    let replacement: Schema
    /// A change: what is left out stays; what only the server sets is passed over.
    let change: Schema
    /// One as the server answers it.
    let answer: Schema
}

extension ResourceSchemas {
    /// The schemas of a table, with what only the server sets around its settings.
    init<Root>(
        _ name: String,
        answering: String,
        _ table: FieldTable<Root>,
        leading: [Schema.Field],
        trailing: [Schema.Field],
        extras: [Schema.Field] = [],
        exactlyOne: [String] = []
    ) {
        let members = table.members
        let extras = extras + [.warnings]
        let readOnly = (leading + trailing).map(\.readOnly) + extras
        creation = .object("\(name)Creation", members).exactlyOne(of: exactlyOne)
        replacement = .object("\(name)Replacement", members + readOnly)
        change = .object("\(name)Change", members.map(\.partial) + readOnly)
        let shown = leading.map(\.readOnly) + table.answers + trailing.map(\.readOnly)
        answer = .object(answering, shown.map(\.response) + extras)
    }
}

/// What answers tell of a thing beside its settings: only the server sets it.
struct ServerMember<Item: Sendable>: Sendable {
    let field: Schema.Field
    private let write: @Sendable (Item) -> JSONValue

    init(_ name: String, _ schema: Schema, _ about: String, _ write: @escaping @Sendable (Item) -> JSONValue) {
        field = .required(name, schema, about)
        self.write = write
    }

    func member(_ item: Item) -> (key: String, value: JSONValue) { (field.name, write(item)) }
}

extension FieldTable {
    /// A `Root` with the members of a checked body taken over; what the body leaves out stays.
    ///
    /// Secrets that were sent back masked come from `stored`. Throws 422 with every fault.
    func taking(_ body: JSONValue, over root: Root, stored: Root? = nil) throws(APIProblem) -> Root {
        var root = root
        var errors: [FieldError] = []
        apply(body, to: &root, stored: stored, &errors)
        guard errors.isEmpty else { throw APIProblem(errors.map(\.issue)) }
        return root
    }

    /// Has the members of a checked body taken over by what is read later, such as in a transaction.
    ///
    /// For a table without secrets: whether a value fits does not depend on what is stored, so `sample` tells. Throws 422
    /// with every fault.
    func change(_ body: JSONValue, of sample: Root) throws(APIProblem) -> @Sendable (inout Root) -> Void {
        _ = try taking(body, over: sample)
        return { root in
            var errors: [FieldError] = []
            apply(body, to: &root, stored: nil, &errors)
        }
    }
}

extension FieldError {
    /// The issue of a body.
    var issue: ValidationIssue { .value(fault.reason, at: ["body", .key(field)] + fault.path) }
}
